// Unity Catalog as definitions: what a metastore knows of catalogs and what is in them.  There is no data.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

// A kind of securable: which endpoints it has, and what the server adds to it.
struct UnityKind {
  std::string_view plural;      // in paths: "external-locations"
  std::string_view list_field;  // in replies: "external_locations"
  std::string_view securable;   // of grants, bindings and tags: "external_location"
  std::string_view says;        // in messages: "External Location"
  int depth = 1;                // parts of the full name
  std::string_view id_field;    // empty: it has no id of its own
  std::vector<std::string_view> required;
  std::vector<std::string_view> enums;  // the values of enum_field
  std::string_view enum_field;
};
const std::vector<UnityKind>& unity_kinds();
const UnityKind* find_unity_kind(std::string_view securable);

struct Unity {  // part of a World
  std::string metastore_id;
  Documents metastores;
  bool assigned = true;  // whether the workspace has the metastore
  std::string default_catalog = "main";
  std::map<std::string, Documents> securables;  // by UnityKind::securable, then by full name
  std::map<std::string, std::map<std::string, std::set<std::string>>>
      grants;                                                           // "catalog/main" → principal → privileges
  std::map<std::string, std::map<std::int64_t, std::string>> bindings;  // "catalog/main" → workspace → binding type
  Documents tags;                                                       // by entity type, entity name and key
};

// 404 when the workspace has no metastore.
Unity& assigned_unity(World& world);
Documents& unity_documents(World& world, const UnityKind& kind);
// As POST makes it.  Throws ApiError.
const Json& create_securable(World& world, const UnityKind& kind, const Json& request, const std::string& creator);
// "catalog/main"; any spelling of the type.
std::string securable_key(std::string_view type, std::string_view full_name);
// With its grants, bindings and tags, and everything below it.
void forget_securable(World& world, const UnityKind& kind, const std::string& full_name);
void check_principal(World& world, const std::string& name);

void found_unity(World& world);
void add_unity_routes(Router& router);
void add_metastore_routes(Router& router);
void add_unity_grant_routes(Router& router);

}  // namespace holdfast::sim::databricks
