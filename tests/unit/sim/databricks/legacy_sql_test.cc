// The SQL endpoints of old show the queries and alerts that the present ones hold.
#include <gtest/gtest.h>

#include "sim/databricks/workspace.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

std::string make_query(WorkspaceWorld& world, const Json& more = Json::object()) {
  Json query = {{"display_name", "orders"}, {"query_text", "SELECT 1"}, {"warehouse_id", "w1"}};
  query.update(more);
  return world.post("/api/2.0/sql/queries", {{"query", query}}).json["id"].get<std::string>();
}

TEST(LegacySql, ShowsAQueryWithItsFolderAndParameters) {
  WorkspaceWorld world;
  const Json parameters = Json::array({{{"name", "month"}, {"numeric_value", {{"value", 3}}}},
                                       {{"name", "region"}, {"text_value", {{"value", "EU"}}}},
                                       {{"name", "days"}, {"date_range_value", Json::object()}}});
  const auto id = make_query(world, {{"parent_path", "/Workspace/Shared"}, {"parameters", parameters}});
  const auto shown = world.get("/api/2.0/preview/sql/queries/" + id).json;
  EXPECT_EQ(shown["name"], "orders");
  EXPECT_EQ(shown["query"], "SELECT 1");
  EXPECT_EQ(shown["data_source_id"], "w1");
  EXPECT_EQ(shown["parent"], "folders/" + std::to_string(find_node(world.stand_in.world(), "/Shared")->id));
  ASSERT_EQ(shown["options"]["parameters"].size(), 2U);
  EXPECT_EQ(shown["options"]["parameters"][0]["type"], "number");
  EXPECT_EQ(shown["options"]["parameters"][1]["value"], "EU");
  EXPECT_EQ(shown["user"]["email"], "admin@example.test");
  EXPECT_EQ(world.get("/api/2.0/preview/sql/queries/nothing").status, 404);
}

TEST(LegacySql, PagesQueriesByNumberWithoutTheTrash) {
  WorkspaceWorld world;
  for (int i = 0; i < 3; ++i) make_query(world);
  world.remove("/api/2.0/sql/queries/" + make_query(world));
  const auto first = world.get("/api/2.0/preview/sql/queries?page_size=2").json;
  EXPECT_EQ(first["count"], 3);
  EXPECT_EQ(first["results"].size(), 2U);
  EXPECT_EQ(world.get("/api/2.0/preview/sql/queries?page_size=2&page=2").json["results"].size(), 1U);
  EXPECT_TRUE(world.get("/api/2.0/preview/sql/queries?page_size=2&page=3").json["results"].empty());
}

TEST(LegacySql, ShowsAnAlertWithItsConditionAndQuery) {
  WorkspaceWorld world;
  const auto query = make_query(world);
  const Json condition = {{"op", "LESS_THAN"},
                          {"operand", {{"column", {{"name", "total"}}}}},
                          {"threshold", {{"value", {{"double_value", 1.5}}}}}};
  const auto id = world
                      .post("/api/2.0/sql/alerts",
                            {{"alert", {{"display_name", "a"}, {"query_id", query}, {"condition", condition}}}})
                      .json["id"]
                      .get<std::string>();
  const auto all = world.get("/api/2.0/preview/sql/alerts").json;
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], world.get("/api/2.0/preview/sql/alerts/" + id).json);
  EXPECT_EQ(all[0]["options"]["op"], "<");
  EXPECT_EQ(all[0]["options"]["column"], "total");
  EXPECT_EQ(all[0]["options"]["value"], 1.5);
  EXPECT_EQ(all[0]["query"]["id"], query);
  EXPECT_EQ(all[0]["state"], "unknown");
}

TEST(LegacySql, SaysWhoMayDoWhatInOneLevelEach) {
  WorkspaceWorld world;
  const auto id = make_query(world);
  const Json all = Json::array({{{"group_name", "users"}, {"permission_level", "CAN_VIEW"}},
                                {{"group_name", "users"}, {"permission_level", "CAN_RUN"}},
                                {{"user_name", "admin@example.test"}, {"permission_level", "CAN_MANAGE"}}});
  world.put("/api/2.0/permissions/sql/queries/" + id, {{"access_control_list", all}});
  const auto shown = world.get("/api/2.0/preview/sql/permissions/queries/" + id).json;
  EXPECT_EQ(shown["object_id"], "queries/" + id);
  EXPECT_EQ(shown["object_type"], "query");
  EXPECT_EQ(shown["access_control_list"], Json::array({all[1], all[2]}));
  EXPECT_EQ(world.get("/api/2.0/preview/sql/permissions/queries/nothing").status, 404);
}

TEST(LegacySql, NamesTheObjectOfAWarehousesPermissionsByItsLongPath) {
  WorkspaceWorld world;
  const auto id =
      world.post("/api/2.0/sql/warehouses", {{"name", "w"}, {"cluster_size", "Small"}}).json["id"].get<std::string>();
  for (const auto* path : {"/api/2.0/permissions/sql/warehouses/", "/api/2.0/permissions/warehouses/"}) {
    const auto shown = world.get(path + id).json;
    EXPECT_EQ(shown["object_id"], "/sql/warehouses/" + id);
    EXPECT_EQ(shown["object_type"], "warehouses");
  }
}

TEST(Scim, SaysTheApplicationIdWhateverAttributesAreAskedFor) {
  WorkspaceWorld world;
  const std::string path = "/api/2.0/preview/scim/v2/ServicePrincipals";
  const auto made = world.post(path, {{"displayName", "loads"}}).json;
  const auto listed = world.get(path + "?attributes=id,userName&startIndex=1&count=10").json["Resources"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["applicationId"], made["applicationId"]);
  EXPECT_FALSE(listed[0].contains("displayName"));
}

}  // namespace
}  // namespace holdfast::sim::databricks
