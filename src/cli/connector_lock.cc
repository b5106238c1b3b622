#include "cli/connector_lock.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "cli/context.h"

namespace holdfast::cli {

namespace {

constexpr std::string_view k_wait = "Wait until it has ended, then see who is in charge with \"holdfast status\"";

// The file does not say who holds it in the moment in which it is taken.
std::string held_by(const std::string& connector, pid_t pid) {
  const std::string out = fmt::format("another holdfast works on {}", connector);
  return pid == 0 ? out : fmt::format("{} (pid {})", out, pid);
}

}  // namespace

base::FileLock lock_connector(const Context& context, const std::string& connector, base::FileLock::Mode mode) {
  const std::string folder = context.state_folder() + "/locks";
  std::error_code failed;  // seen when the file is opened
  std::filesystem::create_directories(folder, failed);
  const std::string path = fmt::format("{}/{}", folder, base::to_hex(connector));
  std::optional<base::FileLock> got = base::FileLock::try_lock(path, mode);
  if (!got) {
    const pid_t pid = base::FileLock::holder(path);
    throw base::Error(
        base::ErrorKind::busy, held_by(connector, pid),
        pid == 0 ? fmt::format("{}.", k_wait)
                 : fmt::format("{}.  Where that takes too long, see whether process {} is that one: \"kill {}\" "
                               "ends it as Ctrl-C does, and the same command goes on later where it was.",
                               k_wait, pid, pid));
  }
  return *std::move(got);
}

}  // namespace holdfast::cli
