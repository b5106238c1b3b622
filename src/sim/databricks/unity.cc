#include "sim/databricks/unity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

// What goes into a connection and never comes out.
constexpr std::array<const char*, 7> k_secret_options = {
    "password",        "client_secret", "personalAccessToken",        "access_token",
    "pem_private_key", "bearer_token",  "GoogleServiceAccountKeyJson"};

std::string parent_of(const std::string& full_name) {
  const std::size_t dot = full_name.rfind('.');
  return dot == std::string::npos ? "" : full_name.substr(0, dot);
}

std::string full_name_of(const UnityKind& kind, const Json& body) {
  const std::string name = required_string(body, "name");
  if (kind.depth == 1) return name;
  const std::string catalog = required_string(body, "catalog_name");
  return kind.depth == 2 ? catalog + "." + name : catalog + "." + required_string(body, "schema_name") + "." + name;
}

ApiError no_such(const UnityKind& kind, const std::string& full_name) {
  std::string code(kind.says);
  std::transform(code.begin(), code.end(), code.begin(), [](char c) { return c == ' ' ? '_' : c & ~0x20; });
  return ApiError(404, code + "_DOES_NOT_EXIST", fmt::format("{} '{}' does not exist.", kind.says, full_name));
}

Json& securable_of(World& world, const UnityKind& kind, const std::string& full_name) {
  assigned_unity(world);
  Json* found = unity_documents(world, kind).find(full_name);
  if (found == nullptr) throw no_such(kind, full_name);
  return *found;
}

void check_parent(World& world, const UnityKind& kind, const std::string& full_name) {
  if (kind.depth == 1) return;
  const UnityKind& above = *find_unity_kind(kind.depth == 2 ? "catalog" : "schema");
  const std::string parent = parent_of(full_name);
  if (unity_documents(world, above).find(parent) == nullptr) throw no_such(above, parent);
}

void check_references(World& world, const UnityKind& kind, const Json& body) {
  if (kind.securable != "external_location" || !body.contains("credential_name")) return;
  const UnityKind& credential = *find_unity_kind("storage_credential");
  const std::string name = required_string(body, "credential_name");
  if (unity_documents(world, credential).find(name) == nullptr) throw no_such(credential, name);
}

void check_values(const UnityKind& kind, const Json& body) {
  if (kind.enum_field.empty() || !body.contains(std::string(kind.enum_field))) return;
  const std::string value = required_string(body, kind.enum_field);
  if (std::find(kind.enums.begin(), kind.enums.end(), value) == kind.enums.end()) {
    throw invalid(fmt::format("Invalid value '{}' for field {}", value, kind.enum_field));
  }
}

void drop_server_fields(Json& body) {
  drop_fields(body, {"full_name",
                     "metastore_id",
                     "created_at",
                     "created_by",
                     "updated_at",
                     "updated_by",
                     "owner",
                     "schema_id",
                     "table_id",
                     "volume_id",
                     "function_id",
                     "id",
                     "connection_id",
                     "credential_id",
                     "browse_only",
                     "effective_predictive_optimization_flag",
                     "securable_type",
                     "securable_kind",
                     "provisioning_info",
                     "skip_validation"});
}

void drop_secrets(Json& body) {
  body.erase("secrets");
  if (!body.contains("options")) return;
  for (const char* option : k_secret_options) body["options"].erase(option);
}

void add_builtin_schemas(World& world, const std::string& catalog, const std::string& creator) {
  const UnityKind& schemas = *find_unity_kind("schema");
  for (const char* name : {"default", "information_schema"}) {
    create_securable(world, schemas, {{"name", name}, {"catalog_name", catalog}}, creator);
  }
}

// What the platform's own types say that each has.
void check_function(const Json& request) {
  for (const char* field : {"data_type", "full_data_type", "parameter_style", "routine_definition", "security_type",
                            "specific_name", "sql_data_access"})
    required_string(request, field);
  required_object(request, "input_params");
  for (const char* field : {"is_deterministic", "is_null_call"})
    if (!request.contains(field) || !request[field].is_boolean()) throw invalid(fmt::format("{} is required", field));
}

// Lists do not say what a view reads.
Json listed(const Document& each) {
  Json out = *each.body;
  out.erase("view_dependencies");
  out.erase("table_constraints");
  return out;
}

// --- endpoints

Reply create(Call& call, const UnityKind& kind) {
  assigned_unity(call.world());
  // Functions come in an envelope.
  const Json& request =
      call.body().contains("function_info") ? required_object(call.body(), "function_info") : call.body();
  if (kind.securable == "table" && required_string(request, "table_type") != "EXTERNAL") {
    throw invalid("Only external tables can be created through this API");
  }
  if (kind.securable == "function") check_function(request);
  const Json& made = create_securable(call.world(), kind, request, call.caller().name);
  if (kind.securable == "catalog") add_builtin_schemas(call.world(), made["name"], call.caller().name);
  return reply(made);
}

Reply get(Call& call, const UnityKind& kind) {
  return reply(securable_of(call.world(), kind, call.placeholder("name")));
}

Reply list(Call& call, const UnityKind& kind) {
  assigned_unity(call.world());
  std::string parent;
  if (kind.depth == 2) parent = call.required_query("catalog_name");
  if (kind.depth == 3) parent = call.required_query("catalog_name") + "." + call.required_query("schema_name");
  std::vector<Document> all = unity_documents(call.world(), kind).all();
  std::erase_if(all, [&](const Document& each) { return parent_of(each.id) != parent; });
  return list_reply(call, all,
                    {.field = kind.list_field,
                     .page = {.size_parameter = "max_results", .default_size = 100, .largest_size = 1000},
                     .show = listed});
}

const Json& move(World& world, const UnityKind& kind, const std::string& from, Json body) {
  const std::string parent = parent_of(from);
  const std::string to = (parent.empty() ? "" : parent + ".") + body["name"].get<std::string>();
  Unity& unity = world.part<Unity>();
  if (unity_documents(world, kind).find(to) != nullptr)
    throw exists(fmt::format("{} '{}' already exists", kind.says, to));
  body["full_name"] = to;
  auto grants = unity.grants[securable_key(kind.securable, from)];
  auto bindings = unity.bindings[securable_key(kind.securable, from)];
  std::vector<Json> tags;
  for (const Document& tag : unity.tags.all())
    if ((*tag.body)["entity_name"] == from && (*tag.body)["entity_type"] == kind.plural) tags.push_back(*tag.body);
  forget_securable(world, kind, from);
  const Json& moved = unity_documents(world, kind).add(to, std::move(body));
  unity.grants[securable_key(kind.securable, to)] = std::move(grants);
  unity.bindings[securable_key(kind.securable, to)] = std::move(bindings);
  for (Json& tag : tags) {
    tag["entity_name"] = to;
    unity.tags.add(fmt::format("{}/{}/{}", kind.plural, to, tag["tag_key"].get<std::string>()), std::move(tag));
  }
  return moved;
}

bool has_children(World& world, const UnityKind& kind, const std::string& full_name);

Reply update(Call& call, const UnityKind& kind) {
  World& world = call.world();
  const std::string name = call.placeholder("name");
  Json changed = securable_of(world, kind, name);
  Json changes = call.body();
  const bool owner_only = kind.securable == "function" || kind.securable == "table";
  if (owner_only && (changes.size() != 1 || !changes.contains("owner")))
    throw invalid(fmt::format("Only the owner of a {} can be changed", kind.says));
  const auto owner = optional_string(changes, "owner");
  const auto new_name = optional_string(changes, "new_name");
  drop_server_fields(changes);
  drop_fields(changes, {"name", "new_name", "catalog_name", "schema_name", "force"});
  check_references(world, kind, changes);
  changed.update(changes);
  drop_secrets(changed);
  if (owner) {
    check_principal(world, *owner);
    changed["owner"] = *owner;
  }
  changed["updated_at"] = world.now_ms();
  changed["updated_by"] = call.caller().name;
  if (!new_name || *new_name == changed["name"])
    return reply(unity_documents(world, kind).add(name, std::move(changed)));
  if (has_children(world, kind, name))
    throw bad_state(fmt::format("{} '{}' is not empty and keeps its name", kind.says, name));
  changed["name"] = *new_name;
  return reply(move(world, kind, name, std::move(changed)));
}

bool has_children(World& world, const UnityKind& kind, const std::string& full_name) {
  for (const UnityKind& below : unity_kinds()) {
    if (below.depth != kind.depth + 1 || kind.depth == 3) continue;
    if (kind.depth == 1 && kind.securable != "catalog") continue;
    for (const Document& each : unity_documents(world, below).all()) {
      const bool builtin = (*each.body)["name"] == "default" || (*each.body)["name"] == "information_schema";
      if (parent_of(each.id) == full_name && !(below.securable == "schema" && builtin)) return true;
    }
  }
  return false;
}

Reply remove(Call& call, const UnityKind& kind) {
  World& world = call.world();
  const std::string name = call.placeholder("name");
  securable_of(world, kind, name);
  const bool force = call.query_flag("force");
  if (!force && has_children(world, kind, name)) throw bad_state(fmt::format("{} '{}' is not empty", kind.says, name));
  if (!force && kind.securable == "storage_credential" &&
      unity_documents(world, *find_unity_kind("external_location")).find_by("credential_name", name) != nullptr) {
    throw bad_state(fmt::format("Storage Credential '{}' is used by an external location", name));
  }
  forget_securable(world, kind, name);
  return reply(Json::object());
}

Reply table_exists(Call& call) {
  assigned_unity(call.world());
  const bool there = unity_documents(call.world(), *find_unity_kind("table")).find(call.placeholder("name")) != nullptr;
  return reply({{"table_exists", there}});
}

}  // namespace

const std::vector<UnityKind>& unity_kinds() {
  static const std::vector<UnityKind> kinds = {
      {"storage-credentials", "storage_credentials", "storage_credential", "Storage Credential", 1, "id", {}, {}, ""},
      {"external-locations",
       "external_locations",
       "external_location",
       "External Location",
       1,
       "",
       {"url", "credential_name"},
       {},
       ""},
      {"connections",
       "connections",
       "connection",
       "Connection",
       1,
       "connection_id",
       {"connection_type"},
       {"MYSQL", "POSTGRESQL", "SNOWFLAKE", "REDSHIFT", "SQLDW", "SQLSERVER", "DATABRICKS", "BIGQUERY", "HTTP",
        "HIVE_METASTORE", "GLUE", "ORACLE", "TERADATA", "SALESFORCE", "SERVICENOW", "POWER_BI"},
       "connection_type"},
      {"catalogs", "catalogs", "catalog", "Catalog", 1, "", {}, {"OPEN", "ISOLATED"}, "isolation_mode"},
      {"schemas", "schemas", "schema", "Schema", 2, "schema_id", {}, {}, ""},
      {"tables",
       "tables",
       "table",
       "Table",
       3,
       "table_id",
       {"table_type"},
       {"MANAGED", "EXTERNAL", "VIEW", "MATERIALIZED_VIEW", "STREAMING_TABLE", "FOREIGN"},
       "table_type"},
      {"volumes",
       "volumes",
       "volume",
       "Volume",
       3,
       "volume_id",
       {"volume_type"},
       {"MANAGED", "EXTERNAL"},
       "volume_type"},
      {"functions",
       "functions",
       "function",
       "Function",
       3,
       "function_id",
       {"routine_body"},
       {"SQL", "EXTERNAL"},
       "routine_body"},
      {"models", "registered_models", "model", "Model", 3, "", {}, {}, ""},
  };
  return kinds;
}

const UnityKind* find_unity_kind(std::string_view securable) {
  const auto& kinds = unity_kinds();
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const UnityKind& each) { return each.securable == securable; });
  return found == kinds.end() ? nullptr : &*found;
}

Unity& assigned_unity(World& world) {
  Unity& unity = world.part<Unity>();
  if (unity.assigned) return unity;
  throw ApiError(404, "METASTORE_DOES_NOT_EXIST", "No metastore assigned for the current workspace.");
}

Documents& unity_documents(World& world, const UnityKind& kind) {
  return world.part<Unity>().securables[std::string(kind.securable)];
}

std::string securable_key(std::string_view type, std::string_view full_name) {
  std::string key(type);
  std::transform(key.begin(), key.end(), key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c == '-' ? '_' : c;
  });
  return key + "/" + std::string(full_name);
}

void check_principal(World& world, const std::string& name) {
  if (name == "account users" || find_identity(world, name) != nullptr) return;
  throw ApiError(404, "PRINCIPAL_DOES_NOT_EXIST", fmt::format("Could not find principal with name {}", name));
}

const Json& create_securable(World& world, const UnityKind& kind, const Json& request, const std::string& creator) {
  Unity& unity = world.part<Unity>();
  const std::string full_name = full_name_of(kind, request);
  check_parent(world, kind, full_name);
  if (unity_documents(world, kind).find(full_name) != nullptr) {
    throw exists(fmt::format("{} '{}' already exists", kind.says, full_name));
  }
  Json body = request;
  drop_server_fields(body);
  for (const std::string_view field : kind.required) required_string(body, field);
  check_values(kind, body);
  check_references(world, kind, body);
  drop_secrets(body);
  body["full_name"] = full_name;
  body["metastore_id"] = unity.metastore_id;
  body["owner"] = body["created_by"] = body["updated_by"] = creator;
  body["created_at"] = body["updated_at"] = world.now_ms();
  if (!kind.id_field.empty()) body[std::string(kind.id_field)] = world.new_uuid();
  if (kind.securable == "catalog") {
    if (!body.contains("catalog_type"))
      body["catalog_type"] = body.contains("connection_name") ? "FOREIGN_CATALOG" : "MANAGED_CATALOG";
    if (!body.contains("isolation_mode")) body["isolation_mode"] = "OPEN";
  } else if (kind.securable == "schema") {
    body["catalog_type"] = securable_of(world, *find_unity_kind("catalog"), parent_of(full_name))["catalog_type"];
  }
  return unity_documents(world, kind).add(full_name, std::move(body));
}

void forget_securable(World& world, const UnityKind& kind, const std::string& full_name) {
  Unity& unity = world.part<Unity>();
  unity_documents(world, kind).remove(full_name);
  unity.grants.erase(securable_key(kind.securable, full_name));
  unity.bindings.erase(securable_key(kind.securable, full_name));
  for (const Document& tag : unity.tags.all()) {
    if ((*tag.body)["entity_name"] == full_name && (*tag.body)["entity_type"] == kind.plural)
      unity.tags.remove(std::string(tag.id));
  }
  if (kind.securable != "catalog" && kind.securable != "schema") return;
  for (const UnityKind& below : unity_kinds()) {
    if (below.depth <= kind.depth) continue;
    for (const Document& each : unity_documents(world, below).all()) {
      if (each.id.starts_with(full_name + ".")) forget_securable(world, below, std::string(each.id));
    }
  }
}

void found_unity(World& world) {
  Unity& unity = world.part<Unity>();
  unity.metastore_id = world.new_uuid();
  unity.metastores.add(unity.metastore_id,
                       {{"metastore_id", unity.metastore_id},
                        {"name", "metastore-" + world.options().region},
                        {"region", world.options().region},
                        {"cloud", "azure"},
                        {"owner", "admins"},
                        {"global_metastore_id", "azure:" + world.options().region + ":" + unity.metastore_id},
                        {"created_at", world.now_ms()},
                        {"privilege_model_version", "1.0"}});
  const UnityKind& catalogs = *find_unity_kind("catalog");
  create_securable(world, catalogs, {{"name", "system"}, {"catalog_type", "SYSTEM_CATALOG"}}, "System user");
}

void add_unity_routes(Router& router) {
  for (const UnityKind& kind : unity_kinds()) {
    const std::string base = fmt::format("/api/2.1/unity-catalog/{}", kind.plural);
    const auto add = [&](std::string_view method, const std::string& pattern, Reply (*work)(Call&, const UnityKind&),
                         std::string_view doc) {
      router.add({method, pattern, [work, &kind](Call& call) { return work(call, kind); }, family::k_none, doc});
    };
    add("GET", base, list, "those of a parent, by pages");
    add("POST", base, create, "makes one");
    add("GET", base + "/{name}", get, "one by its full name");
    add("PATCH", base + "/{name}", update, "changes one, its owner and its name included");
    add("DELETE", base + "/{name}", remove, "removes one");
  }
  router.add(
      {"GET", "/api/2.1/unity-catalog/tables/{name}/exists", table_exists, family::k_none, "whether a table is there"});
  add_metastore_routes(router);
  add_unity_grant_routes(router);
}

}  // namespace holdfast::sim::databricks
