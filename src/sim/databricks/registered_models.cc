#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/mlflow.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

RegisteredModels& held(World& world) {
  return world.part<RegisteredModels>();
}

Json& model_of(World& world, const std::string& name) {
  Json* found = held(world).documents.find(name);
  if (found == nullptr) throw missing(fmt::format("RegisteredModel '{}' does not exist.", name));
  return *found;
}

std::vector<Document> versions_of(World& world, const std::string& name) {
  std::vector<Document> out = held(world).versions.all();
  std::erase_if(out, [&](const Document& each) { return (*each.body)["name"] != name; });
  return out;
}

// The id of a model, which its permissions are kept by, is not shown by most replies.
Json shown(World& world, const Json& model) {
  Json out = model;
  out.erase("id");
  const std::vector<Document> versions = versions_of(world, model["name"]);
  if (!versions.empty()) out["latest_versions"] = Json::array({*versions.back().body});
  return out;
}

Reply create(Call& call) {
  World& world = call.world();
  const std::string name = required_string(call.body(), "name");
  if (held(world).documents.find(name) != nullptr)
    throw exists(fmt::format("RegisteredModel '{}' already exists.", name));
  const std::int64_t now = world.now_ms();
  Json model = only_fields(call.body(), {"name", "description", "tags"});
  model["id"] = world.new_hex(32);
  model["user_id"] = call.caller().name;
  model["creation_timestamp"] = model["last_updated_timestamp"] = now;
  const Json& added = held(world).documents.add(name, std::move(model));
  grant_to_creator(world, "registered-models", added["id"], call.caller());
  return reply({{"registered_model", shown(world, added)}});
}

Reply get(Call& call) {
  const Json& model = model_of(call.world(), call.required_query("name"));
  Json out = shown(call.world(), model);
  out["id"] = model["id"];
  out["permission_level"] = "CAN_MANAGE";
  return reply({{"registered_model_databricks", std::move(out)}});
}

Reply update(Call& call) {
  Json& model = model_of(call.world(), required_string(call.body(), "name"));
  model.update(only_fields(call.body(), {"description"}));
  model["last_updated_timestamp"] = call.world().now_ms();
  return reply({{"registered_model", shown(call.world(), model)}});
}

Reply rename(Call& call) {
  World& world = call.world();
  const std::string name = required_string(call.body(), "name");
  const std::string wanted = required_string(call.body(), "new_name");
  Json model = model_of(world, name);
  if (held(world).documents.find(wanted) != nullptr)
    throw exists(fmt::format("RegisteredModel '{}' already exists.", wanted));
  for (const Document& each : versions_of(world, name)) {
    Json version = *each.body;
    version["name"] = wanted;
    held(world).versions.remove(std::string(each.id));
    held(world).versions.add(wanted + "/" + version["version"].get<std::string>(), std::move(version));
  }
  held(world).documents.remove(name);
  model["name"] = wanted;
  return reply({{"registered_model", shown(world, held(world).documents.add(wanted, std::move(model)))}});
}

Reply remove(Call& call) {
  World& world = call.world();
  const std::string name =
      required_string(call.body().empty() ? Json{{"name", call.query("name").value_or("")}} : call.body(), "name");
  const std::string id = model_of(world, name)["id"];
  for (const Document& each : versions_of(world, name)) held(world).versions.remove(std::string(each.id));
  held(world).documents.remove(name);
  forget_permissions(world, "registered-models", id);
  return reply(Json::object());
}

Reply set_tag(Call& call) {
  Json& model = model_of(call.world(), required_string(call.body(), "name"));
  const std::string key = required_string(call.body(), "key");
  if (!model.contains("tags")) model["tags"] = Json::array();
  Json& tags = model["tags"];
  const auto known = std::find_if(tags.begin(), tags.end(), [&](const Json& tag) { return tag["key"] == key; });
  const std::string value = optional_string(call.body(), "value").value_or("");
  if (known == tags.end()) {
    tags.push_back({{"key", key}, {"value", value}});
  } else {
    (*known)["value"] = value;
  }
  return reply(Json::object());
}

Reply delete_tag(Call& call) {
  Json& model = model_of(call.world(), call.required_query("name"));
  const std::string key = call.required_query("key");
  Json left = Json::array();
  for (const Json& tag : model.value("tags", Json::array()))
    if (tag["key"] != key) left.push_back(tag);
  if (left.size() == model.value("tags", Json::array()).size())
    throw missing(fmt::format("RegisteredModel '{}' has no tag '{}'.", call.required_query("name"), key));
  model["tags"] = std::move(left);
  return reply(Json::object());
}

Reply list(Call& call) {
  std::vector<Document> all = held(call.world()).documents.all();
  std::erase_if(all, [&](const Document& each) { return !is_listed(call, "registered-models", (*each.body)["id"]); });
  return list_reply(call, all,
                    {.field = "registered_models",
                     .page = {.size_parameter = "max_results", .default_size = 100, .largest_size = 1000},
                     .show = [&](const Document& each) { return shown(call.world(), *each.body); }});
}

Reply create_version(Call& call) {
  World& world = call.world();
  const std::string name = required_string(call.body(), "name");
  model_of(world, name);
  Json version = only_fields(call.body(), {"name", "source", "run_id", "run_link", "description", "tags"});
  required_string(version, "source");
  const std::string number = std::to_string(versions_of(world, name).size() + 1);
  version["version"] = number;
  version["current_stage"] = "None";
  version["status"] = "READY";
  version["user_id"] = call.caller().name;
  version["creation_timestamp"] = version["last_updated_timestamp"] = world.now_ms();
  return reply({{"model_version", held(world).versions.add(name + "/" + number, std::move(version))}});
}

Reply get_version(Call& call) {
  const std::string id = call.required_query("name") + "/" + call.required_query("version");
  return reply({{"model_version", held(call.world()).versions.get(id, "ModelVersion")}});
}

// "name='x'" is what the platform's own clients ask.
Reply search_versions(Call& call) {
  std::vector<Document> all = held(call.world()).versions.all();
  if (const auto filter = call.query("filter"); filter && !filter->empty()) {
    const std::size_t from = filter->find('\'');
    const std::size_t to = filter->rfind('\'');
    if (!filter->starts_with("name") || from == std::string::npos || to <= from) {
      throw invalid("The filter is none that this endpoint knows");
    }
    const std::string name = filter->substr(from + 1, to - from - 1);
    std::erase_if(all, [&](const Document& each) { return (*each.body)["name"] != name; });
  }
  return list_reply(call, all,
                    {.field = "model_versions",
                     .page = {.size_parameter = "max_results", .default_size = 100, .largest_size = 10'000},
                     .show = {}});
}

}  // namespace

void add_registered_model_routes(Router& router) {
  const auto add = [&](std::string_view method, std::string name, Handler handler, std::string_view limit,
                       std::string_view doc) {
    router.add({method, "/api/2.0/mlflow/" + name, std::move(handler), limit, doc});
  };
  add("POST", "registered-models/create", create, family::k_mlflow, "makes a model; its name is unique");
  add("GET", "databricks/registered-models/get", get, family::k_mlflow, "one model, with the id of its permissions");
  add("PATCH", "registered-models/update", update, family::k_mlflow, "changes the description");
  add("POST", "registered-models/rename", rename, family::k_mlflow, "renames a model");
  add("DELETE", "registered-models/delete", remove, family::k_mlflow, "removes a model and its versions");
  add("POST", "registered-models/set-tag", set_tag, family::k_mlflow, "sets a tag");
  add("DELETE", "registered-models/delete-tag", delete_tag, family::k_mlflow, "takes a tag away");
  add("GET", "registered-models/list", list, family::k_mlflow_search, "models by pages");
  add("GET", "registered-models/search", list, family::k_mlflow_search, "models by pages");
  add("POST", "model-versions/create", create_version, family::k_mlflow, "adds a version");
  add("GET", "model-versions/get", get_version, family::k_mlflow, "one version");
  add("GET", "model-versions/search", search_versions, family::k_mlflow_search, "versions by pages");
}

void add_mlflow_routes(Router& router) {
  add_experiment_routes(router);
  add_registered_model_routes(router);
}

void found_mlflow(World& world) {
  declare_permission_type(world, {.url_type = "experiments",
                                  .aliases = {},
                                  .reply_type = "mlflowExperiment",
                                  .levels = {"CAN_READ", "CAN_EDIT", "CAN_MANAGE"},
                                  .exists = [](World& in, const std::string& id) {
                                    return in.part<Experiments>().documents.find(id) != nullptr;
                                  }});
  declare_permission_type(world, {.url_type = "registered-models",
                                  .aliases = {},
                                  .reply_type = "registered-model",
                                  .levels = {"CAN_READ", "CAN_EDIT", "CAN_MANAGE_STAGING_VERSIONS",
                                             "CAN_MANAGE_PRODUCTION_VERSIONS", "CAN_MANAGE"},
                                  .exists = [](World& in, const std::string& id) {
                                    return held(in).documents.find_by("id", id) != nullptr;
                                  }});
}

}  // namespace holdfast::sim::databricks
