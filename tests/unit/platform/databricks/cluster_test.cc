#include "platform/databricks/cluster.h"

#include <gtest/gtest.h>

#include <functional>
#include <stop_token>
#include <utility>

#include "platform/databricks/spark_rows.h"
#include "unit/platform/databricks/stood_cluster.h"

namespace holdfast::test {
namespace {

using base::ErrorKind;
using platform::databricks::Cluster;
using platform::databricks::CommandOptions;

constexpr const char* k_unmount = "dbutils.fs.unmount(\"/mnt/x\")";  // prints nothing

struct Refusal {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
  std::string hint;
};

Refusal refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return {error.kind(), error.message(), error.hint()};
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

class ClusterCommands : public testing::Test {
protected:
  Refusal refused(CommandOptions options, const std::string& text = k_unmount) {
    Cluster cluster(world_.client(), world_.clock, std::move(options));
    const Refusal out = refusal([&] { (void)cluster.run(text, {}); });
    return out;
  }
  StoodCluster world_;
};

TEST_F(ClusterCommands, run_in_one_context_that_is_destroyed) {
  world_.state().mounts["/mnt/x"] = {"abfss://a@b.test/", "", {}, {}};
  {
    Cluster cluster(world_.client(), world_.clock, StoodCluster::options());
    EXPECT_TRUE(world_.state().contexts.empty()) << "nothing was asked for yet";
    EXPECT_EQ(cluster.run(k_unmount, {}), "");
    EXPECT_THROW((void)cluster.run(k_unmount, {}), base::Error);
    EXPECT_EQ(world_.state().contexts.size(), 1U);
  }
  EXPECT_TRUE(world_.state().mounts.empty());
  EXPECT_TRUE(world_.state().contexts.empty());
  EXPECT_EQ(world_.state_of_cluster(), "RUNNING") << "it was not started for this";
}

TEST_F(ClusterCommands, find_the_cluster_by_id_before_its_name) {
  world_.make("tools");
  const Refusal several = refused(StoodCluster::options());
  EXPECT_EQ(several.kind, ErrorKind::conflict);
  EXPECT_EQ(several.message, "2 clusters are called 'tools'");
  EXPECT_EQ(refused({.cluster = "nothing"}).kind, ErrorKind::not_found);
  world_.state().mounts["/mnt/x"] = {"abfss://a@b.test/", "", {}, {}};
  Cluster cluster(world_.client(), world_.clock, {.cluster = world_.id});
  EXPECT_EQ(cluster.run(k_unmount, {}), "");
}

TEST_F(ClusterCommands, do_not_start_a_cluster_that_nobody_said_may_be_started) {
  world_.terminate();
  const Refusal told = refused(StoodCluster::options());
  EXPECT_EQ(told.kind, ErrorKind::unavailable);
  EXPECT_NE(told.message.find("is TERMINATED"), std::string::npos) << told.message;
  EXPECT_NE(told.hint.find("command_cluster_start"), std::string::npos) << told.hint;
  EXPECT_EQ(world_.state_of_cluster(), "TERMINATED");
}

TEST_F(ClusterCommands, start_one_that_may_be_started_and_leave_it_to_whoever_uses_it_by_then) {
  world_.terminate();
  world_.state().mounts["/mnt/x"] = {"abfss://a@b.test/", "", {}, {}};
  {
    Cluster cluster(world_.client(), world_.clock, StoodCluster::starting());
    EXPECT_EQ(cluster.run(k_unmount, {}), "");
    EXPECT_EQ(world_.state_of_cluster(), "RUNNING");
  }
  EXPECT_TRUE(world_.state().contexts.empty());
  world_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(world_.state_of_cluster(), "RUNNING") << "somebody else may use it by now";
  world_.clock.advance(std::chrono::minutes(60));
  EXPECT_EQ(world_.state_of_cluster(), "TERMINATED") << "by itself";
}

TEST_F(ClusterCommands, start_none_that_would_run_for_ever) {
  CommandOptions options = StoodCluster::starting();
  options.cluster = world_.make("for ever", 0);
  world_.stand_in.call("POST", "/api/2.1/clusters/delete", {{"cluster_id", options.cluster}});
  world_.clock.advance(std::chrono::minutes(1));
  const Refusal told = refused(options);
  EXPECT_EQ(told.kind, ErrorKind::unavailable);
  EXPECT_NE(told.message.find("would run for ever once it was started"), std::string::npos) << told.message;
  EXPECT_EQ(told.hint, "Set the minutes after which it terminates by itself, or start it.");
  EXPECT_EQ(sim::databricks::cluster_state(world_.stand_in.world(), options.cluster), "TERMINATED");
}

TEST_F(ClusterCommands, leave_one_alone_that_was_started_although_the_answer_was_lost) {
  world_.terminate();
  world_.stand_in.faults().add("POST /api/2.1/clusters/start#1: reset-after");
  {
    Cluster cluster(world_.client(), world_.clock, StoodCluster::starting());
    EXPECT_THROW((void)cluster.run(k_unmount, {}), platform::LostAnswer);
  }
  world_.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(world_.state_of_cluster(), "RUNNING") << "who started it is not known";
}

TEST_F(ClusterCommands, wait_for_one_that_is_being_terminated_before_they_start_it) {
  world_.stand_in.call("POST", "/api/2.1/clusters/delete", {{"cluster_id", world_.id}});
  ASSERT_EQ(world_.state_of_cluster(), "TERMINATING");
  world_.state().mounts["/mnt/x"] = {"abfss://a@b.test/", "", {}, {}};
  Cluster cluster(world_.client(), world_.clock, StoodCluster::starting());
  EXPECT_EQ(cluster.run(k_unmount, {}), "");
}

TEST_F(ClusterCommands, give_up_a_cluster_that_never_gets_ready) {
  world_.terminate();
  world_.stand_in.world().part<sim::databricks::Clusters>().start_ms = 1'000'000'000;
  CommandOptions options = StoodCluster::starting();
  options.most = std::chrono::seconds(90);
  const base::Duration before = world_.clock.elapsed();
  const Refusal told = refused(options);
  EXPECT_EQ(told.kind, ErrorKind::unavailable);
  EXPECT_NE(told.message.find("did not answer within 90 s"), std::string::npos) << told.message;
  EXPECT_LT(world_.clock.elapsed() - before, std::chrono::seconds(100));
}

TEST_F(ClusterCommands, give_up_a_command_that_hangs_and_destroy_its_context) {
  world_.state().command_ms = 1'000'000'000;
  CommandOptions options = StoodCluster::options();
  options.most = std::chrono::seconds(60);
  const Refusal told = refused(options);
  EXPECT_EQ(told.kind, ErrorKind::unavailable);
  EXPECT_NE(told.message.find("did not answer within 60 s"), std::string::npos) << told.message;
  EXPECT_TRUE(world_.state().contexts.empty());
  EXPECT_TRUE(world_.state().commands.empty());
}

TEST_F(ClusterCommands, end_when_they_are_stopped_and_destroy_their_context) {
  world_.state().command_ms = 1'000'000'000;
  std::stop_source stop;
  Cluster cluster(world_.client(), world_.clock, StoodCluster::options());
  (void)refusal([&] { (void)cluster.run("display(no such thing)", {}); });
  stop.request_stop();
  EXPECT_EQ(refusal([&] { (void)cluster.run(k_unmount, stop.get_token()); }).kind, ErrorKind::cancelled);
  cluster.close();
  EXPECT_TRUE(world_.state().contexts.empty());
}

// Somebody wants to stop as soon as something is waited for.
class StoppedWaits : public base::Clock {
public:
  StoppedWaits(const base::Clock& inner, std::stop_source stop) : inner_(inner), stop_(std::move(stop)) {}
  base::Instant now() const override { return inner_.now(); }
  base::Duration elapsed() const override { return inner_.elapsed(); }
  bool sleep(base::Duration duration, std::stop_token stop) const override {
    stop_.request_stop();
    return inner_.sleep(duration, std::move(stop));
  }

private:
  const base::Clock& inner_;
  mutable std::stop_source stop_;
};

// Whoever waits at a screen does not wait for a context to be ended when nobody answers any more.
TEST_F(ClusterCommands, end_their_context_within_seconds_or_not_at_all) {
  world_.state().command_ms = 1'000'000'000;
  for (const char* fault : {"429 retry-after=60", "503 retry-after=60", "reset-before"}) {
    world_.clock.advance(std::chrono::minutes(2));
    world_.stand_in.faults().add(fmt::format("POST /api/1.2/contexts/destroy#1-: {}", fault));
    const std::stop_source stop;
    const StoppedWaits clock(world_.clock, stop);
    const base::Duration before = world_.clock.elapsed();
    {
      Cluster cluster(world_.client(), clock, StoodCluster::options());
      EXPECT_EQ(refusal([&] { (void)cluster.run(k_unmount, stop.get_token()); }).kind, ErrorKind::cancelled) << fault;
      EXPECT_EQ(world_.state().contexts.size(), 1U) << "nobody could end it";
    }
    EXPECT_LT(world_.clock.elapsed() - before, std::chrono::seconds(4)) << fault;
    world_.state().contexts.clear();
    world_.stand_in.faults().clear();
  }
}

TEST_F(ClusterCommands, wait_for_no_turn_when_they_are_stopped) {
  world_.stand_in.faults().add("POST /api/1.2/contexts/create#1: 429 retry-after=60");
  const std::stop_source stop;
  const StoppedWaits clock(world_.clock, stop);
  const auto session = world_.session(clock);
  const base::Duration before = world_.clock.elapsed();
  Cluster cluster(session->client(), clock, StoodCluster::options());
  EXPECT_EQ(refusal([&] { (void)cluster.run(k_unmount, stop.get_token()); }).kind, ErrorKind::cancelled);
  EXPECT_LT(world_.clock.elapsed() - before, std::chrono::seconds(2));
}

TEST_F(ClusterCommands, say_what_the_cluster_says_about_a_text_that_it_refuses) {
  const Refusal told = refused(StoodCluster::options(), "print(1)");
  EXPECT_EQ(told.kind, ErrorKind::unsupported);
  EXPECT_NE(told.message.find("SyntaxError"), std::string::npos) << told.message;
  EXPECT_TRUE(world_.state().contexts.empty());
}

// --- what is printed

using platform::databricks::run_statements;
using platform::databricks::SparkAnswer;

TEST_F(ClusterCommands, tell_what_each_statement_gives_and_refuse_one_for_itself) {
  world_.object("DATABASE `odd`` 💥.name`").owner = "anna@example.test";
  world_.object("DATABASE sales").owner = "ben@example.test";
  Cluster cluster(world_.client(), world_.clock, StoodCluster::options());
  const auto told =
      run_statements(cluster, {"SHOW DATABASES", "DROP TABLE x", "SHOW GRANTS ON DATABASE `odd`` 💥.name`"}, {});
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].rows, (std::vector<std::vector<std::string>>{{"odd` 💥.name"}, {"sales"}}));
  EXPECT_NE(told[1].error.find("DROP TABLE x"), std::string::npos) << told[1].error;
  ASSERT_EQ(told[2].rows.size(), 1U);
  EXPECT_EQ(told[2].rows[0][0], "anna@example.test");
}

TEST_F(ClusterCommands, ask_in_smaller_parts_where_an_answer_is_cut_off) {
  std::vector<std::string> statements;
  for (int i = 0; i < 120; ++i) {
    const std::string name = fmt::format("TABLE sales.t{:03}", i);
    world_.object(name).owner = fmt::format("owner-{}@example.test", i);
    statements.push_back("SHOW GRANTS ON " + name);
  }
  world_.state().most_printed = 1'000;  // some ten of them
  Cluster cluster(world_.client(), world_.clock, StoodCluster::options());
  const auto told = run_statements(cluster, statements, {});
  ASSERT_EQ(told.size(), 120U);
  for (int i = 0; i < 120; ++i) {
    ASSERT_EQ(told[static_cast<std::size_t>(i)].rows.size(), 1U) << i;
    EXPECT_EQ(told[static_cast<std::size_t>(i)].rows[0][0], fmt::format("owner-{}@example.test", i));
  }
}

TEST_F(ClusterCommands, never_take_an_answer_that_was_cut_off_for_whole) {
  for (int i = 0; i < 40; ++i) world_.object("TABLE s.many").granted[fmt::format("user-{}", i)] = {"SELECT"};
  world_.object("TABLE s.few").owner = "anna@example.test";
  world_.state().most_printed = 1'000;
  Cluster cluster(world_.client(), world_.clock, StoodCluster::options());
  const auto told = run_statements(cluster, {"SHOW GRANTS ON TABLE s.few", "SHOW GRANTS ON TABLE s.many"}, {});
  EXPECT_EQ(told[0].error, "");
  EXPECT_EQ(told[0].rows.size(), 1U);
  EXPECT_NE(told[1].error.find("too long"), std::string::npos);
  EXPECT_TRUE(told[1].rows.empty());
}

// By its own words, whatever the text looks like.
TEST(ClusterAnswers, are_not_whole_where_the_platform_says_that_they_were_cut_off) {
  std::string truncated = "true";
  ScriptedSession session([&](const std::string& target) {
    if (target.starts_with("/api/2.1/clusters/list"))
      return answer(200, R"({"clusters":[{"cluster_id":"1","cluster_name":"tools","state":"RUNNING"}]})");
    if (target.starts_with("/api/1.2/contexts/status")) return answer(200, R"({"id":"1","status":"Running"})");
    if (target.starts_with("/api/1.2/commands/status"))
      return answer(200, fmt::format(R"({{"id":"1","status":"Finished","results":{{"resultType":"text","data":"{}",)"
                                     R"("truncated":{}}}}})",
                                     R"(WzAsW1sic2FsZXMiXV1d\nend 1\n)", truncated));
    return answer(200, R"({"id":"1"})");
  });
  Cluster cluster(session.client(), session.clock, StoodCluster::options());
  auto told = run_statements(cluster, {"SHOW DATABASES"}, {});
  EXPECT_TRUE(told[0].rows.empty());
  EXPECT_NE(told[0].error.find("too long"), std::string::npos) << told[0].error;
  EXPECT_THROW((void)platform::databricks::run_until_refused(cluster, {"GRANT SELECT ON CATALOG TO `a`"}, {}),
               platform::LostAnswer);
  truncated = "false";
  told = run_statements(cluster, {"SHOW DATABASES"}, {});
  EXPECT_EQ(told[0].error, "");
  EXPECT_EQ(told[0].rows, (std::vector<std::vector<std::string>>{{"sales"}}));
}

}  // namespace
}  // namespace holdfast::test
