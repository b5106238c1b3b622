#include <gtest/gtest.h>

#include "sim/databricks/account.h"
#include "sim/databricks/scim_filter.h"
#include "sim/databricks/scim_json.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using nlohmann::json;
using test::WorkspaceWorld;

const std::string k_root = "/api/2.0/preview/scim/v2/";

struct ScimTest : testing::Test {
  WorkspaceWorld world;

  std::string made(const std::string& kind, const json& body) {
    const auto asked = world.post(k_root + kind, body);
    EXPECT_EQ(asked.status, 201) << asked.response.body;
    return asked.json.value("id", "");
  }
  std::string user(const std::string& login) { return made("Users", {{"userName", login}}); }
  std::string new_group(const std::string& name) { return made("Groups", {{"displayName", name}}); }
  test::Asked patch(const std::string& target, const json& operation) {
    return world.patch(k_root + target, {{"Operations", json::array({operation})}});
  }
  std::vector<std::string> members(const std::string& id) {
    std::vector<std::string> out;
    const auto group = world.get(k_root + "Groups/" + id).json;
    for (const auto& member : group["members"]) out.push_back(member["value"]);
    return out;
  }
};

TEST_F(ScimTest, PagesUntilNothingIsLeft) {
  for (int i = 0; i < 5; ++i) user("u" + std::to_string(i) + "@example.test");
  std::set<std::string> seen;
  std::size_t start = 1;
  while (true) {
    const auto page = world.get(k_root + "Users?count=2&startIndex=" + std::to_string(start)).json;
    EXPECT_EQ(page["totalResults"], 6U);
    EXPECT_EQ(page["itemsPerPage"], page["Resources"].size());
    if (page["Resources"].empty()) break;
    for (const auto& one : page["Resources"]) seen.insert(one["userName"].get<std::string>());
    start += page["Resources"].size();
  }
  EXPECT_EQ(seen.size(), 6U);
}

TEST_F(ScimTest, FiltersSortsAndChoosesAttributes) {
  user("anna@example.test");
  user("ben@example.test");
  const auto one = world.get(k_root + "Users?filter=userName%20eq%20%22ANNA@example.test%22").json;
  ASSERT_EQ(one["totalResults"], 1U);
  EXPECT_EQ(one["Resources"][0]["userName"], "anna@example.test");
  const auto sorted = world.get(k_root + "Users?sortBy=userName&sortOrder=descending&attributes=id,userName").json;
  EXPECT_EQ(sorted["Resources"][0]["userName"], "ben@example.test");
  EXPECT_FALSE(sorted["Resources"][0].contains("emails"));
  EXPECT_FALSE(world.get(k_root + "Groups?excludedAttributes=members").json["Resources"][0].contains("members"));
  EXPECT_EQ(world.get(k_root + "Users?filter=userName%20gt%20%22a%22").status, 400);
}

TEST_F(ScimTest, RefusesNamesThatAreTaken) {
  user("anna@example.test");
  const auto twice = world.post(k_root + "Users", {{"userName", "Anna@example.test"}});
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(twice.json["status"], "409");
  EXPECT_EQ(twice.json["scimType"], "uniqueness");
  new_group("team");
  EXPECT_EQ(world.post(k_root + "Groups", {{"displayName", "team"}}).status, 409);
  EXPECT_EQ(world.get(k_root + "Groups/1").json["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
}

TEST_F(ScimTest, ChangesMembersInEveryWayOfSaying) {
  const auto anna = user("anna@example.test");
  const auto ben = user("ben@example.test");
  const auto team = new_group("team");
  const auto value = [](const std::string& id) { return json::array({{{"value", id}}}); };
  patch("Groups/" + team, {{"op", "add"}, {"path", "members"}, {"value", value(anna)}});
  patch("Groups/" + team, {{"op", "add"}, {"value", {{"members", value(ben)}}}});
  patch("Groups/" + team, {{"op", "add"}, {"value", {{"members", value(ben)}}}});
  EXPECT_EQ(members(team), (std::vector{anna, ben}));
  EXPECT_EQ(world.get(k_root + "Users/" + anna).json["groups"][0]["display"], "team");
  patch("Groups/" + team, {{"op", "remove"}, {"path", "members[value eq \"" + anna + "\"]"}});
  EXPECT_EQ(members(team), std::vector{ben});
  patch("Groups/" + team, {{"op", "replace"}, {"path", "members"}, {"value", value(anna)}});
  EXPECT_EQ(members(team), std::vector{anna});
  EXPECT_EQ(patch("Groups/" + team, {{"op", "add"}, {"path", "members"}, {"value", value("12")}}).status, 404);
  EXPECT_EQ(patch("Groups/" + team, {{"op", "turn"}, {"path", "members"}}).status, 400);
}

TEST_F(ScimTest, NestsGroupsButNotInCircles) {
  const auto outer = new_group("outer");
  const auto inner = new_group("inner");
  const auto value = [](const std::string& id) { return json::array({{{"value", id}}}); };
  EXPECT_EQ(patch("Groups/" + outer, {{"op", "add"}, {"path", "members"}, {"value", value(inner)}}).status, 200);
  EXPECT_EQ(world.get(k_root + "Groups/" + outer).json["members"][0]["$ref"], "Groups/" + inner);
  EXPECT_EQ(patch("Groups/" + inner, {{"op", "add"}, {"path", "members"}, {"value", value(outer)}}).status, 400);
}

TEST_F(ScimTest, KeepsWhatIsBuiltIn) {
  const auto groups = world.get(k_root + "Groups").json["Resources"];
  const auto admins = groups[0]["id"].get<std::string>();
  const auto users = groups[1]["id"].get<std::string>();
  const auto anna = user("anna@example.test");
  const json add = {{"op", "add"}, {"path", "members"}, {"value", json::array({{{"value", anna}}})}};
  EXPECT_EQ(patch("Groups/" + admins, add).status, 200);
  EXPECT_EQ(patch("Groups/" + users, add).status, 403);
  EXPECT_EQ(members(users).size(), 2U) << "everybody is a user";
  EXPECT_EQ(patch("Groups/" + admins, {{"op", "replace"}, {"path", "displayName"}, {"value", "x"}}).status, 403);
  EXPECT_EQ(world.remove(k_root + "Groups/" + admins).status, 403);
}

TEST_F(ScimTest, ChangesUsersButNotTheirLogins) {
  const auto anna = user("anna@example.test");
  EXPECT_EQ(patch("Users/" + anna, {{"op", "replace"}, {"path", "active"}, {"value", false}}).json["active"], false);
  const json replaced = {{"userName", "anna@example.test"},
                         {"displayName", "Anna B"},
                         {"entitlements", json::array({{{"value", "allow-cluster-create"}}})}};
  EXPECT_EQ(world.put(k_root + "Users/" + anna, replaced).json["entitlements"].size(), 1U);
  EXPECT_EQ(world.put(k_root + "Users/" + anna, {{"userName", "other@example.test"}}).status, 400);
  EXPECT_EQ(
      patch("Users/" + anna, {{"op", "add"}, {"path", "entitlements"}, {"value", json::array({{{"value", "fly"}}})}})
          .status,
      400);
  EXPECT_EQ(world.remove(k_root + "Users/" + anna).status, 204);
  EXPECT_EQ(world.get(k_root + "Users/" + anna).status, 404);
}

TEST_F(ScimTest, GivesServicePrincipalsTheirApplicationIds) {
  const auto own = world.post(k_root + "ServicePrincipals", {{"displayName", "loads"}}).json;
  EXPECT_EQ(own["applicationId"].get<std::string>().size(), 36U);
  const std::string directory = "7d3b2c1a-0000-4a6b-8c9d-0e1f2a3b4c5d";
  EXPECT_EQ(world.post(k_root + "ServicePrincipals", {{"applicationId", directory}}).json["applicationId"], directory);
  EXPECT_EQ(world.post(k_root + "ServicePrincipals", {{"applicationId", directory}}).status, 409);
}

TEST_F(ScimTest, AssignsGroupsOfTheAccount) {
  const auto id = add_account_group(world.stand_in.world(), "of the directory", "e-1");
  const auto target = "/api/2.0/preview/permissionassignments/principals/" + id;
  EXPECT_EQ(world.get("/api/2.0/account/scim/v2/Groups?filter=externalId%20eq%20%22e-1%22").json["Resources"][0]["id"],
            id);
  EXPECT_EQ(world.get(k_root + "Groups/" + id).status, 404) << "not assigned yet";
  EXPECT_EQ(world.put(target, {{"permissions", json::array({"OWNER"})}}).status, 400);
  EXPECT_EQ(world.put(target, {{"permissions", json::array({"ADMIN"})}}).status, 200);
  const auto group = world.get(k_root + "Groups/" + id).json;
  EXPECT_EQ(group["meta"]["resourceType"], "Group");
  EXPECT_EQ(group["groups"][0]["display"], "admins");
  EXPECT_EQ(world.put(k_root + "Groups/" + id, {{"displayName", "mine"}}).status, 403);
  EXPECT_EQ(world.put(target, {{"permissions", json::array({"USER"})}}).status, 200);
  const auto assigned = world.get("/api/2.0/preview/permissionassignments").json["permission_assignments"];
  ASSERT_EQ(assigned.size(), 1U);
  EXPECT_EQ(assigned[0]["permissions"], json::array({"USER"}));
  EXPECT_EQ(world.remove(target).status, 200);
  EXPECT_EQ(world.get(k_root + "Groups/" + id).status, 404);
  EXPECT_EQ(world.put(target + "0", {{"permissions", json::array({"USER"})}}).status, 404);
}

TEST_F(ScimTest, AnswersTheOldGroupsApi) {
  user("anna@example.test");
  EXPECT_EQ(world.post("/api/2.0/groups/create", {{"group_name", "team"}}).json["group_name"], "team");
  EXPECT_EQ(world.post("/api/2.0/groups/create", {{"group_name", "team"}}).code(), "RESOURCE_ALREADY_EXISTS");
  world.post("/api/2.0/groups/add-member", {{"user_name", "anna@example.test"}, {"parent_name", "team"}});
  world.post("/api/2.0/groups/add-member", {{"group_name", "team"}, {"parent_name", "admins"}});
  EXPECT_EQ(world.get("/api/2.0/groups/list").json["group_names"], (json{"admins", "team", "users"}));
  EXPECT_EQ(world.get("/api/2.0/groups/list-members?group_name=team").json["members"],
            json::array({{{"user_name", "anna@example.test"}}}));
  EXPECT_EQ(world.get("/api/2.0/groups/list-parents?group_name=team").json["group_names"], json::array({"admins"}));
}

TEST(ScimFilters, CombineTermsWithAndBeforeOr) {
  const auto passes = [](const char* text, const std::string& name) {
    return ScimFilter(text).passes([&](std::string_view) { return name; });
  };
  EXPECT_TRUE(passes("", "x"));
  EXPECT_TRUE(passes("displayName co \"mid\"", "a mid b"));
  EXPECT_TRUE(passes("displayName sw \"a\" and displayName ne \"ab\" or displayName eq \"z\"", "ac"));
  EXPECT_FALSE(passes("displayName sw \"a\" and displayName ne \"ab\" or displayName eq \"z\"", "ab"));
  EXPECT_TRUE(passes("displayName eq \"say \\\"hi\\\"\"", "say \"hi\""));
  for (const auto* text : {"displayName", "displayName eq \"open", "a eq \"b\" xor c eq \"d\""}) {
    EXPECT_THROW(ScimFilter{text}, ApiError) << text;
  }
}

}  // namespace
}  // namespace holdfast::sim::databricks
