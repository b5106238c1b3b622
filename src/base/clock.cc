#include "base/clock.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace holdfast::base {

namespace {

class SystemClock : public Clock {
public:
  Instant now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }

  Duration elapsed() const override {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
  }

  bool sleep(Duration duration, std::stop_token stop) const override {
    // The mutex is the sleeper's own: nobody notifies, only the token wakes it.  A day at a time, so that a duration
    // near the type's limit does not overflow inside the library.
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    while (duration > Duration::zero() && !stop.stop_requested()) {
      const Duration part = std::min<Duration>(duration, std::chrono::days(1));
      woken.wait_for(lock, stop, part, [] { return false; });
      duration -= part;
    }
    return !stop.stop_requested();
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace holdfast::base
