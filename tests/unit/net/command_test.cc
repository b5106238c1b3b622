#include "net/command.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "support/errors.h"

namespace holdfast::net {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::error_of;

CommandResult run(const std::vector<std::string>& command, base::Duration timeout = seconds(20)) {
  return run_command(command, timeout, base::system_clock(), {});
}

TEST(RunCommand, GivesBackOutputErrorsAndExitCode) {
  const CommandResult result = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.output.reveal(), "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(run({"sh", "-c", "kill -TERM $$"}).exit_code, 128 + 15);
}

TEST(RunCommand, HandsItsWordsOnWithoutAShell) {
  EXPECT_EQ(run({"printf", "%s|", "$HOME", "a b", "; false", "*"}).output.reveal(), "$HOME|a b|; false|*|");
}

TEST(RunCommand, GivesNoInput) {
  EXPECT_EQ(run({"cat"}).output.reveal(), "");
}

TEST(RunCommand, EndsWhatTakesTooLongWithAllThatItStarted) {
  const base::Duration started = base::system_clock().elapsed();
  EXPECT_EQ(error_of([] { run({"sh", "-c", "sleep 30 & sleep 30"}, milliseconds(100)); }), ErrorKind::unavailable);
  // Also what closed its output and goes on.
  EXPECT_EQ(error_of([] { run({"sh", "-c", "exec >&- 2>&-; sleep 30"}, milliseconds(100)); }), ErrorKind::unavailable);
  EXPECT_LT(base::system_clock().elapsed() - started, seconds(10));
}

TEST(RunCommand, StopsSoonWhenAsked) {
  std::stop_source source;
  const std::jthread later([&] {
    base::system_clock().sleep(milliseconds(50), {});
    source.request_stop();
  });
  const base::Duration started = base::system_clock().elapsed();
  EXPECT_EQ(error_of([&] {
              run_command({"sleep", "30"}, seconds(60), base::system_clock(), source.get_token());
            }),
            ErrorKind::cancelled);
  EXPECT_LT(base::system_clock().elapsed() - started, seconds(5));
}

TEST(RunCommand, RefusesWhatIsNotThereOrPrintsTooMuch) {
  EXPECT_EQ(error_of([] { run({"no-such-program-of-holdfast"}); }), ErrorKind::config);
  EXPECT_EQ(error_of([] { run({"yes"}); }), ErrorKind::config);
}

TEST(RunCommand, KeepsTheFirstLineOfALongComplaint) {
  EXPECT_EQ(first_line("\n\n  ERROR: \x1b[31mplease log in\r\nmore"), "ERROR: ?[31mplease log in");
  EXPECT_EQ(first_line(""), "");
  EXPECT_EQ(first_line(std::string(1000, 'x')).size(), 300U);
}

}  // namespace
}  // namespace holdfast::net
