// How fast one family of endpoints may be called now: a token bucket whose rate falls by half when somebody is
// throttled and comes back slowly.  Arithmetic only: no clock, no lock, no waiting.
#pragma once

#include "base/time.h"

namespace holdfast::net {

struct PaceLimits {
  double rate = 0;   // most calls a second; 0 = no limit, then only holds count
  double burst = 1;  // most calls at once after a rest
};

class Pace {  // not thread-safe; all times are Clock::elapsed(), not before 0, never falling
public:
  Pace(const PaceLimits& limits, base::Duration now);

  // How long until a call may be sent; zero or less when it may now.
  base::Duration delay(base::Duration now) const;
  // How much of that is what the other side asked for.
  base::Duration hold(base::Duration now) const;
  // A call is sent.
  void take(base::Duration now);
  // The call that was sent at `sent` was answered, and not with "too fast".
  void answered(base::Duration sent, base::Duration now);
  // It was answered with "too fast": nobody sends before now + hold.
  void throttled(base::Duration sent, base::Duration now, base::Duration hold);

  double rate() const noexcept { return rate_; }

private:
  double tokens(base::Duration now) const;
  double capacity() const;

  const PaceLimits limits_;
  double rate_;
  double ceiling_;            // the rate at which we were throttled last
  double since_ceiling_ = 0;  // answers since the rate came back to it
  double tokens_ = 1;
  base::Duration counted_;  // when tokens_ was right
  base::Duration hold_until_;
  base::Duration slowed_;  // when the rate was cut last
  base::Duration raised_;  // when it was raised last
};

}  // namespace holdfast::net
