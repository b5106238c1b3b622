// Runs a program that prints a token.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"

namespace holdfast::net {

struct CommandResult {
  int exit_code = 0;  // 128 + the signal that ended it
  base::Secret output{};
  std::string errors{};  // what it wrote to standard error, its first 64 KiB
};

// Without a shell: the first word is looked for in PATH, the others are its arguments as they are.  It gets no input.
// Ended, with what it started, when it takes longer than `timeout` (Error{unavailable}), prints more than 1 MiB
// (Error{config}) or stop is requested (Error{cancelled}).  Error{config} when it cannot be started.
CommandResult run_command(const std::vector<std::string>& command, base::Duration timeout, const base::Clock& clock,
                          std::stop_token stop);

// The first line that is not blank, without control characters, at most 300 bytes.
std::string first_line(std::string_view text);

}  // namespace holdfast::net
