// limit_read and max_snapshot_age: what a capture may cost its source.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/clock.h"

namespace holdfast::platform::datahub {

// Bytes a second over all readers of one capture.  Thread-safe.
class ReadBudget {
public:
  ReadBudget(const base::Clock& clock, std::uint64_t bytes_per_second) : clock_(&clock), rate_(bytes_per_second) {}
  // Accounts for bytes that were read and sleeps as long as the limit asks.  False when stop was requested meanwhile.
  bool spend(std::uint64_t bytes, std::stop_token stop);

private:
  const base::Clock* clock_;
  const std::uint64_t rate_;  // 0 = no limit
  std::mutex mutex_;
  base::Duration free_at_{};  // when all that was accounted for is paid, by the monotonic clock
};

// Ends reading when an instant has been held open for too long: undo, or dead rows, pile up behind it.  Thread-safe.
class SnapshotAge {
public:
  SnapshotAge(const base::Clock& clock, std::optional<base::Duration> age_max);
  void check() const;  // throws Error{unavailable} when the instant is too old

private:
  const base::Clock* clock_;
  std::optional<base::Duration> end_;
};

}  // namespace holdfast::platform::datahub
