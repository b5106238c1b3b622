#include "base/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace holdfast::base {

namespace {

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw Error(ErrorKind::io, fmt::format("{} cannot be {}: {}", path, what, std::strerror(errno)),
              "See whether the folder of the local state is there and may be written to.");
}

// For people, who are told whom to wait for: the lock itself does not need it.
void say_who(int descriptor) {
  const std::string who = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, who.data(), who.size(), 0);
}

}  // namespace

std::optional<FileLock> FileLock::try_lock(const std::string& path, Mode mode) {
  // Not left to programs that are started: they may go on for longer than this one.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) fail(path, "opened");
  FileLock out(descriptor);
  int got = -1;
  do {
    got = ::flock(descriptor, (mode == Mode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB);
  } while (got != 0 && errno == EINTR);
  if (got != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    fail(path, "locked");
  }
  say_who(descriptor);
  return out;
}

pid_t FileLock::holder(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  std::array<char, 32> text{};
  const ssize_t size = ::read(descriptor, text.data(), text.size());
  ::close(descriptor);
  pid_t out = 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, out);
  return out;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace holdfast::base
