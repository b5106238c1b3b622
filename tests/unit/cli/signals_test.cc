#include "cli/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/clock.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void wait_for(const std::stop_token& stop) {
  while (!stop.stop_requested()) base::system_clock().sleep(milliseconds(1), {});
}

// In a process of its own: signals that nobody has read, and then what happens.
enum class Then { wait, insist };
[[noreturn]] void be_signalled(Then then) {
  (void)::signal(SIGTERM, SIG_DFL);
  (void)::signal(SIGHUP, SIG_DFL);
  std::stop_source stop;
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGTERM);
  sigaddset(&both, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &both, nullptr);
  (void)::kill(::getpid(), SIGTERM);
  (void)::kill(::getpid(), SIGHUP);
  const SignalWatch watch(stop);
  wait_for(stop.get_token());
  base::system_clock().sleep(milliseconds(100), {});
  if (then == Then::wait) ::_exit(7);
  for (;;) {
    base::system_clock().sleep(seconds(1), {});
    (void)::kill(::getpid(), SIGTERM);
  }
}

TEST(SignalWatch, takes_two_signals_of_one_moment_for_one_wish) {
  EXPECT_EXIT(be_signalled(Then::wait), testing::ExitedWithCode(7), "stopping; once more ends at once");
}

TEST(SignalWatch, ends_at_once_when_asked_again_later) {
  EXPECT_EXIT(be_signalled(Then::insist), testing::ExitedWithCode(130), "stopping; once more ends at once");
}

}  // namespace
}  // namespace holdfast::cli
