// Groups of the account are assigned to another workspace, not made in it; where its account lacks them, somebody is
// told, and the rest goes on.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/account.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/settings.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

class AccountGroups : public testing::Test {
protected:
  AccountGroups() { assign_account_group(primary.stand_in); }
  std::vector<std::string> migrate() {
    BackedUp backup(world, primary, "primary");
    const auto connector = secondary.connect();
    const auto result =
        backup.apply(backup.plan(secondary, "secondary", *local), *connector, {.state = *local, .clock = world.clock});
    EXPECT_TRUE(result.complete());
    std::vector<std::string> out = outcomes_of(result);
    std::erase_if(out, [](const std::string& line) { return line.find("directory") == std::string::npos; });
    return out;
  }
  std::string assigned() {
    return sim::databricks::Seed(secondary.stand_in)
        .get("/api/2.0/preview/permissionassignments")
        .at("permission_assignments")
        .dump();
  }

  EngineWorld world;
  StoodWorkspace primary{world.clock, 1};
  StoodWorkspace secondary{world.clock, 2};
  std::unique_ptr<storage::Backend> local = storage::make_memory_backend();
};

TEST_F(AccountGroups, are_assigned_with_what_they_may) {
  bring_account_group(secondary.stand_in);
  migrate();
  EXPECT_NE(assigned().find(R"("permissions":["ADMIN"])"), std::string::npos) << assigned();
  EXPECT_EQ(migrate(), std::vector<std::string>{}) << "nothing is left to be done";
}

TEST_F(AccountGroups, that_the_account_lacks_are_a_task_and_no_failure) {
  const std::vector<std::string> outcomes = migrate();
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(),
                          [](const std::string& line) {
                            return line.starts_with(
                                "manual group-assignments/directory: Assign the account's group directory");
                          }),
            1)
      << testing::PrintToString(outcomes);
  EXPECT_EQ(assigned(), "[]");
}

// Their creates tell of nothing that is there already.
TEST_F(AccountGroups, and_settings_that_somebody_set_after_the_plan_stay_as_they_are) {
  bring_account_group(secondary.stand_in);
  primary.stand_in.world().part<sim::databricks::WorkspaceConf>().values["enableWebTerminal"] = "true";
  BackedUp backup(world, primary, "primary");
  const model::ResourcePlan plan = backup.plan(secondary, "secondary", *local);
  EXPECT_EQ(step_of(plan, "workspace-conf", "enableWebTerminal").action, model::ResourceAction::create);
  const std::string id = sim::databricks::add_account_group(secondary.stand_in.world(), "directory", "");
  sim::databricks::Seed(secondary.stand_in)
      .put("/api/2.0/preview/permissionassignments/principals/" + id,
           {{"permissions", nlohmann::json::array({"USER"})}});
  auto& settings = secondary.stand_in.world().part<sim::databricks::WorkspaceConf>().values;
  settings["enableWebTerminal"] = "false";
  const auto connector = secondary.connect();
  for (int run = 0; run < 2; ++run) {
    std::vector<std::string> outcomes =
        outcomes_of(backup.apply(plan, *connector, {.state = *local, .clock = world.clock}));
    for (const char* one : {"group-assignments/directory", "workspace-conf/enableWebTerminal"})
      EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(),
                              [&](const std::string& line) {
                                return line.starts_with(
                                    fmt::format("conflict {}: somebody made it after the plan was made", one));
                              }),
                1)
          << testing::PrintToString(outcomes);
  }
  EXPECT_NE(assigned().find(R"("permissions":["USER"])"), std::string::npos) << assigned();
  EXPECT_EQ(settings["enableWebTerminal"], "false");
}

}  // namespace
}  // namespace holdfast::test
