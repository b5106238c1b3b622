#include "sim/databricks/permissions.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "sim/databricks/auth.h"
#include "sim/databricks/identity.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using nlohmann::json;
using test::WorkspaceWorld;

// A type with owners, as jobs are one.
void declare_things(World& world) {
  PermissionType type;
  type.url_type = "things";
  type.aliases = {"sql/things"};
  type.reply_type = "thing";
  type.levels = {"CAN_VIEW", "CAN_MANAGE"};
  type.has_owner = true;
  type.exists = [](World&, const std::string& id) { return id == "1"; };
  declare_permission_type(world, std::move(type));
}

struct PermissionsTest : testing::Test {
  WorkspaceWorld world;

  PermissionsTest() {
    auto& inner = world.stand_in.world();
    add_user(inner, "anna@example.test", "Anna");
    add_user(inner, "ben@example.test", "Ben");
    declare_things(inner);
    grant_to_creator(inner, "things", "1", principal_of(*find_user(inner, "anna@example.test")));
    world.post("/api/2.0/preview/scim/v2/Groups", {{"displayName", "team"}});
  }
  static json entry(const char* field, const char* name, const char* level) {
    return {{field, name}, {"permission_level", level}};
  }
  static json list(json entries) { return {{"access_control_list", std::move(entries)}}; }
  // What `name` has, as {"level": inherited from, or ""}.
  std::map<std::string, std::string> held(const std::string& target, const std::string& name) {
    std::map<std::string, std::string> out;
    const auto shown = world.get(target).json;
    for (const auto& each : shown["access_control_list"]) {
      if (each.dump().find("\"" + name + "\"") == std::string::npos) continue;
      for (const auto& one : each["all_permissions"]) {
        out[one["permission_level"]] =
            one["inherited"].get<bool>() ? one["inherited_from_object"][0].get<std::string>() : std::string();
      }
    }
    return out;
  }
};

using Held = std::map<std::string, std::string>;
const std::string k_thing = "/api/2.0/permissions/things/1";

TEST_F(PermissionsTest, BeginWithTheCreatorAndTheAdministrators) {
  const auto asked = world.get(k_thing);
  EXPECT_EQ(asked.json["object_id"], "/things/1");
  EXPECT_EQ(asked.json["object_type"], "thing");
  EXPECT_EQ(held(k_thing, "anna@example.test"), (Held{{"IS_OWNER", ""}}));
  EXPECT_EQ(held(k_thing, "admins"), (Held{{"CAN_MANAGE", "/things/"}}));
  EXPECT_EQ(world.get("/api/2.0/permissions/sql/things/1").json, asked.json);
  EXPECT_EQ(world.get("/api/2.0/permissions/things/2").status, 404);
  EXPECT_EQ(world.get("/api/2.0/permissions/nothings/1").status, 400);
}

TEST_F(PermissionsTest, HaveExactlyOneOwnerWhoIsNoGroup) {
  EXPECT_EQ(world.put(k_thing, list(json::array({entry("user_name", "ben@example.test", "CAN_VIEW")}))).status, 400);
  EXPECT_EQ(world.put(k_thing, list(json::array({entry("group_name", "team", "IS_OWNER")}))).status, 400);
  EXPECT_EQ(world
                .put(k_thing, list(json::array({entry("user_name", "ben@example.test", "IS_OWNER"),
                                                entry("user_name", "anna@example.test", "IS_OWNER")})))
                .status,
            400);
  EXPECT_EQ(world
                .put(k_thing, list(json::array({entry("user_name", "ben@example.test", "IS_OWNER"),
                                                entry("group_name", "team", "CAN_VIEW")})))
                .status,
            200);
  EXPECT_EQ(held(k_thing, "anna@example.test"), Held{}) << "PUT says all of it";
  EXPECT_EQ(owner_of(world.stand_in.world(), "things", "1"), "ben@example.test");
  EXPECT_EQ(world.patch(k_thing, list(json::array({entry("user_name", "anna@example.test", "IS_OWNER")}))).status, 200);
  EXPECT_EQ(owner_of(world.stand_in.world(), "things", "1"), "anna@example.test");
  EXPECT_EQ(held(k_thing, "team"), (Held{{"CAN_VIEW", ""}})) << "PATCH keeps the others";
}

TEST_F(PermissionsTest, AreRaisedNotLoweredByPatch) {
  world.patch(k_thing, list(json::array({entry("group_name", "team", "CAN_MANAGE")})));
  world.patch(k_thing, list(json::array({entry("group_name", "team", "CAN_VIEW")})));
  EXPECT_EQ(held(k_thing, "team"), (Held{{"CAN_MANAGE", ""}}));
}

TEST_F(PermissionsTest, RefuseWhatIsUnknown) {
  EXPECT_EQ(world.patch(k_thing, list(json::array({entry("group_name", "team", "CAN_FLY")}))).code(),
            "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(world.patch(k_thing, list(json::array({entry("user_name", "no@example.test", "CAN_VIEW")}))).status, 404);
  EXPECT_EQ(world.patch(k_thing, list(json::array({entry("group_name", "admins", "CAN_VIEW")}))).status, 400);
  EXPECT_EQ(world.patch(k_thing, list(json::array({{{"permission_level", "CAN_VIEW"}}}))).status, 400);
}

TEST_F(PermissionsTest, KeepsSomebodyFromLockingThemselvesOut) {
  auto& inner = world.stand_in.world();
  add_token(inner, "dapianna", principal_of(*find_user(inner, "anna@example.test")));
  world.token = "dapianna";
  EXPECT_EQ(world.put(k_thing, list(json::array({entry("user_name", "ben@example.test", "IS_OWNER")}))).status, 400);
  EXPECT_EQ(world
                .put(k_thing, list(json::array({entry("user_name", "ben@example.test", "IS_OWNER"),
                                                entry("user_name", "anna@example.test", "CAN_MANAGE")})))
                .status,
            200);
}

TEST_F(PermissionsTest, ComeDownFromFolders) {
  world.post("/api/2.0/workspace/mkdirs", {{"path", "/p/q"}});
  const auto id_of = [&](const std::string& path) {
    return world.get("/api/2.0/workspace/get-status?path=" + path).json["object_id"].dump();
  };
  const auto upper = "/api/2.0/permissions/directories/" + id_of("/p");
  const auto lower = "/api/2.0/permissions/directories/" + id_of("/p/q");
  EXPECT_EQ(world.put(upper, list(json::array({entry("group_name", "team", "CAN_READ")}))).status, 200);
  EXPECT_EQ(held(lower, "team"), (Held{{"CAN_READ", "/directories/" + id_of("/p")}}));
  EXPECT_EQ(held(lower, "admins"), (Held{{"CAN_MANAGE", "/directories/"}}));
  const auto home = "/api/2.0/permissions/directories/" + id_of("/Users/anna@example.test");
  EXPECT_EQ(held(home, "anna@example.test").size(), 1U);
  EXPECT_NE(held(home, "anna@example.test")["CAN_MANAGE"], "") << "a home's grant counts as inherited";
  const auto shared = "/api/2.0/permissions/directories/" + id_of("/Shared");
  EXPECT_EQ(world.put(shared, list(json::array())).status, 400);
  EXPECT_EQ(world.get("/api/2.0/permissions/notebooks/" + id_of("/p")).status, 404) << "a folder is no notebook";
}

TEST_F(PermissionsTest, KnowTokensAndPasswords) {
  const auto tokens = world.get("/api/2.0/permissions/authorization/tokens");
  EXPECT_EQ(tokens.json["object_id"], "/authorization/tokens");
  EXPECT_EQ(tokens.json["object_type"], "tokens");
  const std::string passwords = "/api/2.0/permissions/authorization/passwords";
  EXPECT_EQ(held(passwords, "admins"), (Held{{"CAN_USE", ""}}));
  EXPECT_EQ(world.put(passwords, list(json::array({entry("group_name", "team", "CAN_USE")}))).status, 200);
  EXPECT_EQ(held(passwords, "admins"), Held{});
  EXPECT_EQ(world.get(passwords + "/permissionLevels").json["permission_levels"].size(), 1U);
}

TEST(Permissions, AreNotThereInTheStandardTier) {
  StandInOptions options;
  options.world.tier = WorldOptions::Tier::standard;
  WorkspaceWorld world(options);
  const auto asked = world.get("/api/2.0/permissions/authorization/tokens");
  EXPECT_EQ(asked.status, 500);
  EXPECT_NE(asked.json["message"].get<std::string>().find("FEATURE_DISABLED"), std::string::npos);
}

// Whoever is no administrator: Anna made one job, shares another by a group, and a third by a group within that one.
struct RightsOfOthersTest : PermissionsTest {
  RightsOfOthersTest() {
    auto& inner = world.stand_in.world();
    add_token(inner, "dapianna", anna());
    for (const char* name : {"shared", "of-the-inner", "private"}) job(name);
    const std::string within = world.post("/api/2.0/preview/scim/v2/Groups", {{"displayName", "within"}}).json["id"];
    add_member(inner, find_group(inner, "team")->id, within);
    add_member(inner, within, anna().id);
    share("shared", "team");
    share("of-the-inner", "within");
    as_anna();
    job("own");
  }
  Principal anna() { return principal_of(*find_user(world.stand_in.world(), "anna@example.test")); }
  void as_anna() { world.token = "dapianna"; }
  void as_administrator() { world.token = world.stand_in.token(); }
  void job(const char* name) { world.post("/api/2.2/jobs/create", {{"name", name}}); }
  void share(const std::string& name, const char* group) {
    const auto found = world.get("/api/2.2/jobs/list?name=" + name).json["jobs"][0];
    world.patch("/api/2.0/permissions/jobs/" + found["job_id"].dump(),
                list(json::array({entry("group_name", group, "CAN_VIEW")})));
  }
  std::set<std::string> jobs(const std::string& query = "") {
    std::set<std::string> out;
    for (const auto& one : world.get("/api/2.2/jobs/list" + query).json.value("jobs", json::array()))
      out.insert(one["settings"]["name"]);
    return out;
  }
  void promote() {
    auto& inner = world.stand_in.world();
    add_member(inner, find_group(inner, "admins")->id, find_group(inner, "within")->id);
  }
};

using Names = std::set<std::string>;

TEST_F(RightsOfOthersTest, ListWhatTheyMadeAndWhatIsSharedWithThemAndTheirGroups) {
  EXPECT_EQ(jobs(), (Names{"own", "shared", "of-the-inner"}));
  EXPECT_EQ(jobs("?limit=1").size(), 1U) << "a page is full";
  as_administrator();
  EXPECT_EQ(jobs(), (Names{"own", "shared", "of-the-inner", "private"}));
}

TEST_F(RightsOfOthersTest, AreThoseOfAdministratorsWithinAGroupOfThem) {
  promote();
  EXPECT_EQ(jobs(), (Names{"own", "shared", "of-the-inner", "private"}));
  EXPECT_EQ(world.get("/api/2.0/global-init-scripts").status, 200);
}

TEST_F(RightsOfOthersTest, ReachIntoFoldersThatAreShared) {
  as_administrator();
  for (const char* path : {"/closed/inner", "/open/inner", "/Shared/all"})
    world.post("/api/2.0/workspace/mkdirs", {{"path", path}});
  const auto id = world.get("/api/2.0/workspace/get-status?path=/open").json["object_id"].dump();
  world.put("/api/2.0/permissions/directories/" + id, list(json::array({entry("group_name", "team", "CAN_READ")})));
  as_anna();
  const auto below = [&](const std::string& path) {
    Names out;
    for (const auto& one : world.get("/api/2.0/workspace/list?path=" + path).json.value("objects", json::array()))
      out.insert(one["path"]);
    return out;
  };
  EXPECT_EQ(below("/"), (Names{"/Repos", "/Shared", "/Users", "/open"}));
  EXPECT_EQ(below("/Users"), Names{"/Users/anna@example.test"});
  EXPECT_EQ(below("/open"), Names{"/open/inner"});
  EXPECT_EQ(below("/Shared"), Names{"/Shared/all"});
}

TEST_F(RightsOfOthersTest, DoNotReachWhatAdministratorsSee) {
  for (const char* path : {"/api/2.0/token-management/tokens", "/api/2.0/workspace-conf?keys=enableTokensConfig",
                           "/api/2.0/global-init-scripts", "/api/2.0/ip-access-lists",
                           "/api/2.0/preview/permissionassignments", "/api/2.0/groups/list"}) {
    const auto asked = world.get(path);
    EXPECT_EQ(asked.status, 403) << path;
    EXPECT_EQ(asked.code(), "PERMISSION_DENIED") << path;
  }
  EXPECT_EQ(world.get("/api/2.0/preview/scim/v2/Me").json["userName"], "anna@example.test");
}

TEST_F(RightsOfOthersTest, ShowOfPeopleAndGroupsNoMoreThanNameAndId) {
  for (const char* kind : {"Users", "Groups"}) {
    const std::string path = std::string("/api/2.0/preview/scim/v2/") + kind;
    const auto listed = world.get(path).json["Resources"];
    ASSERT_GE(listed.size(), 3U) << kind;
    for (const auto& one : listed) {
      EXPECT_EQ(one.size(), 2U) << one.dump();
      EXPECT_TRUE(one.contains("id") && one.contains("displayName")) << one.dump();
    }
    EXPECT_EQ(world.get(path + "/" + listed[0]["id"].get<std::string>()).status, 403);
    EXPECT_EQ(world.post(path, {{"userName", "new@example.test"}, {"displayName", "new"}}).status, 403);
  }
}

TEST_F(RightsOfOthersTest, CountForNothingWhereTheTierHasNoAccessControl) {
  sim::databricks::StandInOptions options;
  options.world.tier = WorldOptions::Tier::standard;
  WorkspaceWorld standard(options);
  auto& inner = standard.stand_in.world();
  add_token(inner, "dapiben", principal_of(add_user(inner, "ben@example.test", "Ben")));
  standard.post("/api/2.2/jobs/create", {{"name", "any"}});
  standard.token = "dapiben";
  EXPECT_EQ(standard.get("/api/2.2/jobs/list").json["jobs"].size(), 1U);
}

}  // namespace
}  // namespace holdfast::sim::databricks
