#include "ui/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.h"

namespace holdfast::ui {

namespace {
constexpr std::size_t k_buffer_bytes = 64 * 1024;
constexpr unsigned k_columns_default = 80;
}  // namespace

Output::~Output() {
  write_all(descriptor_, buffer_);
}

void Output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= k_buffer_bytes) flush();
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

void Output::flush() {
  const std::string pending = std::move(buffer_);
  buffer_.clear();
  if (write_all(descriptor_, pending)) return;
  // Whoever reads has seen enough, as `head` has: that ends the program as it ends every other in a pipe, without a
  // word.
  if (errno == EPIPE) {
    (void)std::signal(SIGPIPE, SIG_DFL);
    (void)std::raise(SIGPIPE);
  }
  throw base::Error(base::ErrorKind::io, fmt::format("cannot write the result: {}", std::strerror(errno)));
}

bool write_all(int descriptor, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool is_terminal(int descriptor) noexcept {
  return ::isatty(descriptor) == 1;
}

unsigned terminal_columns(int descriptor) noexcept {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return k_columns_default;
  return size.ws_col;
}

}  // namespace holdfast::ui
