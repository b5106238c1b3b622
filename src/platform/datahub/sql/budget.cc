#include "platform/datahub/sql/budget.h"

#include <algorithm>

#include "base/error.h"

namespace holdfast::platform::datahub {

bool ReadBudget::spend(std::uint64_t bytes, std::stop_token stop) {
  if (rate_ == 0) return !stop.stop_requested();
  base::Duration wait{};
  {
    const std::lock_guard lock(mutex_);
    const base::Duration now = clock_->elapsed();
    const double seconds = static_cast<double>(bytes) / static_cast<double>(rate_);
    free_at_ = std::max(free_at_, now) + base::Duration(static_cast<std::int64_t>(seconds * 1e6));
    wait = free_at_ - now;
  }
  return clock_->sleep(wait, stop);
}

SnapshotAge::SnapshotAge(const base::Clock& clock, std::optional<base::Duration> age_max) : clock_(&clock) {
  if (age_max) end_ = clock.elapsed() + *age_max;
}

void SnapshotAge::check() const {
  if (!end_ || clock_->elapsed() < *end_) return;
  throw base::Error(base::ErrorKind::unavailable, "the instant was held open as long as max_snapshot_age allows",
                    "Raise max_snapshot_age, use more readers, or back up from a replica.");
}

}  // namespace holdfast::platform::datahub
