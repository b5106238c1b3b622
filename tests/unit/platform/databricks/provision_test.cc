// The template of a second workspace, rendered from what Azure's management says, also where that is odd.
#include "platform/databricks/provision.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "support/errors.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using platform::Provision;
using platform::databricks::render_provision;

Provision after(const json& resource) {
  return render_provision({.resource = resource.dump()}, {.name = "second", .storage = {}});
}
json workspace_of(const Provision& made) {
  return json::parse(made.text).at("resources").at(0);
}
bool asks(const Provision& made, const std::string& what) {
  return std::any_of(made.by_hand.begin(), made.by_hand.end(),
                     [&](const std::string& task) { return task.find(what) != std::string::npos; });
}

TEST(RenderedProvision, takes_nothing_for_an_expression_that_is_a_text) {
  const Provision made =
      after({{"tags", {{"team", "[parameters('workspaceName')]"}, {"plain", "data"}}},
             {"properties", {{"parameters", {{"storageAccountSkuName", {{"value", "[resourceGroup().id]"}}}}}}}});
  EXPECT_EQ(workspace_of(made).at("tags").at("team"), "[[parameters('workspaceName')]");
  EXPECT_EQ(workspace_of(made).at("tags").at("plain"), "data");
  EXPECT_EQ(json::parse(made.text).at("parameters").at("storageAccountSkuName").at("defaultValue"),
            "[[resourceGroup().id]");
  const Provision named = render_provision({}, {.name = "[uniqueString('x')]", .storage = {}});
  EXPECT_EQ(json::parse(named.text).at("parameters").at("workspaceName").at("defaultValue"), "[[uniqueString('x')]");
}

TEST(RenderedProvision, names_nothing_of_the_old_subscription) {
  const std::string subscription = "/subscriptions/0000-1111";
  const Provision made = after({{"id", subscription + "/resourceGroups/data/providers/x/y"},
                                {"tags", {{"origin", "see 0000-1111"}, {"team", "data"}}},
                                {"properties",
                                 {{"parameters",
                                   {{"customVirtualNetworkId", {{"value", subscription + "/networks/vnet-1"}}},
                                    {"loadBalancerId", {{"value", subscription + "/balancers/lb-1"}}}}}}}});
  EXPECT_EQ(made.text.find("0000-1111"), std::string::npos);
  EXPECT_TRUE(asks(made, "The tag origin names the old subscription"));
  EXPECT_TRUE(asks(made, "in place of vnet-1"));
  for (const char* name : {"customVirtualNetworkId", "loadBalancerId"})
    EXPECT_NE(std::find(made.parameters.begin(), made.parameters.end(), name), made.parameters.end()) << name;
}

TEST(RenderedProvision, tells_what_it_cannot_bring) {
  const Provision made = after({{"properties",
                                 {{"publicNetworkAccess", "Disabled"},
                                  {"parameters",
                                   {{"relayNamespaceName", {{"value", 7}}},
                                    {"encryption", {{"value", {{"keySource", "Microsoft.Keyvault"}}}}}}}}}});
  EXPECT_TRUE(asks(made, "The parameter relayNamespaceName of the old workspace is not in the template"));
  EXPECT_TRUE(asks(made, "root storage of the old workspace is sealed"));
  EXPECT_TRUE(asks(made, "private endpoints for the new workspace (none was told"));
  const json parameters = workspace_of(made).at("properties").at("parameters");
  EXPECT_EQ(parameters, (json{{"prepareEncryption", {{"value", true}}}}));
}

TEST(RenderedProvision, holds_when_members_are_of_other_types) {
  for (const char* odd : {"{}", R"({"location":7,"tags":["x"],"sku":"premium","properties":"none"})",
                          R"({"id":null,"properties":{"parameters":[1],"encryption":{"entities":[]}}})",
                          R"({"tags":{"a":1},"properties":{"parameters":{"a":null,"b":{"value":{"deep":[]}}}}})",
                          R"({"properties":{"privateEndpointConnections":{},"encryption":7}})"}) {
    const Provision made = render_provision({.resource = odd}, {.name = "second", .storage = {}});
    EXPECT_EQ(made.made, Provision::Made::after_its_resource) << odd;
    EXPECT_EQ(workspace_of(made).at("type"), "Microsoft.Databricks/workspaces") << odd;
    EXPECT_FALSE(workspace_of(made).at("properties").contains("encryption")) << odd;
  }
}

TEST(RenderedProvision, is_refused_where_the_answer_is_no_object) {
  for (const std::string& odd : {std::string("no JSON"), std::string("[]"), std::string("7"),
                                 "{\"deep\":" + std::string(200, '[') + std::string(200, ']') + "}"})
    EXPECT_EQ(error_of([&] { (void)render_provision({.resource = odd}, {}); }), base::ErrorKind::unavailable) << odd;
}

TEST(RenderedProvision, is_a_skeleton_of_what_the_workspace_says_itself) {
  const Provision made = render_provision(
      {.region = "westeurope", .tier = "standard", .access_connectors = {"/a/b/lake", "/c/d/lake", "", "/x/"}},
      {.name = "", .storage = {"lake.test"}});
  EXPECT_EQ(made.made, Provision::Made::as_skeleton);
  const json parameters = json::parse(made.text).at("parameters");
  EXPECT_EQ(parameters.at("pricingTier").at("defaultValue"), "standard");
  EXPECT_FALSE(parameters.at("workspaceName").contains("defaultValue"));
  EXPECT_NE(parameters.at("location").dump().find("not westeurope"), std::string::npos);
  EXPECT_EQ(parameters.at("accessConnectorNames").at("defaultValue"), json::array({"lake"}));
  EXPECT_TRUE(asks(made, "see that the new region has lake.test"));
  EXPECT_FALSE(json::parse(render_provision({}, {}).text).at("parameters").at("pricingTier").contains("defaultValue"));
}

}  // namespace
}  // namespace holdfast::test
