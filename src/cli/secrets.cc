#include "cli/secrets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/process.h"
#include "ui/output.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view k_source_hint =
    "Check what the secret is read from: it must hold the secret and be readable.";

using base::Descriptor;
using base::Error;
using base::ErrorKind;
using base::Secret;

constexpr std::size_t k_secret_bytes_max = 64 * 1024;

std::string read_to_end(int descriptor, std::string_view name) {
  std::string out;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0)
      throw Error(ErrorKind::config, fmt::format("cannot read {}: {}", name, std::strerror(errno)),
                  std::string(k_source_hint));
    if (size == 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(size));
    if (out.size() > k_secret_bytes_max) throw Error(ErrorKind::config, fmt::format("{} holds more than 64 KiB", name));
  }
  ::explicit_bzero(buffer.data(), buffer.size());
  return out;
}

std::string read_file(const std::string& path, std::string_view name) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    throw Error(ErrorKind::config, fmt::format("cannot open {}: {}", name, std::strerror(errno)),
                std::string(k_source_hint));
  return read_to_end(file.get(), name);
}

std::string read_command(const std::string& command, std::string_view name) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw Error(ErrorKind::io, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t child = base::spawn({"/bin/sh", "-c", command}, {.output = writing.get()});
  writing.close();
  std::string out = read_to_end(reading.get(), name);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Error(ErrorKind::config,
                fmt::format("{} failed{}", name,
                            WIFEXITED(status) ? fmt::format(" with exit code {}", WEXITSTATUS(status)) : ""),
                "Run the command by hand: it must print the secret, and nothing else, to standard output.");
  return out;
}

void drop_line_end(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

class EchoOff {
public:
  explicit EchoOff(int terminal) : terminal_(terminal) {
    ::tcgetattr(terminal_, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~EchoOff() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

private:
  int terminal_;
  termios before_{};
};

Secret ask(std::string_view question, std::stop_token stop) {
  constexpr int k_look_every_ms = 100;  // at the stop request, while nobody types
  const EchoOff silence(STDIN_FILENO);
  ui::write_all(STDERR_FILENO, fmt::format("{}: ", question));
  std::string answer;
  while (true) {
    if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "interrupted at the prompt");
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    if (::poll(&waiting, 1, k_look_every_ms) <= 0) continue;
    char c = 0;
    if (::read(STDIN_FILENO, &c, 1) <= 0 || c == '\n') break;
    answer += c;
  }
  ui::write_all(STDERR_FILENO, "\n");
  return Secret(std::move(answer));
}

}  // namespace

std::string SecretSource::display() const {
  switch (form) {
    case Form::env:
      return fmt::format("environment variable {}", value);
    case Form::file:
      return fmt::format("file {}", value);
    case Form::command:
      return fmt::format("command \"{}\"", value);
  }
  return value;
}

base::Secret read_secret(const SecretSource& source, std::string_view purpose) {
  return base::in_context([&] { return fmt::format("reading {}", purpose); },
                          [&] {
                            std::string text;
                            switch (source.form) {
                              case SecretSource::Form::env: {
                                const auto value = variable(source.value.c_str());
                                if (!value)
                                  throw Error(ErrorKind::config, fmt::format("{} is not set", source.display()),
                                              fmt::format("Export {} before you start holdfast.", source.value));
                                text = *value;
                                break;
                              }
                              case SecretSource::Form::file:
                                text = read_file(source.value, source.display());
                                break;
                              case SecretSource::Form::command:
                                text = read_command(source.value, source.display());
                                break;
                            }
                            drop_line_end(text);
                            if (text.empty())
                              throw Error(ErrorKind::config, fmt::format("{} is empty", source.display()),
                                          std::string(k_source_hint));
                            return Secret(std::move(text));
                          });
}

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

bool can_prompt() noexcept {
  return ui::is_terminal(STDIN_FILENO) && ui::is_terminal(STDERR_FILENO);
}

base::Secret prompt_secret(std::string_view question, Confirm confirm, std::stop_token stop) {
  if (!can_prompt())
    throw Error(ErrorKind::config, fmt::format("cannot ask for the {}: there is no terminal", question));
  Secret answer = ask(question, stop);
  if (answer.empty()) throw Error(ErrorKind::usage, fmt::format("the {} is empty", question));
  if (confirm == Confirm::once) return answer;
  const Secret again = ask(fmt::format("{} again", question), stop);
  if (answer.reveal() != again.reveal()) throw Error(ErrorKind::usage, "the two answers differ");
  return answer;
}

}  // namespace holdfast::cli
