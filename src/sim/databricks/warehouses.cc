#include <fmt/format.h>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/sql.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_longest_name = 99;

Documents& warehouses(World& world) {
  return world.part<Warehouses>().documents;
}

Json& warehouse_of(Call& call) {
  Json* found = warehouses(call.world()).find(call.placeholder("id"));
  if (found == nullptr) throw missing(fmt::format("SQL warehouse {} does not exist", call.placeholder("id")));
  return *found;
}

std::string_view state_of(World& world, const Json& warehouse) {
  if (!warehouse.contains("started")) return "STOPPED";
  const std::int64_t running = warehouse["started"].get<std::int64_t>() + world.part<Warehouses>().start_ms;
  if (world.now_ms() < running) return "STARTING";
  const std::int64_t idle = warehouse["settings"].value("auto_stop_mins", std::int64_t{0}) * 60'000;
  return idle != 0 && world.now_ms() >= running + idle ? "STOPPED" : "RUNNING";
}

Json shown(World& world, const Document& warehouse) {
  const Json& held = *warehouse.body;
  const std::string_view state = state_of(world, held);
  Json out = held["settings"];
  out["id"] = warehouse.id;
  out["creator_name"] = held["creator"];
  out["state"] = state;
  out["num_clusters"] = state == "RUNNING" ? 1 : 0;
  out["num_active_sessions"] = 0;
  out["size"] = out["cluster_size"];
  out["jdbc_url"] =
      fmt::format("jdbc:spark://workspace.test:443/default;httpPath=/sql/1.0/warehouses/{}", warehouse.id);
  out["odbc_params"] = {{"hostname", "workspace.test"},
                        {"path", "/sql/1.0/warehouses/" + warehouse.id},
                        {"protocol", "https"},
                        {"port", 443}};
  out["health"] = {{"status", state == "RUNNING" ? "HEALTHY" : "STATUS_UNSPECIFIED"}};
  return out;
}

void check_name(World& world, const std::string& name, const std::string& own_id) {
  if (name.size() > k_longest_name) throw invalid("The name of a warehouse has fewer than 100 characters");
  for (const Document& each : warehouses(world).all()) {
    if (each.id != own_id && (*each.body)["settings"]["name"] == name) {
      throw exists(fmt::format("SQL warehouse with name `{}` already exists", name));
    }
  }
}

void check(const Json& settings) {
  check_enum(
      settings, "cluster_size",
      {"2X-Small", "X-Small", "Small", "Medium", "Large", "X-Large", "2X-Large", "3X-Large", "4X-Large", "5X-Large"});
  check_enum(settings, "warehouse_type", {"TYPE_UNSPECIFIED", "CLASSIC", "PRO", "REALTIME"});
  check_enum(settings, "spot_instance_policy", {"POLICY_UNSPECIFIED", "COST_OPTIMIZED", "RELIABILITY_OPTIMIZED"});
  const std::int64_t stop = optional_integer(settings, "auto_stop_mins").value_or(0);
  if (stop < 0 || (stop > 0 && stop < 10)) throw invalid("auto_stop_mins must be 0, or at least 10");
  const std::int64_t least = optional_integer(settings, "min_num_clusters").value_or(1);
  if (least < 1 || optional_integer(settings, "max_num_clusters").value_or(least) < least) {
    throw invalid("min_num_clusters must be between 1 and max_num_clusters");
  }
}

void drop_server_fields(Json& settings) {
  drop_fields(settings, {"id", "creator_name", "creator_id", "jdbc_url", "odbc_params", "state", "health",
                         "num_clusters", "num_active_sessions", "size"});
}

Reply create(Call& call) {
  World& world = call.world();
  Json settings = call.body();
  drop_server_fields(settings);
  check_name(world, required_string(settings, "name"), "");
  required_string(settings, "cluster_size");
  check(settings);
  const Json defaults = {{"min_num_clusters", 1},
                         {"max_num_clusters", 1},
                         {"auto_stop_mins", 120},
                         {"enable_photon", true},
                         {"enable_serverless_compute", false},
                         {"warehouse_type", "CLASSIC"},
                         {"spot_instance_policy", "COST_OPTIMIZED"}};
  for (const auto& [field, value] : defaults.items()) {
    if (!settings.contains(field)) settings[field] = value;
  }
  const std::string id = world.new_hex(16);
  warehouses(world).add(
      id, {{"settings", std::move(settings)}, {"creator", call.caller().name}, {"started", world.now_ms()}});
  grant_to_creator(world, "sql/warehouses", id, call.caller());
  return reply({{"id", id}});
}

// Fields that an edit leaves out stay as they are.
Reply edit(Call& call) {
  Json& warehouse = warehouse_of(call);
  Json settings = warehouse["settings"];
  settings.update(call.body());
  drop_server_fields(settings);
  check_name(call.world(), required_string(settings, "name"), call.placeholder("id"));
  check(settings);
  warehouse["settings"] = std::move(settings);
  return reply(Json::object());
}

Reply get(Call& call) {
  return reply(shown(call.world(), {call.placeholder("id"), &warehouse_of(call)}));
}

Reply list(Call& call) {
  return list_reply(call, listed_to_caller(call, "sql/warehouses", warehouses(call.world()).all()),
                    {.field = "warehouses",
                     .page = {.default_size = 100, .largest_size = 1000},
                     .show = [&](const Document& each) { return shown(call.world(), each); }});
}

Reply remove(Call& call) {
  warehouse_of(call);
  warehouses(call.world()).remove(call.placeholder("id"));
  forget_permissions(call.world(), "sql/warehouses", call.placeholder("id"));
  return reply(Json::object());
}

Reply start(Call& call) {
  warehouse_of(call)["started"] = call.world().now_ms();
  return reply(Json::object());
}

Reply stop(Call& call) {
  warehouse_of(call).erase("started");
  return reply(Json::object());
}

Json& config(World& world) {
  Documents& held = world.part<Warehouses>().config;
  Json* found = held.find("config");
  if (found != nullptr) return *found;
  return held.add("config", {{"security_policy", "DATA_ACCESS_CONTROL"},
                             {"data_access_config", Json::array()},
                             {"sql_configuration_parameters", Json::object()}});
}

Reply get_config(Call& call) {
  return reply(config(call.world()));
}

Reply put_config(Call& call) {
  check_enum(call.body(), "security_policy", {"NONE", "PASSTHROUGH", "DATA_ACCESS_CONTROL"});
  config(call.world()) = call.body();
  return reply(Json::object());
}

// The old application's name for a warehouse.
Reply data_sources(Call& call) {
  Json out = Json::array();
  for (const Document& each : listed_to_caller(call, "sql/warehouses", warehouses(call.world()).all())) {
    out.push_back({{"id", each.id},
                   {"name", (*each.body)["settings"]["name"]},
                   {"warehouse_id", each.id},
                   {"type", "databricks_internal"}});
  }
  return reply(out);
}

}  // namespace

void add_warehouse_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/sql/", family::k_none);
  add("GET", "warehouses", list, "warehouses by pages");
  add("POST", "warehouses", create, "makes a warehouse and starts it");
  add("GET", "warehouses/{id}", get, "one warehouse");
  add("POST", "warehouses/{id}/edit", edit, "changes a warehouse");
  add("POST", "warehouses/{id}/start", start, "starts a warehouse");
  add("POST", "warehouses/{id}/stop", stop, "stops a warehouse");
  add("DELETE", "warehouses/{id}", remove, "removes a warehouse");
  add("GET", "config/warehouses", get_config, "the settings of all warehouses");
  add("PUT", "config/warehouses", put_config, "replaces the settings of all warehouses");
  router.add(
      {"GET", "/api/2.0/preview/sql/data_sources", data_sources, family::k_none, "warehouses by their old name"});
}

}  // namespace holdfast::sim::databricks
