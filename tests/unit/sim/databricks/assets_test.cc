// Pipelines, SQL, settings, models, Unity Catalog and commands: what each refuses, hides or does by itself.
#include <gtest/gtest.h>

#include <chrono>

#include "sim/databricks/commands.h"
#include "sim/databricks/settings.h"
#include "sim/databricks/sql.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

TEST(Pipelines, HaveUniqueNamesUnlessToldOtherwise) {
  WorkspaceWorld world;
  const auto id = world.post("/api/2.0/pipelines", {{"name", "p"}}).json["pipeline_id"].get<std::string>();
  EXPECT_EQ(world.post("/api/2.0/pipelines", {{"name", "p"}}).status, 409);
  EXPECT_EQ(world.post("/api/2.0/pipelines", {{"name", "p"}, {"allow_duplicate_names", true}}).status, 200);
  EXPECT_EQ(world.get("/api/2.0/pipelines/" + id).json["spec"]["storage"], "dbfs:/pipelines/" + id);
  EXPECT_FALSE(world.get("/api/2.0/pipelines").json["statuses"][0].contains("spec"));
  EXPECT_EQ(world.post("/api/2.0/pipelines", {{"name", "q"}, {"catalog", "main"}, {"storage", "dbfs:/x"}}).status, 400);
  EXPECT_EQ(world.put("/api/2.0/pipelines/" + id, {{"name", "p2"}, {"storage", "dbfs:/elsewhere"}}).status, 400);
}

TEST(Pipelines, RunWhenStartedAndWithoutEndWhenContinuous) {
  WorkspaceWorld world;
  const auto id =
      world.post("/api/2.0/pipelines", {{"name", "p"}, {"continuous", true}}).json["pipeline_id"].get<std::string>();
  const auto state = [&] { return world.get("/api/2.0/pipelines/" + id).json["state"].get<std::string>(); };
  EXPECT_EQ(state(), "IDLE");  // making it does not start it
  world.post("/api/2.0/pipelines/" + id + "/updates", Json::object());
  world.clock.advance(std::chrono::hours(5));
  EXPECT_EQ(state(), "RUNNING");
  EXPECT_EQ(world.post("/api/2.0/pipelines/" + id + "/updates", Json::object()).status, 409);
  world.put("/api/2.0/pipelines/" + id, {{"name", "p"}, {"continuous", false}});
  EXPECT_EQ(world.get("/api/2.0/pipelines/" + id + "/updates").json["updates"].size(), 2U);
  world.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(state(), "IDLE");
}

TEST(Warehouses, HaveUniqueNamesAndStartWhenMade) {
  WorkspaceWorld world;
  const Json warehouse = {{"name", "w"}, {"cluster_size", "Small"}, {"auto_stop_mins", 10}};
  const auto id = world.post("/api/2.0/sql/warehouses", warehouse).json["id"].get<std::string>();
  EXPECT_EQ(world.post("/api/2.0/sql/warehouses", warehouse).code(), "RESOURCE_ALREADY_EXISTS");
  world.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(world.get("/api/2.0/sql/warehouses/" + id).json["state"], "RUNNING");
  world.clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(world.get("/api/2.0/sql/warehouses/" + id).json["state"], "STOPPED");
  EXPECT_EQ(world.post("/api/2.0/sql/warehouses/" + id + "/edit", {{"auto_stop_mins", 5}}).status, 400);
  EXPECT_EQ(world.post("/api/2.0/sql/warehouses", {{"name", "x"}, {"cluster_size", "Huge"}}).status, 400);
  EXPECT_EQ(world.get("/api/2.0/permissions/sql/warehouses/" + id).status, 200);
}

Json alert(const char* pause_status) {
  return {
      {"display_name", "a"},
      {"query_text", "SELECT 1"},
      {"warehouse_id", "w"},
      {"evaluation", {{"source", {{"name", "n"}}}, {"comparison_operator", "EQUAL"}}},
      {"schedule", {{"quartz_cron_schedule", "0 0 * * * ?"}, {"timezone_id", "UTC"}, {"pause_status", pause_status}}}};
}

TEST(Alerts, FireByTheClockUnlessPausedOrInTheTrash) {
  WorkspaceWorld world;
  const auto id = world.post("/api/2.0/alerts", alert("UNPAUSED")).json["id"].get<std::string>();
  world.post("/api/2.0/alerts", alert("PAUSED"));
  world.clock.advance(std::chrono::hours(3));
  world.get("/api/2.0/alerts");
  const auto& fired = world.stand_in.world().part<SqlFirings>().fired;
  EXPECT_EQ(fired.size(), 3U);
  EXPECT_EQ(fired[0].id, id);
  world.patch("/api/2.0/alerts/" + id + "?update_mask=schedule", alert("PAUSED"));
  world.clock.advance(std::chrono::hours(3));
  world.patch("/api/2.0/alerts/" + id + "?update_mask=schedule", alert("UNPAUSED"));
  world.remove("/api/2.0/alerts/" + id);
  world.clock.advance(std::chrono::hours(3));
  world.get("/api/2.0/alerts");
  EXPECT_EQ(fired.size(), 3U);
}

TEST(Queries, ChangeOnlyWhatTheMaskNames) {
  WorkspaceWorld world;
  const auto id = world
                      .post("/api/2.0/sql/queries",
                            {{"query", {{"display_name", "q"}, {"query_text", "SELECT 1"}, {"owner_user_name", "x"}}}})
                      .json["id"]
                      .get<std::string>();
  world.patch("/api/2.0/sql/queries/" + id,
              {{"update_mask", "query_text"}, {"query", {{"query_text", "SELECT 2"}, {"display_name", "z"}}}});
  const auto read = world.get("/api/2.0/sql/queries/" + id).json;
  EXPECT_EQ(read["query_text"], "SELECT 2");
  EXPECT_EQ(read["display_name"], "q");
  EXPECT_EQ(read["owner_user_name"], "admin@example.test");  // an owner cannot be given at birth
  world.remove("/api/2.0/sql/queries/" + id);
  EXPECT_EQ(world.get("/api/2.0/sql/queries/" + id).json["lifecycle_state"], "TRASHED");
  EXPECT_FALSE(world.get("/api/2.0/sql/queries").json.contains("results"));
}

// What only a create takes, and what the server fills in, no update does.
TEST(Masks, NameNothingThatNoUpdateTakes) {
  WorkspaceWorld world;
  const auto query =
      "/api/2.0/sql/queries/" + world.post("/api/2.0/sql/queries", {{"query", {{"parent_path", "/Workspace/Shared"}}}})
                                    .json["id"]
                                    .get<std::string>();
  const auto legacy = "/api/2.0/sql/alerts/" +
                      world.post("/api/2.0/sql/alerts", {{"alert", {{"query_id", query.substr(query.rfind('/') + 1)}}}})
                          .json["id"]
                          .get<std::string>();
  const auto second = "/api/2.0/alerts/" + world.post("/api/2.0/alerts", alert("PAUSED")).json["id"].get<std::string>();
  for (const char* mask : {"parent_path", "display_name,id", "unheard_of"}) {
    for (const std::string& path : {query, legacy, second}) {
      const Json before = world.get(path).json;
      const auto refused = world.patch(path, {{"update_mask", mask}});
      EXPECT_EQ(refused.status, 400) << path << " " << mask;
      EXPECT_EQ(refused.code(), "INVALID_PARAMETER_VALUE");
      EXPECT_EQ(world.get(path).json, before);
    }
  }
  EXPECT_EQ(world.patch(query, {{"update_mask", ""}}).status, 400);
}

TEST(Alerts, TakeNobodyButServicePrincipalsToRunAsByTheOldField) {
  WorkspaceWorld world;
  const auto principal = world.post("/api/2.0/preview/scim/v2/ServicePrincipals", {{"displayName", "robot"}})
                             .json["applicationId"]
                             .get<std::string>();
  const auto path = "/api/2.0/alerts/" + world.post("/api/2.0/alerts", alert("PAUSED")).json["id"].get<std::string>();
  const auto run_as = [&](const Json& changes) {
    EXPECT_EQ(world.patch(path + "?update_mask=run_as_user_name", changes).status, 200);
    return world.get(path).json["run_as_user_name"];
  };
  EXPECT_EQ(run_as({{"run_as_user_name", "eve@example.test"}}), "admin@example.test");
  EXPECT_EQ(run_as(Json::object()), "admin@example.test");
  EXPECT_EQ(run_as({{"run_as_user_name", principal}}), principal);
}

TEST(Dashboards, RefuseChangesToAnOlderVersion) {
  WorkspaceWorld world;
  const auto made = world.post("/api/2.0/lakeview/dashboards", {{"display_name", "d"}}).json;
  const auto base = "/api/2.0/lakeview/dashboards/" + made["dashboard_id"].get<std::string>();
  EXPECT_EQ(world.patch(base, {{"display_name", "e"}, {"etag", made["etag"]}}).status, 200);
  EXPECT_EQ(world.patch(base, {{"display_name", "f"}, {"etag", made["etag"]}}).status, 409);
  EXPECT_EQ(world.post("/api/2.0/lakeview/dashboards", {{"display_name", "e"}}).code(), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(world.get(base + "/published").status, 404);
  const Json cron = {{"quartz_cron_expression", "0 0 * * * ?"}, {"timezone_id", "UTC"}};
  EXPECT_EQ(world.post(base + "/schedules", {{"cron_schedule", cron}, {"etag", "x"}}).status, 400);
  world.post(base + "/schedules", {{"cron_schedule", cron}});
  world.clock.advance(std::chrono::hours(2));
  world.get(base);
  EXPECT_EQ(world.stand_in.world().part<SqlFirings>().fired.size(), 2U);  // unsaid means not paused
}

TEST(IpAccessLists, LetNobodyLockThemselvesOut) {
  WorkspaceWorld world;
  const Json office = {{"label", "office"}, {"list_type", "ALLOW"}, {"ip_addresses", {"192.0.2.0/24"}}};
  EXPECT_EQ(world.post("/api/2.0/ip-access-lists", office).status, 200);  // lists are not in force
  EXPECT_EQ(world.patch("/api/2.0/workspace-conf", {{"enableIpAccessLists", "true"}}).code(), "INVALID_STATE");
  EXPECT_EQ(world.get("/api/2.0/workspace-conf?keys=enableIpAccessLists").json["enableIpAccessLists"], "false");
  EXPECT_EQ(
      world.post("/api/2.0/ip-access-lists", {{"label", "x"}, {"list_type", "MAYBE"}, {"ip_addresses", {"192.0.2.1"}}})
          .status,
      400);
  EXPECT_EQ(world
                .post("/api/2.0/ip-access-lists",
                      {{"label", "x"}, {"list_type", "BLOCK"}, {"ip_addresses", {"192.0.2.1/33"}}})
                .status,
            400);
  Json many = Json::array();
  for (int i = 0; i < 1001; ++i) many.push_back("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
  EXPECT_EQ(
      world.post("/api/2.0/ip-access-lists", {{"label", "x"}, {"list_type", "BLOCK"}, {"ip_addresses", many}}).code(),
      "QUOTA_EXCEEDED");
}

TEST(IpAccessLists, KnowRangesOfBothKinds) {
  EXPECT_TRUE(in_range("192.0.2.77", "192.0.2.0/24").value());
  EXPECT_FALSE(in_range("192.0.3.77", "192.0.2.0/24").value());
  EXPECT_TRUE(in_range("192.0.2.7", "192.0.2.7").value());
  EXPECT_TRUE(in_range("2001:db8::1", "2001:db8::/32").value());
  EXPECT_FALSE(in_range("192.0.2.7", "2001:db8::/32").value());
  EXPECT_FALSE(in_range("192.0.2.7", "here"));
}

TEST(WorkspaceConf, FailsAsAWholeForOneUnknownKey) {
  WorkspaceWorld world;
  EXPECT_EQ(world.get("/api/2.0/workspace-conf?keys=enableTokensConfig,nothing").status, 400);
  EXPECT_TRUE(world.get("/api/2.0/workspace-conf?keys=maxTokenLifetimeDays").json["maxTokenLifetimeDays"].is_null());
}

TEST(Tokens, ShowTheirValueOnce) {
  WorkspaceWorld world;
  const auto made = world.post("/api/2.0/token/create", {{"comment", "c"}, {"lifetime_seconds", 60}}).json;
  const auto all = world.get("/api/2.0/token-management/tokens").response.body;
  EXPECT_EQ(all.find(made["token_value"].get<std::string>()), std::string::npos);
  EXPECT_NE(all.find(made["token_info"]["token_id"].get<std::string>()), std::string::npos);
}

TEST(NotificationDestinations, KeepWhatWasSentToThemselves) {
  WorkspaceWorld world;
  const auto made = world.post("/api/2.0/notification-destinations",
                               {{"display_name", "s"}, {"config", {{"slack", {{"url", "https://hook.test"}}}}}});
  EXPECT_EQ(made.response.body.find("hook.test"), std::string::npos);
  EXPECT_TRUE(made.json["config"]["slack"]["url_set"].get<bool>());
  EXPECT_EQ(made.json["destination_type"], "SLACK");
  EXPECT_EQ(
      world
          .post("/api/2.0/notification-destinations", {{"display_name", "s"}, {"config", {{"pigeon", Json::object()}}}})
          .status,
      400);
}

TEST(RegisteredModels, KeepPermissionsByAnIdOfTheirOwn) {
  WorkspaceWorld world;
  world.post("/api/2.0/mlflow/registered-models/create", {{"name", "m"}});
  EXPECT_EQ(world.post("/api/2.0/mlflow/registered-models/create", {{"name", "m"}}).code(), "RESOURCE_ALREADY_EXISTS");
  const auto id = world.get("/api/2.0/mlflow/databricks/registered-models/get?name=m")
                      .json["registered_model_databricks"]["id"]
                      .get<std::string>();
  EXPECT_EQ(world.get("/api/2.0/permissions/registered-models/" + id).status, 200);
  world.post("/api/2.0/mlflow/registered-models/rename", {{"name", "m"}, {"new_name", "n"}});
  EXPECT_EQ(world.get("/api/2.0/mlflow/databricks/registered-models/get?name=m").status, 404);
  EXPECT_EQ(world.get("/api/2.0/permissions/registered-models/" + id).status, 200);
}

TEST(Experiments, HavePathsForNamesAndComeBackFromDeletion) {
  WorkspaceWorld world;
  EXPECT_EQ(world.post("/api/2.0/mlflow/experiments/create", {{"name", "no path"}}).status, 400);
  const auto id = world.post("/api/2.0/mlflow/experiments/create", {{"name", "/Shared/e"}}).json["experiment_id"];
  EXPECT_EQ(world.post("/api/2.0/mlflow/experiments/create", {{"name", "/Shared/e"}}).code(),
            "RESOURCE_ALREADY_EXISTS");
  world.post("/api/2.0/mlflow/experiments/delete", {{"experiment_id", id}});
  EXPECT_FALSE(world.post("/api/2.0/mlflow/experiments/search", Json::object()).json.contains("experiments"));
  world.post("/api/2.0/mlflow/experiments/restore", {{"experiment_id", id}});
  EXPECT_EQ(world.post("/api/2.0/mlflow/experiments/search", Json::object()).json["experiments"].size(), 1U);
}

TEST(ServingEndpoints, NeverShowPlaintextKeys) {
  WorkspaceWorld world;
  const Json entity = {
      {"name", "x"},
      {"external_model",
       {{"provider", "openai"},
        {"name", "m"},
        {"task", "t"},
        {"openai_config", {{"openai_api_key", "{{secrets/s/k}}"}, {"openai_api_key_plaintext", "sesame"}}}}}};
  const auto made = world.post("/api/2.0/serving-endpoints",
                               {{"name", "e"}, {"config", {{"served_entities", Json::array({entity})}}}});
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.response.body.find("sesame"), std::string::npos);
  EXPECT_NE(made.response.body.find("{{secrets/s/k}}"), std::string::npos);
  EXPECT_EQ(world.get("/api/2.0/permissions/serving-endpoints/e").status, 404);
  EXPECT_EQ(world.get("/api/2.0/permissions/serving-endpoints/" + made.json["id"].get<std::string>()).status, 200);
  EXPECT_EQ(world.put("/api/2.0/serving-endpoints/e/config", {{"served_entities", Json::array({entity})}}).status, 409);
}

constexpr const char* k_unity = "/api/2.1/unity-catalog/";

TEST(Unity, KeepsWhatIsNotEmptyUnlessForced) {
  WorkspaceWorld world;
  const std::string base = k_unity;
  EXPECT_EQ(world.post(base + "schemas", {{"name", "s"}, {"catalog_name", "c"}}).status, 404);
  world.post(base + "catalogs", {{"name", "c"}});
  EXPECT_EQ(world.post(base + "catalogs", {{"name", "c"}}).code(), "RESOURCE_ALREADY_EXISTS");
  world.post(base + "schemas", {{"name", "s"}, {"catalog_name", "c"}});
  EXPECT_EQ(world.get(base + "schemas?catalog_name=c").json["schemas"].size(), 3U);  // with the two that come with it
  EXPECT_EQ(world.remove(base + "catalogs/c").code(), "INVALID_STATE");
  world.patch(base + "permissions/schema/c.s",
              {{"changes", Json::array({{{"principal", "users"}, {"add", {"SELECT"}}}})}});
  EXPECT_EQ(world.remove(base + "catalogs/c?force=true").status, 200);
  EXPECT_EQ(world.get(base + "schemas/c.s").status, 404);
  EXPECT_EQ(world.get(base + "permissions/schema/c.s").status, 404);
}

TEST(Unity, GrantsToThoseItKnows) {
  WorkspaceWorld world;
  const std::string base = k_unity;
  world.post(base + "catalogs", {{"name", "c"}});
  const auto change = [&](const char* principal, const char* what) {
    return world.patch(base + "permissions/CATALOG/c",
                       {{"changes", Json::array({{{"principal", principal}, {what, {"USE CATALOG"}}}})}});
  };
  EXPECT_EQ(change("nobody", "add").status, 404);
  EXPECT_EQ(change("account users", "add").json["privilege_assignments"][0]["privileges"],
            Json::array({"USE_CATALOG"}));
  EXPECT_EQ(world.get(base + "permissions/catalog/c").json["privilege_assignments"].size(), 1U);
  change("account users", "remove");
  EXPECT_FALSE(world.get(base + "permissions/catalog/c").json.contains("privilege_assignments"));
  EXPECT_EQ(world.patch(base + "catalogs/c", {{"owner", "nobody"}}).status, 404);
  EXPECT_EQ(world.patch(base + "catalogs/c", {{"owner", "admins"}, {"new_name", "d"}}).json["full_name"], "d");
  EXPECT_EQ(world.get(base + "catalogs/c").status, 404);
}

TEST(Unity, MakesOnlyExternalTablesAndHidesSecrets) {
  WorkspaceWorld world;
  const std::string base = k_unity;
  world.post(base + "catalogs", {{"name", "c"}});
  const Json table = {{"name", "t"}, {"catalog_name", "c"}, {"schema_name", "default"}, {"table_type", "MANAGED"}};
  EXPECT_EQ(world.post(base + "tables", table).status, 400);
  const auto made =
      world.post(base + "connections",
                 {{"name", "x"}, {"connection_type", "MYSQL"}, {"options", {{"host", "h"}, {"password", "sesame"}}}});
  EXPECT_EQ(made.response.body.find("sesame"), std::string::npos);
  EXPECT_EQ(
      world
          .post(base + "external-locations", {{"name", "l"}, {"url", "abfss://x@y.test/"}, {"credential_name", "none"}})
          .status,
      404);
  world.remove(base + "workspaces/1000000000000001/metastore");
  EXPECT_EQ(world.get(base + "catalogs").code(), "METASTORE_DOES_NOT_EXIST");
}

struct CommandWorld : WorkspaceWorld {
  std::string cluster, context;

  explicit CommandWorld(const char* language) {
    cluster = post("/api/2.1/clusters/create",
                   {{"spark_version", "15.4.x-scala2.12"}, {"node_type_id", "Standard_DS3_v2"}, {"num_workers", 1}})
                  .json["cluster_id"];
    clock.advance(std::chrono::minutes(1));
    context = post("/api/1.2/contexts/create", {{"clusterId", cluster}, {"language", language}}).json["id"];
  }
  Json run(const std::string& text) {
    const std::string id =
        post("/api/1.2/commands/execute", {{"clusterId", cluster}, {"contextId", context}, {"command", text}})
            .json["id"];
    return get("/api/1.2/commands/status?clusterId=" + cluster + "&contextId=" + context + "&commandId=" + id)
        .json["results"];
  }
};

TEST(Commands, NeedARunningCluster) {
  WorkspaceWorld world;
  const auto cluster =
      world
          .post("/api/2.1/clusters/create",
                {{"spark_version", "15.4.x-scala2.12"}, {"node_type_id", "Standard_DS3_v2"}, {"num_workers", 1}})
          .json["cluster_id"];
  const auto asked = world.post("/api/1.2/contexts/create", {{"clusterId", cluster}, {"language", "sql"}});
  EXPECT_EQ(asked.status, 500);
  EXPECT_TRUE(asked.json["error"].get<std::string>().starts_with("ClusterNotReadyException")) << asked.response.body;
}

TEST(Commands, GrantDenyAndShow) {
  CommandWorld world("sql");
  world.stand_in.world().part<CommandState>().objects["TABLE s.t"].owner = "anna@example.test";
  EXPECT_EQ(world.run("GRANT SELECT, MODIFY ON TABLE `s`.`t` TO `analysts`")["resultType"], "text");
  EXPECT_EQ(world.run("DENY SELECT ON TABLE s.t TO contractors;")["resultType"], "text");
  EXPECT_EQ(world.run("REVOKE MODIFY ON TABLE s.t FROM analysts")["resultType"], "text");
  EXPECT_EQ(world.run("show grants on table s.t")["data"],
            Json::array({{"anna@example.test", "OWN", "TABLE", "s.t"},
                         {"analysts", "SELECT", "TABLE", "s.t"},
                         {"contractors", "DENIED_SELECT", "TABLE", "s.t"}}));
  EXPECT_EQ(world.run("SHOW TABLES IN s")["data"], Json::array({{"s", "t", "false"}}));
  EXPECT_EQ(world.run("GRANT ALL PRIVILEGES ON CATALOG TO `admins`")["resultType"], "text");
  for (const char* text :
       {"SELECT 1", "GRANT SELECT ON TABLE s.t", "SHOW GRANTS ON TABLE s.unknown", "DROP TABLE s.t"}) {
    EXPECT_EQ(world.run(text)["resultType"], "error") << text;
  }
}

TEST(Commands, CreateWhatPermissionsAreGivenOn) {
  CommandWorld world("sql");
  EXPECT_EQ(world.run("CREATE TABLE s.t (id BIGINT)")["resultType"], "error") << "there is no such database";
  EXPECT_EQ(world.run("CREATE DATABASE s")["resultType"], "text");
  EXPECT_EQ(world.run("CREATE SCHEMA IF NOT EXISTS s")["resultType"], "text");
  EXPECT_EQ(world.run("CREATE TABLE s.`a b` (id BIGINT, day DATE);")["resultType"], "text");
  EXPECT_EQ(world.run("SHOW TABLES IN s")["data"], Json::array({{"s", "a b", "false"}}));
  const Json owner = world.stand_in.get("/api/2.0/preview/scim/v2/Me").at("userName");
  EXPECT_EQ(world.run("SHOW GRANTS ON TABLE s.`a b`")["data"],
            Json::array({{owner, "OWN", "DATABASE", "s"}, {owner, "OWN", "TABLE", "s.`a b`"}}));
  world.stand_in.world().part<CommandState>().objects["VIEW s.v"];
  for (const char* text : {"CREATE DATABASE s", "CREATE TABLE s.`a b` (id BIGINT)", "CREATE TABLE s.v (id BIGINT)",
                           "CREATE TABLE s.u", "CREATE TABLE s.u AS SELECT 1", "CREATE VIEW s.w AS SELECT 1"}) {
    EXPECT_EQ(world.run(text)["resultType"], "error") << text;
  }
}

TEST(Commands, MountAndShowMounts) {
  CommandWorld world("python");
  EXPECT_EQ(world.run("dbutils.fs.mount(source=\"abfss://a@b.test/\", mount_point=\"/mnt/x\", extra_configs={\"k\": "
                      "\"{{secrets/s/k}}\"})")["resultType"],
            "text");
  const auto shown = world.run("display(dbutils.fs.mounts())");
  EXPECT_EQ(shown["data"][2], Json::array({"/mnt/x", "abfss://a@b.test/", ""}));
  EXPECT_EQ(shown.dump().find("secrets"), std::string::npos);
  EXPECT_EQ(world.run("print(1)")["resultType"], "error");
  EXPECT_EQ(world.run("dbutils.fs.unmount(\"/mnt/x\")")["resultType"], "text");
  EXPECT_EQ(world.run("dbutils.fs.unmount(\"/mnt/x\")")["resultType"], "error");
}

}  // namespace
}  // namespace holdfast::sim::databricks
