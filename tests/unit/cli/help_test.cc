#include "cli/help.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "cli/commands/commands.h"
#include "ui/text.h"

namespace {

using namespace holdfast;
using namespace holdfast::cli;

void expect_fits(const std::string& text) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) EXPECT_LE(ui::display_width(line), 80u) << line;
}

TEST(Help, lists_every_command) {
  const Commands commands = all_commands();
  const std::string text = help_overview(commands);
  for (const auto& command : commands)
    EXPECT_NE(text.find("\n  " + std::string(command->doc().name) + " "), std::string::npos) << command->doc().name;
  expect_fits(text);
}

TEST(Help, tells_each_command_with_all_its_flags) {
  for (const auto& command : all_commands()) {
    const std::string text = help_of(*command);
    FlagTable table;
    command->declare(table);
    for (const Flag& flag : table.all()) {
      EXPECT_NE(text.find(flag.name), std::string::npos) << command->doc().name << " " << flag.name;
      EXPECT_FALSE(flag.doc.empty()) << command->doc().name << " " << flag.name;
    }
    EXPECT_FALSE(command->doc().text.empty()) << command->doc().name;
    expect_fits(text);
  }
}

TEST(Help, shows_how_often_an_argument_may_come) {
  for (const auto& command : all_commands()) {
    if (command->doc().name == "forget") {
      EXPECT_NE(help_of(*command).find("usage: holdfast forget SNAPSHOT... [flags]"), std::string::npos);
    }
    if (command->doc().name == "ls") {
      EXPECT_NE(help_of(*command).find("usage: holdfast ls SNAPSHOT [PATH] [flags]"), std::string::npos);
    }
  }
}

// The names of flags, their twins and the commands are interface: no two may collide, and none may carry a secret.
TEST(Commands, collide_nowhere_and_take_no_secret_as_an_argument) {
  std::set<std::string_view> names;
  for (const auto& command : all_commands()) {
    EXPECT_TRUE(names.insert(command->doc().name).second) << command->doc().name;
    FlagTable table;
    GlobalFlags global;
    global.declare(table);
    command->declare(table);
    std::set<std::string> flags;
    for (const Flag& flag : table.all()) {
      EXPECT_TRUE(flags.insert(flag.name).second) << flag.name;
      if (!flag.short_name.empty()) {
        EXPECT_TRUE(flags.insert(flag.short_name).second) << flag.short_name;
      }
      for (const char* secret : {"--key", "--new-key", "--password", "--passphrase", "--secret"})
        EXPECT_NE(flag.name, secret);
    }
  }
}

}  // namespace
