// From argv to a command that is ready to run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/global_flags.h"

namespace holdfast::cli {

using Commands = std::vector<std::unique_ptr<Command>>;

struct Parsed {
  Command* command = nullptr;  // one of the commands; nullptr when only help was asked for
  GlobalFlags global;
};

// `arguments` are those behind the program's name.  Throws Error{usage}, with the nearest command or flag where one was
// misspelt. Environment twins are read for flags that are not given.
Parsed parse(const std::vector<std::string>& arguments, const Commands& commands);

}  // namespace holdfast::cli
