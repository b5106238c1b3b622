// What the seeds make of everything that is neither people nor folders.
#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "sim/databricks/jobs.h"
#include "sim/databricks/seeds.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

std::size_t count(WorkspaceWorld& world, const std::string& target, const char* field) {
  const auto asked = world.get(target);
  EXPECT_EQ(asked.status, 200) << target << asked.response.body;
  return asked.json.contains(field) ? asked.json[field].size() : 0;
}

TEST(AssetSeeds, HoldEveryKind) {
  WorkspaceWorld world;
  seed_workspace(world.stand_in, "realistic");
  const std::string unity = "/api/2.1/unity-catalog/";
  const std::map<std::string, const char*> lists = {
      {"/api/2.1/clusters/list", "clusters"},
      {"/api/2.0/libraries/all-cluster-statuses", "statuses"},
      {"/api/2.0/instance-pools/list", "instance_pools"},
      {"/api/2.0/policies/clusters/list", "policies"},
      {"/api/2.0/global-init-scripts", "scripts"},
      {"/api/2.2/jobs/list", "jobs"},
      {"/api/2.0/pipelines", "statuses"},
      {"/api/2.0/sql/warehouses", "warehouses"},
      {"/api/2.0/sql/queries", "results"},
      {"/api/2.0/sql/alerts", "results"},
      {"/api/2.0/alerts", "alerts"},
      {"/api/2.0/lakeview/dashboards", "dashboards"},
      {"/api/2.0/preview/sql/dashboards", "results"},
      {"/api/2.0/notification-destinations", "results"},
      {"/api/2.0/ip-access-lists", "ip_access_lists"},
      {"/api/2.0/token-management/tokens", "token_infos"},
      {"/api/2.0/mlflow/experiments/list", "experiments"},
      {"/api/2.0/mlflow/registered-models/list", "registered_models"},
      {"/api/2.0/serving-endpoints", "endpoints"},
      {unity + "catalogs", "catalogs"},
      {unity + "storage-credentials", "storage_credentials"},
      {unity + "external-locations", "external_locations"},
      {unity + "connections", "connections"},
      {unity + "schemas?catalog_name=main", "schemas"},
      {unity + "tables?catalog_name=main&schema_name=sales", "tables"},
      {unity + "volumes?catalog_name=main&schema_name=sales", "volumes"},
      {unity + "functions?catalog_name=main&schema_name=sales", "functions"},
      {unity + "permissions/schema/main.sales", "privilege_assignments"},
      {unity + "bindings/catalog/finance", "bindings"},
      {unity + "entity-tag-assignments/schemas/main.sales/tags", "tag_assignments"}};
  for (const auto& [target, field] : lists) EXPECT_GE(count(world, target, field), 1U) << target;
}

TEST(AssetSeeds, HoldTwoOfOneNameAndACycle) {
  WorkspaceWorld world;
  seed_workspace(world.stand_in, "realistic");
  EXPECT_EQ(count(world, "/api/2.2/jobs/list?name=reporting", "jobs"), 2U);
  std::map<std::string, int> names;
  const auto clusters = world.get("/api/2.0/clusters/list").json["clusters"];
  for (const auto& cluster : clusters) ++names[cluster["cluster_name"]];
  EXPECT_EQ(names["shared analytics"], 2);
  const auto job = [&](const std::string& name) {
    const auto listed = world.get("/api/2.2/jobs/list?expand_tasks=true&name=" + name).json["jobs"][0];
    return std::pair(listed["job_id"], listed["settings"]["tasks"][1]["run_job_task"]["job_id"]);
  };
  EXPECT_EQ(job("quality-check").second, job("quality-repair").first);
  EXPECT_EQ(job("quality-repair").second, job("quality-check").first);
}

TEST(AssetSeeds, FireNothingBeforeTheyOpenAndMuchThereafter) {
  WorkspaceWorld world;
  seed_workspace(world.stand_in, "realistic");
  // What is continuous begins at once; nothing else has run.
  EXPECT_EQ(count(world, "/api/2.2/jobs/runs/list", "runs"), 1U);
  world.clock.advance(std::chrono::hours(24));
  world.get("/api/2.2/jobs/list");
  std::map<std::string, std::int64_t> fired;
  for (const auto& [id, runs] : world.stand_in.world().part<Jobs>().runs_of) {
    fired[job_of(world.stand_in.world(), id)["settings"]["name"]] += runs;
  }
  EXPECT_EQ(fired["nightly-load"], 1);
  EXPECT_EQ(fired["every-two-hours"], 12);
  EXPECT_EQ(fired["unsaid"], 48);
  EXPECT_EQ(fired["stream-orders"], 0);
}

TEST(AssetSeeds, MakeFiveThousandJobs) {
  WorkspaceWorld world;
  seed_workspace(world.stand_in, "jobs=5000");
  std::size_t seen = 0;
  std::string token;
  do {
    const auto page = world.get("/api/2.2/jobs/list?limit=100&page_token=" + token).json;
    seen += page["jobs"].size();
    token = page.value("next_page_token", "");
  } while (!token.empty());
  EXPECT_EQ(seen, 5000U);
}

}  // namespace
}  // namespace holdfast::sim::databricks
