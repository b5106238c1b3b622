// The compute of the realistic workspace: pools, policies that name them in their text, clusters of all ages, scripts.
#include <fmt/format.h>

#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/commands.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/seeds.h"

namespace holdfast::sim::databricks {
namespace {

std::string seed_pools(Seed& seed) {
  const auto pool = seed.post("/api/2.0/instance-pools/create", {{"instance_pool_name", "general"},
                                                                 {"node_type_id", "Standard_DS3_v2"},
                                                                 {"min_idle_instances", 2},
                                                                 {"max_capacity", 20},
                                                                 {"idle_instance_autotermination_minutes", 30},
                                                                 {"preloaded_spark_versions", {"15.4.x-scala2.12"}},
                                                                 {"custom_tags", {{"team", "platform"}}}});
  const auto id = pool["instance_pool_id"].get<std::string>();
  seed.post("/api/2.0/instance-pools/create",
            {{"instance_pool_name", "spot"},
             {"node_type_id", "Standard_D8ads_v5"},
             {"min_idle_instances", 0},
             {"azure_attributes", {{"availability", "SPOT_AZURE"}, {"spot_bid_max_price", -1}}}});
  seed.put("/api/2.0/permissions/instance-pools/" + id,
           {{"access_control_list",
             Json::array({{{"group_name", "data-engineers"}, {"permission_level", "CAN_ATTACH_TO"}},
                          {{"user_name", "rosa.marques@example.test"}, {"permission_level", "CAN_MANAGE"}}})}});
  return id;
}

std::string seed_policies(Seed& seed, const std::string& pool) {
  const Json definition = {
      {"instance_pool_id", {{"type", "fixed"}, {"value", pool}}},
      {"autotermination_minutes", {{"type", "range"}, {"maxValue", 240}, {"defaultValue", 60}}},
      {"init_scripts.0.workspace.destination", {{"type", "fixed"}, {"value", "/Shared/ingest/settings.yaml"}}},
      {"spark_conf.fs.azure.account.key.lakeeast.dfs.core.test",
       {{"type", "unlimited"}, {"isOptional", true}, {"defaultValue", "{{secrets/storage/password}}"}}},
      {"custom_tags.team", {{"type", "allowlist"}, {"values", {"engineering", "science"}}, {"isOptional", true}}}};
  const auto team = seed.post("/api/2.0/policies/clusters/create",
                              {{"name", "Team standard"},
                               {"definition", definition.dump(2)},
                               {"description", "what every team starts with"},
                               {"max_clusters_per_user", 3},
                               {"libraries", Json::array({{{"pypi", {{"package", "pyyaml==6.0"}}}}})}});
  seed.post("/api/2.0/policies/clusters/create",
            {{"name", "Small and shared"},
             {"policy_family_id", "shared-compute"},
             {"policy_family_definition_overrides", R"({"num_workers":{"type":"range","maxValue":4}})"}});
  const auto id = team["policy_id"].get<std::string>();
  seed.put("/api/2.0/permissions/cluster-policies/" + id,
           {{"access_control_list", Json::array({{{"group_name", "engineering"}, {"permission_level", "CAN_USE"}}})}});
  return id;
}

std::string cluster(Seed& seed, const std::string& name, Json more) {
  Json request = {{"cluster_name", name}, {"spark_version", "15.4.x-scala2.12"}, {"autotermination_minutes", 60}};
  if (!more.contains("autoscale")) request["num_workers"] = 2;
  request.update(more);
  return seed.post("/api/2.1/clusters/create", request)["cluster_id"].get<std::string>();
}

void seed_clusters(Seed& seed, const std::string& pool, const std::string& policy) {
  const auto etl = cluster(
      seed, "etl-dev", {{"instance_pool_id", pool}, {"policy_id", policy}, {"custom_tags", {{"team", "engineering"}}}});
  // Two of one name: names do not tell clusters apart.
  for (const auto* node : {"Standard_DS3_v2", "Standard_E8ds_v4"}) {
    cluster(seed, "shared analytics",
            {{"node_type_id", node},
             {"autoscale", {{"min_workers", 1}, {"max_workers", 6}}},
             {"data_security_mode", "USER_ISOLATION"}});
  }
  const auto old = cluster(
      seed, "legacy",
      {{"node_type_id", "Standard_DS4_v2"},
       {"spark_version", "13.3.x-scala2.12"},
       {"init_scripts", Json::array({{{"dbfs", {{"destination", "dbfs:/init/install-driver.sh"}}}},
                                     {{"abfss", {{"destination", "abfss://init@lakeeast.dfs.core.test/setup.sh"}}}}})},
       {"cluster_log_conf", {{"dbfs", {{"destination", "dbfs:/cluster-logs"}}}}},
       {"spark_conf", {{"fs.azure.account.key.lakeeast.dfs.core.test", "{{secrets/storage/password}}"}}},
       {"spark_env_vars", {{"DB_PASSWORD", "{{secrets/warehouse/password}}"}}}});
  const auto gpu = cluster(seed, "training",
                           {{"node_type_id", "Standard_NC6s_v3"},
                            {"spark_version", "13.3.x-gpu-ml-scala2.12"},
                            {"data_security_mode", "SINGLE_USER"},
                            {"single_user_name", "kaori.sato@example.test"}});
  seed.post("/api/2.1/clusters/pin", {{"cluster_id", old}});
  seed.post("/api/2.0/libraries/install",
            {{"cluster_id", etl},
             {"libraries", Json::array({{{"jar", "dbfs:/FileStore/jars/orders-1.4.jar"}},
                                        {{"pypi", {{"package", "great-expectations==0.18.8"}}}},
                                        {{"maven", {{"coordinates", "com.example:reader:2.1"}}}}})}});
  seed.put(
      "/api/2.0/permissions/clusters/" + etl,
      {{"access_control_list", Json::array({{{"group_name", "data-engineers"}, {"permission_level", "CAN_RESTART"}},
                                            {{"group_name", "analysts"}, {"permission_level", "CAN_ATTACH_TO"}}})}});
  seed.post("/api/2.1/clusters/delete", {{"cluster_id", old}});
  seed.post("/api/2.1/clusters/delete", {{"cluster_id", gpu}});
  // What jobs and pipelines start for themselves is listed, too, and is nobody's to back up.
  World& world = seed.world();
  const Principal admin = principal_of(*find_user(world, "rosa.marques@example.test"));
  const Json of_job = {{"cluster_name", "job-1-run-1"},
                       {"spark_version", "15.4.x-scala2.12"},
                       {"node_type_id", "Standard_DS3_v2"},
                       {"num_workers", 1}};
  create_cluster(world, of_job, admin, "JOB");
  create_cluster(world, of_job, admin, "PIPELINE");
}

void seed_scripts(Seed& seed) {
  const auto script = [&](const char* name, const char* text, bool enabled) {
    seed.post("/api/2.0/global-init-scripts",
              {{"name", name}, {"script", model::base64_encode(std::string_view(text))}, {"enabled", enabled}});
  };
  script("certificates", "#!/bin/bash\nupdate-ca-certificates\n", true);
  script("proxy", "#!/bin/bash\nexport https_proxy=http://proxy.example.test:3128\n", false);
}

// The hive metastore's access control and the mounts, which only commands on a cluster can tell.
void seed_hive(Seed& seed) {
  CommandState& state = seed.world().part<CommandState>();
  state.mounts["/mnt/lake"] = {"abfss://lake@lakeeast.dfs.core.test/", "", {{"fs.azure.account.auth.type", "OAuth"}}};
  state.mounts["/mnt/old"] = {"wasbs://archive@oldeast.blob.core.test/", "", {}};
  state.objects["CATALOG"].granted["users"] = {"USAGE"};
  state.objects["DATABASE sales"].owner = "anna.berg@example.test";
  state.objects["DATABASE sales"].granted["analysts"] = {"USAGE", "READ_METADATA"};
  state.objects["TABLE sales.orders"].owner = "anna.berg@example.test";
  state.objects["TABLE sales.orders"].granted["analysts"] = {"SELECT"};
  state.objects["TABLE sales.orders"].denied["contractors"] = {"SELECT"};
  state.objects["ANY FILE"].granted["data-engineers"] = {"SELECT", "MODIFY"};
}

}  // namespace

void seed_compute(Seed& seed) {
  seed.days_ago(60);
  const auto pool = seed_pools(seed);
  const auto policy = seed_policies(seed, pool);
  seed_scripts(seed);
  seed_hive(seed);
  seed.days_ago(2);
  seed_clusters(seed, pool, policy);
}

}  // namespace holdfast::sim::databricks
