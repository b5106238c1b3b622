// The program: parse, run, show what went wrong, say it with the exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/parser.h"

namespace holdfast::cli {

// `arguments` are those behind the program's name.  Returns the exit code; throws nothing.
int run_app(const Composition& composition, const Commands& commands, const std::vector<std::string>& arguments);

}  // namespace holdfast::cli
