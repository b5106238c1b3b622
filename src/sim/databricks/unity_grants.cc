#include <fmt/format.h>

#include <charconv>

#include "base/ascii.h"
#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/unity.h"

namespace holdfast::sim::databricks {
namespace {

// The key of the securable in the path, which is there.
std::string key_in(Call& call, const std::string& type, const std::string& name) {
  Unity& unity = assigned_unity(call.world());
  const std::string key = securable_key(type, name);
  const std::string wanted = key.substr(0, key.find('/'));
  if (wanted == "metastore") {
    if (unity.metastores.find(name) == nullptr) throw missing(fmt::format("Metastore '{}' does not exist.", name));
    return key;
  }
  const UnityKind* kind = find_unity_kind(wanted == "registered_model" ? "model" : wanted);
  if (kind == nullptr) throw invalid(fmt::format("Invalid securable type: {}", type));
  if (unity_documents(call.world(), *kind).find(name) == nullptr) {
    throw missing(fmt::format("{} '{}' does not exist.", kind->says, name));
  }
  return key;
}

// --- grants

Json assignments(const Unity& unity, const std::string& key, const std::string& principal) {
  Json out = Json::array();
  const auto held = unity.grants.find(key);
  if (held == unity.grants.end()) return out;
  for (const auto& [name, privileges] : held->second) {
    if (!principal.empty() && name != principal) continue;
    if (!privileges.empty()) out.push_back({{"principal", name}, {"privileges", privileges}});
  }
  return out;
}

Reply grants_reply(const Json& list) {
  return reply(list.empty() ? Json::object() : Json{{"privilege_assignments", list}});
}

Reply get_grants(Call& call) {
  const std::string key = key_in(call, call.placeholder("type"), call.placeholder("name"));
  return grants_reply(assignments(call.world().part<Unity>(), key, call.query("principal").value_or("")));
}

std::vector<std::string> privileges_of(const Json& change, const char* field) {
  std::vector<std::string> out;
  for (const Json& each : change.value(field, Json::array())) {
    std::string word = each.is_string() ? each.get<std::string>() : "";
    for (char& c : word) c = c == ' ' ? '_' : base::upper(c);
    if (word.empty()) throw invalid("A privilege is missing");
    out.push_back(std::move(word));
  }
  return out;
}

Reply change_grants(Call& call) {
  World& world = call.world();
  const std::string key = key_in(call, call.placeholder("type"), call.placeholder("name"));
  const Json changes = call.body().value("changes", Json::array());
  for (const Json& change : changes) check_principal(world, required_string(change, "principal"));
  Unity& unity = world.part<Unity>();
  for (const Json& change : changes) {
    std::set<std::string>& held = unity.grants[key][required_string(change, "principal")];
    for (const std::string& privilege : privileges_of(change, "add")) held.insert(privilege);
    for (const std::string& privilege : privileges_of(change, "remove")) held.erase(privilege);
  }
  return grants_reply(assignments(unity, key, ""));
}

// --- bindings: the workspaces that may see an isolated securable

Json shown_bindings(const Unity& unity, const std::string& key) {
  Json out = Json::array();
  const auto held = unity.bindings.find(key);
  if (held == unity.bindings.end()) return out;
  for (const auto& [workspace, type] : held->second)
    out.push_back({{"workspace_id", workspace}, {"binding_type", type}});
  return out;
}

Reply get_bindings(Call& call) {
  const std::string key = key_in(call, call.placeholder("type"), call.placeholder("name"));
  return reply({{"bindings", shown_bindings(call.world().part<Unity>(), key)}});
}

Reply change_bindings(Call& call) {
  const std::string key = key_in(call, call.placeholder("type"), call.placeholder("name"));
  Unity& unity = call.world().part<Unity>();
  for (const Json& each : call.body().value("add", Json::array())) {
    check_enum(each, "binding_type", {"BINDING_TYPE_READ_WRITE", "BINDING_TYPE_READ_ONLY"});
    unity.bindings[key][required_integer(each, "workspace_id")] =
        optional_string(each, "binding_type").value_or("BINDING_TYPE_READ_WRITE");
  }
  for (const Json& each : call.body().value("remove", Json::array())) {
    unity.bindings[key].erase(required_integer(each, "workspace_id"));
  }
  return reply({{"bindings", shown_bindings(unity, key)}});
}

// --- tags

std::string tag_id(const std::string& type, const std::string& name, const std::string& key) {
  return type + "/" + name + "/" + key;
}

std::string tag_id(const Call& call) {
  return tag_id(call.placeholder("type"), call.placeholder("name"), call.placeholder("key"));
}

void check_there(World& world, const UnityKind& kind, const std::string& name) {
  if (unity_documents(world, kind).find(name) == nullptr)
    throw missing(fmt::format("{} '{}' does not exist.", kind.says, name));
}

Reply create_tag(Call& call) {
  Unity& unity = assigned_unity(call.world());
  Json tag = only_fields(call.body(), {"entity_type", "entity_name", "tag_key", "tag_value"});
  check_enum(tag, "entity_type", {"catalogs", "schemas", "tables", "columns", "volumes", "models", "functions"});
  const std::string id =
      tag_id(required_string(tag, "entity_type"), required_string(tag, "entity_name"), required_string(tag, "tag_key"));
  for (const UnityKind& kind : unity_kinds())
    if (kind.plural == tag["entity_type"]) check_there(call.world(), kind, tag["entity_name"].get<std::string>());
  if (unity.tags.find(id) != nullptr) throw exists(fmt::format("Tag assignment '{}' already exists", id));
  tag["update_time"] = rfc3339(call.world().now_ms());
  return reply(unity.tags.add(id, std::move(tag)));
}

Reply get_tag(Call& call) {
  return reply(assigned_unity(call.world()).tags.get(tag_id(call), "Tag assignment"));
}

Reply update_tag(Call& call) {
  Json& tag = assigned_unity(call.world()).tags.get(tag_id(call), "Tag assignment");
  apply_mask(tag, only_fields(call.body(), {"tag_value"}), call.required_query("update_mask"));
  return reply(tag);
}

Reply remove_tag(Call& call) {
  get_tag(call);
  call.world().part<Unity>().tags.remove(tag_id(call));
  return reply(Json::object());
}

Reply list_tags(Call& call) {
  std::vector<Document> all = assigned_unity(call.world()).tags.all();
  const std::string prefix = tag_id(call.placeholder("type"), call.placeholder("name"), "");
  std::erase_if(all, [&](const Document& each) { return !each.id.starts_with(prefix); });
  return list_reply(call, all,
                    {.field = "tag_assignments",
                     .page = {.size_parameter = "max_results", .default_size = 50, .largest_size = 1000},
                     .show = {}});
}

// --- the metastore and who has it

Reply current_assignment(Call& call) {
  const Unity& unity = assigned_unity(call.world());
  const std::string& text = call.world().options().workspace_id;
  std::int64_t workspace = 0;
  std::from_chars(text.data(), text.data() + text.size(), workspace);
  return reply({{"metastore_id", unity.metastore_id},
                {"workspace_id", workspace},
                {"default_catalog_name", unity.default_catalog}});
}

Reply summary(Call& call) {
  const Unity& unity = assigned_unity(call.world());
  return reply(unity.metastores.get(unity.metastore_id, "Metastore"));
}

Reply list_metastores(Call& call) {
  return list_reply(call, call.world().part<Unity>().metastores.all(),
                    {.field = "metastores", .page = {.size_parameter = "max_results"}, .show = {}});
}

Reply get_metastore(Call& call) {
  return reply(call.world().part<Unity>().metastores.get(call.placeholder("id"), "Metastore"));
}

Reply assign(Call& call) {
  Unity& unity = call.world().part<Unity>();
  if (call.placeholder("workspace") != call.world().options().workspace_id)
    throw missing("There is no such workspace.");
  if (const auto id = optional_string(call.body(), "metastore_id")) {
    unity.metastores.get(*id, "Metastore");
    unity.assigned = true;
  }
  unity.default_catalog = optional_string(call.body(), "default_catalog_name").value_or(unity.default_catalog);
  return reply(Json::object());
}

Reply unassign(Call& call) {
  assigned_unity(call.world()).assigned = false;
  return reply(Json::object());
}

}  // namespace

void add_unity_grant_routes(Router& router) {
  const RouteGroup add(router, "/api/2.1/unity-catalog/", family::k_none);
  add("GET", "permissions/{type}/{name}", get_grants, "direct grants");
  add("PATCH", "permissions/{type}/{name}", change_grants, "adds and removes grants");
  add("GET", "bindings/{type}/{name}", get_bindings, "the workspaces that may see it");
  add("PATCH", "bindings/{type}/{name}", change_bindings, "adds and removes workspaces");
  add("POST", "entity-tag-assignments", create_tag, "sets a tag");
  add("GET", "entity-tag-assignments/{type}/{name}/tags", list_tags, "tags by pages");
  add("GET", "entity-tag-assignments/{type}/{name}/tags/{key}", get_tag, "one tag");
  add("PATCH", "entity-tag-assignments/{type}/{name}/tags/{key}", update_tag, "changes the value of a tag");
  add("DELETE", "entity-tag-assignments/{type}/{name}/tags/{key}", remove_tag, "removes a tag");
}

void add_metastore_routes(Router& router) {
  const RouteGroup add(router, "/api/2.1/unity-catalog/", family::k_none);
  add("GET", "current-metastore-assignment", current_assignment, "the metastore of this workspace");
  add("GET", "metastore_summary", summary, "the metastore itself");
  add("GET", "metastores", list_metastores, "metastores by pages");
  add("GET", "metastores/{id}", get_metastore, "one metastore");
  add("PUT", "workspaces/{workspace}/metastore", assign, "gives the workspace a metastore");
  add("PATCH", "workspaces/{workspace}/metastore", assign, "changes what the workspace has of it");
  add("DELETE", "workspaces/{workspace}/metastore", unassign, "takes the metastore away");
}

}  // namespace holdfast::sim::databricks
