// Compute: clusters, their libraries, instance pools, policies and global init scripts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct Clusters {  // part of a World
  // {"spec": what was asked for, "creator", "source", "created", "started", "stopped"?, "reason"?, "pinned_by"?,
  //  "libraries": [{"library", "goes"}]}
  Documents documents;
  std::int64_t start_ms = 2'000;   // from PENDING to RUNNING
  std::int64_t stop_ms = 300;      // from TERMINATING to TERMINATED
  std::size_t most_running = 150;  // QUOTA_EXCEEDED beyond it
};

struct InstancePools {  // part of a World
  Documents documents;  // as instance-pools/get shows them, without stats
};

struct ClusterPolicies {  // part of a World
  Documents documents;    // as policies/clusters/get shows them
};

struct GlobalInitScripts {  // part of a World
  Documents documents;      // as GET /global-init-scripts/{id} shows them
};

// A cluster that starts at once, as clusters/create makes it.  Throws ApiError.
std::string create_cluster(World& world, const Json& request, const Principal& creator, std::string_view source);
// PENDING, RUNNING, TERMINATING, TERMINATED.  400 when there is no such cluster.
std::string cluster_state(World& world, const std::string& id);
void terminate_cluster(World& world, const std::string& id);

std::string create_instance_pool(World& world, const Json& request, const Principal& creator);
std::string create_cluster_policy(World& world, const Json& request, const Principal& creator);
// 400 when `spec` breaks the policy; fills in defaults when it asks for them.
void enforce_policy(World& world, Json& spec);
// The definition of a policy with its family and overrides, parsed.
Json effective_definition(const Json& policy);

// 400 when the region does not have it.
void check_node_type(const World& world, const std::string& node_type);
void check_spark_version(const std::string& version);

// Types of permissions, and the policies that every workspace has.
void found_compute(World& world);
void found_cluster_policies(World& world);

void add_compute_routes(Router& router);
void add_cluster_routes(Router& router);
void add_library_routes(Router& router);
void add_instance_pool_routes(Router& router);
void add_cluster_policy_routes(Router& router);
void add_init_script_routes(Router& router);
void add_node_type_routes(Router& router);

}  // namespace holdfast::sim::databricks
