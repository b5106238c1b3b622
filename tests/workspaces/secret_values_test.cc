// The values of secrets on their way from one workspace into another: only where both connectors were asked for them,
// and shown nowhere.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "engine/resources/compare.h"
#include "engine/resources/restore.h"
#include "engine/resources/task_run.h"
#include "platform/databricks/connector.h"
#include "platform/databricks/kinds.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using platform::databricks::SecretValues;

constexpr const char* k_password = "hunter2";
constexpr const char* k_password_base64 = "aHVudGVyMg==";

class SecretValuesTravel : public testing::Test {
protected:
  SecretValuesTravel() {
    sim::databricks::Seed seed(primary.stand_in);
    seed.post("/api/2.0/secrets/scopes/create", {{"scope", "keys"}});
    seed.post("/api/2.0/secrets/put", {{"scope", "keys"}, {"key", "k"}, {"string_value", k_password}});
  }
  void ask(StoodWorkspace& of) { of.opt_ins.secret_values = SecretValues::read; }
  static std::string value(StoodWorkspace& of) {
    const auto& scopes = of.stand_in.world().part<sim::databricks::Secrets>().scopes;
    const auto scope = scopes.find("keys");
    if (scope == scopes.end() || !scope->second.secrets.contains("k")) return "none";
    return scope->second.secrets.at("k").value;
  }
  static const model::ResourceStep* scope_step(const model::ResourcePlan& plan) {
    for (const model::ResourceStep& step : plan.steps)
      if (step.kind == "secret-scopes") return &step;
    return nullptr;
  }
  void apply(BackedUp& from, const model::ResourcePlan& plan) {
    const auto connector = secondary.connect();
    const auto result = from.apply(plan, *connector, {.state = local, .clock = world.clock});
    EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  }
  std::vector<std::string> differences(const BackedUp& from) {
    std::vector<std::string> out;
    const auto connector = secondary.connect();
    const model::Selection everything;
    engine::compare_resources_live({.repository = *world.repository,
                                    .before = from.snapshot(),
                                    .state = local,
                                    .kinds = platform::databricks::resource_kinds(),
                                    .selection = everything,
                                    .mapping = {}},
                                   {.name = "secondary", .connector = *connector}, world.events, {},
                                   [&](const engine::ResourceDifference& one) {
                                     if (one.path.starts_with("secret-scopes/")) out.push_back(one.path);
                                     for (const model::FieldChange& field : one.fields) {
                                       EXPECT_EQ(field.before.value_or("").find(k_password_base64), std::string::npos);
                                       EXPECT_EQ(field.after.value_or("").find(k_password_base64), std::string::npos);
                                     }
                                   });
    return out;
  }
  void change_on_secondary() {
    sim::databricks::Seed(secondary.stand_in)
        .post("/api/2.0/secrets/put", {{"scope", "keys"}, {"key", "k"}, {"string_value", "swordfish"}});
  }
  std::size_t said() const {
    const auto notes = world.events.notes();
    return static_cast<std::size_t>(std::count_if(notes.begin(), notes.end(), [](const std::string& note) {
      return note.starts_with("secret-scopes: values are not compared");
    }));
  }

  EngineWorld world;
  StoodWorkspace primary{world.clock, 1};
  StoodWorkspace secondary{world.clock, 2};
  std::unique_ptr<storage::Backend> state = storage::make_memory_backend();
  storage::Backend& local = *state;
};

TEST_F(SecretValuesTravel, where_both_sides_were_asked_and_nothing_remains_to_be_done) {
  ask(primary);
  ask(secondary);
  BackedUp backup(world, primary, "primary");
  const model::ResourcePlan plan = backup.plan(secondary, "secondary", local);
  ASSERT_NE(scope_step(plan), nullptr);
  EXPECT_TRUE(scope_step(plan)->tasks.empty()) << testing::PrintToString(scope_step(plan)->tasks);
  apply(backup, plan);
  EXPECT_EQ(value(secondary), k_password);
  EXPECT_EQ(scope_step(backup.plan(secondary, "secondary", local)), nullptr);
  EXPECT_EQ(differences(backup), std::vector<std::string>{});

  change_on_secondary();
  EXPECT_EQ(differences(backup), std::vector<std::string>{"secret-scopes/keys"});
  const model::ResourcePlan again = backup.plan(secondary, "secondary", local);
  ASSERT_NE(scope_step(again), nullptr);
  EXPECT_EQ(scope_step(again)->columns, std::vector<std::string>{"values"});
  const std::string text = model::to_json(again);
  for (const char* secret : {k_password, k_password_base64, "swordfish", "c3dvcmRmaXNo"})
    EXPECT_EQ(text.find(secret), std::string::npos) << text;
  apply(backup, again);
  EXPECT_EQ(value(secondary), k_password);
  EXPECT_EQ(said(), 0U);
}

TEST_F(SecretValuesTravel, into_a_new_scope_and_are_not_compared_where_the_target_does_not_read_them) {
  ask(primary);
  BackedUp backup(world, primary, "primary");
  apply(backup, backup.plan(secondary, "secondary", local));
  EXPECT_EQ(value(secondary), k_password);
  EXPECT_EQ(said(), 0U) << "there was nothing to compare them with";
  change_on_secondary();
  EXPECT_EQ(scope_step(backup.plan(secondary, "secondary", local)), nullptr);
  EXPECT_EQ(said(), 1U);
  EXPECT_EQ(differences(backup), std::vector<std::string>{});
  EXPECT_EQ(said(), 2U);
}

TEST_F(SecretValuesTravel, are_a_task_where_the_snapshot_has_none) {
  BackedUp backup(world, primary, "primary");
  const model::ResourcePlan plan = backup.plan(secondary, "secondary", local);
  ASSERT_NE(scope_step(plan), nullptr);
  ASSERT_EQ(scope_step(plan)->tasks.size(), 1U);
  EXPECT_TRUE(scope_step(plan)->tasks[0].starts_with("Put the values of the secrets of scope keys"));
  apply(backup, plan);
  EXPECT_EQ(value(secondary), "none");
}

// Who put the first one, and said so, has not put the second one.
TEST_F(SecretValuesTravel, are_another_task_where_another_secret_is_lacking) {
  const auto opened = [&](const model::ResourcePlan& plan) {
    engine::TaskStore store(local, "primary", "secondary");
    const std::vector<engine::ManualTask> tasks = engine::tasks_of_plan(store, plan);
    store.open(tasks, world.clock.now());
    std::vector<std::string> ids;
    for (const engine::ManualTask& task : tasks) ids.push_back(task.id);
    store.settle({.state = engine::ManualTask::State::done, .ids = ids, .at = world.clock.now()});
    return ids.size();
  };
  const auto next = [&] {
    world.clock.advance(std::chrono::hours(1));
    return BackedUp(world, primary, "primary").plan(secondary, "secondary", local);
  };
  BackedUp backup(world, primary, "primary");
  const model::ResourcePlan first = backup.plan(secondary, "secondary", local);
  EXPECT_EQ(opened(first), 1U);
  apply(backup, first);
  EXPECT_EQ(opened(next()), 0U) << "it lacks, and somebody said that it is done";
  change_on_secondary();
  EXPECT_EQ(scope_step(next()), nullptr);

  sim::databricks::Seed(primary.stand_in)
      .post("/api/2.0/secrets/put", {{"scope", "keys"}, {"key", "late"}, {"string_value", k_password}});
  const model::ResourcePlan late = next();
  ASSERT_NE(scope_step(late), nullptr);
  EXPECT_EQ(scope_step(late)->action, model::ResourceAction::manual);
  EXPECT_EQ(scope_step(late)->reason, "the target lacks the secret late");
  EXPECT_TRUE(scope_step(late)->tasks.at(0).ends_with("\nk\nlate\n")) << scope_step(late)->tasks.at(0);
  EXPECT_EQ(opened(late), 1U);
  EXPECT_EQ(opened(next()), 0U);
}

// --- what others did to them after the plan was made

class SecretsSince : public SecretValuesTravel {
protected:
  SecretsSince() {
    ask(primary);
    ask(secondary);
    backup = std::make_unique<BackedUp>(world, primary, "primary");
    apply(*backup, backup->plan(secondary, "secondary", local));
  }
  void put(const std::string& key, const std::string& value) {
    world.clock.advance(std::chrono::minutes(1));
    sim::databricks::Seed(secondary.stand_in)
        .post("/api/2.0/secrets/put", {{"scope", "keys"}, {"key", key}, {"string_value", value}});
    world.clock.advance(std::chrono::minutes(1));
  }
  std::map<std::string, std::string> values() {
    std::map<std::string, std::string> out;
    for (const auto& [key, secret] : secondary.stand_in.world().part<sim::databricks::Secrets>().scopes["keys"].secrets)
      out[key] = secret.value;
    return out;
  }
  enum class Removes { no, yes };
  model::ResourcePlan plan(Removes removes) {
    const auto connector = secondary.connect();
    engine::ResourceRestoreOptions wanted;
    wanted.target = "secondary";
    wanted.removes = removes == Removes::yes;
    return engine::plan_resource_restore(
        {.repository = *world.repository, .snapshot = backup->snapshot(), .target = *connector, .state = local}, wanted,
        world.events, world.clock, world.random, {});
  }
  std::vector<std::string> outcomes(const model::ResourcePlan& of) {
    const auto connector = secondary.connect();
    return outcomes_of(backup->apply(of, *connector, {.state = local, .clock = world.clock}));
  }
  using Values = std::map<std::string, std::string>;
  const std::vector<std::string> changed{
      "conflict secret-scopes/keys: somebody changed its values after the plan was made"};
  std::unique_ptr<BackedUp> backup;
};

TEST_F(SecretsSince, leaves_alone_what_was_rotated_after_the_plan) {
  put("k", "swordfish");
  const model::ResourcePlan made = plan(Removes::no);
  put("k", "rotated");
  EXPECT_EQ(outcomes(made), changed);
  EXPECT_EQ(value(secondary), "rotated");
}

TEST_F(SecretsSince, goes_on_where_an_interrupted_run_had_put_it) {
  put("k", "swordfish");
  const model::ResourcePlan made = plan(Removes::no);
  put("k", k_password);
  EXPECT_EQ(outcomes(made), std::vector<std::string>{});
}

TEST_F(SecretsSince, keeps_secrets_of_the_target_where_nobody_asks_for_removals) {
  put("own", "theirs");
  EXPECT_EQ(scope_step(plan(Removes::no)), nullptr);
  put("k", "swordfish");
  const model::ResourcePlan made = plan(Removes::no);
  ASSERT_NE(scope_step(made), nullptr);
  EXPECT_TRUE(scope_step(made)->removed_items.empty());
  EXPECT_EQ(scope_step(made)->fields.size(), 1U);
  EXPECT_EQ(outcomes(made), std::vector<std::string>{});
  EXPECT_EQ(values(), (Values{{"k", k_password}, {"own", "theirs"}}));
}

TEST_F(SecretsSince, takes_away_only_what_the_plan_named) {
  put("own", "theirs");
  const model::ResourcePlan made = plan(Removes::yes);
  ASSERT_NE(scope_step(made), nullptr);
  ASSERT_EQ(scope_step(made)->removed_items.size(), 1U);
  EXPECT_EQ(scope_step(made)->removed_items[0].key, "own");
  EXPECT_EQ(made.removed_items(), (std::map<std::string, std::uint64_t>{{"secret", 1}}));
  put("between", "new");
  EXPECT_EQ(outcomes(made), std::vector<std::string>{});
  EXPECT_EQ(values(), (Values{{"between", "new"}, {"k", k_password}}));
}

TEST_F(SecretsSince, keeps_one_that_was_to_go_and_was_rotated_since) {
  put("own", "theirs");
  const model::ResourcePlan made = plan(Removes::yes);
  put("own", "rotated");
  EXPECT_EQ(outcomes(made), changed);
  EXPECT_EQ(values(), (Values{{"k", k_password}, {"own", "rotated"}}));
}

TEST_F(SecretsSince, leave_no_trace_in_the_plan) {
  put("k", "swordfish");
  const std::string one = scope_step(plan(Removes::no))->seen_columns.at("values");
  // The same value put again is another change, so that nothing can be told from what is kept of it.
  put("k", "swordfish");
  EXPECT_NE(scope_step(plan(Removes::no))->seen_columns.at("values"), one);
}

}  // namespace
}  // namespace holdfast::test
