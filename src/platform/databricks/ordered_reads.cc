#include "platform/databricks/ordered_reads.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/task_group.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_ahead = 64;  // reads that may be finished before their turn

std::uint64_t size_of(const ReadItem& item) {
  std::uint64_t size = item.unread.size();
  if (item.row)
    for (const auto& column : item.row->columns) size += column ? column->size() : 0;
  return size;
}

class Queue {
public:
  Queue(const OrderedReads& reads, HeldBytes& held) : reads_(reads), held_(held) {}
  ~Queue() {
    for (const auto& [number, item] : finished_) held_.now -= size_of(item);
  }

  void work(const std::stop_token& stop) {
    try {
      while (const auto number = next(stop)) {
        ReadItem item = reads_.read(*number, stop);
        held_.now += size_of(item);
        const std::lock_guard lock(mutex_);
        finished_.emplace(*number, std::move(item));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failed_ = true;
      changed_.notify_all();
      throw;
    }
  }

  // nullopt when a read failed or stop is requested.
  std::optional<ReadItem> take(std::size_t number, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return failed_ || finished_.contains(number); });
    if (failed_ || stop.stop_requested()) return std::nullopt;
    ReadItem item = std::move(finished_.at(number));
    finished_.erase(number);
    held_.now -= size_of(item);
    taken_ = number + 1;
    changed_.notify_all();
    return item;
  }

private:
  std::optional<std::size_t> next(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    // The one whose turn it is goes on however much is held: otherwise nobody would.
    changed_.wait(lock, stop, [&] {
      const bool room = next_ < taken_ + k_ahead && held_.now.load() < held_.most;
      return failed_ || next_ >= reads_.count || next_ == taken_ || room;
    });
    if (failed_ || stop.stop_requested() || next_ >= reads_.count) return std::nullopt;
    return next_++;
  }

  const OrderedReads& reads_;
  HeldBytes& held_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::size_t, ReadItem> finished_;
  std::size_t next_ = 0;
  std::size_t taken_ = 0;
  bool failed_ = false;
};

}  // namespace

void read_in_order(const OrderedReads& reads, HeldBytes& held, std::stop_token stop) {
  Queue queue(reads, held);
  base::TaskGroup group(stop);
  for (std::size_t i = 0; i < std::min<std::size_t>(reads.parallel, reads.count); ++i)
    group.spawn([&queue](std::stop_token own) { queue.work(own); });
  for (std::size_t number = 0; number < reads.count; ++number) {
    auto item = queue.take(number, stop);
    if (!item) break;
    reads.take(number, *std::move(item));
  }
  group.wait();
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading the workspace was stopped");
}

}  // namespace holdfast::platform::databricks
