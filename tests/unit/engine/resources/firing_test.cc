#include "engine/resources/firing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::FiringMode;
using test::actions_of;
using test::outcomes_of;
using Texts = std::vector<std::string>;

bool says(const Texts& texts, const std::string& what) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return text.find(what) != std::string::npos; });
}

class ResourceFiring : public testing::Test {
protected:
  std::string target(const std::string& kind, const std::string& name) {
    return world_.target.body(kind, world_.target.id_of(kind, name));
  }
  std::string schedules() { return world_.target.column("boards", board(), "schedules"); }
  std::string board() { return world_.target.id_of("boards", "sales"); }
  void human_schedules(const std::string& text) {
    const model::KindSet& kinds = test::workspace_kind_set();
    world_.target.set_column(kinds.at(*kinds.find("boards")).kind, board(), "schedules", text);
  }
  // A job of the source with these triggers, as the snapshot has it from now on.
  void triggers(const std::string& items) {
    const std::string text = R"({"name":"watch","origin":"watch","triggers":[)" + items + "]}";
    if (const std::string id = world_.source.id_of("jobs", "watch"); id.empty()) {
      world_.source.put("jobs", "watch", text);
    } else {
      world_.source.rewrite("jobs", id, text);
    }
    world_.take_snapshot();
  }
  void human_triggers(const std::string& items) {
    world_.target.rewrite("jobs", world_.target.id_of("jobs", "watch"),
                          R"({"name":"watch","origin":"watch","triggers":[)" + items + "]}");
  }
  void migrate() {
    const ResourceApplyResult result = world_.apply(world_.plan());
    ASSERT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  }
  void bring_board() {
    world_.source.put(
        "boards", "sales", R"({"name":"sales","origin":"sales"})",
        {{"schedules",
          R"({"schedules":[{"id":"s1","cron":"a"},{"id":"s2","cron":"b","pause_status":"PAUSED"},{"id":"s3","cron":"c"}]})"}});
    world_.take_snapshot();
    migrate();
  }

  test::ResourceWorld world_;
};

TEST_F(ResourceFiring, brings_paused_what_is_beside_the_body) {
  bring_board();
  EXPECT_EQ(schedules(), R"({"schedules":[{"cron":"a","pause_status":"PAUSED"},)"
                         R"({"cron":"b","pause_status":"PAUSED"},{"cron":"c","pause_status":"PAUSED"}]})");
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourceFiring, activates_what_is_beside_the_body_wherever_it_stands) {
  bring_board();
  // The platform lists them in an order of its own, with ids and members of its own.
  human_schedules(R"({"schedules":[{"pause_status":"PAUSED","cron":"c","id":"t1"},)"
                  R"({"pause_status":"PAUSED","cron":"b","id":"t2"},{"pause_status":"PAUSED","cron":"a","id":"t3"}]})");
  const model::ResourcePlan plan = world_.activation(FiringMode::recorded);
  const model::ResourceStep& step = test::step_of(plan, "boards", "sales");
  EXPECT_EQ(step.action, model::ResourceAction::activate);
  EXPECT_FALSE(step.writes_body);
  EXPECT_EQ(step.columns, Texts{"schedules"});
  EXPECT_EQ(step.fields.size(), 2U);
  (void)world_.apply(plan);
  EXPECT_EQ(schedules(), R"({"schedules":[{"pause_status":"UNPAUSED","cron":"c","id":"t1"},)"
                         R"({"pause_status":"PAUSED","cron":"b","id":"t2"},)"
                         R"({"pause_status":"UNPAUSED","cron":"a","id":"t3"}]})")
      << "by their ids they are known as those that are there";
  EXPECT_EQ(actions_of(world_.activation(FiringMode::recorded)), Texts{});
  // And it is paused with everything else.
  (void)world_.apply(world_.activation(FiringMode::paused));
  EXPECT_EQ(schedules().find("UNPAUSED"), std::string::npos) << schedules();
}

TEST_F(ResourceFiring, keeps_of_the_schedules_beside_the_body_what_the_target_has) {
  bring_board();
  human_schedules(R"({"schedules":[{"cron":"c","id":"t1"},{"cron":"a","pause_status":"PAUSED","id":"t2"}]})");
  world_.options.firing = FiringMode::kept;
  const model::ResourcePlan plan = world_.plan();
  EXPECT_EQ(actions_of(plan), Texts{"update boards/sales"});
  ASSERT_TRUE(world_.apply(plan).complete());
  EXPECT_EQ(schedules(), R"({"schedules":[{"cron":"a","pause_status":"PAUSED"},)"
                         R"({"cron":"b","pause_status":"PAUSED"},{"cron":"c"}]})");
}

TEST_F(ResourceFiring, keeps_the_state_of_a_trigger_and_not_of_its_place) {
  triggers(R"({"url":"a"},{"url":"b"})");
  migrate();
  human_triggers(R"({"url":"a"},{"url":"b","pause_status":"PAUSED"})");
  triggers(R"({"url":"b"},{"url":"c"})");
  world_.options.firing = FiringMode::kept;
  const model::ResourcePlan plan = world_.plan();
  EXPECT_TRUE(says(test::step_of(plan, "jobs", "watch").notes, "settings.triggers[1]"))
      << testing::PrintToString(test::step_of(plan, "jobs", "watch").notes);
  ASSERT_TRUE(world_.apply(plan).complete());
  EXPECT_EQ(target("jobs", "watch"), R"({"name":"watch","origin":"watch","triggers":[)"
                                     R"({"url":"b","pause_status":"PAUSED"},{"url":"c","pause_status":"PAUSED"}]})");
}

TEST_F(ResourceFiring, activates_the_trigger_that_was_recorded_and_not_the_one_in_its_place) {
  triggers(R"({"url":"a"},{"url":"b","pause_status":"PAUSED"},{"url":"gone"})");
  migrate();
  human_triggers(R"({"url":"b","pause_status":"PAUSED"},{"url":"new","pause_status":"PAUSED"},)"
                 R"({"url":"a","pause_status":"PAUSED"})");
  const model::ResourcePlan plan = world_.activation(FiringMode::recorded);
  EXPECT_TRUE(says(test::step_of(plan, "jobs", "watch").notes, "settings.triggers[2].pause_status belongs to"));
  (void)world_.apply(plan);
  EXPECT_EQ(target("jobs", "watch"), R"({"name":"watch","origin":"watch","triggers":[)"
                                     R"({"url":"b","pause_status":"PAUSED"},{"url":"new","pause_status":"PAUSED"},)"
                                     R"({"url":"a","pause_status":"UNPAUSED"}]})");
}

TEST_F(ResourceFiring, activates_nothing_that_somebody_changed_after_the_plan) {
  triggers(R"({"url":"a"},{"url":"b"})");
  bring_board();
  const model::ResourcePlan plan = world_.activation(FiringMode::recorded);
  const std::string changed = R"({"url":"b","pause_status":"PAUSED"},{"url":"test","pause_status":"PAUSED"})";
  human_triggers(changed);
  human_schedules(R"({"schedules":[{"cron":"a","pause_status":"PAUSED"},{"cron":"b","pause_status":"PAUSED"}]})");
  const std::string before = schedules();
  const ResourceApplyResult result = world_.apply(plan);
  const Texts outcomes = outcomes_of(result);
  EXPECT_TRUE(says(outcomes, "conflict jobs/watch/")) << testing::PrintToString(outcomes);
  EXPECT_TRUE(says(outcomes, "conflict boards/sales: somebody changed it")) << testing::PrintToString(outcomes);
  EXPECT_NE(target("jobs", "watch").find(changed), std::string::npos);
  EXPECT_EQ(schedules(), before);
}

TEST_F(ResourceFiring, accepts_what_fires_already_as_it_shall) {
  triggers(R"({"url":"a"},{"url":"b","pause_status":"PAUSED"})");
  migrate();
  const model::ResourcePlan plan = world_.activation(FiringMode::recorded);
  human_triggers(R"({"url":"a","pause_status":"UNPAUSED"},{"url":"b","pause_status":"PAUSED"})");
  const std::uint64_t writes = world_.target.writes;
  model::ResourcePlan only = plan;
  std::erase_if(only.steps,
                [](const model::ResourceStep& step) { return step.kind != "jobs" || step.source_name != "watch"; });
  ASSERT_EQ(only.steps.size(), 1U);
  EXPECT_TRUE(world_.apply(only).complete());
  EXPECT_EQ(world_.target.writes, writes) << "nothing was left to be written";
}

TEST_F(ResourceFiring, says_what_remains_by_hand_whenever_the_column_is_written) {
  world_.source.put("boards", "sales", R"({"name":"sales","origin":"sales"})",
                    {{"schedules", R"({"schedules":[{"cron":"a","mail":"x"}]})"}});
  world_.source.put("boards", "quiet", R"({"name":"quiet","origin":"quiet"})",
                    {{"schedules", R"({"schedules":[{"cron":"a"}]})"}});
  world_.take_snapshot();
  const model::ResourcePlan plan = world_.plan();
  EXPECT_EQ(test::step_of(plan, "boards", "sales").tasks, Texts{"Subscribe to sales again."});
  EXPECT_EQ(test::step_of(plan, "boards", "quiet").tasks, Texts{});
  (void)world_.apply(plan);
  human_schedules(R"({"schedules":[]})");
  const model::ResourcePlan again = world_.plan();
  EXPECT_EQ(actions_of(again), Texts{"update boards/sales"});
  EXPECT_EQ(again.steps[0].tasks, Texts{"Subscribe to sales again."});
}

// Whether it may start by itself while it lacks the job that it is to run.
bool runs_half_made(const test::FakeWorkspace& workspace, const std::string& name) {
  if (workspace.count("jobs") == 0) return false;
  const std::string id = workspace.id_of("jobs", name);
  if (id.empty()) return false;
  const std::string body = workspace.body("jobs", id);
  return body.find(R"("PAUSED")") == std::string::npos && body.find("run_job_task") == std::string::npos;
}

TEST(ResourceCycles, start_nothing_before_it_is_whole) {
  std::size_t paused = 0;
  bool ended = false;
  for (std::uint64_t at = 1; at < 200 && !ended; ++at) {
    test::ResourceWorld world;
    for (const char* name : {"ping", "pong"}) {
      const std::string id = world.source.id_of("jobs", name);
      std::string body = world.source.body("jobs", id);
      body.insert(body.size() - 1, R"(,"schedule":{"cron":"x"})");
      world.source.rewrite("jobs", id, body);
    }
    world.take_snapshot();
    world.options.firing = FiringMode::recorded;
    const model::ResourcePlan plan = world.plan();
    world.wire.arm(test::Tripwire::Strike::after, at);
    try {
      (void)world.apply(plan);
      ended = true;
    } catch (const test::Killed&) {
    }
    for (const char* name : {"ping", "pong"}) {
      EXPECT_FALSE(runs_half_made(world.target, name)) << name << " after " << at;
      if (world.target.count("jobs") == 0 || world.target.id_of("jobs", name).empty()) continue;
      const std::string body = world.target.body("jobs", world.target.id_of("jobs", name));
      const bool waits = body.find(R"("PAUSED")") != std::string::npos;
      if (waits) ++paused;
      EXPECT_FALSE(ended && waits) << body;
    }
  }
  EXPECT_TRUE(ended);
  EXPECT_GT(paused, 0U) << "it was never seen half made";
}

}  // namespace
}  // namespace holdfast::engine
