#include "cli/flags.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "cli/commands/commands.h"
#include "cli/parser.h"

namespace {

using namespace holdfast::cli;

TEST(Flag, has_a_twin_in_the_environment) {
  Flag flag;
  flag.name = "--max-snapshot-age";
  EXPECT_EQ(flag.environment(), "HOLDFAST_MAX_SNAPSHOT_AGE");
  flag.name = "CONNECTOR";
  EXPECT_EQ(flag.environment(), "");
}

TEST(FlagTable, hands_values_to_their_variables) {
  std::optional<unsigned> readers;
  std::vector<std::string> select;
  FlagTable table;
  table.count("--readers", readers, 64, "");
  table.texts("--select", "GLOB", select, "");
  ASSERT_EQ(table.all().size(), 2u);
  table.all()[0].take({"3"});
  table.all()[1].take({"a", "b"});
  EXPECT_EQ(readers, 3u);
  EXPECT_EQ(select, (std::vector<std::string>{"a", "b"}));
}

// A command with the flags of another, which writes down what they are given.
class Recorder final : public Command {
public:
  using Taken = std::map<std::string, std::vector<std::string>>;
  Recorder(Command& command, Taken& taken) : command_(command), taken_(taken) {}
  CommandDoc doc() const override { return command_.doc(); }
  void declare(FlagTable& flags) override {
    FlagTable own;
    command_.declare(own);
    for (Flag flag : own.all()) {
      flag.take = [this, name = flag.name](const std::vector<std::string>& values) { taken_[name] = values; };
      flags.add(std::move(flag));
    }
  }
  int run(Context&) override { return 0; }

private:
  Command& command_;
  Taken& taken_;
};

// One of the values that a flag takes.
std::string value_for(const Flag& flag) {
  if (flag.value_name.empty()) return "1";
  return flag.words.empty() ? "7" : flag.words.back();
}

// The command and its flags are declared anew: what they are given lies in the command.
Recorder::Taken parsed_with(Command& command, const Flag* from_environment) {
  Recorder::Taken taken;
  Commands commands;
  commands.push_back(std::make_unique<Recorder>(command, taken));
  std::vector<std::string> arguments;
  const std::string name(command.doc().name);
  arguments.push_back(name.substr(0, name.find(' ')));
  if (name.find(' ') != std::string::npos) arguments.push_back(name.substr(name.find(' ') + 1));
  FlagTable table;
  command.declare(table);
  for (const Flag& flag : table.all()) {
    if (flag.positional() && flag.times != Times::optional) arguments.push_back(value_for(flag));
    const bool other = !flag.positional() && flag.times == Times::required && &flag != from_environment &&
                       (from_environment == nullptr || flag.name != from_environment->name);
    if (other) arguments.insert(arguments.end(), {flag.name, value_for(flag)});
  }
  if (from_environment != nullptr)
    ::setenv(from_environment->environment().c_str(), value_for(*from_environment).c_str(), 1);
  parse(arguments, commands);
  if (from_environment != nullptr) ::unsetenv(from_environment->environment().c_str());
  return taken;
}

TEST(EveryFlag, of_every_command_is_taken_from_the_environment) {
  std::size_t flags = 0;
  for (const auto& command : all_commands()) {
    FlagTable table;
    command->declare(table);
    for (const Flag& flag : table.all()) {
      if (flag.positional()) continue;
      ++flags;
      const std::string what = std::string(command->doc().name) + " " + flag.name;
      const Recorder::Taken taken = parsed_with(*command, &flag);
      const auto found = taken.find(flag.name);
      ASSERT_NE(found, taken.end()) << what << " has no twin " << flag.environment();
      const bool is_switch = flag.value_name.empty();
      EXPECT_EQ(found->second, is_switch ? std::vector<std::string>{} : std::vector<std::string>{value_for(flag)})
          << what;
      if (flag.times != Times::required) {
        EXPECT_FALSE(parsed_with(*command, nullptr).contains(flag.name)) << what;
      }
    }
  }
  EXPECT_GT(flags, 30u);
}

TEST(EveryFlag, that_all_commands_share_is_taken_from_the_environment) {
  GlobalFlags declared;
  FlagTable table;
  declared.declare(table);
  for (const Flag& flag : table.all()) ::setenv(flag.environment().c_str(), value_for(flag).c_str(), 1);
  const GlobalFlags got = parse({"version"}, all_commands()).global;
  for (const Flag& flag : table.all()) ::unsetenv(flag.environment().c_str());
  EXPECT_EQ(got.config, "7");
  EXPECT_EQ(got.repository, "7");
  EXPECT_EQ(got.key_file, "7");
  EXPECT_EQ(got.key_command, "7");
  EXPECT_TRUE(got.json && got.quiet && got.verbose && got.no_color && got.help);
  EXPECT_EQ(table.all().size(), 9u) << "a new flag belongs into this test";
}

TEST(EveryFlag, has_a_twin_that_nothing_else_is_called) {
  for (const auto& command : all_commands()) {
    std::map<std::string, std::string> twins{{"HOLDFAST_KEY", "a key"}, {"HOLDFAST_NEW_KEY", "a key"}};
    FlagTable table;
    GlobalFlags global;
    global.declare(table);
    command->declare(table);
    for (const Flag& flag : table.all()) {
      if (flag.positional()) continue;
      EXPECT_TRUE(twins.emplace(flag.environment(), flag.name).second) << command->doc().name << " " << flag.name;
    }
  }
}

// What changes nothing but a file that was named for it (plan), or nothing at all, has no need of it.
TEST(DryRun, belongs_to_every_command_that_changes_something_and_is_worded_alike) {
  for (const auto& command : all_commands()) {
    FlagTable table;
    command->declare(table);
    const Flag* found = nullptr;
    for (const Flag& flag : table.all())
      if (flag.name == "--dry-run") found = &flag;
    EXPECT_EQ(found != nullptr, command->doc().kind == Kind::run) << command->doc().name;
    if (found != nullptr) {
      EXPECT_EQ(found->doc, "say what would be done, write nothing") << command->doc().name;
    }
  }
}

}  // namespace
