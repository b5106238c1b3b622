#include "base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "base/error.h"
#include "support/errors.h"

namespace holdfast::base {
namespace {

// What the shell prints that is started with `options`, to the end.
std::string printed_by(const std::string& script, SpawnOptions options = {}) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  options.output = ends[1];
  const pid_t child = spawn({"sh", "-c", script}, options);
  ::close(ends[1]);
  std::string out;
  std::array<char, 256> piece{};
  for (ssize_t got = 0; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
    out.append(piece.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  return out;
}

TEST(Spawn, finds_programs_in_the_path_and_hands_words_on_as_they_are) {
  EXPECT_EQ(printed_by("printf '%s' \"$0\""), "sh");
  EXPECT_EQ(test::error_of([] { spawn({"no-such-program-of-holdfast"}, {}); }), ErrorKind::config);
  EXPECT_EQ(test::error_of([] { spawn({}, {}); }), ErrorKind::internal);
}

TEST(Spawn, gives_no_input_when_asked) {
  EXPECT_EQ(printed_by("cat", {.input = SpawnOptions::Input::none}), "");
}

TEST(Spawn, gives_signals_back_that_we_ignore_or_block) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  const auto handler = std::signal(SIGPIPE, SIG_IGN);
  // Whoever inherited either would live to print.
  EXPECT_EQ(printed_by("kill -TERM $$; echo alive"), "");
  EXPECT_EQ(printed_by("kill -PIPE $$; echo alive"), "");
  std::signal(SIGPIPE, handler);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST(Spawn, leads_a_group_of_its_own_only_when_asked) {
  const std::string ours = std::to_string(::getpgrp());
  const std::string group_of = "cut -d ' ' -f 5 /proc/$$/stat | tr -d '\\n'";
  EXPECT_EQ(printed_by(group_of), ours);
  EXPECT_NE(printed_by(group_of, {.group = SpawnOptions::Group::own}), ours);
}

}  // namespace
}  // namespace holdfast::base
