#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/compute.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

ApiError no_pool(const std::string& id) {
  return missing(fmt::format("Can't find an instance pool with id: {}", id));
}

Json& pool_of(World& world, const std::string& id) {
  Json* pool = world.part<InstancePools>().documents.find(id);
  if (pool == nullptr) throw no_pool(id);
  return *pool;
}

// A pool with a minimum of idle instances pays for them whether or not anybody asked: it fires by itself.
Json shown(const Document& pool) {
  Json out = *pool.body;
  out["stats"] = {{"idle_count", out.value("min_idle_instances", std::int64_t{0})},
                  {"used_count", 0},
                  {"pending_idle_count", 0},
                  {"pending_used_count", 0}};
  out["status"] = Json::object();
  return out;
}

void check_numbers(const Json& pool) {
  const std::int64_t least = optional_integer(pool, "min_idle_instances").value_or(0);
  const auto most = optional_integer(pool, "max_capacity");
  if (least < 0 || (most && *most < least)) throw invalid("min_idle_instances must be between 0 and max_capacity");
}

void check_name(World& world, const std::string& name, const std::string& own_id) {
  const Json* twin = world.part<InstancePools>().documents.find_by("instance_pool_name", name);
  if (twin == nullptr || (*twin)["instance_pool_id"] == own_id) return;
  throw exists(fmt::format("Instance pool with name {} already exists", name));
}

Reply create(Call& call) {
  return reply({{"instance_pool_id", create_instance_pool(call.world(), call.body(), call.caller())}});
}

Reply edit(Call& call) {
  const std::string id = required_string(call.body(), "instance_pool_id");
  Json& pool = pool_of(call.world(), id);
  const std::string name = required_string(call.body(), "instance_pool_name");
  check_name(call.world(), name, id);
  check_numbers(call.body());
  for (const char* fixed : {"node_type_id", "disk_spec", "azure_attributes", "preloaded_spark_versions",
                            "preloaded_docker_images", "enable_elastic_disk"}) {
    const auto sent = call.body().find(fixed);
    if (sent != call.body().end() && *sent != pool.value(fixed, Json())) {
      throw invalid(fmt::format("{} of an instance pool cannot be changed", fixed));
    }
  }
  // What may change is replaced as a whole: what the request leaves out is gone.
  for (const char* field :
       {"min_idle_instances", "max_capacity", "idle_instance_autotermination_minutes", "custom_tags"}) {
    pool.erase(field);
  }
  pool.update(only_fields(call.body(), {"instance_pool_name", "min_idle_instances", "max_capacity",
                                        "idle_instance_autotermination_minutes", "custom_tags"}));
  return reply(Json::object());
}

Reply remove(Call& call) {
  const std::string id = required_string(call.body(), "instance_pool_id");
  pool_of(call.world(), id);
  call.world().part<InstancePools>().documents.remove(id);
  forget_permissions(call.world(), "instance-pools", id);
  return reply(Json::object());
}

Reply get(Call& call) {
  const std::string id = call.required_query("instance_pool_id");
  return reply(shown({id, &pool_of(call.world(), id)}));
}

Reply list(Call& call) {
  return whole_list_reply(listed_to_caller(call, "instance-pools", call.world().part<InstancePools>().documents.all()),
                          "instance_pools", shown);
}

}  // namespace

std::string create_instance_pool(World& world, const Json& request, const Principal& creator) {
  const std::string name = required_string(request, "instance_pool_name");
  check_name(world, name, "");
  check_node_type(world, required_string(request, "node_type_id"));
  check_numbers(request);
  const std::string digits = std::to_string(world.new_id());
  const std::string id =
      fmt::format("{}-{}-pool-{}", digits.substr(0, 4), digits.substr(digits.size() - 6), world.new_hex(8));
  Json pool = request;
  drop_fields(pool, {"default_tags", "stats", "status"});
  pool["instance_pool_id"] = id;
  pool["state"] = "ACTIVE";
  pool["default_tags"] = {{"Vendor", "Databricks"}, {"DatabricksInstancePoolId", id}};
  world.part<InstancePools>().documents.add(id, std::move(pool));
  grant_to_creator(world, "instance-pools", id, creator);
  return id;
}

void add_instance_pool_routes(Router& router) {
  router.add({"POST", "/api/2.0/instance-pools/create", create, family::k_none, "makes a pool"});
  router.add({"POST", "/api/2.0/instance-pools/edit", edit, family::k_none, "changes what may change"});
  router.add({"POST", "/api/2.0/instance-pools/delete", remove, family::k_none, "removes a pool"});
  router.add({"GET", "/api/2.0/instance-pools/get", get, family::k_none, "one pool"});
  router.add({"GET", "/api/2.0/instance-pools/list", list, family::k_none, "all pools at once"});
}

}  // namespace holdfast::sim::databricks
