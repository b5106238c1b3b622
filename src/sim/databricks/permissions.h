// Who may do what with an object: /api/2.0/permissions/{type}/{id} for every type of object.  A group of endpoints says
// what its objects are; the rules are here.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/databricks/call.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct PermissionType {
  std::string url_type;              // "jobs", as in /permissions/jobs/{id}
  std::vector<std::string> aliases;  // other spellings of it in URLs: "sql/warehouses"
  std::string reply_type;            // "job"
  std::vector<std::string> levels;   // weakest first, IS_OWNER not among them
  // Jobs, pipelines and warehouses have exactly one owner, who is no group.
  bool has_owner = false;
  std::function<bool(World&, const std::string& id)> exists;
  // The folder whose grants an object inherits, as (url type, id); an empty type: none above it.  Unset: no folders.
  std::function<std::pair<std::string, std::string>(World&, const std::string& id)> parent = {};
  // Objects whose list the platform keeps as it is, such as /Shared.  Unset: none.
  std::function<bool(World&, const std::string& id)> fixed = {};
};

void declare_permission_type(World& world, PermissionType type);
// What a new object begins with: its creator may manage it, and owns it where there are owners.
void grant_to_creator(World& world, std::string_view url_type, const std::string& id, const Principal& creator);
// What the platform itself grants, shown as inherited and not to be changed: homes to their users, /Shared to all.
void grant_implicitly(World& world, std::string_view url_type, const std::string& id, const std::string& principal,
                      const std::string& level);
// The access_control_list that came with a create, or as a replacement.  Throws ApiError.
void replace_permissions(World& world, std::string_view url_type, const std::string& id, const Json& list);
void forget_permissions(World& world, std::string_view url_type, const std::string& id);
// The owner's name; empty when there is none.
std::string owner_of(World& world, std::string_view url_type, const std::string& id);

void found_permissions(World& world);  // tokens and passwords
void add_permission_routes(Router& router);

}  // namespace holdfast::sim::databricks
