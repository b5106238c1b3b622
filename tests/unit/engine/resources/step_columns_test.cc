#include "engine/resources/step_columns.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using test::outcomes_of;
using Texts = std::vector<std::string>;

constexpr const char* k_notebook = "/Users/anna@corp.test/etl/load";
constexpr const char* k_of_anna = R"({"acl":[{"user":"anna@corp.test","level":"READ"}]})";
constexpr const char* k_of_bob = R"({"acl":[{"user":"Bob@corp.test","level":"MANAGE"}]})";
constexpr const char* k_of_both =
    R"({"acl":[{"user":"anna@corp.test","level":"READ"},{"user":"Bob@corp.test","level":"MANAGE"}]})";
constexpr const char* k_of_nobody = R"({"acl":[]})";

// A target that has everything, and a plan that changes the permissions of two folders and a scope.
class HeldColumns : public testing::Test {
protected:
  HeldColumns() {
    EXPECT_TRUE(world.apply(world.plan()).complete());
    set_wanted(k_of_anna);
    plan = world.plan();
  }
  void set_wanted(const std::string& permissions) {
    for (const auto& [kind, name] : changed)
      world.source.rewrite_column(kind, world.source.id_of(kind, name), "permissions", permissions);
    world.take_snapshot();
  }
  std::string permissions(const std::string& kind, const std::string& name) const {
    return world.target.column(kind, world.target.id_of(kind, name), "permissions");
  }
  void somebody_sets(const std::string& kind, const std::string& name, const std::string& permissions) {
    world.target.rewrite_column(kind, world.target.id_of(kind, name), "permissions", permissions);
  }
  static Texts changed_by_somebody(const ResourceApplyResult& result) {
    Texts out = outcomes_of(result);
    std::erase_if(out, [](const std::string& one) {
      return one.find("somebody changed its permissions after the plan was made") == std::string::npos ||
             !one.starts_with("conflict ");
    });
    return out;
  }

  const std::vector<std::pair<std::string, std::string>> changed{
      {"folders", "/Users/anna@corp.test/etl"}, {"notebooks", k_notebook}, {"scopes", "keys"}};
  test::ResourceWorld world;
  model::ResourcePlan plan;
};

TEST_F(HeldColumns, are_written_where_they_are_as_the_plan_saw_them) {
  ASSERT_EQ(plan.steps.size(), 3U);
  const ResourceApplyResult result = world.apply(plan);
  EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(permissions("notebooks", k_notebook), k_of_anna);
}

TEST_F(HeldColumns, stay_as_somebody_set_them_since_and_the_others_are_written) {
  somebody_sets("notebooks", k_notebook, k_of_nobody);
  const ResourceApplyResult result = world.apply(plan);
  EXPECT_EQ(changed_by_somebody(result).size(), 1U) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(result.outcomes.size(), 1U);
  EXPECT_EQ(permissions("notebooks", k_notebook), k_of_nobody);
  EXPECT_EQ(permissions("scopes", "keys"), k_of_anna);
  EXPECT_EQ(permissions("folders", "/Users/anna@corp.test/etl"), k_of_anna);
  // And by the same plan again.
  EXPECT_EQ(changed_by_somebody(world.apply(plan)).size(), 1U);
  EXPECT_EQ(permissions("notebooks", k_notebook), k_of_nobody);
}

TEST_F(HeldColumns, are_no_conflict_where_they_are_as_they_shall_be_already) {
  const std::uint64_t before = world.target.writes;
  for (const auto& [kind, name] : changed) somebody_sets(kind, name, k_of_anna);
  EXPECT_TRUE(world.apply(plan).complete());
  EXPECT_EQ(world.target.writes, before);
}

// What the call that writes them does in several steps, and what a user and a group were given by each other.
TEST_F(HeldColumns, are_no_conflict_half_way_between_what_was_and_what_shall_be) {
  somebody_sets("scopes", "keys", R"({"acl":[{"user":"anna@corp.test","level":"READ"}]})");
  set_wanted(R"({"acl":[{"user":"anna@corp.test","level":"MANAGE"},{"user":"Bob@corp.test","level":"READ"}]})");
  plan = world.plan();
  somebody_sets("scopes", "keys",
                R"({"acl":[{"user":"bob@corp.test","level":"READ"},{"user":"anna@corp.test","level":"READ"}]})");
  EXPECT_TRUE(world.apply(plan).complete());
}

TEST_F(HeldColumns, are_a_conflict_where_a_right_that_the_plan_changes_was_taken_away) {
  set_wanted(R"({"acl":[{"user":"anna@corp.test","level":"MANAGE"},{"user":"Bob@corp.test","level":"MANAGE"}]})");
  plan = world.plan();
  somebody_sets("scopes", "keys", k_of_bob);
  EXPECT_EQ(changed_by_somebody(world.apply(plan)).size(), 1U);
  EXPECT_EQ(permissions("scopes", "keys"), k_of_bob);
}

TEST_F(HeldColumns, do_not_mind_what_is_inherited_nor_the_order_of_entries) {
  somebody_sets("scopes", "keys", k_of_both);
  plan = world.plan();
  somebody_sets("scopes", "keys",
                R"({"acl": [{"user":"Bob@corp.test", "level":"MANAGE"}, {"level":"READ","user":"anna@corp.test"},
                            {"user":"anna@corp.test","level":"OWNER","inherited":true}]})");
  EXPECT_TRUE(world.apply(plan).complete());
  EXPECT_EQ(permissions("scopes", "keys"), k_of_anna);
}

TEST_F(HeldColumns, that_cannot_be_looked_at_are_not_written) {
  world.target.unreadable.insert("permissions");
  const ResourceApplyResult result = world.apply(plan);
  EXPECT_EQ(result.outcomes.size(), 3U);
  for (const std::string& one : outcomes_of(result)) EXPECT_TRUE(one.starts_with("failed ")) << one;
  EXPECT_NE(permissions("scopes", "keys"), k_of_anna);
}

TEST_F(HeldColumns, that_the_plan_could_not_read_are_not_written_over) {
  plan.steps.back().seen_columns.clear();
  const std::string was = permissions(plan.steps.back().kind, plan.steps.back().target_name);
  EXPECT_EQ(changed_by_somebody(world.apply(plan)).size(), 1U);
  EXPECT_EQ(permissions(plan.steps.back().kind, plan.steps.back().target_name), was);
}

TEST_F(HeldColumns, cost_one_more_call_each) {
  for (const model::ResourceStep& step : plan.steps) EXPECT_EQ(step.calls, 2U) << step.path;
  EXPECT_EQ(plan.calls.at("permissions"), 3U);
}

// A notebook of another language has to be removed and made again.
class MadeAgain : public HeldColumns {
protected:
  MadeAgain() {
    set_wanted(k_of_both);
    EXPECT_TRUE(world.apply(world.plan()).complete());
    const std::string id = world.source.id_of("notebooks", k_notebook);
    std::string body = world.source.body("notebooks", id);
    body.replace(body.find("PYTHON"), 6, "SQL");
    world.source.rewrite("notebooks", id, body);
    world.take_snapshot();
    world.options.existing = model::Existing::replace;
    plan = world.plan();
  }
};

TEST_F(MadeAgain, has_all_its_columns_also_those_that_were_equal) {
  ASSERT_EQ(plan.count(model::ResourceAction::recreate), 1U);
  EXPECT_TRUE(world.apply(plan).complete());
  EXPECT_NE(permissions("notebooks", k_notebook).find("bob@corp.test"), std::string::npos);
  EXPECT_EQ(world.target.column("notebooks", world.target.id_of("notebooks", k_notebook), "content"), "print('\xff')");
  EXPECT_TRUE(world.plan().does_nothing());
}

TEST_F(MadeAgain, is_left_alone_where_somebody_changed_its_permissions_since) {
  somebody_sets("notebooks", k_notebook, k_of_nobody);
  EXPECT_EQ(changed_by_somebody(world.apply(plan)).size(), 1U);
  EXPECT_EQ(permissions("notebooks", k_notebook), k_of_nobody);
}

// What the target has of its own, and is to go.
class Going : public HeldColumns {
protected:
  Going() {
    world.target.put("scopes", "old", R"({"name":"old"})", {{"permissions", k_of_anna}});
    world.options.removes = true;
    for (const auto& [kind, name] : changed) somebody_sets(kind, name, k_of_anna);
    plan = world.plan();
  }
};

TEST_F(Going, goes_where_its_columns_are_as_the_plan_saw_them) {
  ASSERT_EQ(test::actions_of(plan), Texts{"remove scopes/old"});
  EXPECT_EQ(plan.steps[0].calls, 2U);
  EXPECT_TRUE(world.apply(plan).complete());
  EXPECT_EQ(world.target.count("scopes"), 1U);
}

TEST_F(Going, stays_where_somebody_changed_one_since_or_it_cannot_be_looked_at) {
  world.target.unreadable.insert("permissions");
  EXPECT_TRUE(outcomes_of(world.apply(plan)).at(0).starts_with("failed scopes/old: "));
  world.target.unreadable.clear();
  somebody_sets("scopes", "old", k_of_both);
  EXPECT_EQ(changed_by_somebody(world.apply(plan)).size(), 1U);
  EXPECT_EQ(world.target.count("scopes"), 2U);
}

TEST_F(Going, stays_where_a_plan_of_an_older_version_did_not_look) {
  plan.steps.at(0).seen_columns.clear();
  EXPECT_EQ(changed_by_somebody(world.apply(plan)).size(), 1U);
}

// The run dies at the n-th event, and somebody comes before it goes on.
struct Interrupted {
  std::size_t kept = 0;  // what somebody set stayed, and was told of
  std::size_t lost = 0;
};
Interrupted set_between_the_runs() {
  Interrupted out;
  for (std::uint64_t at = 1;; ++at) {
    test::ResourceWorld world;
    const model::ResourcePlan plan = world.plan();
    world.wire.arm(test::Tripwire::Strike::after, at);
    try {
      (void)world.apply(plan);
      return out;
    } catch (const test::Killed&) {
      world.wire.arm(test::Tripwire::Strike::never);
    }
    const std::string source = world.source.id_of("scopes", "keys");
    const bool known = world.ids().by_source("scopes", source) != nullptr;
    if (!known || !world.target.column("scopes", "keys", "permissions").empty()) continue;
    world.target.rewrite_column("scopes", "keys", "permissions",
                                R"({"acl":[{"user":"eve@corp.test","level":"READ"}]})");
    const Texts outcomes = outcomes_of(world.apply(plan));
    const bool told = std::any_of(outcomes.begin(), outcomes.end(),
                                  [](const std::string& one) { return one.starts_with("conflict scopes/keys: "); });
    const bool kept = world.target.column("scopes", "keys", "permissions").find("eve") != std::string::npos;
    ++(kept && told ? out.kept : out.lost);
  }
}

TEST(ColumnsOfWhatWasMade, that_somebody_set_before_an_interrupted_run_went_on_stay) {
  const Interrupted got = set_between_the_runs();
  EXPECT_GT(got.kept, 0U);
  EXPECT_EQ(got.lost, 0U);
}

// --- what lies under a name that the plan would make

constexpr const char* k_of_eve = R"({"acl":[{"user":"eve@corp.test","level":"READ"}]})";

struct Other {
  std::string kind;
  std::string name;
  std::string body;  // as the plan would make it
};

// Twice by the same plan: its second run knows of the attempt of the first.
TEST(TakenNames, are_others_whatever_is_in_it_and_keep_their_permissions) {
  for (const Other& other :
       {Other{"folders", "/Users/anna@corp.test", R"({"path":"/Users/anna@corp.test","origin":"home"})"},
        Other{"scopes", "keys", R"({"name":"keys","origin":"keys"})"}}) {
    test::ResourceWorld world;
    world.target.put("users", "anna@corp.test", R"({"userName":"anna@corp.test","origin":"anna"})");
    const model::ResourcePlan plan = world.plan();
    world.target.put(other.kind, other.name, other.body, {{"permissions", k_of_eve}}, "");
    for (int run = 0; run < 2; ++run) {
      const Texts outcomes = outcomes_of(world.apply(plan));
      ASSERT_FALSE(outcomes.empty());
      EXPECT_TRUE(outcomes[0].starts_with(
          fmt::format("conflict {}/{}: somebody made it after the plan was made", other.kind, other.name)))
          << outcomes[0];
      EXPECT_EQ(world.target.column(other.kind, world.target.id_of(other.kind, other.name), "permissions"), k_of_eve);
    }
    EXPECT_EQ(world.ids().by_source(other.kind, world.source.id_of(other.kind, other.name)), nullptr);
  }
}

TEST(TakenNames, are_ours_where_our_account_made_it_just_now) {
  for (const char* creator : {"human", "holdfast"}) {
    test::ResourceWorld world;
    const model::ResourcePlan plan = world.plan();
    world.target.put("pools", "small",
                     R"({"name":"small","node_type":"east-4","min_idle":0,"max":1e400,"origin":"small"})", {}, creator);
    const ResourceApplyResult result = world.apply(plan);
    EXPECT_EQ(result.adopted, creator == std::string("holdfast") ? 1U : 0U) << creator;
  }
}

TEST(TakenNames, are_ours_where_a_user_of_the_plan_brought_the_home_along) {
  test::ResourceWorld world;
  const model::ResourcePlan plan = world.plan();
  world.target.interrupt_at = 2;  // behind the user
  world.target.interrupt = [&] {
    world.target.put("folders", "/Users/anna@corp.test", R"({"path":"/Users/anna@corp.test","origin":"home"})", {}, "");
  };
  const ResourceApplyResult result = world.apply(plan);
  EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(result.adopted, 1U);
}

}  // namespace
}  // namespace holdfast::engine
