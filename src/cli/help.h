// Help texts, made from what the commands declare.
#pragma once

#include <string>

#include "cli/parser.h"

namespace holdfast::cli {

std::string help_overview(const Commands& commands);
std::string help_of(Command& command);

}  // namespace holdfast::cli
