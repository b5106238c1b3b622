// What the stand-in was asked: the last requests in memory, all of them in a file if one is named, and counts.
#pragma once

#include <cstdint>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace holdfast::sim::databricks {

struct LoggedRequest {
  std::uint64_t number = 0;  // from one
  base::Instant at{};
  std::string method;
  std::string target;  // path and query as they came
  std::string route;   // "GET /api/2.0/jobs/get"; empty: nothing matched
  std::string caller;  // empty: nobody who is known
  int status = 0;      // zero: the connection was reset
  std::size_t received = 0;
  std::size_t sent = 0;
  std::string fault;  // the rule that struck
};

class RequestLog {  // thread-safe
public:
  // Throws Error{io} when the file cannot be written.
  explicit RequestLog(const std::optional<std::string>& file);

  void add(LoggedRequest request);
  std::vector<LoggedRequest> last() const;  // the last 10 000, oldest first
  std::map<std::string, std::uint64_t> counts_by_route() const;
  std::map<int, std::uint64_t> counts_by_status() const;
  std::uint64_t total() const;
  void clear();

private:
  mutable std::mutex mutex_;
  std::deque<LoggedRequest> last_;
  std::map<std::string, std::uint64_t> by_route_;
  std::map<int, std::uint64_t> by_status_;
  std::uint64_t total_ = 0;
  std::ofstream file_;
};

}  // namespace holdfast::sim::databricks
