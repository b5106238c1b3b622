// Starts another program.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace holdfast::base {

struct SpawnOptions {
  int output = -1;  // descriptor that becomes its standard output; -1: ours
  int errors = -1;  // … its standard error
  enum class Input { ours, none } input = Input::ours;
  // A process group of its own can be ended with all that it started, but is not asked by the terminal.
  enum class Group { ours, own } group = Group::ours;
};

// The first word is looked for in PATH.  The program gets back the signals that this process blocks or ignores: Ctrl-C
// must end a password manager that waits.  Throws Error{config} when it cannot be started.
pid_t spawn(std::vector<std::string> command, const SpawnOptions& options);

}  // namespace holdfast::base
