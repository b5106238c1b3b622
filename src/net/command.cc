#include "net/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/process.h"

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_output_max = 1 << 20;
constexpr std::size_t k_errors_max = 64 << 10;
constexpr int k_look_every_ms = 50;  // at the stop request and the time
constexpr int k_exit_every_ms = 2;   // whether it has ended, once its output has

class Pipe {
public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0)
      throw Error(ErrorKind::io, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  ~Pipe() {
    close_reading();
    close_writing();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reading() const noexcept { return ends_[0]; }  // -1 once it is closed
  int writing() const noexcept { return ends_[1]; }
  void close_reading() { close_end(0); }
  void close_writing() { close_end(1); }

private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }
  std::array<int, 2> ends_{-1, -1};
};

class Child {
public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ < 0) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // nullopt while it runs.
  std::optional<int> exit_code() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

private:
  pid_t pid_;  // -1 once it is reaped
};

// Appends what there is; closes the pipe at its end.
void drain(Pipe& pipe, std::string& into, std::size_t most) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(pipe.reading(), buffer.data(), buffer.size());
  if (size < 0 && errno == EINTR) return;
  if (size <= 0) {
    pipe.close_reading();
    return;
  }
  into.append(buffer.data(), std::min(static_cast<std::size_t>(size), most - std::min(most, into.size())));
  ::explicit_bzero(buffer.data(), buffer.size());
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& command, base::Duration timeout, const base::Clock& clock,
                          std::stop_token stop) {
  Pipe output;
  Pipe errors;
  const base::Duration started = clock.elapsed();
  Child child(base::spawn(command, {.output = output.writing(),
                                    .errors = errors.writing(),
                                    .input = base::SpawnOptions::Input::none,
                                    .group = base::SpawnOptions::Group::own}));
  output.close_writing();
  errors.close_writing();
  std::string printed;
  std::string complaints;
  const auto check = [&] {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, fmt::format("'{}': stopped", command[0]));
    if (clock.elapsed() - started > timeout)
      throw Error(ErrorKind::unavailable, fmt::format("'{}' took longer than {}", command[0], base::to_short(timeout)),
                  "Run it by hand and see what it waits for.");
    if (printed.size() >= k_output_max)
      throw Error(ErrorKind::config, fmt::format("'{}' prints more than 1 MiB", command[0]),
                  "It must print a token, and nothing else, to standard output.");
  };
  // A child of it may hold standard error open for ever: the end of its output is the end.
  while (output.reading() >= 0) {
    check();
    std::array<pollfd, 2> waiting{pollfd{output.reading(), POLLIN, 0}, pollfd{errors.reading(), POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), k_look_every_ms) <= 0) continue;
    if (waiting[1].revents != 0) drain(errors, complaints, k_errors_max);
    if (waiting[0].revents != 0) drain(output, printed, k_output_max);
  }
  std::optional<int> code = child.exit_code();
  for (; !code; code = child.exit_code()) {
    check();
    ::poll(nullptr, 0, k_exit_every_ms);
  }
  return {.exit_code = *code, .output = base::Secret(std::move(printed)), .errors = std::move(complaints)};
}

std::string first_line(std::string_view text) {
  constexpr std::size_t longest = 300;
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  std::string line(text.substr(0, std::min(text.find_first_of("\r\n"), longest)));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return line;
}

}  // namespace holdfast::net
