#include "ui/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/error.h"

namespace {

using holdfast::base::Error;
using holdfast::base::ErrorKind;
using holdfast::ui::Output;

TEST(Output, writes_what_is_left_when_it_ends) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  {
    Output output(ends[1]);
    output.line("one");
    output.write("two");
  }
  std::array<char, 16> buffer{};
  EXPECT_EQ(::read(ends[0], buffer.data(), buffer.size()), 7);
  EXPECT_STREQ(buffer.data(), "one\ntwo");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Output, fails_when_the_disk_is_full) {
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  Output output(full);
  output.line("lost");
  try {
    output.flush();
    FAIL() << "a result that was lost must be an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
  }
  ::close(full);
}

TEST(Output, ends_the_program_without_a_word_when_nobody_reads_on) {
  const auto write_to_nobody = [] {
    (void)std::signal(SIGPIPE, SIG_IGN);  // as the program does for its sockets
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::abort();
    ::close(ends[0]);
    Output output(ends[1]);
    output.line("one");
    output.flush();
  };
  EXPECT_EXIT(write_to_nobody(), testing::KilledBySignal(SIGPIPE), "^$");
}

TEST(Output, says_that_a_pipe_is_no_terminal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  EXPECT_FALSE(holdfast::ui::is_terminal(ends[1]));
  EXPECT_EQ(holdfast::ui::terminal_columns(ends[1]), 80u);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
