// Jobs and pipelines of the realistic workspace: every way to refer to something else, and every way to fire.
#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/pipelines.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/settings.h"
#include "sim/databricks/sql.h"

namespace holdfast::sim::databricks {
namespace {

std::string text_of(const Json* body, const char* field) {
  return (*body)[field].get<std::string>();
}

// What the jobs refer to.
struct Things {
  std::string pool, policy, cluster, warehouse, query, dashboard, alert, destination, principal;
};

Things things_of(World& world) {
  Things out;
  out.pool =
      text_of(world.part<InstancePools>().documents.find_by("instance_pool_name", "general"), "instance_pool_id");
  out.policy = text_of(world.part<ClusterPolicies>().documents.find_by("name", "Team standard"), "policy_id");
  for (const Document& each : world.part<Clusters>().documents.all()) {
    if ((*each.body)["spec"]["cluster_name"] == "legacy") out.cluster = each.id;
  }
  for (const Document& each : world.part<Warehouses>().documents.all()) {
    if ((*each.body)["settings"]["name"] == "Reporting") out.warehouse = each.id;
  }
  out.query = text_of(world.part<Queries>().documents.find_by("display_name", "orders by region"), "id");
  out.dashboard = text_of(world.part<Dashboards>().documents.find_by("display_name", "Sales"), "dashboard_id");
  out.alert = text_of(world.part<Alerts>().legacy.find_by("display_name", "no orders"), "id");
  out.destination = text_of(world.part<NotificationDestinations>().documents.find_by("display_name", "on call"), "id");
  for (const auto& [id, identity] : world.part<Identities>().by_id) {
    if (identity.display == "nightly loads") out.principal = identity.name;
  }
  return out;
}

Json schedule(const char* expression, const char* zone, const char* pause_status) {
  return {{"quartz_cron_expression", expression}, {"timezone_id", zone}, {"pause_status", pause_status}};
}

Json notebook_task(const std::string& key, const std::string& path) {
  return {{"task_key", key},
          {"notebook_task", {{"notebook_path", path}, {"base_parameters", {{"day", "{{job.start_time.iso_date}}"}}}}}};
}

std::int64_t job(Seed& seed, const Json& settings) {
  return seed.post("/api/2.2/jobs/create", settings)["job_id"].get<std::int64_t>();
}

Json nightly_load(const Things& things) {
  Json tasks = Json::array();
  for (int i = 0; i < 12; ++i) {
    Json task = notebook_task(fmt::format("load_{:02}", i), fmt::format("/Production/nightly/load_{:02}", i));
    task["job_cluster_key"] = "main";
    if (i > 0) task["depends_on"] = Json::array({{{"task_key", fmt::format("load_{:02}", i - 1)}}});
    if (i == 3) task["libraries"] = Json::array({{{"jar", "dbfs:/FileStore/jars/orders-1.4.jar"}}});
    tasks.push_back(std::move(task));
  }
  return {{"name", "nightly-load"},
          {"tags", {{"team", "engineering"}}},
          {"tasks", std::move(tasks)},
          {"job_clusters", Json::array({{{"job_cluster_key", "main"},
                                         {"new_cluster",
                                          {{"spark_version", "15.4.x-scala2.12"},
                                           {"num_workers", 4},
                                           {"instance_pool_id", things.pool},
                                           {"policy_id", things.policy}}}}})},
          {"parameters", Json::array({{{"name", "full"}, {"default", "false"}}})},
          {"run_as", {{"service_principal_name", things.principal}}},
          {"schedule", schedule("0 15 2 * * ?", "Europe/Berlin", "UNPAUSED")},
          {"email_notifications", {{"on_failure", {"rosa.marques@example.test"}}}},
          {"webhook_notifications", {{"on_failure", Json::array({{{"id", things.destination}}})}}}};
}

// Two of one name, one that fires and one that was tried out.
void seed_reports(Seed& seed, const Things& things) {
  const Json tasks =
      Json::array({{{"task_key", "query"},
                    {"sql_task", {{"warehouse_id", things.warehouse}, {"query", {{"query_id", things.query}}}}}},
                   {{"task_key", "alert"},
                    {"sql_task", {{"warehouse_id", things.warehouse}, {"alert", {{"alert_id", things.alert}}}}}},
                   {{"task_key", "dashboard"},
                    {"dashboard_task", {{"warehouse_id", things.warehouse}, {"dashboard_id", things.dashboard}}}}});
  job(seed, {{"name", "reporting"}, {"tasks", tasks}, {"schedule", schedule("0 0 5 ? * MON-FRI", "UTC", "UNPAUSED")}});
  job(seed, {{"name", "reporting"},
             {"tasks", tasks},
             {"schedule", schedule("0 0 6 ? * MON-FRI", "UTC", "PAUSED")},
             {"max_concurrent_runs", 3}});
}

// The second task of each runs the other.
void seed_cycle(Seed& seed) {
  const auto settings = [](const char* name, std::int64_t other) {
    Json out = {{"name", name}, {"tasks", Json::array({notebook_task("check", "/Shared/quality/gold/step 1")})}};
    if (other != 0)
      out["tasks"].push_back({{"task_key", "again"},
                              {"depends_on", Json::array({{{"task_key", "check"}}})},
                              {"run_job_task", {{"job_id", other}}}});
    return out;
  };
  const auto first = job(seed, settings("quality-check", 0));
  const auto second = job(seed, settings("quality-repair", first));
  seed.post("/api/2.2/jobs/reset", {{"job_id", first}, {"new_settings", settings("quality-check", second)}});
}

void seed_firing(Seed& seed, const Things& things) {
  const auto on_cluster = [&](Json task) {
    task["existing_cluster_id"] = things.cluster;
    return Json::array({std::move(task)});
  };
  job(seed, {{"name", "stream-orders"},
             {"tasks", on_cluster(notebook_task("stream", "/Shared/ingest/bronze/step 1"))},
             {"continuous", {{"pause_status", "PAUSED"}}}});
  job(seed, {{"name", "stream-returns"},
             {"tasks", on_cluster(notebook_task("stream", "/Shared/ingest/bronze/step 2"))},
             {"continuous", {{"pause_status", "UNPAUSED"}}}});
  job(seed, {{"name", "on-new-files"},
             {"tasks", on_cluster(notebook_task("load", "/Shared/ingest/bronze/step 3"))},
             {"trigger",
              {{"pause_status", "UNPAUSED"},
               {"file_arrival", {{"url", "abfss://landing@lakeeast.dfs.core.test/orders/"}}}}}});
  job(seed, {{"name", "on-new-orders"},
             {"tasks", on_cluster(notebook_task("derive", "/Shared/ingest/silver/step 1"))},
             {"trigger", {{"table_update", {{"table_names", {"main.sales.orders"}}, {"condition", "ANY_UPDATED"}}}}}});
  job(seed, {{"name", "every-two-hours"},
             {"tasks", on_cluster(notebook_task("poll", "/Shared/ingest/bronze/step 4"))},
             {"trigger", {{"pause_status", "UNPAUSED"}, {"periodic", {{"interval", 2}, {"unit", "HOURS"}}}}}});
  // No word about being paused: it fires.
  job(seed, {{"name", "unsaid"},
             {"tasks", on_cluster(notebook_task("run", "/Shared/ingest/bronze/step 5"))},
             {"schedule", {{"quartz_cron_expression", "0 0/30 * * * ?"}, {"timezone_id", "Europe/Berlin"}}}});
}

void seed_shapes(Seed& seed, const Things& things) {
  Json inner = notebook_task("one", "/Shared/forecast/gold/step 2");
  inner["existing_cluster_id"] = things.cluster;
  job(seed, {{"name", "for-each-region"},
             {"tasks", Json::array({{{"task_key", "regions"},
                                     {"for_each_task",
                                      {{"inputs", "[\"north\",\"south\"]"}, {"concurrency", 2}, {"task", inner}}}}})}});
  Json tasks = Json::array();
  for (int i = 0; i < 120; ++i) {
    tasks.push_back({{"task_key", fmt::format("part_{:03}", i)},
                     {"spark_python_task",
                      {{"python_file", "/Workspace/Shared/churn/helpers.py"}, {"parameters", {std::to_string(i)}}}},
                     {"existing_cluster_id", things.cluster}});
  }
  job(seed, {{"name", "many-parts"}, {"tasks", std::move(tasks)}});
  job(seed,
      {{"name", "from git"},
       {"git_source",
        {{"git_url", "https://git.example.test/data/etl.git"}, {"git_provider", "gitHub"}, {"git_branch", "main"}}},
       {"tasks", Json::array({{{"task_key", "run"},
                               {"notebook_task", {{"notebook_path", "load/orders"}, {"source", "GIT"}}},
                               {"existing_cluster_id", things.cluster}}})}});
  // Made by the old API, with its one task at the top.
  seed.post("/api/2.0/jobs/create", {{"name", "made long ago"},
                                     {"existing_cluster_id", things.cluster},
                                     {"spark_jar_task", {{"main_class_name", "com.example.Main"}}},
                                     {"libraries", Json::array({{{"jar", "dbfs:/FileStore/jars/orders-1.4.jar"}}})}});
}

void seed_pipelines(Seed& seed, const Things& things) {
  const auto pipeline = [&](const char* name, const char* path, bool continuous) {
    return seed
        .post("/api/2.0/pipelines",
              {{"name", name},
               {"libraries", Json::array({{{"notebook", {{"path", path}}}}})},
               {"clusters", Json::array({{{"label", "default"}, {"policy_id", things.policy}, {"num_workers", 2}}})},
               {"configuration", {{"source", "abfss://landing@lakeeast.dfs.core.test/"}}},
               {"target", "sales"},
               {"continuous", continuous}})["pipeline_id"]
        .get<std::string>();
  };
  const auto orders = pipeline("orders", "/Shared/ingest/silver/step 2", false);
  pipeline("returns, without end", "/Shared/ingest/silver/step 3", true);
  seed.put("/api/2.0/permissions/pipelines/" + orders,
           {{"access_control_list",
             Json::array({{{"group_name", "data-engineers"}, {"permission_level", "CAN_RUN"}},
                          {{"user_name", "anna.berg@example.test"}, {"permission_level", "IS_OWNER"}}})}});
  job(seed, {{"name", "refresh orders"},
             {"tasks", Json::array({{{"task_key", "refresh"}, {"pipeline_task", {{"pipeline_id", orders}}}}})}});
}

}  // namespace

void seed_jobs(Seed& seed) {
  // Made in the present: nothing has fired when the workspace opens.
  seed.days_ago(0);
  const Things things = things_of(seed.world());
  const auto nightly = job(seed, nightly_load(things));
  seed.put(fmt::format("/api/2.0/permissions/jobs/{}", nightly),
           {{"access_control_list",
             Json::array({{{"service_principal_name", things.principal}, {"permission_level", "IS_OWNER"}},
                          {{"group_name", "data-engineers"}, {"permission_level", "CAN_MANAGE_RUN"}},
                          {{"user_name", "anna.berg@example.test"}, {"permission_level", "CAN_MANAGE"}}})}});
  seed_reports(seed, things);
  seed_cycle(seed);
  seed_firing(seed, things);
  seed_shapes(seed, things);
  seed_pipelines(seed, things);
}

void seed_many_jobs(Seed& seed, const SeedSizes& sizes) {
  seed.days_ago(0);
  for (std::size_t i = 0; i < sizes.jobs; ++i) {
    Json settings = {{"name", fmt::format("job {:05}", i)},
                     {"tags", {{"team", fmt::format("team {}", i % 40)}}},
                     {"tasks", Json::array({notebook_task("run", fmt::format("/Shared/jobs/notebook {:05}", i))})}};
    if (i % 2 == 0) {
      const std::string expression = fmt::format("0 {} {} * * ?", i % 60, i % 24);
      settings["schedule"] = schedule(expression.c_str(), "UTC", i % 4 == 0 ? "UNPAUSED" : "PAUSED");
    }
    job(seed, settings);
  }
}

}  // namespace holdfast::sim::databricks
