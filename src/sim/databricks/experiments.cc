#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/mlflow.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

Documents& experiments(World& world) {
  return world.part<Experiments>().documents;
}

Json& experiment_of(World& world, const std::string& id) {
  Json* found = experiments(world).find(id);
  if (found == nullptr) throw missing(fmt::format("No experiment with id {} exists", id));
  return *found;
}

Json* find_active(World& world, const std::string& name) {
  for (const Document& each : experiments(world).all()) {
    if ((*each.body)["name"] == name && (*each.body)["lifecycle_stage"] == "active") return each.body;
  }
  return nullptr;
}

// The name is a path of the workspace.
void check_name(World& world, const std::string& name) {
  if (!name.starts_with('/')) throw invalid(fmt::format("Experiment name must be an absolute path: '{}'", name));
  if (find_active(world, name) != nullptr) throw exists(fmt::format("Node named '{}' already exists", name));
}

Reply create(Call& call) {
  World& world = call.world();
  const std::string name = required_string(call.body(), "name");
  check_name(world, name);
  const std::string id = std::to_string(world.new_id());
  const std::int64_t now = world.now_ms();
  Json experiment = {
      {"experiment_id", id},
      {"name", name},
      {"artifact_location",
       optional_string(call.body(), "artifact_location").value_or("dbfs:/databricks/mlflow-tracking/" + id)},
      {"lifecycle_stage", "active"},
      {"creation_time", now},
      {"last_update_time", now},
      {"tags", call.body().value("tags", Json::array())}};
  const auto own_tag = [&](const char* key, const std::string& value) {
    experiment["tags"].push_back({{"key", key}, {"value", value}});
  };
  own_tag("mlflow.ownerEmail", call.caller().name);
  own_tag("mlflow.ownerId", call.caller().id);
  own_tag("mlflow.experimentType", "MLFLOW_EXPERIMENT");
  experiments(world).add(id, std::move(experiment));
  grant_to_creator(world, "experiments", id, call.caller());
  return reply({{"experiment_id", id}});
}

Reply get(Call& call) {
  return reply({{"experiment", experiment_of(call.world(), call.required_query("experiment_id"))}});
}

Reply get_by_name(Call& call) {
  const std::string name = call.required_query("experiment_name");
  const Json* found = find_active(call.world(), name);
  if (found == nullptr) throw missing(fmt::format("Node {} does not exist.", name));
  return reply({{"experiment", *found}});
}

Reply update(Call& call) {
  World& world = call.world();
  Json& experiment = experiment_of(world, required_string(call.body(), "experiment_id"));
  const std::string name = required_string(call.body(), "new_name");
  if (name != experiment["name"]) check_name(world, name);
  experiment["name"] = name;
  experiment["last_update_time"] = world.now_ms();
  return reply(Json::object());
}

Reply set_tag(Call& call) {
  Json& tags = experiment_of(call.world(), required_string(call.body(), "experiment_id"))["tags"];
  const std::string key = required_string(call.body(), "key");
  const std::string value = optional_string(call.body(), "value").value_or("");
  const auto known = std::find_if(tags.begin(), tags.end(), [&](const Json& tag) { return tag["key"] == key; });
  if (known == tags.end()) {
    tags.push_back({{"key", key}, {"value", value}});
  } else {
    (*known)["value"] = value;
  }
  return reply(Json::object());
}

Reply set_stage(Call& call, const char* stage) {
  Json& experiment = experiment_of(call.world(), required_string(call.body(), "experiment_id"));
  experiment["lifecycle_stage"] = stage;
  experiment["last_update_time"] = call.world().now_ms();
  return reply(Json::object());
}

std::vector<Document> viewed(World& world, const std::string& view) {
  std::vector<Document> all = experiments(world).all();
  std::erase_if(all, [&](const Document& each) {
    const bool active = (*each.body)["lifecycle_stage"] == "active";
    return view != "ALL" && active == (view == "DELETED_ONLY");
  });
  return all;
}

Reply list(Call& call) {
  return list_reply(
      call,
      listed_to_caller(call, "experiments", viewed(call.world(), call.query("view_type").value_or("ACTIVE_ONLY"))),
      {.field = "experiments",
       .page = {.size_parameter = "max_results", .default_size = 100, .largest_size = 50'000},
       .show = {}});
}

// A search says its page in the body.  The token is the last id that was handed out.
Reply search(Call& call) {
  constexpr std::int64_t k_default = 100;
  const std::vector<Document> all = listed_to_caller(
      call, "experiments", viewed(call.world(), optional_string(call.body(), "view_type").value_or("ACTIVE_ONLY")));
  const std::string token = optional_string(call.body(), "page_token").value_or("");
  std::size_t from = 0;
  if (!token.empty()) {
    const auto last = std::find_if(all.begin(), all.end(), [&](const Document& each) { return each.id == token; });
    if (last == all.end()) throw invalid("Invalid page token");
    from = static_cast<std::size_t>(last - all.begin()) + 1;
  }
  auto size = static_cast<std::size_t>(
      std::max<std::int64_t>(1, optional_integer(call.body(), "max_results").value_or(k_default)));
  if (call.page_fault() == PageFault::shorter) size = std::max<std::size_t>(1, size / 2);
  const std::size_t to = std::min(all.size(), from + size);
  Json body = Json::object();
  for (std::size_t i = from; i < to; ++i) body["experiments"].push_back(*all[i].body);
  if (to < all.size()) body["next_page_token"] = all[to - 1].id;
  return reply(body);
}

}  // namespace

void add_experiment_routes(Router& router) {
  const auto add = [&](std::string_view method, std::string name, Handler handler, std::string_view limit,
                       std::string_view doc) {
    router.add({method, "/api/2.0/mlflow/experiments/" + name, std::move(handler), limit, doc});
  };
  add("POST", "create", create, family::k_mlflow, "makes an experiment; its name is a path and unique");
  add("GET", "get", get, family::k_mlflow, "one experiment");
  add("GET", "get-by-name", get_by_name, family::k_mlflow, "one experiment by its path");
  add("GET", "list", list, family::k_mlflow_search, "experiments by pages");
  add("POST", "search", search, family::k_mlflow_search, "experiments by pages, asked for in the body");
  add("POST", "update", update, family::k_mlflow, "renames an experiment");
  add("POST", "set-experiment-tag", set_tag, family::k_mlflow, "sets a tag");
  add(
      "POST", "delete", [](Call& call) { return set_stage(call, "deleted"); }, family::k_mlflow,
      "deletes an experiment");
  add(
      "POST", "restore", [](Call& call) { return set_stage(call, "active"); }, family::k_mlflow, "takes it back");
}

}  // namespace holdfast::sim::databricks
