// The values of secrets on their way from one workspace into another: only where both connectors were asked for them,
// and shown nowhere.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "engine/resource_compare.h"
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

}  // namespace
}  // namespace holdfast::test
