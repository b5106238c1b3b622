// Ctrl-C and SIGTERM: the first asks to stop, the second ends the process at once.
#pragma once

#include <stop_token>
#include <thread>

namespace holdfast::cli {

// To be made before any other thread, so that all of them inherit the blocked signals.  `stop` and the notice on
// standard error come from a thread of its own, never from a signal handler.
class SignalWatch {
public:
  explicit SignalWatch(std::stop_source stop);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

private:
  int signals_ = -1;  // descriptors
  int end_ = -1;
  std::thread thread_;
};

}  // namespace holdfast::cli
