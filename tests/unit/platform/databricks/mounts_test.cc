#include "platform/databricks/mounts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "platform/databricks/capture.h"
#include "platform/databricks/diagnosis.h"
#include "platform/databricks/kinds.h"
#include "unit/platform/databricks/python_cluster.h"
#include "unit/platform/databricks/stood_cluster.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using platform::databricks::Cluster;
using platform::databricks::CommandOptions;
using platform::databricks::mount_notebook;
using platform::databricks::OptIns;
using platform::databricks::read_mounts;

class Mounts : public testing::Test {
protected:
  void mount(const std::string& point, const std::string& source, const std::string& encryption = {}) {
    world_.state().mounts[point] = {source, encryption, {{"fs.azure.account.key", "not to be shown"}}, {}};
  }
  std::vector<std::string> read(CommandOptions options = StoodCluster::options()) {
    Cluster cluster(world_.client(), world_.clock, std::move(options));
    return read_mounts(cluster, {}).bodies;
  }
  std::unique_ptr<platform::Capture> capture(const CommandOptions& options) {
    return platform::databricks::open_capture(world_.client(), {}, world_.clock, {}, OptIns{.commands = options});
  }
  StoodCluster world_;
};

TEST_F(Mounts, of_every_scheme_are_read_and_what_the_platform_mounts_itself_is_not) {
  mount("/mnt/a", "wasbs://raw@one.blob.core.windows.net/in");
  mount("/mnt/b", "abfss://lake@two.dfs.core.windows.net/");
  mount("/mnt/c", "adl://three.azuredatalakestore.net/x", "sse");
  EXPECT_EQ(
      read(),
      (std::vector<std::string>{
          R"({"mount_point":"/mnt/a","source":"wasbs://raw@one.blob.core.windows.net/in","encryption_type":""})",
          R"({"mount_point":"/mnt/b","source":"abfss://lake@two.dfs.core.windows.net/","encryption_type":""})",
          R"({"mount_point":"/mnt/c","source":"adl://three.azuredatalakestore.net/x","encryption_type":"sse"})"}));
}

TEST_F(Mounts, are_read_in_pieces_whatever_they_are_called) {
  for (int i = 0; i < 450; ++i) mount(fmt::format("/mnt/\"ü' {:03}", i), "abfss://lake@two.dfs.core.windows.net/");
  world_.state().most_printed = 20'000;  // less than two hundred of them
  const std::vector<std::string> bodies = read();
  ASSERT_EQ(bodies.size(), 450U);
  EXPECT_TRUE(bodies[449].starts_with(R"({"mount_point":"/mnt/\"ü' 449",)")) << bodies[449];
}

// What is left of "end 2000" says that there are no more than were asked for.
TEST_F(Mounts, are_not_lost_where_the_end_of_their_number_is_cut_off) {
  constexpr std::size_t k_own = 2;  // the platform's
  for (std::size_t i = k_own; i < 2'000; ++i)
    mount(fmt::format("/mnt/{:04}", i), "abfss://lake@two.dfs.core.windows.net/");
  Cluster cluster(world_.client(), world_.clock, StoodCluster::options());
  ASSERT_EQ(read_mounts(cluster, {}).bodies.size(), 2'000U - k_own);
  std::size_t shortest = world_.state().most_printed;  // of the first two hundred, whose numbers are the shortest
  for (const auto& [id, command] : world_.state().commands)
    shortest = std::min(shortest, json::parse(command.results).at("data").get<std::string>().size());
  world_.state().most_printed = shortest - std::string_view("0\n").size();
  EXPECT_EQ(read_mounts(cluster, {}).bodies.size(), 2'000U - k_own);
}

TEST_F(Mounts, are_all_unread_where_one_cannot_be_looked_at) {
  mount("/mnt/a", "abfss://lake@two.dfs.core.windows.net/");
  mount("/mnt/b", "abfss://lake@two.dfs.core.windows.net/");
  world_.state().mounts["/mnt/b"].trouble = "java.io.IOException: no such host";
  const auto opened = capture(StoodCluster::options());
  try {
    (void)opened->ranges(collection("mounts"), 1);
    ADD_FAILURE() << "one of them is missing";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "a mount cannot be looked at: java.io.IOException: no such host");
  }
  EXPECT_TRUE(world_.state().contexts.empty());
}

TEST_F(Mounts, are_rows_of_a_backup_where_a_cluster_may_be_asked) {
  mount("/mnt/lake", "abfss://lake@two.dfs.core.windows.net/");
  const auto opened = capture(StoodCluster::options());
  Rows rows;
  for (const base::KeyRange& range : opened->ranges(collection("mounts"), 4))
    opened->read(collection("mounts"), range, rows, {});
  ASSERT_EQ(rows.rows.size(), 1U);
  const std::string& body = *rows.rows.begin()->second.columns.at(0);
  EXPECT_NE(body.find("abfss://lake@two"), std::string::npos) << body;
  EXPECT_EQ(body.find("not to be shown"), std::string::npos) << body;
  EXPECT_TRUE(world_.state().contexts.empty());
  EXPECT_EQ(opened->attributes().find("only a cluster tells them"), std::string::npos);
  world_.terminate();
  EXPECT_NE(capture(StoodCluster::options())->attributes().find(R"("told_by_cluster":"mounts table-acls ")"),
            std::string::npos)
      << "a source without them is whole otherwise";
}

TEST_F(Mounts, are_named_as_left_out_and_no_command_is_run_where_none_may_be_asked) {
  mount("/mnt/lake", "abfss://lake@two.dfs.core.windows.net/");
  const auto opened = capture({});
  for (const platform::CollectionEstimate& one : opened->collections()) EXPECT_NE(one.collection.name, "mounts");
  EXPECT_NE(opened->attributes().find(R"({"what":"mounts","reason":"only a cluster tells them, and command_cluster)"),
            std::string::npos)
      << opened->attributes();
  EXPECT_EQ(opened->attributes().find("told_by_cluster"), std::string::npos);
  for (const std::string& note : opened->notes()) EXPECT_EQ(note.find("mounts"), std::string::npos) << note;
  for (const auto& asked : world_.stand_in.log().last())
    EXPECT_FALSE(asked.target.starts_with("/api/1.2/")) << asked.target;
}

std::vector<platform::Diagnosis> about_commands(StoodCluster& world, const CommandOptions& options) {
  std::vector<platform::Diagnosis> out;
  for (auto& line : platform::databricks::diagnose_workspace(world.client(), ScriptedSession::account(), world.clock,
                                                             OptIns{.commands = options}))
    if (line.subject == "commands") out.push_back(std::move(line));
  return out;
}

TEST_F(Mounts, are_spoken_of_by_doctor_which_starts_nothing) {
  using Level = platform::Diagnosis::Level;
  const auto without = about_commands(world_, {});
  ASSERT_EQ(without.size(), 1U);
  EXPECT_EQ(without[0].level, Level::note);
  EXPECT_NE(without[0].advice.find("command_cluster"), std::string::npos);
  EXPECT_EQ(about_commands(world_, StoodCluster::options()).at(0).level, Level::ok);
  EXPECT_EQ(about_commands(world_, {.cluster = "nothing"}).at(0).level, Level::problem);
  world_.terminate();
  EXPECT_EQ(about_commands(world_, StoodCluster::options()).at(0).level, Level::warning);
  const auto may_start = about_commands(world_, StoodCluster::starting());
  EXPECT_EQ(may_start.at(0).level, Level::ok);
  EXPECT_NE(may_start.at(0).text.find("a backup starts it"), std::string::npos) << may_start.at(0).text;
  EXPECT_EQ(world_.state_of_cluster(), "TERMINATED");
}

// --- the notebook

std::string notebook_of(const std::string& source, const std::string& encryption = {}) {
  return mount_notebook(
      fmt::format(R"({{"mount_point":"/mnt/x","source":"{}","encryption_type":"{}"}})", source, encryption));
}

// As somebody edits it who wrote down where the credentials are, and chose this way to mount; none: the one that stands
// there.
std::string edited(std::string notebook, const std::string& form = {}) {
  const std::string scope = "\nscope = \"SCOPE\"  # ";
  const std::size_t at = notebook.find(scope);
  EXPECT_NE(at, std::string::npos) << notebook;
  notebook.replace(at, scope.size(), "\nscope = \"mounting\"  # ");
  if (form.empty()) return notebook;
  const std::size_t line = notebook.find("\nform = ") + 1;
  EXPECT_NE(line, 0U) << notebook;
  return notebook.replace(line, notebook.find('\n', line) - line, fmt::format("form = \"{}\"", form));
}

class MountNotebook : public RunsPython {
protected:
  PythonRun run(const std::string& notebook, const std::string& form = {}) {
    PythonRun out = run_in_python(world_, edited(notebook, form));
    EXPECT_EQ(out.told.at("cells"), 3U) << notebook;
    return out;
  }
  // What it mounts on /mnt/x, and nothing else.
  json configs(const std::string& source, const std::string& form) {
    const PythonRun ran = run(notebook_of(source), form);
    EXPECT_EQ(ran.status, 0) << ran.printed;
    EXPECT_EQ(ran.printed, "");
    const json& mounted = ran.told.at("mounted");
    if (mounted.size() != 1) return mounted;
    EXPECT_EQ(mounted[0].at("source"), source);
    EXPECT_EQ(mounted[0].at("mount_point"), "/mnt/x");
    EXPECT_EQ(mounted[0].at("encryption_type"), "");
    return mounted[0].at("extra_configs");
  }
  json world_{{"secrets",
               {{"mounting/account-key", "the key"},
                {"mounting/sas-token", "the token"},
                {"mounting/client-id", "the client"},
                {"mounting/client-secret", "its secret"},
                {"mounting/tenant-id", "the tenant"}}},
              {"conf",
               {{"spark.databricks.passthrough.adls.gen2.tokenProviderClassName", "second generation"},
                {"spark.databricks.passthrough.adls.tokenProviderClassName", "first generation"}}}};
};

TEST_F(MountNotebook, mounts_blobs_by_key_or_signature) {
  EXPECT_EQ(configs("wasbs://raw@one.blob.core.windows.net/in", "key"),
            (json{{"fs.azure.account.key.one.blob.core.windows.net", "the key"}}));
  EXPECT_EQ(configs("wasbs://raw@one.blob.core.windows.net/in", "sas"),
            (json{{"fs.azure.sas.raw.one.blob.core.windows.net", "the token"}}));
}

TEST_F(MountNotebook, mounts_a_lake_of_either_generation_by_a_principal_or_by_who_reads) {
  const std::string tokens = "https://login.microsoftonline.com/the tenant/oauth2/token";
  EXPECT_EQ(
      configs("abfss://lake@two.dfs.core.windows.net/", "oauth"),
      (json{{"fs.azure.account.auth.type", "OAuth"},
            {"fs.azure.account.oauth.provider.type", "org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvider"},
            {"fs.azure.account.oauth2.client.id", "the client"},
            {"fs.azure.account.oauth2.client.secret", "its secret"},
            {"fs.azure.account.oauth2.client.endpoint", tokens}}));
  EXPECT_EQ(configs("abfss://lake@two.dfs.core.windows.net/", "passthrough"),
            (json{{"fs.azure.account.auth.type", "CustomAccessToken"},
                  {"fs.azure.account.custom.token.provider.class", "second generation"}}));
  EXPECT_EQ(configs("adl://three.azuredatalakestore.net/x", "oauth"),
            (json{{"fs.adl.oauth2.access.token.provider.type", "ClientCredential"},
                  {"fs.adl.oauth2.client.id", "the client"},
                  {"fs.adl.oauth2.credential", "its secret"},
                  {"fs.adl.oauth2.refresh.url", tokens}}));
  EXPECT_EQ(configs("adl://three.azuredatalakestore.net/x", "passthrough"),
            (json{{"fs.adl.oauth2.access.token.provider.type", "CustomAccessTokenProvider"},
                  {"fs.adl.oauth2.access.token.custom.provider", "first generation"}}));
}

TEST_F(MountNotebook, begins_with_a_way_that_it_knows_and_names_the_other) {
  for (const auto& [source, first] : std::vector<std::pair<std::string, std::string>>{
           {"wasb://raw@one.blob.core.windows.net/", "form = \"key\"  # or \"sas\": "},
           {"abfs://lake@two.dfs.core.windows.net/", "form = \"oauth\"  # or \"passthrough\": "},
           {"adl://three.azuredatalakestore.net/", "form = \"oauth\"  # or \"passthrough\": "},
           {"s3a://bucket/x", "form = \"other\"\n"}}) {
    const std::string notebook = notebook_of(source);
    EXPECT_NE(notebook.find("\n" + first), std::string::npos) << notebook;
    const PythonRun ran = run(notebook);
    EXPECT_EQ(ran.status, 0) << ran.printed;
    EXPECT_EQ(ran.told.at("mounted").size(), 1U) << notebook;
  }
}

TEST_F(MountNotebook, takes_every_credential_from_the_scope_that_was_written_into_it) {
  const PythonRun ran = run(notebook_of("abfss://lake@two.dfs.core.windows.net/"), "oauth");
  EXPECT_EQ(ran.told.at("secrets"), (json{"mounting/client-id", "mounting/client-secret", "mounting/tenant-id"}));
}

TEST_F(MountNotebook, says_how_a_bucket_was_encrypted) {
  const PythonRun ran = run(notebook_of("s3a://bucket/x", "sse-kms:key"), "other");
  EXPECT_EQ(ran.told.at("mounted").at(0).at("encryption_type"), "sse-kms:key");
}

TEST_F(MountNotebook, changes_nothing_that_is_mounted) {
  const std::string source = "abfss://lake@two.dfs.core.windows.net/";
  world_["mounts"] = json::array({{"/mnt/y", "wasbs://a@b.test/", ""}, {"/mnt/x", source, ""}});
  EXPECT_EQ(configs(source, "oauth"), json::array());
  const PythonRun other = run(notebook_of("abfss://lake@west.dfs.core.windows.net/"), "oauth");
  EXPECT_EQ(other.status, 1);
  EXPECT_EQ(other.printed, "ValueError: /mnt/x leads to " + source + "\n");
  EXPECT_EQ(other.told.at("mounted"), json::array());
}

TEST_F(MountNotebook, refuses_a_way_that_it_does_not_know) {
  const PythonRun ran = run(notebook_of("wasbs://raw@one.blob.core.windows.net/"), "oauth");
  EXPECT_EQ(ran.printed, "ValueError: form is none of those that this notebook knows\n");
  EXPECT_EQ(ran.told.at("mounted"), json::array());
}

TEST_F(MountNotebook, writes_any_name_as_a_string_of_python) {
  const std::string point = "/mnt/a\"b\\c'd\n# COMMAND ----------\n\t\x01ü💥\u2028{0}%s";
  const std::string source = "s3a://b/\\u0041\"\"\"\r\x7f";
  const PythonRun ran =
      run(mount_notebook(json{{"mount_point", point}, {"source", source}, {"encryption_type", ""}}.dump()), "other");
  EXPECT_EQ(ran.status, 0) << ran.printed;
  EXPECT_EQ(ran.told.at("mounted").at(0).at("mount_point"), point);
  EXPECT_EQ(ran.told.at("mounted").at(0).at("source"), source);
}

}  // namespace
}  // namespace holdfast::test
