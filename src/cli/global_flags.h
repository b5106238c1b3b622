// Flags that every command takes.
#pragma once

#include <optional>
#include <string>

#include "cli/flags.h"

namespace holdfast::cli {

struct GlobalFlags {
  std::optional<std::string> config;
  std::optional<std::string> repository;  // name or URL
  std::optional<std::string> key_file;
  std::optional<std::string> key_command;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool help = false;

  void declare(FlagTable& flags);
};

}  // namespace holdfast::cli
