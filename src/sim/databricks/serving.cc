#include "sim/databricks/serving.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

Documents& endpoints(World& world) {
  return world.part<ServingEndpoints>().documents;
}

Json& endpoint_of(Call& call) {
  Json* found = endpoints(call.world()).find(call.placeholder("name"));
  if (found == nullptr) {
    throw missing(fmt::format("Endpoint with name '{}' does not exist.", call.placeholder("name")));
  }
  return *found;
}

bool updating(World& world, const Json& endpoint) {
  return world.now_ms() < endpoint["updated"].get<std::int64_t>() + world.part<ServingEndpoints>().update_ms;
}

Json shown(World& world, const Json& endpoint) {
  Json out = endpoint;
  out.erase("updated");
  const bool busy = updating(world, endpoint);
  out["state"] = {{"ready", busy && endpoint["creation_timestamp"] == endpoint["updated"] ? "NOT_READY" : "READY"},
                  {"config_update", busy ? "IN_PROGRESS" : "NOT_UPDATING"}};
  out["permission_level"] = "CAN_MANAGE";
  return out;
}

// What ends in _plaintext goes in and never comes out.
void drop_plaintext(Json& value) {
  if (value.is_array()) {
    for (Json& each : value) drop_plaintext(each);
  }
  if (!value.is_object()) return;
  for (auto field = value.begin(); field != value.end();) {
    if (field.key().ends_with("_plaintext")) {
      field = value.erase(field);
    } else {
      drop_plaintext(*field);
      ++field;
    }
  }
}

Json checked_config(World& world, const Json& request, std::int64_t version, const std::string& creator) {
  Json config = only_fields(request, {"served_entities", "served_models", "traffic_config", "auto_capture_config"});
  const char* field = config.contains("served_models") ? "served_models" : "served_entities";
  for (Json& served : config[field]) {
    if (!served.is_object()) throw malformed("A served entity must be an object");
    if (!served.contains("external_model")) required_string(served, field[7] == 'm' ? "model_name" : "entity_name");
    if (!served.contains("name")) {
      served["name"] = fmt::format("{}-{}", served.value("entity_name", served.value("model_name", "external")),
                                   served.value("entity_version", served.value("model_version", "1")));
    }
    served["creator"] = creator;
    served["creation_timestamp"] = world.now_ms();
    served["state"] = {{"deployment", "DEPLOYMENT_READY"}, {"deployment_state_message", ""}};
  }
  drop_plaintext(config);
  config["config_version"] = version;
  return config;
}

Reply create(Call& call) {
  World& world = call.world();
  const std::string name = required_string(call.body(), "name");
  if (endpoints(world).find(name) != nullptr) {
    throw exists(fmt::format("Endpoint with name '{}' already exists.", name));
  }
  Json endpoint = only_fields(call.body(), {"name", "tags", "ai_gateway", "route_optimized", "budget_policy_id",
                                            "description", "email_notifications"});
  drop_plaintext(endpoint);
  endpoint["id"] = world.new_hex(32);
  endpoint["creator"] = call.caller().name;
  endpoint["creation_timestamp"] = endpoint["last_updated_timestamp"] = endpoint["updated"] = world.now_ms();
  endpoint["config"] = checked_config(world, call.body().value("config", Json::object()), 1, call.caller().name);
  const Json& added = endpoints(world).add(name, std::move(endpoint));
  grant_to_creator(world, "serving-endpoints", added["id"], call.caller());
  return reply(shown(world, added));
}

Reply get(Call& call) {
  return reply(shown(call.world(), endpoint_of(call)));
}

Reply list(Call& call) {
  std::vector<Document> all = endpoints(call.world()).all();
  std::erase_if(all, [&](const Document& each) { return !is_listed(call, "serving-endpoints", (*each.body)["id"]); });
  return whole_list_reply(all, "endpoints", [&](const Document& each) { return shown(call.world(), *each.body); });
}

Reply put_config(Call& call) {
  World& world = call.world();
  Json& endpoint = endpoint_of(call);
  if (updating(world, endpoint)) {
    throw ApiError(409, "RESOURCE_CONFLICT", fmt::format("Endpoint '{}' is being updated.", call.placeholder("name")));
  }
  const std::int64_t version = endpoint["config"].value("config_version", std::int64_t{1}) + 1;
  endpoint["config"] = checked_config(world, call.body(), version, call.caller().name);
  endpoint["updated"] = endpoint["last_updated_timestamp"] = world.now_ms();
  return reply(shown(world, endpoint));
}

Reply patch_tags(Call& call) {
  Json& endpoint = endpoint_of(call);
  Json tags = Json::array();
  const Json gone = call.body().value("delete_tags", Json::array());
  const Json added = call.body().value("add_tags", Json::array());
  for (const Json& tag : endpoint.value("tags", Json::array())) {
    const bool replaced =
        std::any_of(added.begin(), added.end(), [&](const Json& each) { return each["key"] == tag["key"]; });
    if (!replaced && std::find(gone.begin(), gone.end(), tag["key"]) == gone.end()) tags.push_back(tag);
  }
  for (const Json& tag : added) tags.push_back(tag);
  endpoint["tags"] = tags;
  return reply({{"tags", std::move(tags)}});
}

Reply put_ai_gateway(Call& call) {
  Json& endpoint = endpoint_of(call);
  Json gateway = call.body();
  drop_plaintext(gateway);
  endpoint["ai_gateway"] = gateway;
  return reply(gateway);
}

Reply patch_notifications(Call& call) {
  Json& endpoint = endpoint_of(call);
  endpoint["email_notifications"] = call.body().value("email_notifications", Json::object());
  return reply({{"name", endpoint["name"]}, {"email_notifications", endpoint["email_notifications"]}});
}

Reply remove(Call& call) {
  const std::string id = endpoint_of(call)["id"];
  endpoints(call.world()).remove(call.placeholder("name"));
  forget_permissions(call.world(), "serving-endpoints", id);
  return reply(Json::object());
}

}  // namespace

void found_serving(World& world) {
  // Permissions are kept by the system's id, not by the name that everything else uses.
  declare_permission_type(
      world, {.url_type = "serving-endpoints",
              .aliases = {},
              .reply_type = "serving-endpoint",
              .levels = {"CAN_VIEW", "CAN_QUERY", "CAN_MANAGE"},
              .exists = [](World& in, const std::string& id) { return endpoints(in).find_by("id", id) != nullptr; }});
}

void add_serving_routes(Router& router) {
  const RouteGroup add(router, "/api/2.0/serving-endpoints", family::k_none);
  add("GET", "", list, "all endpoints at once");
  add("POST", "", create, "makes an endpoint; its name is unique");
  add("GET", "/{name}", get, "one endpoint, without its keys");
  add("DELETE", "/{name}", remove, "removes an endpoint");
  add("PUT", "/{name}/config", put_config, "replaces what it serves");
  add("PATCH", "/{name}/tags", patch_tags, "adds and removes tags");
  add("PUT", "/{name}/ai-gateway", put_ai_gateway, "replaces its gateway's settings");
  add("PATCH", "/{name}/notifications", patch_notifications, "says who is told of its updates by mail");
}

}  // namespace holdfast::sim::databricks
