#include "net/pace.h"

#include <algorithm>
#include <cmath>

namespace holdfast::net {

namespace {

// A sleeper wakes a little late; what it missed meanwhile it may catch up with.  More would be a burst.
constexpr double k_catch_up_s = 0.02;
constexpr double k_cut = 0.5;
// Never slower than this part of the limit, however often we are throttled; Retry-After holds us beyond that.
constexpr double k_least = 0.01;
// From half of the ceiling to k_near of it in four seconds: that much was there a moment ago.
constexpr double k_near = 0.9;
constexpr double k_return_per_s = 0.1;
// Beyond that each answer adds a little, so that a limit that is still taken by others is met rarely: the cost of
// finding out falls on them as well as on us.  The step grows with the answers since the ceiling was passed, so that a
// limit that is free again is used soon (docs/design/0003-rate-budgets.md has the numbers).
constexpr double k_probe = 0.0002;
constexpr double k_probe_growth = 200;

double seconds(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace

Pace::Pace(const PaceLimits& limits, base::Duration now)
    : limits_(limits),
      rate_(limits.rate),
      ceiling_(limits.rate),
      counted_(now),
      hold_until_(now),
      slowed_(now - base::Duration(1)),
      raised_(now) {}

double Pace::capacity() const {
  return std::max(limits_.burst, 1 + rate_ * k_catch_up_s);
}

double Pace::tokens(base::Duration now) const {
  if (now <= counted_) return tokens_;
  return std::min(capacity(), tokens_ + seconds(now - counted_) * rate_);
}

base::Duration Pace::hold(base::Duration now) const {
  return std::max(hold_until_ - now, base::Duration::zero());
}

base::Duration Pace::delay(base::Duration now) const {
  if (hold_until_ > now) return hold_until_ - now;
  if (limits_.rate <= 0) return base::Duration::zero();
  const double missing = 1 - tokens(now);
  if (missing <= 0) return base::Duration::zero();
  return base::Duration(static_cast<base::Duration::rep>(std::ceil(missing / rate_ * 1e6)));
}

void Pace::take(base::Duration now) {
  if (limits_.rate <= 0) return;
  tokens_ = tokens(now) - 1;
  counted_ = std::max(counted_, now);
}

void Pace::answered(base::Duration sent, base::Duration now) {
  const base::Duration since = std::min<base::Duration>(now - raised_, std::chrono::seconds(1));
  raised_ = now;
  // What was sent before the cut tells nothing of the rate since.
  if (rate_ >= limits_.rate || sent <= slowed_) return;
  tokens_ = tokens(now);
  counted_ = std::max(counted_, now);
  if (rate_ < k_near * ceiling_) {
    rate_ += k_return_per_s * ceiling_ * seconds(since);
  } else {
    if (rate_ >= ceiling_) ++since_ceiling_;
    rate_ += k_probe * ceiling_ * (1 + since_ceiling_ / k_probe_growth);
  }
  rate_ = std::min(rate_, limits_.rate);
}

void Pace::throttled(base::Duration sent, base::Duration now, base::Duration hold) {
  hold_until_ = std::max(hold_until_, now + hold);
  // Many calls under way meet the same empty bucket: that is one sign, not many.
  if (limits_.rate <= 0 || sent <= slowed_) return;
  slowed_ = now;
  raised_ = now;
  ceiling_ = rate_;
  since_ceiling_ = 0;
  rate_ = std::max(rate_ * k_cut, limits_.rate * k_least);
  // What was saved up is gone: the other side has just said that there is nothing.
  tokens_ = 0;
  counted_ = hold_until_;
}

}  // namespace holdfast::net
