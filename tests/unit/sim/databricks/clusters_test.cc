#include <gtest/gtest.h>

#include <chrono>

#include "sim/databricks/compute.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

Json plain() {
  return {{"cluster_name", "c"},
          {"spark_version", "15.4.x-scala2.12"},
          {"node_type_id", "Standard_DS3_v2"},
          {"num_workers", 1}};
}

std::string create(WorkspaceWorld& world, const Json& request) {
  const auto asked = world.post("/api/2.1/clusters/create", request);
  EXPECT_EQ(asked.status, 200) << asked.response.body;
  return asked.json.value("cluster_id", "");
}

std::string state(WorkspaceWorld& world, const std::string& id) {
  return world.get("/api/2.1/clusters/get?cluster_id=" + id).json.value("state", "");
}

TEST(Clusters, StartWhenTheyAreMadeAndStopWhenTold) {
  WorkspaceWorld world;
  const auto id = create(world, plain());
  EXPECT_EQ(state(world, id), "PENDING");
  world.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(state(world, id), "RUNNING");
  world.post("/api/2.1/clusters/delete", {{"cluster_id", id}});
  EXPECT_EQ(state(world, id), "TERMINATING");
  world.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(state(world, id), "TERMINATED");
  EXPECT_EQ(world.post("/api/2.1/clusters/start", {{"cluster_id", id}}).status, 200);
  EXPECT_EQ(world.post("/api/2.1/clusters/start", {{"cluster_id", id}}).code(), "INVALID_STATE");
}

TEST(Clusters, TellWhatHappenedToThem) {
  WorkspaceWorld world;
  const auto id = create(world, plain());
  world.clock.advance(std::chrono::minutes(1));
  world.post("/api/2.1/clusters/delete", {{"cluster_id", id}});
  const auto told = world.post("/api/2.1/clusters/events", {{"cluster_id", id}}).json;
  ASSERT_EQ(told["total_count"], 3);
  EXPECT_EQ(told["events"][0]["type"], "TERMINATING");
  EXPECT_EQ(told["events"][2]["type"], "CREATING");
}

TEST(Clusters, StopByThemselvesWhenNobodyUsesThem) {
  WorkspaceWorld world;
  auto request = plain();
  request["autotermination_minutes"] = 30;
  const auto id = create(world, request);
  world.clock.advance(std::chrono::minutes(31));
  const auto read = world.get("/api/2.1/clusters/get?cluster_id=" + id);
  EXPECT_EQ(read.json["state"], "TERMINATED");
  EXPECT_EQ(read.json["termination_reason"]["code"], "INACTIVITY");
}

TEST(Clusters, AreForgottenThirtyDaysAfterTheyStopUnlessPinned) {
  WorkspaceWorld world;
  const auto pinned = create(world, plain());
  const auto other = create(world, plain());
  world.post("/api/2.1/clusters/pin", {{"cluster_id", pinned}});
  for (const auto& id : {pinned, other}) world.post("/api/2.1/clusters/delete", {{"cluster_id", id}});
  world.clock.advance(std::chrono::hours(31 * 24));
  const auto list = world.get("/api/2.1/clusters/list").json["clusters"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["cluster_id"], pinned);
  const auto gone = world.get("/api/2.1/clusters/get?cluster_id=" + other);
  EXPECT_EQ(gone.status, 400);  // in place of 404
  EXPECT_EQ(gone.code(), "INVALID_PARAMETER_VALUE");
}

TEST(Clusters, MayShareANameAndShowWhatWasAskedFor) {
  WorkspaceWorld world;
  const auto first = create(world, plain());
  EXPECT_NE(first, create(world, plain()));
  const auto read = world.get("/api/2.1/clusters/get?cluster_id=" + first).json;
  EXPECT_EQ(read["spec"], plain());
  EXPECT_EQ(read["creator_user_name"], "admin@example.test");
  EXPECT_FALSE(world.get("/api/2.1/clusters/list").json["clusters"][0].contains("spec"));
  EXPECT_EQ(world.get("/api/2.0/clusters/list").json["clusters"].size(), 2U);
}

TEST(Clusters, RefuseWhatContradictsItself) {
  WorkspaceWorld world;
  const auto refused = [&](const Json& more) {
    auto request = plain();
    request.update(more);
    return world.post("/api/2.1/clusters/create", request).code();
  };
  EXPECT_EQ(refused({{"autoscale", {{"min_workers", 1}, {"max_workers", 2}}}}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused({{"node_type_id", "Standard_X1"}}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused({{"spark_version", "latest"}}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused({{"instance_pool_id", "nowhere"}}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused({{"policy_id", "nowhere"}}), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(refused({{"data_security_mode", "ALL_MINE"}}), "INVALID_PARAMETER_VALUE");
  world.stand_in.world().part<Clusters>().most_running = 0;
  EXPECT_EQ(world.post("/api/2.1/clusters/create", plain()).code(), "QUOTA_EXCEEDED");
}

TEST(Clusters, HaveOtherNodeTypesInAnotherRegion) {
  StandInOptions options;
  options.world.region = "northeurope";
  WorkspaceWorld world(options);
  auto request = plain();
  request["node_type_id"] = "Standard_NC24ads_A100_v4";
  EXPECT_EQ(world.post("/api/2.1/clusters/create", request).code(), "INVALID_PARAMETER_VALUE");
  WorkspaceWorld at_home;
  EXPECT_EQ(at_home.post("/api/2.1/clusters/create", request).status, 200);
}

TEST(Clusters, TakeTheirNodesFromAPoolAndNotFromTheRequest) {
  WorkspaceWorld world;
  const auto pool =
      world.post("/api/2.0/instance-pools/create", {{"instance_pool_name", "p"}, {"node_type_id", "Standard_F8s_v2"}})
          .json["instance_pool_id"];
  auto request = plain();
  request["instance_pool_id"] = pool;
  EXPECT_EQ(world.post("/api/2.1/clusters/create", request).code(), "INVALID_PARAMETER_VALUE");
  request.erase("node_type_id");
  const auto id = create(world, request);
  const auto read = world.get("/api/2.1/clusters/get?cluster_id=" + id).json;
  EXPECT_EQ(read["node_type_id"], "Standard_F8s_v2");
  EXPECT_FALSE(read["spec"].contains("node_type_id"));
}

TEST(ClusterPolicies, ForbidClusters) {
  WorkspaceWorld world;
  const Json definition = {{"num_workers", {{"type", "range"}, {"maxValue", 4}}},
                           {"custom_tags.team", {{"type", "allowlist"}, {"values", {"a", "b"}}}},
                           {"spark_conf.spark.x", {{"type", "fixed"}, {"value", "1"}}}};
  const auto policy =
      world.post("/api/2.0/policies/clusters/create", {{"name", "p"}, {"definition", definition.dump()}})
          .json["policy_id"];
  auto request = plain();
  request["policy_id"] = policy;
  EXPECT_EQ(world.post("/api/2.1/clusters/create", request).code(), "INVALID_PARAMETER_VALUE");
  request["apply_policy_default_values"] = true;
  request["custom_tags"] = {{"team", "c"}};
  EXPECT_EQ(world.post("/api/2.1/clusters/create", request).code(), "INVALID_PARAMETER_VALUE");
  request["custom_tags"] = {{"team", "b"}};
  const auto id = create(world, request);
  EXPECT_EQ(world.get("/api/2.1/clusters/get?cluster_id=" + id).json["spark_conf"]["spark.x"], "1");
  request["num_workers"] = 5;
  EXPECT_EQ(world.post("/api/2.1/clusters/create", request).code(), "INVALID_PARAMETER_VALUE");
}

TEST(ClusterPolicies, HaveUniqueNamesAndDefaultsThatStay) {
  WorkspaceWorld world;
  EXPECT_EQ(world.post("/api/2.0/policies/clusters/create", {{"name", "p"}, {"definition", "{}"}}).status, 200);
  EXPECT_EQ(world.post("/api/2.0/policies/clusters/create", {{"name", "p"}, {"definition", "{}"}}).code(),
            "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(world.post("/api/2.0/policies/clusters/create", {{"name", "q"}, {"definition", "no JSON"}}).code(),
            "INVALID_PARAMETER_VALUE");
  const auto all = world.get("/api/2.0/policies/clusters/list").json["policies"];
  ASSERT_TRUE(all[0]["is_default"].get<bool>());
  EXPECT_EQ(world.post("/api/2.0/policies/clusters/delete", {{"policy_id", all[0]["policy_id"]}}).status, 400);
}

TEST(Libraries, WaitForTheNextStart) {
  WorkspaceWorld world;
  const auto id = create(world, plain());
  world.clock.advance(std::chrono::minutes(1));
  const Json library = {{"pypi", {{"package", "x"}}}};
  const auto statuses = [&] {
    const auto json = world.get("/api/2.0/libraries/cluster-status?cluster_id=" + id).json;
    return json.contains("library_statuses") ? json["library_statuses"][0].value("status", "") : "none";
  };
  world.post("/api/2.0/libraries/install", {{"cluster_id", id}, {"libraries", Json::array({library})}});
  EXPECT_EQ(statuses(), "INSTALLED");
  world.post("/api/2.0/libraries/uninstall", {{"cluster_id", id}, {"libraries", Json::array({library})}});
  EXPECT_EQ(statuses(), "UNINSTALL_ON_RESTART");
  world.post("/api/2.1/clusters/restart", {{"cluster_id", id}});
  EXPECT_EQ(statuses(), "none");
}

TEST(InstancePools, HaveUniqueNamesAndNodesThatStay) {
  WorkspaceWorld world;
  const Json pool = {{"instance_pool_name", "p"}, {"node_type_id", "Standard_DS3_v2"}, {"min_idle_instances", 2}};
  const auto id = world.post("/api/2.0/instance-pools/create", pool).json["instance_pool_id"].get<std::string>();
  EXPECT_EQ(world.post("/api/2.0/instance-pools/create", pool).code(), "RESOURCE_ALREADY_EXISTS");
  auto edit = pool;
  edit["instance_pool_id"] = id;
  edit["min_idle_instances"] = 0;
  EXPECT_EQ(world.post("/api/2.0/instance-pools/edit", edit).status, 200);
  edit["node_type_id"] = "Standard_DS4_v2";
  EXPECT_EQ(world.post("/api/2.0/instance-pools/edit", edit).status, 400);
  EXPECT_EQ(world.get("/api/2.0/instance-pools/get?instance_pool_id=" + id).json["stats"]["idle_count"], 0);
}

TEST(GlobalInitScripts, KeepTheirPositionsWithoutGaps) {
  WorkspaceWorld world;
  const auto add = [&](const char* name, Json more) {
    more.update({{"name", name}, {"script", "ZWNobw=="}});
    return world.post("/api/2.0/global-init-scripts", more).json["script_id"].get<std::string>();
  };
  add("a", Json::object());
  const auto second = add("b", Json::object());
  add("first", {{"position", 0}});
  world.remove("/api/2.0/global-init-scripts/" + second);
  const auto list = world.get("/api/2.0/global-init-scripts").json["scripts"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["name"], "first");
  EXPECT_EQ(list[1]["position"], 1);
  EXPECT_FALSE(list[0]["enabled"].get<bool>());
  EXPECT_FALSE(list[0].contains("script"));
}

}  // namespace
}  // namespace holdfast::sim::databricks
