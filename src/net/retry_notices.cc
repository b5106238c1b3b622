#include "net/retry_notices.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "base/time.h"

namespace holdfast::net {

namespace {

// A pause that is over sooner is everyday life: the other side throttles whoever uses what it offers.
constexpr base::Duration k_worth_telling = std::chrono::seconds(2);
constexpr base::Duration k_line_every = std::chrono::seconds(10);

// Whole seconds, minutes or hours: nobody counts the rest of a pause.
std::string rounded(base::Duration duration) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
  constexpr auto k_minute = 60;
  constexpr auto k_hour = 60 * k_minute;
  if (seconds < 2 * k_minute) return fmt::format("{} s", seconds);
  if (seconds < 2 * k_hour) return fmt::format("{} min", seconds / k_minute);
  return fmt::format("{} h", seconds / k_hour);
}

}  // namespace

void RetryNotices::operator()(const Retry& retry) {
  if (retry.failing + retry.wait < k_worth_telling) return;
  {
    const std::lock_guard lock(mutex_);
    const base::Duration now = clock_.elapsed();
    if (told_ && now - *told_ < k_line_every) return;
    told_ = now;
  }
  events_.warning(fmt::format("{}; trying again in {} (attempt {} failed; gives up after {})", retry.problem,
                              rounded(retry.wait), retry.attempt, rounded(retry.patience)));
}

}  // namespace holdfast::net
