// Time and sleep are injected: nothing outside clock.cc reads the machine's clocks.
#pragma once

#include <stop_token>

#include "base/time.h"

namespace holdfast::base {

class Clock {  // thread-safe
public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;       // wall clock
  virtual Duration elapsed() const = 0;  // monotonic, since some fixed moment
  // Returns early, and false, when `stop` is requested.
  virtual bool sleep(Duration duration, std::stop_token stop) const = 0;
};

const Clock& system_clock();

}  // namespace holdfast::base
