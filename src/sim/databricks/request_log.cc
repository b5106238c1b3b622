#include "sim/databricks/request_log.h"

#include "base/error.h"
#include "base/json.h"
#include "sim/databricks/json.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_kept = 10'000;

}  // namespace

RequestLog::RequestLog(const std::optional<std::string>& file) {
  if (!file) return;
  file_.open(*file, std::ios::app);
  if (!file_) {
    throw base::Error(base::ErrorKind::io, "cannot write the log of requests to " + *file,
                      "Name a file in a folder that you may write to.");
  }
}

void RequestLog::add(LoggedRequest request) {
  const std::lock_guard lock(mutex_);
  request.number = ++total_;
  ++by_status_[request.status];
  if (!request.route.empty()) ++by_route_[request.route];
  if (file_.is_open()) {
    const Json line = {{"number", request.number}, {"at", base::to_rfc3339(request.at)},
                       {"method", request.method}, {"target", request.target},
                       {"route", request.route},   {"caller", request.caller},
                       {"status", request.status}, {"received", request.received},
                       {"sent", request.sent},     {"fault", request.fault}};
    file_ << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
  }
  last_.push_back(std::move(request));
  if (last_.size() > k_kept) last_.pop_front();
}

std::vector<LoggedRequest> RequestLog::last() const {
  const std::lock_guard lock(mutex_);
  return {last_.begin(), last_.end()};
}

std::map<std::string, std::uint64_t> RequestLog::counts_by_route() const {
  const std::lock_guard lock(mutex_);
  return by_route_;
}

std::map<int, std::uint64_t> RequestLog::counts_by_status() const {
  const std::lock_guard lock(mutex_);
  return by_status_;
}

std::uint64_t RequestLog::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

void RequestLog::clear() {
  const std::lock_guard lock(mutex_);
  last_.clear();
  by_route_.clear();
  by_status_.clear();
  total_ = 0;
}

}  // namespace holdfast::sim::databricks
