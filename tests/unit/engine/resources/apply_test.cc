#include "engine/resources/apply.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/errors.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::FiringMode;
using test::actions_of;
using test::outcomes_of;
using Texts = std::vector<std::string>;

class ResourceApplying : public testing::Test {
protected:
  test::ResourceWorld world_;
  std::string job(const std::string& name) { return world_.target.body("jobs", world_.target.id_of("jobs", name)); }
};

TEST_F(ResourceApplying, brings_everything_with_ids_of_the_target) {
  const ResourceApplyResult result = world_.apply(world_.plan());
  EXPECT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  EXPECT_EQ(result.created, 15U);
  EXPECT_EQ(result.adopted, 0U);
  EXPECT_EQ(job("pong"), fmt::format(R"({{"name":"pong","origin":"pong","big":100000000000000000000000,)"
                                     R"("tasks":[{{"task_key":"a","run_job_task":{{"job_id":{}}}}}]}})",
                                     world_.target.id_of("jobs", "ping")));
  EXPECT_NE(job("ping").find(world_.target.id_of("jobs", "pong")), std::string::npos) << job("ping");
  const std::string policy = world_.target.body("policies", world_.target.id_of("policies", "cheap"));
  EXPECT_NE(policy.find(world_.target.id_of("pools", "small")), std::string::npos) << policy;
  EXPECT_NE(policy.find("1.10"), std::string::npos) << policy;
  EXPECT_EQ(
      world_.target.column("notebooks", world_.target.id_of("notebooks", "/Users/anna@corp.test/etl/load"), "content"),
      "print('\xff')");
}

TEST_F(ResourceApplying, does_nothing_when_it_is_run_again) {
  const model::ResourcePlan plan = world_.plan();
  ASSERT_TRUE(world_.apply(plan).complete());
  const std::uint64_t writes = world_.target.writes;
  const ResourceApplyResult again = world_.apply(plan);
  EXPECT_EQ(again.already, 15U);
  EXPECT_EQ(again.created, 0U);
  EXPECT_EQ(world_.target.writes, writes);
}

// Of each step there were some, and plans are made every night.
TEST_F(ResourceApplying, keeps_no_record_of_steps_behind_a_plan_that_was_applied_whole) {
  const auto records = [&] {
    Texts out;
    world_.state().list("resources/", [&](const storage::ObjectInfo& one) { out.push_back(one.name); });
    std::sort(out.begin(), out.end());
    return out;
  };
  const model::ResourcePlan plan = world_.plan();
  world_.target.refusals.emplace("jobs/nightly", base::Error(base::ErrorKind::unavailable, "not now"));
  ASSERT_FALSE(world_.apply(plan).complete());
  EXPECT_GT(records().size(), 15U) << "what failed is tried again by them";
  EXPECT_EQ(how_it_ended(world_.state(), plan), PlanEnd::in_part);
  world_.target.refusals.clear();
  ASSERT_TRUE(world_.apply(plan).complete());
  const Texts left{"resources/" + plan.id + "/ended", "resources/" + plan.id + "/plan"};
  EXPECT_EQ(records(), left);
  EXPECT_EQ(how_it_ended(world_.state(), plan), PlanEnd::whole);
  const std::uint64_t writes = world_.target.writes;
  EXPECT_EQ(world_.apply(plan).already, 15U);
  EXPECT_EQ(world_.target.writes, writes);
  EXPECT_EQ(records(), left);
}

TEST_F(ResourceApplying, learns_what_stands_by_now_for_what_is_gone) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  const std::string source = world_.source.id_of("policies", "cheap");
  world_.target.erase("policies", world_.target.id_of("policies", "cheap"));
  const std::string now =
      world_.target.put("policies", "cheap", R"({"name":"cheap","definition":"{}","origin":"cheap"})");
  const model::ResourcePlan plan = world_.plan();
  (void)world_.apply(plan);
  ASSERT_TRUE(world_.ids().by_source("policies", source));
  EXPECT_EQ(world_.ids().by_source("policies", source)->target_id, now);
  IdMapStore(world_.state(), "primary", "secondary").learn({{"policies", source, "1", "", "", model::Learnt::created}});
  (void)world_.apply(plan);
  EXPECT_EQ(world_.ids().by_source("policies", source)->target_id, "1") << "of a plan that is gone on with";
}

TEST_F(ResourceApplying, refuses_a_plan_that_was_changed_after_it_was_begun) {
  model::ResourcePlan plan = world_.plan();
  (void)world_.apply(plan);
  plan.steps[0].reason = "another";
  EXPECT_EQ(test::error_of([&] { (void)world_.apply(plan); }), base::ErrorKind::conflict);
}

TEST_F(ResourceApplying, goes_on_after_a_refusal_and_says_who_waits) {
  world_.target.refusals.emplace("pools/small", base::Error(base::ErrorKind::refused, "the quota is reached"));
  const ResourceApplyResult result = world_.apply(world_.plan());
  const Texts outcomes = outcomes_of(result);
  ASSERT_EQ(outcomes.size(), 8U) << fmt::format("{}", fmt::join(outcomes, "\n"));
  EXPECT_EQ(outcomes[0], "failed pools/small: the quota is reached");
  EXPECT_EQ(outcomes[1], "waiting policies/cheap: it needs pools/small, which is not there");
  EXPECT_TRUE(std::any_of(outcomes.begin(), outcomes.end(),
                          [](const std::string& one) { return one.starts_with("waiting jobs/nightly/"); }));
  EXPECT_EQ(result.created, 8U);
  // The next run does what was left.
  world_.target.refusals.clear();
  EXPECT_TRUE(world_.apply(world_.plan()).complete());
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourceApplying, names_the_column_that_was_refused_and_writes_it_next_time) {
  model::ResourcePlan plan = world_.plan();
  world_.target.refusals.emplace("scopes/keys", base::Error(base::ErrorKind::refused, "no"));
  world_.target.refusals.emplace("scopes/keys/permissions", base::Error(base::ErrorKind::refused, "not yours"));
  world_.target.refusals.erase("scopes/keys");
  const ResourceApplyResult result = world_.apply(plan);
  EXPECT_EQ(outcomes_of(result), Texts{"failed scopes/keys: permissions: not yours"});
  world_.target.refusals.clear();
  EXPECT_EQ(actions_of(world_.plan()), Texts{"update scopes/keys"});
  EXPECT_TRUE(world_.apply(plan).complete());
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourceApplying, leaves_alone_what_somebody_changed_after_the_plan) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  world_.options.firing = FiringMode::recorded;
  const model::ResourcePlan plan = world_.plan();
  const std::string id = world_.target.id_of("jobs", "nightly");
  std::string body = job("nightly");
  body.replace(body.find("0 0 2"), 5, "0 0 9");
  world_.target.rewrite("jobs", id, body);
  const ResourceApplyResult result = world_.apply(plan);
  ASSERT_EQ(result.outcomes.size(), 1U);
  EXPECT_EQ(result.outcomes[0].what, ResourceOutcome::What::conflict);
  EXPECT_EQ(job("nightly"), body);
}

TEST_F(ResourceApplying, leaves_to_others_what_only_they_may_change) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  world_.source.rewrite("pools", world_.source.id_of("pools", "small"),
                        R"({"name":"small","node_type":"east-4","min_idle":2,"max":7,"origin":"small"})");
  world_.take_snapshot();
  world_.target.by_hand.emplace("pools/small", "Make the pool small larger.");
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(test::step_of(plan, "pools", "small").action, model::ResourceAction::update);
  const ResourceApplyResult result = world_.apply(plan);
  EXPECT_TRUE(result.complete()) << "a task is no failure";
  ASSERT_EQ(result.outcomes.size(), 1U);
  EXPECT_EQ(result.outcomes[0].what, ResourceOutcome::What::manual);
  EXPECT_EQ(result.outcomes[0].text, "Make the pool small larger.");
  world_.target.by_hand.clear();
  EXPECT_EQ(world_.apply(plan).updated, 1U) << "and it is tried again";
}

TEST_F(ResourceApplying, waits_for_nothing_that_was_refused) {
  world_.target.refusals.emplace("jobs/nightly", base::Error(base::ErrorKind::auth, "you may not"));
  const model::ResourcePlan plan = world_.plan();
  EXPECT_FALSE(world_.apply(plan).complete());
  world_.target.refusals.clear();
  const base::Duration before = world_.clock.elapsed();
  EXPECT_TRUE(world_.apply(plan).complete());
  EXPECT_LT(world_.clock.elapsed() - before, std::chrono::seconds(1)) << "ten milliseconds a call, and no sleep";
  EXPECT_EQ(world_.events.notes(), Texts{});
  EXPECT_EQ(world_.target.count("jobs"), 4U);
}

TEST_F(ResourceApplying, says_that_it_waits_for_an_answer_that_was_lost) {
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(plan.steps.back().source_name, "pong");
  world_.target.refusals.emplace("jobs/pong", base::Error(base::ErrorKind::refused, "not now"));
  EXPECT_FALSE(world_.apply(plan).complete());
  world_.target.refusals.clear();
  (void)world_.state().put(fmt::format("resources/{}/{:08}-intent", plan.id, plan.steps.size() - 1),
                           base::to_rfc3339(world_.clock.now()));
  const base::Duration before = world_.clock.elapsed();
  EXPECT_TRUE(world_.apply(plan).complete());
  EXPECT_GE(world_.clock.elapsed() - before, std::chrono::seconds(60));
  EXPECT_EQ(world_.events.notes(), Texts{"waiting up to 60 s for answers that were lost: 1 create"});
}

TEST_F(ResourceApplying, knows_whether_the_last_run_came_to_its_end) {
  const model::ResourcePlan plan = world_.plan();
  const auto killed = [&] {
    world_.wire.arm(test::Tripwire::Strike::before, 5);
    EXPECT_THROW((void)world_.apply(plan), test::Killed);
    world_.wire.arm(test::Tripwire::Strike::never);
  };
  killed();
  EXPECT_EQ(how_it_ended(world_.state(), plan), PlanEnd::none);
  world_.target.refusals.emplace("jobs/pong", base::Error(base::ErrorKind::refused, "not now"));
  EXPECT_FALSE(world_.apply(plan).complete());
  EXPECT_NE(how_it_ended(world_.state(), plan), PlanEnd::none);
  killed();
  EXPECT_EQ(how_it_ended(world_.state(), plan), PlanEnd::none);
}

TEST_F(ResourceApplying, tries_nothing_more_once_nobody_believes_who_writes) {
  const model::ResourcePlan plan = world_.plan();
  world_.target.signed_out_from = 9;
  const ResourceApplyResult result = world_.apply(plan);
  ASSERT_TRUE(result.ended_by);
  EXPECT_EQ(result.ended_by->kind(), base::ErrorKind::auth);
  EXPECT_EQ(result.ended_by->hint(), "Check the credentials.");
  EXPECT_FALSE(result.complete());
  EXPECT_EQ(result.outcomes.size(), 1U) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(result.created + result.untried + 1, 15U);
  EXPECT_EQ(world_.target.writes, 9U) << "one call found out";
  // With good ones it goes on, and looks for nothing that never was.
  world_.target.signed_out_from = 0;
  const base::Duration before = world_.clock.elapsed();
  EXPECT_TRUE(world_.apply(plan).complete());
  EXPECT_LT(world_.clock.elapsed() - before, std::chrono::seconds(1));
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourceApplying, tries_little_more_with_many_threads_once_nobody_believes_who_writes) {
  world_.target.workers = 24;
  world_.target.signed_out_from = 3;
  const ResourceApplyResult result = world_.apply(world_.plan());
  ASSERT_TRUE(result.ended_by);
  EXPECT_EQ(result.outcomes.size(), 1U) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(result.created + result.untried + 1, 15U);
}

// A volume in a schema in a catalog, of kinds whose ranks do not say which comes first.
void put_volume(test::FakeWorkspace& to) {
  to.put("catalogs", "prod", R"({"name":"prod","origin":"prod"})");
  to.put("schemas", "prod.sales",
         R"({"full_name":"prod.sales","catalog_name":"prod","name":"sales","origin":"sales"})");
  to.put("volumes", "prod.sales.raw",
         R"({"full_name":"prod.sales.raw","catalog_name":"prod","schema_name":"sales","name":"raw","origin":"raw"})");
}

TEST_F(ResourceApplying, makes_a_volume_behind_its_schema_with_many_calls_at_once) {
  put_volume(world_.source);
  world_.take_snapshot();
  world_.target.workers = 24;
  const ResourceApplyResult result = world_.apply(world_.plan());
  EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourceApplying, says_which_schema_a_volume_waits_for) {
  put_volume(world_.source);
  world_.take_snapshot();
  world_.target.refusals.emplace("schemas/prod.sales", base::Error(base::ErrorKind::refused, "no"));
  EXPECT_EQ(outcomes_of(world_.apply(world_.plan())),
            (Texts{"failed schemas/prod.sales: no",
                   "waiting volumes/prod.sales.raw: it needs schemas/prod.sales, which is not there"}));
}

TEST_F(ResourceApplying, makes_everything_anew_in_a_catalog_that_a_rule_names_otherwise) {
  put_volume(world_.source);
  world_.take_snapshot();
  put_volume(world_.target);  // one metastore for both: these are the source's own
  world_.options.mapping.names["catalogs"]["prod"] = "prod_dr";
  const model::ResourcePlan plan = world_.plan();
  EXPECT_EQ(test::step_of(plan, "schemas", "prod.sales").action, model::ResourceAction::create);
  EXPECT_TRUE(world_.apply(plan).complete());
  EXPECT_EQ(
      world_.target.body("volumes", "prod_dr.sales.raw"),
      R"({"full_name":"prod_dr.sales.raw","catalog_name":"prod_dr","schema_name":"sales","name":"raw","origin":"raw"})");
  EXPECT_EQ(world_.target.count("schemas"), 2U);
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

constexpr const char* k_notebook = "/Users/anna@corp.test/etl/load";

TEST_F(ResourceApplying, overwrites_no_content_that_somebody_edited_after_the_plan) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  const std::string there = world_.target.id_of("notebooks", k_notebook);
  world_.source.rewrite_column("notebooks", world_.source.id_of("notebooks", k_notebook), "content", "print(2)");
  world_.take_snapshot();
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(actions_of(plan), Texts{std::string("update notebooks/") + k_notebook});
  world_.target.rewrite_column("notebooks", there, "content", "two days of work");
  EXPECT_EQ(outcomes_of(world_.apply(plan)),
            Texts{std::string("conflict notebooks/") + k_notebook + ": somebody changed it after the plan was made"});
  EXPECT_EQ(world_.target.column("notebooks", there, "content"), "two days of work");
  EXPECT_TRUE(world_.apply(world_.plan()).complete()) << "a plan that has seen it overwrites it";
  EXPECT_EQ(world_.target.column("notebooks", there, "content"), "print(2)");
}

TEST_F(ResourceApplying, removes_no_content_that_somebody_edited_after_the_plan) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  const std::string path = "/Users/anna@corp.test/etl/scratch";
  const std::string id = world_.target.put("notebooks", path, R"({"path":")" + path + "\"}", {{"content", "1"}});
  world_.options.removes = true;
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(actions_of(plan), Texts{"remove notebooks/" + path});
  world_.target.rewrite_column("notebooks", id, "content", "two days of work");
  EXPECT_EQ(outcomes_of(world_.apply(plan)),
            Texts{"conflict notebooks/" + path + ": somebody changed it after the plan was made"});
  EXPECT_EQ(world_.target.count("notebooks"), 2U);
}

TEST_F(ResourceApplying, finishes_a_content_that_an_interrupted_run_had_overwritten) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  world_.source.rewrite_column("notebooks", world_.source.id_of("notebooks", k_notebook), "content", "print(2)");
  world_.take_snapshot();
  const model::ResourcePlan plan = world_.plan();
  world_.target.rewrite_column("notebooks", world_.target.id_of("notebooks", k_notebook), "content", "print(2)");
  EXPECT_TRUE(world_.apply(plan).complete());
}

TEST_F(ResourceApplying, makes_no_second_one_of_what_the_plan_did_not_see) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  const std::string id = world_.target.id_of("pools", "small");
  std::vector<model::Resource> live = world_.target.capture();
  std::erase_if(live, [&](const model::Resource& one) { return one.id == id; });
  test::SeededRandom random(3);
  const model::ResourcePlan plan =
      plan_resources(test::workspace_kind_set(), {.wanted = world_.snapshot(), .live = live}, world_.ids(),
                     world_.options, world_.clock, random);
  ASSERT_EQ(test::step_of(plan, "pools", "small").action, model::ResourceAction::create);
  const ResourceApplyResult result = world_.apply(plan);
  const Texts outcomes = outcomes_of(result);
  ASSERT_FALSE(outcomes.empty());
  EXPECT_EQ(outcomes[0], "conflict pools/small: the id map names " + id + ", which is there after all: plan again");
  EXPECT_EQ(world_.target.count("pools"), 1U);
  EXPECT_EQ(result.created, 0U);
}

TEST_F(ResourceApplying, activates_exactly_what_was_recorded) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  const model::ResourcePlan plan = world_.activation(FiringMode::recorded);
  EXPECT_EQ(actions_of(plan), (Texts{"activate jobs/nightly", "activate pools/small"}));
  EXPECT_EQ(world_.apply(plan).activated, 2U);
  EXPECT_NE(job("nightly").find(R"("pause_status":"UNPAUSED")"), std::string::npos) << job("nightly");
  world_.options.firing = FiringMode::recorded;
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
  EXPECT_EQ(actions_of(world_.activation(FiringMode::recorded)), Texts{});
  // And pauses all of it again, the one that was paused before included.
  EXPECT_EQ(actions_of(world_.activation(FiringMode::paused)),
            (Texts{"activate jobs/nightly", "activate pools/small"}));
}

TEST_F(ResourceApplying, adopts_what_a_lost_answer_left_behind_and_not_what_a_human_made) {
  const model::ResourcePlan plan = world_.plan();
  // The sixteenth write makes a cluster; just before, a human makes one that is equal in all but its creator.
  for (std::uint64_t lost = 1; lost <= 30; ++lost) {
    test::ResourceWorld world;
    world.target.lose_answer_of = lost;
    const model::ResourcePlan own = world.plan();
    const ResourceApplyResult result = world.apply(own);
    EXPECT_TRUE(result.complete()) << lost << ": " << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
    EXPECT_EQ(result.created, 15U) << lost;
    EXPECT_EQ(world.target.count("clusters"), 2U) << lost;
    EXPECT_EQ(world.target.count("jobs"), 4U) << lost;
    EXPECT_EQ(actions_of(world.plan()), Texts{}) << lost;
    EXPECT_EQ(testing::PrintToString(world.target.state()).find("(running)"), std::string::npos) << lost;
  }
}

TEST_F(ResourceApplying, makes_nothing_twice_where_a_call_takes_effect_long_after_its_answer_was_lost) {
  for (std::uint64_t lost = 1; lost <= 30; ++lost) {
    test::ResourceWorld world;
    world.target.lose_answer_of = lost;
    world.target.late = std::chrono::seconds(20);
    const model::ResourcePlan plan = world.plan();
    for (int run = 0; run < 2; ++run) (void)world.apply(plan);  // what waited for it comes with the second run
    EXPECT_EQ(world.target.count("clusters"), 2U) << lost;
    EXPECT_EQ(world.target.count("jobs"), 4U) << lost;
    EXPECT_EQ(testing::PrintToString(world.target.state()).find("(running)"), std::string::npos) << lost;
    EXPECT_EQ(actions_of(world.plan()), Texts{}) << lost;
  }
}

TEST_F(ResourceApplying, names_the_second_one_where_a_call_takes_effect_later_than_it_waits) {
  std::size_t told = 0;
  for (std::uint64_t lost = 1; lost <= 30; ++lost) {
    test::ResourceWorld world;
    world.target.lose_answer_of = lost;
    world.target.late = std::chrono::milliseconds(60'005);  // after the last look, before the second call
    const model::ResourcePlan plan = world.plan();
    const Texts outcomes = outcomes_of(world.apply(plan));
    if (world.target.count("clusters") + world.target.count("jobs") == 6) continue;
    ++told;
    ASSERT_EQ(outcomes.size(), 1U) << lost << testing::PrintToString(outcomes);
    EXPECT_NE(outcomes[0].find("the platform made it more than once"), std::string::npos) << outcomes[0];
    EXPECT_EQ(outcomes_of(world.apply(plan)), outcomes) << "for as long as it is there";
  }
  EXPECT_GE(told, 6U);
}

TEST_F(ResourceApplying, does_not_take_over_a_unique_name_that_a_human_took_meanwhile) {
  const model::ResourcePlan plan = world_.plan();
  world_.target.put("pools", "small", R"({"name":"small","node_type":"other"})");
  const ResourceApplyResult result = world_.apply(plan);
  ASSERT_FALSE(result.outcomes.empty());
  EXPECT_EQ(result.outcomes[0].what, ResourceOutcome::What::conflict);
  EXPECT_EQ(result.outcomes[0].path, "pools/small");
  EXPECT_EQ(world_.target.count("pools"), 1U);
}

TEST_F(ResourceApplying, creates_again_what_cannot_be_changed_and_tells_who_names_it) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  const std::string old = world_.target.id_of("pools", "small");
  const std::string id = world_.source.id_of("pools", "small");
  std::string body = world_.source.body("pools", id);
  body.replace(body.find("east-4"), 6, "east-8");
  world_.source.rewrite("pools", id, body);
  world_.take_snapshot();
  world_.options.existing = model::Existing::replace;
  const ResourceApplyResult result = world_.apply(world_.plan());
  EXPECT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  EXPECT_EQ(result.recreated, 1U);
  const std::string now = world_.target.id_of("pools", "small");
  EXPECT_NE(now, old);
  EXPECT_NE(world_.target.body("clusters", world_.target.id_of("clusters", "etl")).find(now), std::string::npos);
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourceApplying, creates_again_with_all_that_was_equal) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  const std::string id = world_.source.id_of("notebooks", "/Users/anna@corp.test/etl/load");
  std::string body = world_.source.body("notebooks", id);
  const std::size_t at = body.find("PYTHON");
  ASSERT_NE(at, std::string::npos) << body;
  world_.source.rewrite("notebooks", id, body.replace(at, 6, "SCALA"));
  world_.take_snapshot();
  world_.options.existing = model::Existing::replace;
  const model::ResourcePlan plan = world_.plan();
  ASSERT_EQ(actions_of(plan), Texts{"recreate notebooks//Users/anna@corp.test/etl/load"});
  EXPECT_EQ(plan.steps[0].columns, (Texts{"content", "permissions"}));
  const ResourceApplyResult result = world_.apply(plan);
  EXPECT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  EXPECT_EQ(actions_of(world_.plan()), Texts{});
}

TEST_F(ResourceApplying, brings_the_same_with_several_threads) {
  test::ResourceWorld alone;
  ASSERT_TRUE(alone.apply(alone.plan()).complete());
  for (int run = 0; run < 20; ++run) {
    test::ResourceWorld world;
    world.target.workers = 6;
    const ResourceApplyResult result = world.apply(world.plan());
    ASSERT_TRUE(result.complete()) << testing::PrintToString(test::outcomes_of(result));
    ASSERT_EQ(world.target.state(), alone.target.state());
  }
}

TEST_F(ResourceApplying, removes_people_only_where_the_selection_names_them) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  world_.target.put("users", "eve@corp.test", R"({"userName":"eve@corp.test"})");
  world_.options.removes = true;
  EXPECT_EQ(actions_of(world_.plan()), Texts{"skip users/eve@corp.test"});
  const std::size_t users = *test::workspace_kind_set().find("users");
  world_.options.chooses_kind = [users](std::size_t kind) { return kind == users; };
  EXPECT_EQ(actions_of(world_.plan()), Texts{"remove users/eve@corp.test"});
}

TEST_F(ResourceApplying, removes_what_the_snapshot_does_not_have) {
  ASSERT_TRUE(world_.apply(world_.plan()).complete());
  world_.target.put("clusters", "ghost", R"({"name":"ghost"})");
  world_.options.removes = true;
  EXPECT_EQ(world_.apply(world_.plan()).removed, 1U);
  EXPECT_EQ(world_.target.count("clusters"), 2U);
}

}  // namespace
}  // namespace holdfast::engine
