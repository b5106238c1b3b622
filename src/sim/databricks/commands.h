// The command API 1.2, and what its commands act on: mounts and the hive metastore's access control.  It runs no
// language: the texts that it knows are listed in statements.cc and programs.cc, and any other text fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/databricks/json.h"
#include "sim/databricks/router.h"
#include "sim/databricks/world.h"

namespace holdfast::sim::databricks {

struct Mount {
  std::string source;  // "abfss://lake@account.dfs.core.test/"
  std::string encryption;
  std::map<std::string, std::string> extra_configs;  // never shown
  std::string trouble{};                             // what looking at it raises; empty: nothing
};

struct HiveObject {
  std::string owner;
  std::map<std::string, std::set<std::string>> granted;  // principal → actions
  std::map<std::string, std::set<std::string>> denied;
};

struct CommandState {  // part of a World
  struct Context {
    std::string cluster;
    std::string language;
  };
  struct Command {
    std::string context;
    std::int64_t asked_ms = 0;
    bool cancelled = false;
    std::string results;  // JSON
  };
  std::map<std::string, Context> contexts;
  std::map<std::string, Command> commands;
  std::int64_t command_ms = 0;           // how long a command runs
  std::size_t most_printed = 1'000'000;  // bytes of text that a command gives: the rest is cut off

  std::map<std::string, Mount> mounts;  // by mount point
  // "CATALOG", "DATABASE sales", "TABLE sales.orders", "ANY FILE" …; a part of a name that is no word is in backticks
  std::map<std::string, HiveObject> objects;
};

void add_command_routes(Router& router);

// What a statement gives; ApiError's message is what the cluster says when it cannot.  `who` asks, and owns what is
// made.
Json run_statement(World& world, const std::string& text, const std::string& who);  // SQL
Json run_python(World& world, const std::string& text, const std::string& who);

}  // namespace holdfast::sim::databricks
