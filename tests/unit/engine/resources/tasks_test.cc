#include "engine/resources/tasks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/key.h"
#include "engine/resources/plan.h"
#include "engine/resources/task_run.h"
#include "model/secret_column.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::ColumnContent;
using model::Existing;
using model::ResourceAction;
using model::ResourcePlan;
using Keys = std::vector<std::string>;
using State = ManualTask::State;
using Way = ManualTask::Way;

model::Kind scopes() {
  return {.collection = {.name = "scopes",
                         .key = {{"name"}},
                         .columns = {{"body", "json", ColumnContent::json, false},
                                     {"secrets", "json", ColumnContent::json, true},
                                     {"values", std::string(model::k_secret_type), ColumnContent::json, true}}},
          .one = "scope",
          .name = "name",
          .columns = {{.name = "values",
                       .unordered = {{"values", {"key"}}},
                       .told_by = "secrets",
                       .kept = {.items = "values", .key = "key", .one = "secret"}},
                      {.name = "secrets",
                       .written = model::KindColumn::Written::never,
                       .unordered = {{"secrets", {"key"}}}}},
          .manual = {{.text = "Put the secrets of {name}.", .column = "values"}}};
}

model::Kind volumes() {
  return {
      .collection = {.name = "volumes", .key = {{"name"}}, .columns = {{"body", "json", ColumnContent::json, false}}},
      .one = "volume",
      .name = "name",
      .removal = {.loses = "its files", .harmless = {{"type", "\"EXTERNAL\""}}}};
}

const model::KindSet& kinds() {
  static const model::KindSet set({scopes(), volumes()});
  return set;
}

std::string items(const char* member, const Keys& keys) {
  std::string out;
  for (const std::string& key : keys) out += fmt::format("{}{{\"key\":\"{}\"}}", out.empty() ? "" : ",", key);
  return fmt::format("{{\"{}\":[{}]}}", member, out);
}

class ManualSteps : public testing::Test {
protected:
  // Of a scope: absent, what it holds is not known.
  static model::Resource scope(const std::optional<Keys>& keys, const std::string& owner = "anna") {
    base::Row row{.key = {}, .columns = {fmt::format(R"({{"name":"keys","owner":"{}"}})", owner), {}, {}}};
    base::append_text(row.key, "keys");
    if (keys) row.columns[1] = items("secrets", *keys);
    return kinds().resource(0, std::move(row));
  }
  static model::Resource with_values(model::Resource scope, const Keys& keys) {
    scope.row.columns[2] = items("values", keys);
    return scope;
  }
  static model::Resource volume(const std::string& name, const std::string& type) {
    base::Row row{.key = {}, .columns = {fmt::format(R"({{"name":"{}","type":"{}"}})", name, type)}};
    base::append_text(row.key, name);
    return kinds().resource(1, std::move(row));
  }
  ResourcePlan plan(const std::vector<model::Resource>& wanted, const std::vector<model::Resource>& live) {
    clock_.advance(std::chrono::hours(1));
    return plan_resources(kinds(), {.wanted = wanted, .live = live}, model::IdMap("primary", "secondary"), options_,
                          clock_, random_);
  }
  // "manual scopes/keys: TASK"
  static std::vector<std::string> tasks(const ResourcePlan& of) {
    std::vector<std::string> out;
    for (const model::ResourceStep& step : of.steps)
      out.push_back(fmt::format("{} {}: {}", model::to_string(step.action), step.path, fmt::join(step.tasks, "|")));
    return out;
  }
  std::vector<ManualTask> opened(const ResourcePlan& of) {
    TaskStore store(*state_, "primary", "secondary");
    std::vector<ManualTask> out = tasks_of_plan(store, of);
    store.open(out, clock_.now());
    return out;
  }
  void settle(const ManualTask& task, State state) {
    TaskStore(*state_, "primary", "secondary").settle({.state = state, .ids = {task.id}, .at = clock_.now()});
  }

  test::ManualClock clock_{*base::parse_instant("2026-11-22T20:00:00Z")};
  test::SeededRandom random_{7};
  ResourcePlanOptions options_{.source = "primary", .target = "secondary"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
};

using Lines = std::vector<std::string>;

TEST_F(ManualSteps, name_the_secrets_that_a_new_scope_is_to_have) {
  EXPECT_EQ(tasks(plan({scope(Keys{"b", "a"})}, {})), Lines{"create scopes/keys: Put the secrets of keys.\na\nb\n"});
  EXPECT_EQ(tasks(plan({scope(std::nullopt)}, {})), Lines{"create scopes/keys: Put the secrets of keys."});
  EXPECT_EQ(tasks(plan({scope(Keys{})}, {})), Lines{"create scopes/keys: "}) << "there are none";
  EXPECT_EQ(tasks(plan({with_values(scope(Keys{"a"}), {"a"})}, {})), Lines{"create scopes/keys: "});
}

TEST_F(ManualSteps, are_listed_for_as_long_as_the_target_lacks_a_secret) {
  const ResourcePlan lacking = plan({scope(Keys{"a", "b"})}, {scope(Keys{"a", "own"})});
  EXPECT_EQ(tasks(lacking), Lines{"manual scopes/keys: Put the secrets of keys.\na\nb\n"});
  EXPECT_EQ(lacking.steps.front().reason, "the target lacks the secret b");
  EXPECT_TRUE(lacking.does_nothing());
  EXPECT_EQ(plan({scope(Keys{"a", "b", "c", "d", "e"})}, {scope(Keys{})}).steps.front().reason,
            "the target lacks the secrets a, b, c and 2 more");
  EXPECT_EQ(tasks(plan({scope(Keys{"a", "b"})}, {scope(Keys{"b", "a"})})), Lines{});
  EXPECT_EQ(tasks(plan({scope(Keys{"a", "b"}, "eve")}, {scope(Keys{"a"})})),
            Lines{"update scopes/keys: Put the secrets of keys.\na\nb\n"});
  EXPECT_EQ(tasks(plan({scope(Keys{"a"}, "eve")}, {scope(Keys{"a"})})), Lines{"update scopes/keys: "});
  options_.existing = Existing::skip;
  EXPECT_EQ(tasks(plan({scope(Keys{"a", "b"})}, {scope(Keys{"a"})})).size(), 1U) << "it touches nothing";
}

// A target that does not show what it has proves nothing.
TEST_F(ManualSteps, are_closed_by_no_run_that_was_not_shown_which_secrets_there_are) {
  const test::EngineWorld world;
  const repository::Snapshot source;
  EXPECT_EQ(opened(plan({scope(Keys{"a"})}, {scope(Keys{})})).size(), 1U);
  const auto closed = [&](const ResourcePlan& of) {
    ResourceApplyResult result;
    result.ends.resize(of.steps.size(), StepEnd::open);
    const TaskStore store(*state_, "primary", "secondary");
    return no_longer_asked(*world.repository, kinds(), store, {of, result, source}, {}).size();
  };
  const ResourcePlan unread = plan({scope(Keys{"a"})}, {scope(std::nullopt)});
  ASSERT_EQ(tasks(unread), Lines{"skip scopes/keys: "});
  EXPECT_EQ(unread.steps.front().reason, "the target did not show which secrets it has");
  EXPECT_EQ(closed(unread), 0U);
  EXPECT_EQ(tasks(plan({scope(Keys{"a"}, "eve")}, {scope(std::nullopt)})),
            Lines{"update scopes/keys: Put the secrets of keys.\na\n"});
  EXPECT_EQ(closed(plan({scope(Keys{"a"})}, {scope(Keys{"a"})})), 1U);
}

// Who put those of before has not put this one.
TEST_F(ManualSteps, are_other_tasks_where_other_secrets_are_to_be_put) {
  const std::vector<ManualTask> first = opened(plan({scope(Keys{"a"})}, {}));
  ASSERT_EQ(first.size(), 1U);
  for (const State state : {State::done, State::waived}) {
    settle(first.front(), state);
    EXPECT_EQ(opened(plan({scope(Keys{"a"})}, {scope(Keys{})})).size(), 0U) << "somebody said what became of it";
  }
  const std::vector<ManualTask> second = opened(plan({scope(Keys{"a", "b"})}, {scope(Keys{"a"})}));
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second.front().way, Way::instead) << "the next run sees whether it was put";
}

TEST_F(ManualSteps, stand_in_place_of_removals_that_lose_what_no_snapshot_has) {
  options_.removes = true;
  const ResourcePlan made = plan({}, {volume("drop", "EXTERNAL"), volume("own", "MANAGED")});
  EXPECT_EQ(made.count(ResourceAction::remove), 1U);
  const model::ResourceStep& kept = test::step_of(made, "volumes", "own");
  EXPECT_EQ(kept.action, ResourceAction::manual);
  EXPECT_EQ(kept.reason, "the snapshot does not have it, and its files would go with it");
  EXPECT_EQ(kept.tasks,
            Lines{"Remove the volume own yourself, if it shall go: it is MANAGED, and its files would go with it."});
  EXPECT_EQ(kept.calls, 0U);
  const std::vector<ManualTask> open = opened(made);
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open.front().way, Way::removal) << "only runs that remove list it";
  options_.existing = Existing::skip;
  EXPECT_EQ(plan({}, {volume("own", "MANAGED")}).steps.front().action, ResourceAction::skip);
}

}  // namespace
}  // namespace holdfast::engine
