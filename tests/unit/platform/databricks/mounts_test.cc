#include "platform/databricks/mounts.h"

#include <gtest/gtest.h>

#include "platform/databricks/capture.h"
#include "platform/databricks/diagnosis.h"
#include "platform/databricks/kinds.h"
#include "unit/platform/databricks/stood_cluster.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

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

TEST(MountNotebook, mounts_each_scheme_with_credentials_of_a_scope_only) {
  const std::string blobs = notebook_of("wasbs://raw@one.blob.core.windows.net/in");
  EXPECT_NE(
      blobs.find(R"("fs.azure.account.key.one.blob.core.windows.net": dbutils.secrets.get(scope, "account-key"))"),
      std::string::npos)
      << blobs;
  EXPECT_NE(blobs.find(R"("fs.azure.sas.raw.one.blob.core.windows.net": dbutils.secrets.get(scope, "sas-token"))"),
            std::string::npos)
      << blobs;
  const std::string second = notebook_of("abfss://lake@two.dfs.core.windows.net/");
  EXPECT_NE(second.find(R"("fs.azure.account.oauth2.client.secret": dbutils.secrets.get(scope, "client-secret"))"),
            std::string::npos)
      << second;
  EXPECT_NE(second.find("adls.gen2.tokenProviderClassName"), std::string::npos) << second;
  const std::string first = notebook_of("adl://three.azuredatalakestore.net/x", "sse");
  EXPECT_NE(first.find(R"("fs.adl.oauth2.credential": dbutils.secrets.get(scope, "client-secret"))"), std::string::npos)
      << first;
  EXPECT_NE(first.find(R"(extra_configs=configs, encryption_type="sse"))"), std::string::npos) << first;
  const std::string other = notebook_of("s3a://bucket/x");
  EXPECT_NE(other.find("form = \"other\"\n"), std::string::npos) << other;
  for (const std::string& one : {blobs, second, first, other}) {
    EXPECT_TRUE(one.starts_with("# Databricks notebook source\n")) << one;
    EXPECT_NE(one.find("dbutils.fs.mount(source=source, mount_point=mount_point"), std::string::npos) << one;
  }
}

TEST(MountNotebook, writes_any_name_as_a_string_of_python) {
  const std::string text =
      mount_notebook(R"({"mount_point":"/mnt/a\"b\\ü","source":"s3a://b/x","encryption_type":""})");
  EXPECT_NE(text.find(R"(mount_point = "/mnt/a\"b\\ü")"), std::string::npos) << text;
}

}  // namespace
}  // namespace holdfast::test
