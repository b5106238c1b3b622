// migrate --provision: the template of a second workspace, rendered after the first over HTTP.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/json.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/arm.h"
#include "sim/databricks/request_log.h"
#include "sim/databricks/seeds.h"
#include "support/app_world.h"
#include "support/fakes.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
constexpr const char* k_subscription = "00000000-0000-4000-8000-000000000001";

struct Rendered {
  int code = -1;
  std::string text;
  json parsed;
  std::string said;
  bool says(const std::string& what) const { return said.find(what) != std::string::npos; }
};

class Provisioned : public testing::Test {
protected:
  Provisioned() {
    app_.compose("databricks", platform::databricks::resource_kinds(), clock_, {"primary"},
                 [this](const std::string&) { return connect(); });
  }

  std::unique_ptr<platform::Connector> connect() {
    platform::databricks::ArmOptions arm{.connector = "primary",
                                         .url = "http://127.0.0.1",
                                         .subscriptions = subscriptions_,
                                         .resource_id = resource_id_,
                                         .token = base::Secret("dapi1")};
    return platform::databricks::make_connector({.account = unlimited_account(),
                                                 .http = std::make_unique<StandInHttp>(primary_.stand_in),
                                                 .clock = clock_,
                                                 .random = random_,
                                                 .arm = std::move(arm),
                                                 .arm_http = std::make_unique<StandInHttp>(primary_.stand_in)});
  }

  Rendered run(const std::vector<std::string>& arguments) {
    Outcome got = app_.run(arguments);
    json parsed = json::parse(got.out, nullptr, false);
    return {got.code, std::move(got.out), std::move(parsed), std::move(got.err)};
  }
  Rendered provision() { return run({"migrate", "primary", "secondary", "--provision"}); }
  sim::databricks::Arm& azure() { return primary_.stand_in.world().part<sim::databricks::Arm>(); }

  // Names of parameters that expressions ask for.
  static std::set<std::string> asked_for(const std::string& text) {
    std::set<std::string> out;
    const std::string call = "parameters('";
    for (std::size_t at = text.find(call); at != std::string::npos; at = text.find(call, at + 1))
      out.insert(text.substr(at + call.size(), text.find('\'', at + call.size()) - at - call.size()));
    return out;
  }
  // As Azure would refuse it otherwise.
  static void expect_sound(const json& made) {
    ASSERT_TRUE(made.is_object());
    EXPECT_EQ(made.at("$schema"), "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#");
    EXPECT_EQ(made.at("contentVersion"), "1.0.0.0");
    std::set<std::string> declared;
    for (const auto& [name, parameter] : made.at("parameters").items()) {
      declared.insert(name);
      EXPECT_TRUE(std::set<std::string>({"string", "bool", "array"}).contains(parameter.at("type"))) << name;
    }
    EXPECT_EQ(asked_for(made.dump()), declared) << "no parameter is missing, and none is idle";
    for (const json& resource : made.at("resources")) {
      EXPECT_TRUE(resource.at("type").get<std::string>().starts_with("Microsoft.Databricks/"));
      EXPECT_EQ(resource.at("apiVersion").get<std::string>().size(), std::string("2023-02-01").size());
      EXPECT_EQ(resource.at("location"), "[parameters('location')]");
    }
  }

  AppWorld app_;
  ManualClock clock_{*base::parse_instant("2026-11-22T08:00:00Z")};
  SeededRandom random_{5};
  StoodWorkspace primary_{clock_, 41};
  std::vector<std::string> subscriptions_{k_subscription};
  std::string resource_id_ = fmt::format(
      "/subscriptions/{}/resourceGroups/data/providers/Microsoft.Databricks/workspaces/workspace-41", k_subscription);
};

TEST_F(Provisioned, template_makes_what_the_workspace_is_and_names_nothing_of_its_subscription) {
  azure().own_keys = true;
  azure().private_endpoints = 2;
  sim::databricks::Seed seed(primary_.stand_in);
  seed_people(seed);
  seed_unity(seed);
  const Rendered got = provision();
  EXPECT_EQ(got.code, 0) << got.said;
  expect_sound(got.parsed);
  EXPECT_EQ(got.text.find(k_subscription), std::string::npos);
  EXPECT_EQ(got.text.find("vault-data"), std::string::npos) << "nor the key vault";
  EXPECT_EQ(got.text.find("dapi1"), std::string::npos);

  const json& workspace = got.parsed.at("resources").at(0);
  EXPECT_EQ(workspace.at("type"), "Microsoft.Databricks/workspaces");
  EXPECT_EQ(workspace.at("apiVersion"), "2023-02-01");
  EXPECT_EQ(workspace.at("sku").at("name"), "premium");
  EXPECT_EQ(workspace.at("tags"), (json{{"team", "data platform"}}));
  const json& properties = workspace.at("properties");
  EXPECT_EQ(properties.at("publicNetworkAccess"), "Enabled");
  EXPECT_EQ(properties.at("requiredNsgRules"), "AllRules");
  EXPECT_EQ(properties.at("parameters").at("enableNoPublicIp").at("value"), true);
  EXPECT_EQ(properties.at("parameters").at("customVirtualNetworkId").at("value"),
            "[parameters('customVirtualNetworkId')]");
  EXPECT_FALSE(properties.at("parameters").contains("storageAccountName")) << "a name that the whole world shares";
  for (const char* left_out : {"workspaceUrl", "workspaceId", "provisioningState", "createdBy"})
    EXPECT_FALSE(properties.contains(left_out)) << left_out;
  const json& disk = properties.at("encryption").at("entities").at("managedDisk");
  EXPECT_EQ(disk.at("keyVaultProperties").at("keyVaultUri"), "[parameters('managedDiskKeyVaultUri')]");
  EXPECT_EQ(disk.at("rotationToLatestKeyVersionEnabled"), true);

  const json& parameters = got.parsed.at("parameters");
  EXPECT_EQ(parameters.at("workspaceName").at("defaultValue"), "secondary");
  EXPECT_EQ(parameters.at("customPublicSubnetName").at("defaultValue"), "databricks-public");
  for (const char* open : {"location", "customVirtualNetworkId", "managedServicesKeyName"})
    EXPECT_FALSE(parameters.at(open).contains("defaultValue")) << open;
  EXPECT_EQ(parameters.at("accessConnectorNames").at("defaultValue"), json::array({"lake"}));

  for (const char* task : {"Make a virtual network in the new region, in place of vnet-workspace-41",
                           "Make private endpoints for the new workspace (2 of the old one)",
                           "Make a key for disks of clusters", "access connectors lake", "assign the metastore"})
    EXPECT_TRUE(got.says(task)) << task << "\n" << got.said;
}

TEST_F(Provisioned, template_leaves_out_what_the_workspace_has_not) {
  const Rendered got = provision();
  EXPECT_EQ(got.code, 0) << got.said;
  expect_sound(got.parsed);
  EXPECT_EQ(got.parsed.at("resources").size(), 1U);
  EXPECT_FALSE(got.parsed.at("resources").at(0).at("properties").contains("encryption"));
  EXPECT_FALSE(got.says("private endpoints"));
}

TEST_F(Provisioned, skeleton_is_what_comes_where_no_subscription_has_the_workspace) {
  resource_id_.clear();
  EXPECT_EQ(provision().code, 3) << "another one is in it";
}

TEST_F(Provisioned, skeleton_says_which_right_is_missing) {
  azure().refused = true;
  const Rendered got = provision();
  EXPECT_EQ(got.code, 3);
  expect_sound(got.parsed);
  EXPECT_TRUE(got.says("role Reader on subscription")) << got.said;
  EXPECT_TRUE(got.says("the template is a skeleton"));
  EXPECT_EQ(got.parsed.at("parameters").at("pricingTier").at("defaultValue"), "premium");
  EXPECT_EQ(got.parsed.at("resources").at(0).at("sku").at("name"), "[parameters('pricingTier')]");
  subscriptions_.clear();
  resource_id_.clear();
  EXPECT_TRUE(provision().says("Set azure_subscriptions of connector primary"));
}

TEST_F(Provisioned, template_goes_into_a_file_or_into_the_summary) {
  const std::string file = app_.file("workspace.json");
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--provision=" + file}).code, 0);
  std::ifstream in(file);
  expect_sound(json::parse(in));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions() & (perms::group_all | perms::others_all), perms::none);
  const Rendered events = run({"migrate", "primary", "secondary", "--provision", "--json"});
  const std::size_t last = events.text.rfind("{\"type\":\"summary\"");
  ASSERT_NE(last, std::string::npos) << events.text;
  expect_sound(json::parse(events.text.substr(last)).at("text"));
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--provision=/nowhere/at/all"}).code, 1);
}

TEST_F(Provisioned, template_changes_nothing) {
  (void)provision();
  for (const auto& entry : primary_.stand_in.log().last()) EXPECT_EQ(entry.method, "GET");
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--provision", "--yes"}).code, 2);
  EXPECT_EQ(run({"migrate", "primary", "primary", "--provision"}).code, 2);
  const std::string file = app_.file("workspace.json");
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--provision=" + file, "--dry-run"}).code, 2);
  EXPECT_FALSE(std::ifstream(file).good());
  const Rendered of_plan = run({"migrate", "--plan", file, "--provision"});
  EXPECT_EQ(of_plan.code, 2) << of_plan.said;
  EXPECT_TRUE(of_plan.says("Leave everything but --plan out")) << of_plan.said;
}

}  // namespace
}  // namespace holdfast::test
