#include "workspaces/every_kind.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/account.h"
#include "sim/databricks/auth.h"
#include "sim/databricks/definitions.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/settings.h"

namespace holdfast::test {

namespace {

using namespace sim::databricks;

constexpr const char* k_principal = "7d3b2c1a-5e4f-4a6b-8c9d-0e1f2a3b4c5d";
constexpr const char* k_eve = "eve@example.test";

std::string text(const Json& answer, const char* field) {
  return answer.at(field).get<std::string>();
}

Json entry(const char* who, const char* name, const char* level) {
  return {{who, name}, {"permission_level", level}};
}

void allow(Seed& seed, const std::string& type, const std::string& id, Json list) {
  seed.put(fmt::format("/api/2.0/permissions/{}/{}", type, id), {{"access_control_list", std::move(list)}});
}

constexpr const char* k_account_group = "directory";

void seed_identities(Seed& seed) {
  const std::string eve = seed.user(k_eve, "Eve", "Adams");
  const std::string frank = seed.user("frank@example.test", "Frank", "Moss");
  const std::string inner = seed.group("analysts");
  const std::string outer = seed.group("staff");
  seed.member(inner, eve);
  seed.member(outer, inner);
  seed.member(outer, frank);
  seed.post("/api/2.0/preview/scim/v2/ServicePrincipals", {{"displayName", "loader"},
                                                           {"applicationId", k_principal},
                                                           {"externalId", "e1f2a3b4-0000-4c5d-8e9f-112233445566"}});
}

void seed_content(Seed& seed) {
  seed.folder("/Shared/team");
  seed.notebook("/Shared/team/load", "PYTHON", "print(1)\n");
  seed.notebook("/Users/eve@example.test/own", "SQL", "SELECT 1");
  seed.file("/Shared/team/plain.py", "# Databricks notebook source\nprint('a plain file')\n");
  seed.file("/Shared/team/data.bin", std::string("\xff\x00\x01 bytes", 9));
  seed.share("/Shared/team", Json::array({entry("group_name", "analysts", "CAN_READ")}));
  seed.share("/Shared/team/load", Json::array({entry("user_name", k_eve, "CAN_EDIT")}));
  seed.folder("/Repos/eve@example.test");
  seed.post("/api/2.0/repos", {{"url", "https://git.example.test/data/etl.git"},
                               {"provider", "gitHub"},
                               {"path", "/Repos/eve@example.test/etl"}});
  seed.post("/api/2.0/secrets/scopes/create", {{"scope", "keys"}});
  seed.post("/api/2.0/secrets/put", {{"scope", "keys"}, {"key", "k"}, {"string_value", "v"}});
  seed.post("/api/2.0/secrets/acls/put", {{"scope", "keys"}, {"principal", "analysts"}, {"permission", "READ"}});
  seed.post("/api/2.0/dbfs/put",
            {{"path", "/init/setup.sh"}, {"contents", model::base64_encode("#!/bin/bash\ntrue\n")}});
}

struct Made {
  std::string pool, policy, cluster, destination, warehouse, query, alert, alert_v2, dashboard, pipeline;
};

void seed_compute_of(Seed& seed, Made& made) {
  made.pool =
      text(seed.post("/api/2.0/instance-pools/create",
                     {{"instance_pool_name", "small"}, {"node_type_id", "Standard_DS3_v2"}, {"min_idle_instances", 1}}),
           "instance_pool_id");
  allow(seed, "instance-pools", made.pool, Json::array({entry("group_name", "analysts", "CAN_ATTACH_TO")}));
  const Json definition = {{"instance_pool_id", {{"type", "fixed"}, {"value", made.pool}}}};
  made.policy =
      text(seed.post("/api/2.0/policies/clusters/create", {{"name", "standard"}, {"definition", definition.dump()}}),
           "policy_id");
  allow(seed, "cluster-policies", made.policy, Json::array({entry("group_name", "staff", "CAN_USE")}));
  const auto cluster = [&](const char* name, int workers) {
    return text(seed.post("/api/2.1/clusters/create", {{"cluster_name", name},
                                                       {"spark_version", "15.4.x-scala2.12"},
                                                       {"instance_pool_id", made.pool},
                                                       {"policy_id", made.policy},
                                                       {"autotermination_minutes", 60},
                                                       {"num_workers", workers}}),
                "cluster_id");
  };
  made.cluster = cluster("etl", 1);
  cluster("etl", 2);
  seed.post("/api/2.1/clusters/pin", {{"cluster_id", made.cluster}});
  allow(seed, "clusters", made.cluster, Json::array({entry("group_name", "analysts", "CAN_RESTART")}));
  seed.post("/api/2.0/libraries/install",
            {{"cluster_id", made.cluster}, {"libraries", Json::array({{{"pypi", {{"package", "pyyaml==6.0"}}}}})}});
  seed.post("/api/2.0/global-init-scripts",
            {{"name", "proxy"}, {"script", model::base64_encode("#!/bin/bash\n")}, {"enabled", true}});
}

void seed_models_of(Seed& seed) {
  const Json tags = Json::array({{{"key", "team"}, {"value", "science"}}});
  const auto experiment =
      seed.post("/api/2.0/mlflow/experiments/create", {{"name", "/Users/eve@example.test/trials"}, {"tags", tags}});
  allow(seed, "experiments", text(experiment, "experiment_id"), Json::array({entry("user_name", k_eve, "CAN_EDIT")}));
  seed.post("/api/2.0/mlflow/registered-models/create", {{"name", "churn"}, {"description", "old"}, {"tags", tags}});
  const std::string model = text(
      seed.get("/api/2.0/mlflow/databricks/registered-models/get?name=churn").at("registered_model_databricks"), "id");
  allow(seed, "registered-models", model, Json::array({entry("group_name", "analysts", "CAN_READ")}));
  seed.post("/api/2.0/mlflow/model-versions/create",
            {{"name", "churn"}, {"source", "abfss://models@lakeeast.dfs.core.test/churn/1"}});
  const auto endpoint =
      seed.post("/api/2.0/serving-endpoints",
                {{"name", "churn"},
                 {"tags", tags},
                 {"description", "who may leave"},
                 {"ai_gateway", {{"usage_tracking_config", {{"enabled", true}}}}},
                 {"email_notifications", {{"on_update_failure", Json::array({k_eve})}}},
                 {"config",
                  {{"served_entities", Json::array({{{"entity_name", "churn"},
                                                     {"entity_version", "1"},
                                                     {"workload_size", "Small"},
                                                     {"scale_to_zero_enabled", true},
                                                     {"environment_vars", {{"TOKEN", "{{secrets/keys/k}}"}}}}})}}}});
  allow(seed, "serving-endpoints", text(endpoint, "id"), Json::array({entry("group_name", "staff", "CAN_QUERY")}));
}

void seed_settings_of(Seed& seed, Made& made) {
  auto& conf = seed.world().part<WorkspaceConf>().values;
  conf["maxTokenLifetimeDays"] = "90";
  conf["enableWebTerminal"] = "true";
  seed.post("/api/2.0/ip-access-lists",
            {{"label", "blocked"}, {"list_type", "BLOCK"}, {"ip_addresses", {"203.0.113.0/24"}}});
  allow(seed, "authorization", "tokens",
        Json::array({entry("group_name", "analysts", "CAN_USE"), entry("user_name", k_eve, "CAN_MANAGE")}));
  made.destination = text(seed.post("/api/2.0/notification-destinations",
                                    {{"display_name", "operations"},
                                     {"config", {{"email", {{"addresses", {"operations@example.test"}}}}}}}),
                          "id");
}

void seed_dashboard(Seed& seed, Made& made) {
  made.dashboard = text(seed.post("/api/2.0/lakeview/dashboards",
                                  {{"display_name", "Sales"},
                                   {"warehouse_id", made.warehouse},
                                   {"parent_path", "/Shared/team"},
                                   {"serialized_dashboard", R"({"pages":[{"name":"p","displayName":"P"}]})"}}),
                        "dashboard_id");
  const std::string base = "/api/2.0/lakeview/dashboards/" + made.dashboard;
  seed.post(base + "/published", {{"warehouse_id", made.warehouse}, {"embed_credentials", false}});
  seed.post(base + "/schedules",
            {{"display_name", "Mondays"},
             {"cron_schedule", {{"quartz_cron_expression", "0 0 7 ? * MON"}, {"timezone_id", "UTC"}}},
             {"pause_status", "UNPAUSED"}});
}

void seed_sql_of(Seed& seed, Made& made) {
  made.warehouse = text(seed.post("/api/2.0/sql/warehouses", {{"name", "Reporting"},
                                                              {"cluster_size", "Small"},
                                                              {"warehouse_type", "PRO"},
                                                              {"auto_stop_mins", 10},
                                                              {"min_num_clusters", 1},
                                                              {"max_num_clusters", 2}}),
                        "id");
  allow(seed, "warehouses", made.warehouse,
        Json::array({entry("group_name", "analysts", "CAN_USE"), entry("user_name", k_eve, "IS_OWNER")}));
  seed.put("/api/2.0/sql/config/warehouses",
           {{"security_policy", "DATA_ACCESS_CONTROL"},
            {"data_access_config", Json::array({{{"key", "spark.hadoop.k"}, {"value", "{{secrets/keys/k}}"}}})}});
  made.query =
      text(seed.post(
               "/api/2.0/sql/queries",
               {{"query", {{"display_name", "orders"}, {"query_text", "SELECT 1"}, {"warehouse_id", made.warehouse}}}}),
           "id");
  made.alert = text(seed.post("/api/2.0/sql/alerts", {{"alert",
                                                       {{"display_name", "no orders"},
                                                        {"query_id", made.query},
                                                        {"condition",
                                                         {{"op", "LESS_THAN"},
                                                          {"operand", {{"column", {{"name", "total"}}}}},
                                                          {"threshold", {{"value", {{"double_value", 1}}}}}}}}}}),
                    "id");
  // Creating one takes no owner: each of the two takes a call more.
  const auto give = [&](const std::string& at, const char* what) {
    seed.patch(at, {{"update_mask", "owner_user_name"}, {what, {{"owner_user_name", k_eve}}}});
  };
  give("/api/2.0/sql/queries/" + made.query, "query");
  give("/api/2.0/sql/alerts/" + made.alert, "alert");
  made.alert_v2 = text(
      seed.post(
          "/api/2.0/alerts",
          {{"display_name", "late orders"},
           {"query_text", "SELECT 1 AS late"},
           {"warehouse_id", made.warehouse},
           {"evaluation",
            {{"source", {{"name", "late"}}},
             {"comparison_operator", "GREATER_THAN"},
             {"threshold", {{"value", {{"double_value", 10}}}}},
             {"notification",
              {{"subscriptions", Json::array({{{"destination_id", made.destination}}, {{"user_email", k_eve}}})}}}}},
           {"schedule",
            {{"quartz_cron_schedule", "0 30 6 ? * MON-FRI"}, {"timezone_id", "UTC"}, {"pause_status", "UNPAUSED"}}}}),
      "id");
  seed_dashboard(seed, made);
}

void seed_function(Seed& seed, const char* name, const char* reads) {
  Json function = {{"name", name},
                   {"catalog_name", "sales"},
                   {"schema_name", "raw"},
                   {"data_type", "DECIMAL"},
                   {"full_data_type", "DECIMAL(12,2)"},
                   {"routine_body", "SQL"},
                   {"routine_definition", "amount / 1.19"},
                   {"parameter_style", "S"},
                   {"is_deterministic", true},
                   {"sql_data_access", "CONTAINS_SQL"},
                   {"is_null_call", false},
                   {"security_type", "DEFINER"},
                   {"specific_name", name},
                   {"input_params", {{"parameters", Json::array({{{"name", "amount"}, {"type_name", "DECIMAL"}}})}}}};
  if (reads != nullptr)
    function["routine_dependencies"] = {{"dependencies", Json::array({{{"table", {{"table_full_name", reads}}}}})}};
  seed.post("/api/2.1/unity-catalog/functions", {{"function_info", std::move(function)}});
}

// Each names what comes behind it by name and by kind.
void seed_definitions(Seed& seed) {
  const auto run = [&](const std::string& sql) {
    run_definition(seed.world(), sql, {.catalog = "sales", .schema = "raw", .user = "admin@example.test"});
  };
  run("CREATE TABLE orders (id bigint NOT NULL COMMENT 'of the shop', amount decimal(12,2), day date) USING DELTA "
      "PARTITIONED BY (day) LOCATION 'abfss://landing@lakeeast.dfs.core.test/orders' COMMENT 'it\\'s raw' "
      "TBLPROPERTIES ('team' = 'sales')");
  seed_function(seed, "net", nullptr);
  run("CREATE VIEW daily COMMENT 'by day' AS SELECT day, sum(sales.raw.net(amount)) FROM orders GROUP BY day");
  seed_function(seed, "average", "sales.raw.daily");
  seed.patch("/api/2.1/unity-catalog/functions/sales.raw.net", {{"owner", "analysts"}});
  seed.patch("/api/2.1/unity-catalog/tables/sales.raw.daily", {{"owner", k_eve}});
}

void seed_catalog(Seed& seed) {
  const std::string base = "/api/2.1/unity-catalog/";
  seed.post(base + "storage-credentials",
            {{"name", "lake"},
             {"azure_managed_identity",
              {{"access_connector_id",
                "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/data/providers/"
                "Microsoft.Databricks/accessConnectors/lake"}}}});
  seed.post(base + "external-locations",
            {{"name", "landing"}, {"url", "abfss://landing@lakeeast.dfs.core.test/"}, {"credential_name", "lake"}});
  seed.post(base + "connections", {{"name", "crm"},
                                   {"connection_type", "POSTGRESQL"},
                                   {"options", {{"host", "crm.example.test"}, {"port", "5432"}, {"user", "reader"}}}});
  seed.post(base + "catalogs", {{"name", "sales"}, {"comment", "orders"}});
  seed.post(base + "schemas", {{"name", "raw"}, {"catalog_name", "sales"}, {"comment", "as it came"}});
  seed.post(base + "volumes", {{"name", "drop"},
                               {"catalog_name", "sales"},
                               {"schema_name", "raw"},
                               {"volume_type", "EXTERNAL"},
                               {"storage_location", "abfss://landing@lakeeast.dfs.core.test/drop"}});
  seed_definitions(seed);
  seed.patch(base + "schemas/sales.raw", {{"owner", "analysts"}});
  for (const char* securable : {"catalog/sales", "schema/sales.raw", "table/sales.raw.daily", "function/sales.raw.net"})
    seed.patch(base + "permissions/" + securable,
               {{"changes", Json::array({{{"principal", "analysts"}, {"add", {"USE_CATALOG", "USE_SCHEMA"}}}})}});
  const std::vector<std::pair<const char*, const char*>> tagged{
      {"catalogs", "sales"}, {"schemas", "sales.raw"}, {"volumes", "sales.raw.drop"}, {"tables", "sales.raw.daily"}};
  for (const auto& [type, name] : tagged)
    seed.post(base + "entity-tag-assignments",
              {{"entity_type", type}, {"entity_name", name}, {"tag_key", "domain"}, {"tag_value", "sales"}});
}

std::int64_t job(Seed& seed, const Json& settings) {
  return seed.post("/api/2.2/jobs/create", settings).at("job_id").get<std::int64_t>();
}

Json notebook_task(const std::string& cluster) {
  return {{"task_key", "load"},
          {"existing_cluster_id", cluster},
          {"notebook_task", {{"notebook_path", "/Shared/team/load"}}}};
}

Json cron(const char* expression) {
  return {{"quartz_cron_expression", expression}, {"timezone_id", "UTC"}, {"pause_status", "UNPAUSED"}};
}

void seed_jobs_of(Seed& seed, Made& made) {
  made.pipeline = text(
      seed.post("/api/2.0/pipelines",
                {{"name", "orders"},
                 {"libraries", Json::array({{{"notebook", {{"path", "/Shared/team/load"}}}}})},
                 {"clusters", Json::array({{{"label", "default"}, {"policy_id", made.policy}, {"num_workers", 1}}})},
                 {"continuous", true}}),
      "pipeline_id");
  // Two of one name, of which one fires.
  const auto nightly =
      job(seed, {{"name", "nightly"},
                 {"tasks", Json::array({notebook_task(made.cluster)})},
                 {"run_as", {{"service_principal_name", k_principal}}},
                 {"schedule", cron("0 15 2 * * ?")},
                 {"webhook_notifications", {{"on_failure", Json::array({{{"id", made.destination}}})}}}});
  allow(
      seed, "jobs", std::to_string(nightly),
      Json::array({entry("user_name", k_eve, "CAN_MANAGE"), entry("service_principal_name", k_principal, "IS_OWNER")}));
  job(seed, {{"name", "nightly"},
             {"tasks", Json::array({notebook_task(made.cluster)})},
             {"max_concurrent_runs", 3},
             {"continuous", {{"pause_status", "UNPAUSED"}}}});
  // The second task of each runs the other.
  const auto round = [&](const char* name, std::int64_t other) {
    Json tasks = Json::array({notebook_task(made.cluster)});
    if (other != 0)
      tasks.push_back({{"task_key", "again"},
                       {"depends_on", Json::array({{{"task_key", "load"}}})},
                       {"run_job_task", {{"job_id", other}}}});
    return Json{{"name", name}, {"tasks", tasks}};
  };
  const auto ping = job(seed, round("ping", 0));
  const auto pong = job(seed, round("pong", ping));
  seed.post("/api/2.2/jobs/reset", {{"job_id", ping}, {"new_settings", round("ping", pong)}});
  const auto sql = [&](const char* key, const char* what, Json of) {
    return Json{{"task_key", key}, {"sql_task", {{"warehouse_id", made.warehouse}, {what, std::move(of)}}}};
  };
  job(seed,
      {{"name", "reports"},
       {"tasks",
        Json::array({sql("query", "query", {{"query_id", made.query}}),
                     sql("alert", "alert", {{"alert_id", made.alert}}),
                     {{"task_key", "refresh"}, {"pipeline_task", {{"pipeline_id", made.pipeline}}}},
                     {{"task_key", "board"},
                      {"dashboard_task", {{"warehouse_id", made.warehouse}, {"dashboard_id", made.dashboard}}}}})},
       {"trigger", {{"pause_status", "UNPAUSED"}, {"periodic", {{"interval", 2}, {"unit", "HOURS"}}}}}});
}

// As the human, over the wire.
void human_posts(StandIn& stand_in, const std::string& target, const Json& body) {
  sim::HttpRequest request = sim::parse_request_head("POST " + target + " HTTP/1.1\r\nHost: workspace.test\r\n");
  request.headers.emplace_back("authorization", std::string("Bearer ") + Human::k_token);
  request.body = body.dump();
  const sim::HttpResponse answer = stand_in.handle(request);
  if (answer.status != 200)
    throw base::Error(base::ErrorKind::internal, fmt::format("the human was refused {}: {}", target, answer.body));
}

}  // namespace

void bring_account_group(StandIn& stand_in) {
  add_account_group(stand_in.world(), k_account_group, "");
}

void assign_account_group(StandIn& stand_in) {
  const std::string id = add_account_group(stand_in.world(), k_account_group, "");
  Seed(stand_in).put("/api/2.0/preview/permissionassignments/principals/" + id,
                     {{"permissions", Json::array({"ADMIN"})}});
}

void bring_warehouse(StandIn& stand_in) {
  Seed(stand_in).post("/api/2.0/sql/warehouses", {{"name", k_warehouse}, {"cluster_size", "Small"}});
}

void seed_every_kind(StandIn& stand_in) {
  Seed seed(stand_in);
  Made made;
  assign_account_group(stand_in);
  seed_identities(seed);
  seed_content(seed);
  seed_compute_of(seed, made);
  seed_models_of(seed);
  seed_settings_of(seed, made);
  seed_sql_of(seed, made);
  seed_catalog(seed);
  seed_jobs_of(seed, made);
}

void let_human_in(StandIn& stand_in) {
  Seed(stand_in).user(Human::k_name, "Some", "Body");
  add_token(stand_in.world(), Human::k_token, principal_of(*find_user(stand_in.world(), Human::k_name)));
}

void human_makes_namesakes(StandIn& stand_in) {
  human_posts(stand_in, "/api/2.1/clusters/create",
              {{"cluster_name", "etl"},
               {"spark_version", "15.4.x-scala2.12"},
               {"node_type_id", "Standard_DS3_v2"},
               {"num_workers", 7}});
  human_posts(stand_in, "/api/2.2/jobs/create", {{"name", "nightly"}, {"max_concurrent_runs", 9}});
  human_posts(stand_in, "/api/2.0/mlflow/registered-models/create", {{"name", "churn"}, {"description", "new"}});
}

}  // namespace holdfast::test
