#include "cli/app.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "support/app_world.h"

namespace {

using namespace holdfast;
using namespace holdfast::cli;

using test::Outcome;

class App : public testing::Test {
protected:
  App() {
    platform::Platform platform;
    platform.name = "datahub";
    platform.settings = {{"sql.url", platform::Platform::Setting::Type::text, ""}};
    app_.composition.platforms = {platform};
  }

  Outcome run(const std::vector<std::string>& arguments) const { return app_.run_bare(arguments); }
  std::string url() const { return app_.url(); }

  test::AppWorld app_;
};

// With the key in the environment, for as long as it is there.
class Key {
public:
  explicit Key(const char* key) { ::setenv("HOLDFAST_KEY", key, 1); }
  ~Key() { ::unsetenv("HOLDFAST_KEY"); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
};

TEST_F(App, prints_its_version_and_help) {
  const Outcome version = run({"version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("holdfast ")) << version.out;
  const Outcome help = run({});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("usage: holdfast COMMAND"), std::string::npos);
}

TEST_F(App, ends_with_2_when_it_is_used_wrongly) {
  const Outcome outcome = run({"bakup"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "error: unknown command \"bakup\"\nhint: Did you mean \"backup\"?\n");
}

TEST_F(App, writes_errors_as_json_when_json_was_asked_for) {
  const Outcome outcome = run({"bakup", "--json"});
  EXPECT_EQ(outcome.code, 2);
  const auto error = nlohmann::json::parse(outcome.err);
  EXPECT_EQ(error["type"], "error");
  EXPECT_EQ(error["exit_code"], 2);
}

TEST_F(App, ends_with_10_where_there_is_no_repository) {
  const Outcome outcome = run({"snapshots", "--repository", url()});
  EXPECT_EQ(outcome.code, 10);
  EXPECT_NE(outcome.err.find("there is no repository at"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("holdfast init"), std::string::npos) << outcome.err;
}

TEST_F(App, ends_with_12_for_a_wrong_passphrase) {
  const Key right("correct horse battery");
  const Outcome made = run({"init", "--repository", url(), "--json"});
  ASSERT_EQ(made.code, 0) << made.err;
  const auto summary = nlohmann::json::parse(made.out);
  EXPECT_EQ(summary["verb"], "init");
  EXPECT_EQ(summary["url"], url());
  EXPECT_NE(summary["recovery_hint"].get<std::string>().find("Keep the passphrase"), std::string::npos);
  EXPECT_EQ(made.out.find("correct horse"), std::string::npos) << "the key is never shown";

  EXPECT_EQ(run({"snapshots", "--repository", url()}).code, 0);
  const Key other("incorrect horse");
  const Outcome wrong = run({"snapshots", "--repository", url()});
  EXPECT_EQ(wrong.code, 12) << wrong.err;
  EXPECT_EQ(wrong.err.find("incorrect horse"), std::string::npos);
}

TEST_F(App, opens_with_a_key_file_before_the_environment) {
  const Key in_environment("correct horse battery");
  const std::string path = app_.file("other-key");
  std::ofstream(path) << "from a file\n";
  ASSERT_EQ(run({"init", "--repository", url(), "--key-file", path}).code, 0);
  const Outcome keys = run({"key", "list", "--repository", url(), "--key-file", path, "--json"});
  ASSERT_EQ(keys.code, 0) << keys.err;
  const auto listed = nlohmann::json::parse(keys.out);
  EXPECT_EQ(listed["format_version"], 1);
  ASSERT_EQ(listed["keys"].size(), 1u);
  EXPECT_EQ(listed["keys"][0]["kind"], "file");
  EXPECT_EQ(listed["keys"][0]["current"], true);
}

TEST_F(App, names_the_configuration_when_a_connector_is_unknown) {
  const std::string path = app_.file("holdfast.toml");
  std::ofstream(path) << "[repository.main]\nurl = \"" << url() << "\"\n[connector.catalog]\nplatform = \"datahub\"\n";
  const Outcome outcome = run({"backup", "catalogue", "--config", path});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err,
            "error: there is no connector \"catalogue\" in " + path + "\nhint: Did you mean \"catalog\"?\n");
}

TEST_F(App, asks_which_repository_where_there_are_two) {
  const std::string path = app_.file("holdfast.toml");
  std::ofstream(path) << "[repository.a]\nurl = \"" << url() << "\"\n[repository.b]\nurl = \"" << url() << "2\"\n";
  const Outcome outcome = run({"snapshots", "--config", path});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "error: it is not clear which repository is meant\nhint: Add --repository, one of: a, b.\n");
  EXPECT_EQ(run({"snapshots", "--config", path, "--repository", "b"}).code, 10);
}

TEST_F(App, refuses_flags_that_a_kind_of_restore_does_not_use) {
  using Arguments = std::vector<std::string>;
  const Arguments whole{"restore", "latest", "--to", "catalog"};
  const Arguments part{"restore", "latest", "--to", "catalog", "--select", "key:*"};
  const Arguments plan{"restore", "--plan", "plan.json"};
  const Arguments of_part[] = {{"--existing", "skip"}, {"--existing", "update"}, {"--remove"}};
  const Arguments of_whole[] = {{"--drop-previous"}, {"--allow-writers"}, {"--writers", "2"}};
  const auto expect_refused = [&](Arguments arguments, const Arguments& flag) {
    arguments.insert(arguments.end(), flag.begin(), flag.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("error: " + flag.front() + " means nothing to ")) << outcome.err;
    EXPECT_NE(outcome.err.find("hint: "), std::string::npos) << outcome.err;
  };
  for (const Arguments& flag : of_part) {
    expect_refused(whole, flag);
    expect_refused(plan, flag);
  }
  for (const Arguments& flag : of_whole) {
    expect_refused(part, flag);
    expect_refused(plan, flag);
  }
}

TEST_F(App, shows_how_a_folder_is_written_as_a_url) {
  const Outcome outcome = run({"snapshots", "--repository", "./repo"});
  EXPECT_EQ(outcome.code, 2);
  const std::string url = "file://" + std::filesystem::current_path().string() + "/repo";
  EXPECT_TRUE(outcome.says("Write a folder as a URL: " + url + ".")) << outcome.err;
  EXPECT_EQ(run({"snapshots", "--repository", url}).code, 10) << "which is understood";
}

TEST_F(App, makes_no_repository_that_this_host_could_not_remember) {
  const Key key("correct horse battery");
  app_.composition.state_folder = app_.file("key") + "/below-a-file";
  const Outcome outcome = run({"init", "--repository", url()});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(app_.file("repository") + "/config"));
}

TEST_F(App, refuses_to_remove_where_what_is_there_is_skipped) {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"--existing", "skip", "--remove"}, {"--remove", "--existing", "skip"}}) {
    std::vector<std::string> arguments{"plan", "latest", "--to", "catalog"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_TRUE(outcome.says("--remove means nothing to --existing skip")) << outcome.err;
  }
}

TEST_F(App, refuses_a_place_that_it_cannot_keep_repositories_in) {
  EXPECT_EQ(run({"init", "--repository", "ftp://host/x"}).code, 2);
  EXPECT_EQ(run({"init", "--repository", "file://relative"}).code, 2);
}

}  // namespace
