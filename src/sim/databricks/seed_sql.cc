// Warehouses, queries, alerts, dashboards, settings and models of the realistic workspace.
#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/settings.h"
#include "sim/databricks/sql.h"

namespace holdfast::sim::databricks {
namespace {

std::string warehouse(Seed& seed, const char* name, const char* size, const char* type) {
  const auto made = seed.post("/api/2.0/sql/warehouses",
                              {{"name", name},
                               {"cluster_size", size},
                               {"warehouse_type", type},
                               {"auto_stop_mins", 10},
                               {"min_num_clusters", 1},
                               {"max_num_clusters", 3},
                               {"enable_photon", true},
                               {"tags", {{"custom_tags", Json::array({{{"key", "team"}, {"value", "platform"}}})}}}});
  return made["id"].get<std::string>();
}

std::string query(Seed& seed, const std::string& warehouse_id, const std::string& name, const std::string& text) {
  const auto made = seed.post("/api/2.0/sql/queries", {{"query",
                                                        {{"display_name", name},
                                                         {"query_text", text},
                                                         {"warehouse_id", warehouse_id},
                                                         {"catalog", "main"},
                                                         {"schema", "sales"},
                                                         {"tags", {"finance"}}}}});
  return made["id"].get<std::string>();
}

Json alert(const std::string& warehouse_id, const char* name, const char* pause_status) {
  return {{"display_name", name},
          {"query_text", "SELECT count(*) AS late FROM sales.orders WHERE shipped > promised"},
          {"warehouse_id", warehouse_id},
          {"parent_path", "/Workspace/Users/greta.lind@example.test"},
          {"evaluation",
           {{"source", {{"name", "late"}}},
            {"comparison_operator", "GREATER_THAN"},
            {"threshold", {{"value", {{"double_value", 10}}}}}}},
          {"schedule",
           {{"quartz_cron_schedule", "0 30 6 ? * MON-FRI"},
            {"timezone_id", "Europe/Berlin"},
            {"pause_status", pause_status}}}};
}

void seed_dashboards(Seed& seed, const std::string& warehouse_id) {
  const Json shown = {{"datasets", Json::array({{{"name", "orders"}, {"query", "SELECT * FROM main.sales.orders"}}})},
                      {"pages", Json::array({{{"name", "overview"}, {"displayName", "Overview"}}})}};
  const auto sales = seed.post("/api/2.0/lakeview/dashboards", {{"display_name", "Sales"},
                                                                {"warehouse_id", warehouse_id},
                                                                {"parent_path", "/Users/greta.lind@example.test"},
                                                                {"serialized_dashboard", shown.dump()}})["dashboard_id"]
                         .get<std::string>();
  seed.post("/api/2.0/lakeview/dashboards",
            {{"display_name", "Draft"}, {"parent_path", "/Shared/reporting"}, {"warehouse_id", warehouse_id}});
  const std::string base = "/api/2.0/lakeview/dashboards/" + sales;
  seed.post(base + "/published", {{"warehouse_id", warehouse_id}, {"embed_credentials", false}});
  const auto schedule =
      seed.post(base + "/schedules",
                {{"display_name", "every Monday"},
                 {"cron_schedule", {{"quartz_cron_expression", "0 0 7 ? * MON"}, {"timezone_id", "Europe/Berlin"}}},
                 {"pause_status", "UNPAUSED"}})["schedule_id"]
          .get<std::string>();
  const std::int64_t reader = std::stoll(find_user(seed.world(), "olga.petrova@example.test")->id);
  seed.post(fmt::format("{}/schedules/{}/subscriptions", base, schedule),
            {{"subscriber", {{"user_subscriber", {{"user_id", reader}}}}}});
  seed.world().part<Dashboards>().legacy.add("7f0d2c4e-1111-4a2b-8c3d-445566778899",
                                             {{"id", "7f0d2c4e-1111-4a2b-8c3d-445566778899"},
                                              {"name", "Orders of old"},
                                              {"parent", "folders/1"},
                                              {"created_at", "2021-04-03T13:37:52Z"},
                                              {"updated_at", "2021-08-31T09:03:18Z"},
                                              {"tags", Json::array({"finance"})},
                                              {"widgets", Json::array()}});
}

void seed_destinations(Seed& seed) {
  const auto add = [&](const char* name, Json config) {
    seed.post("/api/2.0/notification-destinations", {{"display_name", name}, {"config", std::move(config)}});
  };
  add("on call", {{"pagerduty", {{"integration_key", "not given out again"}}}});
  add("operations", {{"email", {{"addresses", {"operations@example.test"}}}}});
  add("hooks", {{"generic_webhook",
                 {{"url", "https://hooks.example.test/databricks"},
                  {"username", "hook"},
                  {"password", "not given out again"}}}});
}

}  // namespace

void seed_sql(Seed& seed) {
  seed.days_ago(120);
  seed_destinations(seed);
  warehouse(seed, "Starter Warehouse", "Small", "PRO");
  const auto reporting = warehouse(seed, "Reporting", "Medium", "CLASSIC");
  seed.put("/api/2.0/permissions/warehouses/" + reporting,
           {{"access_control_list",
             Json::array({{{"group_name", "analysts"}, {"permission_level", "CAN_USE"}},
                          {{"user_name", "rosa.marques@example.test"}, {"permission_level", "IS_OWNER"}}})}});
  seed.put("/api/2.0/sql/config/warehouses",
           {{"security_policy", "DATA_ACCESS_CONTROL"},
            {"data_access_config", Json::array({{{"key", "spark.hadoop.fs.azure.account.key.lakeeast.dfs.core.test"},
                                                 {"value", "{{secrets/storage/password}}"}}})}});
  const auto orders = query(seed, reporting, "orders by region",
                            "SELECT region, sum(amount) AS total FROM sales.orders GROUP BY region");
  query(seed, reporting, "late orders", "SELECT * FROM sales.orders WHERE shipped > promised");
  query(seed, reporting, "late orders", "SELECT * FROM sales.orders WHERE shipped > promised + 1");
  seed.post("/api/2.0/sql/visualizations",
            {{"visualization",
              {{"query_id", orders}, {"display_name", "by region"}, {"type", "CHART"}, {"serialized_options", "{}"}}}});
  seed.post("/api/2.0/sql/alerts", {{"alert",
                                     {{"display_name", "no orders"},
                                      {"query_id", orders},
                                      {"parent_path", "/Workspace/Users/greta.lind@example.test"},
                                      {"condition",
                                       {{"op", "LESS_THAN"},
                                        {"operand", {{"column", {{"name", "total"}}}}},
                                        {"threshold", {{"value", {{"double_value", 1}}}}}}}}}});
  // What fires by itself is made in the present, so that nothing has fired when the workspace opens.
  seed.days_ago(0);
  seed.post("/api/2.0/alerts", alert(reporting, "late orders", "UNPAUSED"));
  seed.post("/api/2.0/alerts", alert(reporting, "late orders, tried out", "PAUSED"));
  seed_dashboards(seed, reporting);
}

void seed_settings(Seed& seed) {
  seed.days_ago(100);
  // The endpoint answers without a body, which a seed cannot read.
  auto& conf = seed.world().part<WorkspaceConf>().values;
  conf["maxTokenLifetimeDays"] = "90";
  conf["enableWebTerminal"] = "true";
  seed.post("/api/2.0/ip-access-lists",
            {{"label", "offices"}, {"list_type", "ALLOW"}, {"ip_addresses", {"192.0.2.0/24", "198.51.100.17"}}});
  seed.post("/api/2.0/ip-access-lists",
            {{"label", "blocked"}, {"list_type", "BLOCK"}, {"ip_addresses", {"203.0.113.0/24"}}});
  seed.post("/api/2.0/token/create",
            {{"comment", "deployment pipeline"}, {"lifetime_seconds", 90 * 24 * 3600 + 100 * 24 * 3600}});
}

void seed_models(Seed& seed) {
  seed.days_ago(80);
  const auto churn = seed.post("/api/2.0/mlflow/experiments/create",
                               {{"name", "/Users/kaori.sato@example.test/churn"},
                                {"tags", Json::array({{{"key", "team"}, {"value", "science"}}})}});
  seed.post(
      "/api/2.0/mlflow/experiments/create",
      {{"name", "/Shared/forecast/trials"}, {"artifact_location", "abfss://models@lakeeast.dfs.core.test/trials"}});
  seed.put("/api/2.0/permissions/experiments/" + churn["experiment_id"].get<std::string>(),
           {{"access_control_list", Json::array({{{"group_name", "scientists"}, {"permission_level", "CAN_EDIT"}}})}});
  for (const auto* name : {"churn", "forecast"}) {
    seed.post("/api/2.0/mlflow/registered-models/create",
              {{"name", name},
               {"description", "in production"},
               {"tags", Json::array({{{"key", "team"}, {"value", "science"}}})}});
    seed.post("/api/2.0/mlflow/model-versions/create",
              {{"name", name}, {"source", fmt::format("abfss://models@lakeeast.dfs.core.test/{}/1", name)}});
  }
  seed.post(
      "/api/2.0/serving-endpoints",
      {{"name", "churn"},
       {"tags", Json::array({{{"key", "team"}, {"value", "science"}}})},
       {"config",
        {{"served_entities", Json::array({{{"entity_name", "churn"},
                                           {"entity_version", "1"},
                                           {"workload_size", "Small"},
                                           {"scale_to_zero_enabled", true},
                                           {"environment_vars", {{"TOKEN", "{{secrets/partners/password}}"}}}}})}}}});
}

}  // namespace holdfast::sim::databricks
