#include "cli/parser.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"

namespace {

using namespace holdfast;
using namespace holdfast::cli;

struct Seen {
  std::string connector;
  std::string path;
  std::vector<std::string> select;
  std::optional<unsigned> readers;
  std::optional<std::string> share;
  std::string existing;
  bool full = false;
};

class Probe final : public Command {
public:
  Probe(std::string_view name, Seen& seen) : name_(name), seen_(seen) {}
  CommandDoc doc() const override { return {name_, "a probe", "Text."}; }
  void declare(FlagTable& flags) override {
    flags.argument("CONNECTOR", seen_.connector, "");
    flags.optional_argument("PATH", seen_.path, "");
    flags.texts("--select", "GLOB", seen_.select, "");
    flags.count("--readers", seen_.readers, 64, "");
    flags.toggle("--full", seen_.full, "");
    Flag share;
    share.name = "--read-data";
    share.value_name = "SHARE";
    share.value_optional = true;
    share.take = [this](const std::vector<std::string>& values) { seen_.share = values.empty() ? "" : values.back(); };
    flags.add(std::move(share));
    Flag existing;
    existing.name = "--existing";
    existing.value_name = "HOW";
    existing.words = {"skip", "update"};
    existing.take = [this](const std::vector<std::string>& values) { seen_.existing = values.back(); };
    flags.add(std::move(existing));
  }
  int run(Context&) override { return 0; }

private:
  std::string_view name_;
  Seen& seen_;
};

class Parser : public testing::Test {
protected:
  Parser() {
    commands_.push_back(std::make_unique<Probe>("backup", seen_));
    commands_.push_back(std::make_unique<Probe>("key add", other_));
    commands_.push_back(std::make_unique<Probe>("key list", other_));
  }
  Parsed run(const std::vector<std::string>& arguments) { return parse(arguments, commands_); }
  // "message | hint"
  std::string failure_of(const std::vector<std::string>& arguments) {
    try {
      run(arguments);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::usage);
      return error.message() + " | " + error.hint();
    }
    return "accepted";
  }
  Seen seen_;
  Seen other_;
  Commands commands_;
};

TEST_F(Parser, takes_the_word_behind_a_command_for_a_member_or_an_argument) {
  Seen tasks;
  commands_.push_back(std::make_unique<Probe>("tasks", tasks));
  commands_.push_back(std::make_unique<Probe>("tasks done", other_));
  EXPECT_EQ(run({"tasks", "--json", "secondary", "done"}).command, commands_[3].get());
  EXPECT_EQ(tasks.connector + " " + tasks.path, "secondary done");
  EXPECT_EQ(run({"tasks", "done", "secondary"}).command, commands_[4].get());
  EXPECT_EQ(other_.connector, "secondary");
  EXPECT_EQ(run({"help", "tasks"}).command, commands_[3].get());
  EXPECT_EQ(run({"help", "tasks", "done"}).command, commands_[4].get());
  EXPECT_EQ(run({"tasks", "--help"}).command, commands_[3].get());
  EXPECT_EQ(run({"key", "--help"}).command, nullptr);
}

TEST_F(Parser, takes_flags_before_and_behind_the_command) {
  const Parsed parsed = run(
      {"--json", "--repository", "backup", "backup", "catalog", "-v", "--full", "--select", "a", "path", "--select=b"});
  EXPECT_EQ(parsed.command, commands_[0].get());
  EXPECT_TRUE(parsed.global.json);
  EXPECT_TRUE(parsed.global.verbose);
  EXPECT_EQ(parsed.global.repository, "backup") << "a value is not the command";
  EXPECT_EQ(seen_.connector, "catalog");
  EXPECT_EQ(seen_.path, "path") << "a flag takes one value and leaves the rest";
  EXPECT_EQ(seen_.select, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(seen_.full);
}

TEST_F(Parser, knows_commands_of_two_words) {
  EXPECT_EQ(run({"key", "list", "x"}).command, commands_[2].get());
  EXPECT_EQ(failure_of({"key"}), "\"key\" is not complete | Say which: key add, key list.");
  EXPECT_EQ(failure_of({"key", "lits"}), "unknown command \"key lits\" | Did you mean \"key list\"?");
}

TEST_F(Parser, knows_the_flag_that_everybody_tries) {
  commands_.push_back(std::make_unique<Probe>("version", other_));
  EXPECT_THROW(run({"--version"}), base::Error) << "the probe wants an argument: the command was found";
}

TEST_F(Parser, suggests_what_was_meant) {
  EXPECT_EQ(failure_of({"bakup", "catalog"}), "unknown command \"bakup\" | Did you mean \"backup\"?");
  EXPECT_EQ(failure_of({"backup", "--raeders", "3"}), "backup has no flag --raeders | Did you mean \"--readers\"?");
  EXPECT_EQ(failure_of({"backup", "x", "--frobnicate"}),
            "backup has no flag --frobnicate | Run \"holdfast backup --help\" for what it takes.");
  EXPECT_TRUE(failure_of({"--frobnicate"}).starts_with("holdfast has no flag --frobnicate | Known here: --config,"));
}

TEST_F(Parser, says_what_is_missing_or_too_much) {
  EXPECT_TRUE(failure_of({"backup"}).starts_with("CONNECTOR is required")) << failure_of({"backup"});
  EXPECT_TRUE(failure_of({"backup", "a", "b", "c"}).starts_with("\"c\" is one argument too many"));
  EXPECT_TRUE(failure_of({"backup", "a", "-x"}).starts_with("\"-x\" is one argument too many"));
}

TEST_F(Parser, checks_values) {
  EXPECT_TRUE(failure_of({"backup", "a", "--readers", "none"}).starts_with("--readers is \"none\""));
  EXPECT_EQ(failure_of({"backup", "a", "--existing", "updtae"}),
            "--existing cannot be \"updtae\" | Did you mean \"update\"?");
}

TEST_F(Parser, takes_an_optional_value_only_with_an_equals_sign_or_at_the_end) {
  run({"backup", "a", "--read-data=5%"});
  EXPECT_EQ(seen_.share, "5%");
  run({"backup", "a", "--read-data"});
  EXPECT_NE(seen_.share, "5%");
}

TEST_F(Parser, lets_urns_and_references_through) {
  run({"backup", "latest~1:aspect/urn:li:dataset:(urn:li:dataPlatform:hive,a.b,PROD)/ownership", "@2026-11-20T10:00Z"});
  EXPECT_EQ(seen_.connector, "latest~1:aspect/urn:li:dataset:(urn:li:dataPlatform:hive,a.b,PROD)/ownership");
  EXPECT_EQ(seen_.path, "@2026-11-20T10:00Z");
}

TEST_F(Parser, reads_the_environment_twin_of_a_flag_that_is_not_given) {
  ::setenv("HOLDFAST_READERS", "7", 1);
  ::setenv("HOLDFAST_JSON", "1", 1);
  ::setenv("HOLDFAST_FULL", "0", 1);
  ::setenv("HOLDFAST_SELECT", "type:dataset,aspect:ownership", 1);
  const Parsed from_environment = run({"backup", "a"});
  EXPECT_EQ(seen_.readers, 7u);
  EXPECT_TRUE(from_environment.global.json);
  EXPECT_FALSE(seen_.full) << "0 says no";
  EXPECT_EQ(seen_.select, (std::vector<std::string>{"type:dataset,aspect:ownership"}))
      << "the comma belongs to the condition";
  run({"backup", "a", "--readers", "2"});
  EXPECT_EQ(seen_.readers, 2u) << "what is given goes first";
  for (const char* name : {"HOLDFAST_READERS", "HOLDFAST_JSON", "HOLDFAST_FULL", "HOLDFAST_SELECT"}) ::unsetenv(name);
}

TEST_F(Parser, names_the_variable_that_says_neither_yes_nor_no) {
  ::setenv("HOLDFAST_JSON", "maybe", 1);
  const std::string failure = failure_of({"backup", "a"});
  ::unsetenv("HOLDFAST_JSON");
  EXPECT_EQ(failure, "HOLDFAST_JSON is \"maybe\", which is neither yes nor no | Set it to 1 or 0.");
}

TEST_F(Parser, gives_help_wherever_it_is_asked_for) {
  EXPECT_TRUE(run({}).global.help);
  EXPECT_EQ(run({"help"}).command, nullptr);
  EXPECT_EQ(run({"--help"}).command, nullptr);
  EXPECT_EQ(run({"help", "key", "add"}).command, commands_[1].get());
  EXPECT_EQ(run({"key", "--help"}).command, nullptr) << "the overview lists what belongs to it";
  EXPECT_EQ(run({"help", "key"}).command, nullptr);
  const Parsed parsed = run({"backup", "--help"});
  EXPECT_TRUE(parsed.global.help) << "though CONNECTOR is missing";
  EXPECT_EQ(parsed.command, commands_[0].get());
}

}  // namespace
