#include "base/random.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace holdfast::base {

namespace {

class SystemRandom : public Random {
public:
  void fill(std::span<char> out) override {
    while (!out.empty()) {
      // More than 256 bytes may come in parts, and a signal may cut a call short.
      const ssize_t got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        throw Error(ErrorKind::io,
                    fmt::format("no random bytes from the system: {}", std::generic_category().message(errno)),
                    "Check that no sandbox forbids the system call getrandom.");
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace holdfast::base
