// What only a cluster tells, on its way from one workspace into another: mounts as tasks, permissions in the hive
// metastore as statements or as a script.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "engine/resources/restore.h"
#include "sim/databricks/commands.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using model::ResourceAction;
using sim::databricks::CommandState;
using Strike = PowerSwitch::Strike;
using Texts = std::vector<std::string>;

CommandState& state_of(StoodWorkspace& workspace) {
  return workspace.stand_in.world().part<CommandState>();
}

// A cluster that may be asked; every workspace calls its own otherwise.
void give_cluster(StoodWorkspace& workspace, const std::string& name) {
  workspace.stand_in.world().part<sim::databricks::Clusters>().start_ms = 0;
  workspace.stand_in.call("POST", "/api/2.1/clusters/create",
                          {{"cluster_name", name},
                           {"spark_version", "15.4.x-scala2.12"},
                           {"node_type_id", "Standard_DS3_v2"},
                           {"num_workers", 1}});
  workspace.opt_ins.commands.cluster = name;
}

void seed_source(StoodWorkspace& workspace) {
  give_cluster(workspace, "reader");
  {
    sim::databricks::Seed seed(workspace.stand_in);
    seed.user("eve@example.test", "Eve", "Adams");
    seed.group("analysts");
  }
  CommandState& state = state_of(workspace);
  state.mounts["/mnt/lake"] = {"abfss://lake@east.dfs.core.windows.net/", "", {}, {}};
  state.objects["DATABASE sales"].owner = "eve@example.test";
  state.objects["TABLE sales.orders"].owner = "eve@example.test";
  state.objects["TABLE sales.orders"].granted["analysts"] = {"SELECT"};
  state.objects["TABLE sales.orders"].denied["eve@example.test"] = {"MODIFY"};
  state.objects["TABLE sales.lost"].granted["analysts"] = {"SELECT"};
  state.objects["ANY FILE"].granted["analysts"] = {"SELECT"};
}

// Its metastore has the database and one of the tables, with other permissions.
void seed_target(StoodWorkspace& workspace) {
  CommandState& state = state_of(workspace);
  state.objects["DATABASE sales"].owner = "admin@example.test";
  state.objects["TABLE sales.orders"].granted["users"] = {"SELECT"};
}

// Of one object, in one line.
std::string shown(StoodWorkspace& workspace, const std::string& name) {
  const auto& object = state_of(workspace).objects[name];
  std::string out = object.owner;
  for (const auto& [principal, actions] : object.granted)
    for (const std::string& action : actions) out += fmt::format("; {} may {}", principal, action);
  for (const auto& [principal, actions] : object.denied)
    for (const std::string& action : actions) out += fmt::format("; {} may not {}", principal, action);
  return out;
}

class ClusterKinds : public testing::Test {
protected:
  ClusterKinds() {
    seed_source(primary);
    seed_target(secondary);
  }
  // What a plan does with the two kinds: "create table-acls/ANY FILE".
  static Texts steps(const model::ResourcePlan& plan) {
    Texts out;
    for (const model::ResourceStep& step : plan.steps)
      if (step.kind == "mounts" || step.kind == "table-acls")
        out.push_back(fmt::format("{} {}", model::to_string(step.action), step.path));
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::string task_of(const model::ResourcePlan& plan, const std::string& kind, const std::string& name) {
    const model::ResourceStep& step = step_of(plan, kind, name);
    EXPECT_EQ(step.tasks.size(), 1U);
    return step.tasks.empty() ? std::string() : step.tasks[0];
  }
  engine::ResourceApplyResult apply(BackedUp& from, const model::ResourcePlan& plan) {
    const auto connector = secondary.connect();
    return from.apply(plan, *connector, {.state = local, .clock = world.clock});
  }

  EngineWorld world;
  StoodWorkspace primary{world.clock, 1};
  StoodWorkspace secondary{world.clock, 2};
  std::unique_ptr<storage::Backend> state = storage::make_memory_backend();
  storage::Backend& local = *state;
};

TEST_F(ClusterKinds, are_tasks_with_a_notebook_and_scripts_where_the_target_has_no_cluster) {
  BackedUp backup(world, primary, "primary");
  const auto connector = secondary.connect();
  engine::ResourceRestoreOptions wanted;
  wanted.target = "secondary";
  wanted.mapping.storage["abfss://lake@east"] = "abfss://lake@west";
  wanted.mapping.names["groups"]["analysts"] = "readers";
  const model::ResourcePlan plan = engine::plan_resource_restore(
      {.repository = *world.repository, .snapshot = backup.snapshot(), .target = *connector, .state = local}, wanted,
      world.events, world.clock, world.random, {});
  EXPECT_EQ(steps(plan),
            (Texts{"manual mounts/mnt/lake", "manual table-acls/ANY FILE", "manual table-acls/DATABASE sales",
                   "manual table-acls/TABLE sales.lost", "manual table-acls/TABLE sales.orders"}));
  const std::string notebook = task_of(plan, "mounts", "/mnt/lake");
  EXPECT_NE(notebook.find("\n# Databricks notebook source\n"), std::string::npos) << notebook;
  EXPECT_NE(notebook.find("source = \"abfss://lake@west.dfs.core.windows.net/\"\n"), std::string::npos) << notebook;
  const std::string script = task_of(plan, "table-acls", "TABLE sales.orders");
  EXPECT_NE(script.find("\nDENY MODIFY ON TABLE `sales`.`orders` TO `eve@example.test`;\n"
                        "GRANT SELECT ON TABLE `sales`.`orders` TO `readers`;\n"
                        "ALTER TABLE `sales`.`orders` OWNER TO `eve@example.test`;\n"),
            std::string::npos)
      << script;
  // A plan that is kept in a file has them as they are.
  const model::ResourcePlan kept = model::resource_plan_from_json(model::to_json(plan));
  EXPECT_EQ(task_of(kept, "mounts", "/mnt/lake"), notebook);
  EXPECT_TRUE(state_of(secondary).mounts.empty());
  EXPECT_EQ(shown(secondary, "TABLE sales.orders"), "; users may SELECT");
}

TEST_F(ClusterKinds, that_are_permissions_are_written_where_it_has_one_and_the_next_plan_is_empty) {
  give_cluster(secondary, "writer");
  BackedUp backup(world, primary, "primary");
  const model::ResourcePlan plan = backup.plan(secondary, "secondary", local);
  EXPECT_EQ(steps(plan),
            (Texts{"create table-acls/ANY FILE", "create table-acls/TABLE sales.lost", "manual mounts/mnt/lake",
                   "update table-acls/DATABASE sales", "update table-acls/TABLE sales.orders"}));
  const engine::ResourceApplyResult result = apply(backup, plan);
  EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  const Texts outcomes = outcomes_of(result);
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(),
                          [](const std::string& line) { return line.find("Create TABLE sales.lost in") != line.npos; }),
            1)
      << testing::PrintToString(outcomes);
  for (const char* name : {"DATABASE sales", "TABLE sales.orders", "ANY FILE"})
    EXPECT_EQ(shown(secondary, name), shown(primary, name)) << name;
  EXPECT_TRUE(state_of(secondary).contexts.empty());
  EXPECT_EQ(steps(backup.plan(secondary, "secondary", local)),
            (Texts{"create table-acls/TABLE sales.lost", "manual mounts/mnt/lake"}));
}

TEST_F(ClusterKinds, that_were_read_once_are_carried_forward_while_the_cluster_does_not_run) {
  BackedUp first(world, primary, "primary");
  EXPECT_EQ(first.counts().at("mounts"), 1U);
  EXPECT_EQ(first.counts().at("table-acls"), 4U);
  const std::string id =
      primary.stand_in.get("/api/2.1/clusters/list").at("clusters").at(0).at("cluster_id").get<std::string>();
  primary.stand_in.call("POST", "/api/2.1/clusters/delete", {{"cluster_id", id}});
  world.clock.advance(std::chrono::minutes(5));
  BackedUp second(world, primary, "primary");
  EXPECT_EQ(second.counts().at("mounts"), 1U);
  EXPECT_EQ(second.counts().at("table-acls"), 4U);
}

// --- killed

class KilledTarget {
public:
  explicit KilledTarget(const base::Clock& clock)
      : workspace(clock, 2), state(storage::make_memory_backend()), clock_(clock) {
    seed_target(workspace);
    give_cluster(workspace, "writer");
  }
  engine::ResourceApplyResult apply(BackedUp& backup, const model::ResourcePlan& plan) {
    const auto connector = workspace.connect(power);
    return backup.apply(plan, *connector, {.state = *state, .clock = clock_});
  }
  std::string permissions() {
    std::string out;
    for (const char* name : {"DATABASE sales", "TABLE sales.orders", "TABLE sales.lost", "ANY FILE"})
      out += fmt::format("{}: {}\n", name, shown(workspace, name));
    return out;
  }
  StoodWorkspace workspace;
  PowerSwitch power;
  std::unique_ptr<storage::Backend> state;

private:
  const base::Clock& clock_;
};

TEST_F(ClusterKinds, that_are_written_end_the_same_wherever_that_is_killed) {
  BackedUp backup(world, primary, "primary");
  KilledTarget undisturbed(world.clock);
  const model::ResourcePlan plan = backup.plan(undisturbed.workspace, "secondary", *undisturbed.state);
  undisturbed.power.arm(Strike::never, 0);
  (void)undisturbed.apply(backup, plan);
  const std::uint64_t events = undisturbed.power.count();
  const std::string expected = undisturbed.permissions();
  std::uint64_t kills = 0;
  for (const Strike strike : {Strike::before, Strike::after}) {
    for (std::uint64_t at = 1; at <= events; ++at) {
      SCOPED_TRACE(fmt::format("killed {} event {}", strike == Strike::before ? "before" : "after", at));
      KilledTarget target(world.clock);
      target.power.arm(strike, at);
      try {
        (void)target.apply(backup, plan);
      } catch (const PowerCut&) {
        ++kills;
      }
      target.power.arm(Strike::never, 0);
      world.clock.advance(std::chrono::minutes(2));
      const engine::ResourceApplyResult again = target.apply(backup, plan);
      ASSERT_TRUE(again.complete()) << testing::PrintToString(outcomes_of(again));
      ASSERT_EQ(target.permissions(), expected);
    }
  }
  EXPECT_GT(kills, 40U);
}

}  // namespace
}  // namespace holdfast::test
