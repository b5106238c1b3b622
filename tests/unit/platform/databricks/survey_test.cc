#include "platform/databricks/survey.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "platform/databricks/kinds.h"
#include "platform/databricks/session.h"
#include "sim/databricks/seeds.h"
#include "support/workspace_world.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::platform::databricks {
namespace {

class SurveyedWorkspace {
public:
  explicit SurveyedWorkspace(sim::databricks::StandInOptions options) : world_(std::move(options)) {
    sim::databricks::seed_workspace(world_.stand_in, "small");
  }
  Side survey() {
    Account account;
    account.host = "http://127.0.0.1";
    account.token = base::Secret(world_.token);
    const Session session(account, std::make_unique<test::StandInHttp>(world_.stand_in), world_.clock, random_);
    return survey_workspace(session.client(), world_.clock, {});
  }

private:
  test::WorkspaceWorld world_;
  test::SeededRandom random_{1};
};

std::string trait(const Side& side, const std::string& name) {
  for (const Trait& one : side.traits)
    if (one.name == name) return one.value;
  return "(no such trait)";
}
std::vector<std::string> offer(const Side& side, const std::string& name) {
  for (const Offer& one : side.offers)
    if (one.name == name) return one.values;
  return {};
}
bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

TEST(DatabricksSurvey, tells_what_tells_two_workspaces_apart) {
  SurveyedWorkspace west({.world = {.region = "westeurope", .workspace_id = "11"}});
  SurveyedWorkspace north(
      {.world = {
           .region = "northeurope", .workspace_id = "12", .tier = sim::databricks::WorldOptions::Tier::standard}});
  const Side here = west.survey();
  const Side there = north.survey();
  EXPECT_EQ(here.identity, "11");
  EXPECT_EQ(there.identity, "12");
  EXPECT_EQ(trait(here, "region"), "westeurope");
  EXPECT_EQ(trait(there, "region"), "northeurope");
  EXPECT_EQ(trait(here, "tier"), "premium or above");
  EXPECT_EQ(trait(there, "tier"), "standard");
  EXPECT_TRUE(has(offer(here, "node-types"), "Standard_NC24ads_A100_v4"));
  EXPECT_FALSE(has(offer(there, "node-types"), "Standard_NC24ads_A100_v4"));
  EXPECT_TRUE(has(offer(here, "runtimes"), "15.4.x-scala2.12"));
  EXPECT_TRUE(has(offer(here, "kinds of resources"), "jobs"));
  EXPECT_TRUE(here.lines.empty());
}

TEST(DatabricksSurvey, lists_who_is_there_and_what_is_set) {
  SurveyedWorkspace west({});
  const Side here = west.survey();
  const auto list = [&](const std::string& kind) {
    std::vector<std::string> out;
    for (const Listed& one : here.lists)
      if (one.kind == kind)
        for (const auto& [name, value] : one.resources) out.push_back(name);
    return out;
  };
  EXPECT_TRUE(has(list("users"), "anna@example.test"));
  EXPECT_TRUE(has(list("groups"), "analysts"));
}

// What is refused is not taken for the same on both sides.
TEST(DatabricksSurvey, says_which_settings_it_could_not_read) {
  test::Written world;
  const std::string path = "/api/2.0/workspace-conf?keys=";
  world.set(path + "enableGp3", R"({"enableGp3":"true"})");
  world.set(path + "enableWebTerminal", test::forbidden());
  const Side side = survey_workspace(world.session.client(), world.session.clock, {});
  const auto said = [&](std::string_view text) {
    return std::count_if(side.lines.begin(), side.lines.end(), [&](const Diagnosis& one) {
      return one.subject == "workspace-conf" && one.text.find(text) != std::string::npos;
    });
  };
  EXPECT_EQ(said("PERMISSION_DENIED"), 1);
  EXPECT_EQ(std::count_if(side.lists.begin(), side.lists.end(),
                          [](const Listed& one) { return one.kind == "workspace-conf" && one.resources.size() == 1; }),
            1);
}

TEST(DatabricksSurvey, knows_where_node_types_and_runtimes_are_named) {
  for (const UsedField& field : fields_that_name_offers()) EXPECT_NE(find_kind(field.kind), nullptr) << field.kind;
}

}  // namespace
}  // namespace holdfast::platform::databricks
