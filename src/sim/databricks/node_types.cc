#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

struct NodeType {
  std::string_view id;
  int cores = 0;
  int memory_mb = 0;
  std::string_view category;
  int local_disk_gb = 0;
  int gpus = 0;
  std::string_view only_in;  // one region; empty: everywhere
};
constexpr std::array<NodeType, 8> k_node_types = {{
    {"Standard_DS3_v2", 4, 14'336, "General Purpose", 28, 0, ""},
    {"Standard_DS4_v2", 8, 28'672, "General Purpose", 56, 0, ""},
    {"Standard_D8ads_v5", 8, 32'768, "General Purpose", 300, 0, ""},
    {"Standard_E8ds_v4", 8, 65'536, "Memory Optimized", 300, 0, ""},
    {"Standard_F8s_v2", 8, 16'384, "Compute Optimized", 64, 0, ""},
    {"Standard_L8s_v3", 8, 65'536, "Storage Optimized", 1'788, 0, ""},
    {"Standard_NC6s_v3", 6, 114'688, "GPU Accelerated", 736, 1, ""},
    // What the primary's region has and another has not: regions differ.
    {"Standard_NC24ads_A100_v4", 24, 225'280, "GPU Accelerated", 958, 1, "westeurope"},
}};

struct SparkVersion {
  std::string_view key, name;
};
constexpr std::array<SparkVersion, 6> k_spark_versions = {{
    {"15.4.x-scala2.12", "15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)"},
    {"15.4.x-cpu-ml-scala2.12", "15.4 LTS ML (includes Apache Spark 3.5.0, Scala 2.12)"},
    {"14.3.x-scala2.12", "14.3 LTS (includes Apache Spark 3.5.0, Scala 2.12)"},
    {"14.3.x-photon-scala2.12", "14.3 LTS Photon (includes Apache Spark 3.5.0, Scala 2.12)"},
    {"13.3.x-scala2.12", "13.3 LTS (includes Apache Spark 3.4.1, Scala 2.12)"},
    {"13.3.x-gpu-ml-scala2.12", "13.3 LTS ML (includes Apache Spark 3.4.1, GPU, Scala 2.12)"},
}};

bool offered(const NodeType& type, const World& world) {
  return type.only_in.empty() || type.only_in == world.options().region;
}

Reply list_node_types(Call& call) {
  Json types = Json::array();
  for (const NodeType& type : k_node_types) {
    if (!offered(type, call.world())) continue;
    types.push_back({{"node_type_id", type.id},
                     {"memory_mb", type.memory_mb},
                     {"num_cores", static_cast<double>(type.cores)},
                     {"description", type.id},
                     {"instance_type_id", type.id},
                     {"category", type.category},
                     {"is_deprecated", false},
                     {"is_hidden", false},
                     {"is_io_cache_enabled", true},
                     {"num_gpus", type.gpus},
                     {"photon_worker_capable", type.gpus == 0},
                     {"photon_driver_capable", type.gpus == 0},
                     {"support_cluster_tags", true},
                     {"support_port_forwarding", true},
                     {"node_instance_type",
                      {{"instance_type_id", type.id}, {"local_disks", 1}, {"local_disk_size_gb", type.local_disk_gb}}},
                     {"node_info", {{"available_core_quota", 500}, {"total_core_quota", 500}}}});
  }
  return reply({{"node_types", std::move(types)}});
}

Reply spark_versions(Call&) {
  Json versions = Json::array();
  for (const SparkVersion& version : k_spark_versions)
    versions.push_back({{"key", version.key}, {"name", version.name}});
  return reply({{"versions", std::move(versions)}});
}

// Azure has no zones to choose from here.
Reply list_zones(Call&) {
  return reply(Json::object());
}

// They belong to another cloud; clients ask all the same.
Reply list_instance_profiles(Call&) {
  return reply(Json::object());
}

}  // namespace

void check_node_type(const World& world, const std::string& node_type) {
  const bool known = std::any_of(k_node_types.begin(), k_node_types.end(),
                                 [&](const NodeType& each) { return each.id == node_type && offered(each, world); });
  if (!known)
    throw invalid(fmt::format("Node type {} is not supported in region {}", node_type, world.options().region));
}

// Versions that are no longer offered still run, so the form alone is looked at.
void check_spark_version(const std::string& version) {
  const bool well_formed = version.find(".x-") != std::string::npos && version.find("scala") != std::string::npos;
  if (!well_formed && !version.starts_with("custom:")) throw invalid(fmt::format("Invalid spark version {}.", version));
}

void add_node_type_routes(Router& router) {
  const auto add = [&](std::string_view name, Handler handler, std::string_view doc) {
    router.add_versions({"2.0", "2.1"},
                        {"GET", fmt::format("/api/{{v}}/clusters/{}", name), std::move(handler), family::k_none, doc});
  };
  add("list-node-types", list_node_types, "the node types of the region");
  add("spark-versions", spark_versions, "the runtime versions");
  add("list-zones", list_zones, "the zones, of which Azure has none to choose");
  router.add({"GET", "/api/2.0/instance-profiles/list", list_instance_profiles, family::k_none, "none on Azure"});
}

}  // namespace holdfast::sim::databricks
