// Completion scripts, made from what the commands declare.
#pragma once

#include <string>

#include "cli/parser.h"

namespace holdfast::cli {

std::string bash_completion(const Commands& commands);

}  // namespace holdfast::cli
