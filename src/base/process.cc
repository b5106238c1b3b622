#include "base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "base/error.h"

namespace holdfast::base {

namespace {

class FileActions {
public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() noexcept { return &actions_; }

private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
public:
  Attributes() { posix_spawnattr_init(&attributes_); }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t* get() noexcept { return &attributes_; }

private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

pid_t spawn(std::vector<std::string> command, const SpawnOptions& options) {
  if (command.empty()) throw Error(ErrorKind::internal, "a command without a word was to be run");
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  FileActions actions;
  if (options.input == SpawnOptions::Input::none)
    posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (options.output >= 0) posix_spawn_file_actions_adddup2(actions.get(), options.output, STDOUT_FILENO);
  if (options.errors >= 0) posix_spawn_file_actions_adddup2(actions.get(), options.errors, STDERR_FILENO);
  Attributes attributes;
  sigset_t none;
  sigemptyset(&none);
  sigset_t reset;
  sigemptyset(&reset);
  sigaddset(&reset, SIGPIPE);
  posix_spawnattr_setsigmask(attributes.get(), &none);
  posix_spawnattr_setsigdefault(attributes.get(), &reset);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (options.group == SpawnOptions::Group::own) {
    posix_spawnattr_setpgroup(attributes.get(), 0);
    flags |= POSIX_SPAWN_SETPGROUP;
  }
  posix_spawnattr_setflags(attributes.get(), static_cast<short>(flags));
  pid_t child = -1;
  const int failure = posix_spawnp(&child, arguments[0], actions.get(), attributes.get(), arguments.data(), environ);
  if (failure != 0)
    throw Error(ErrorKind::config, fmt::format("cannot start '{}': {}", command[0], std::strerror(failure)),
                "Install it, or correct its name.");
  return child;
}

}  // namespace holdfast::base
