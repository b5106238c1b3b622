#include "sim/databricks/compute.h"

#include "sim/databricks/permissions.h"

namespace holdfast::sim::databricks {

void found_compute(World& world) {
  declare_permission_type(world, {.url_type = "clusters",
                                  .aliases = {},
                                  .reply_type = "cluster",
                                  .levels = {"CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE"},
                                  .exists = [](World& in, const std::string& id) {
                                    return in.part<Clusters>().documents.find(id) != nullptr;
                                  }});
  declare_permission_type(world, {.url_type = "instance-pools",
                                  .aliases = {},
                                  .reply_type = "instance-pool",
                                  .levels = {"CAN_ATTACH_TO", "CAN_MANAGE"},
                                  .exists = [](World& in, const std::string& id) {
                                    return in.part<InstancePools>().documents.find(id) != nullptr;
                                  }});
  declare_permission_type(world, {.url_type = "cluster-policies",
                                  .aliases = {},
                                  .reply_type = "cluster-policy",
                                  .levels = {"CAN_USE"},
                                  .exists = [](World& in, const std::string& id) {
                                    return in.part<ClusterPolicies>().documents.find(id) != nullptr;
                                  }});
  found_cluster_policies(world);
}

void add_compute_routes(Router& router) {
  add_cluster_routes(router);
  add_library_routes(router);
  add_instance_pool_routes(router);
  add_cluster_policy_routes(router);
  add_init_script_routes(router);
  add_node_type_routes(router);
}

}  // namespace holdfast::sim::databricks
