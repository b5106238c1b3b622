#include "sim/databricks/arm.h"

#include <gtest/gtest.h>

#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

const std::string k_base = "/subscriptions/00000000-0000-4000-8000-000000000001/";
const std::string k_accounts = "providers/Microsoft.Storage/storageAccounts?api-version=2023-01-01";

class AzureManagement : public testing::Test {
protected:
  Arm& arm() { return world_.stand_in.world().part<Arm>(); }
  test::WorkspaceWorld world_;
};

TEST_F(AzureManagement, wants_a_version_a_subscription_and_a_right) {
  EXPECT_EQ(world_.get(k_base + "providers/Microsoft.Storage/storageAccounts").json["error"]["code"],
            "MissingApiVersionParameter");
  const auto elsewhere = world_.get("/subscriptions/none/" + k_accounts);
  EXPECT_EQ(elsewhere.status, 404);
  EXPECT_EQ(elsewhere.json["error"]["code"], "SubscriptionNotFound");
  arm().refused = true;
  EXPECT_EQ(world_.get(k_base + k_accounts).status, 403);
  world_.token.clear();
  EXPECT_EQ(world_.get(k_base + k_accounts).status, 401);
}

TEST_F(AzureManagement, lists_accounts_by_pages_and_tells_replication_of_one_only) {
  arm().page_size = 1;
  arm().accounts = {{.name = "a"}, {.name = "b", .sku = "Standard_GRS", .second_region = "northeurope"}};
  const auto first = world_.get(k_base + k_accounts);
  ASSERT_EQ(first.json["value"].size(), 1U);
  EXPECT_TRUE(first.json.contains("nextLink"));
  const auto second = world_.get(k_base + k_accounts + "&$skiptoken=1");
  EXPECT_EQ(second.json["value"][0]["name"], "b");
  EXPECT_FALSE(second.json["value"][0]["properties"].contains("geoReplicationStats"));
  EXPECT_FALSE(second.json.contains("nextLink"));
  const auto one =
      world_.get(k_base + "resourceGroups/data/" +
                 "providers/Microsoft.Storage/storageAccounts/b?api-version=2023-01-01&$expand=geoReplicationStats");
  EXPECT_EQ(one.json["properties"]["geoReplicationStats"]["status"], "Live");
}

}  // namespace
}  // namespace holdfast::sim::databricks
