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
#include "sim/databricks/documents.h"
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

// A member of `admins`, or of a group within it.
bool is_admin(World& world, const Principal& principal);
// 403 for everybody else.  Published so (docs.databricks.com/api/workspace): "enables workspace administrators to
// configure global initialization scripts", "enables admins to configure IP access lists", "enables administrators to
// get all tokens and delete tokens for other users"; of the groups of old "you must be a Databricks administrator to
// invoke this API".  Of workspace-conf and the assignments of the account's groups it is assumed.
Handler for_admins(Handler work);
// Lists have for whoever is no administrator what an entry names them in, or a group of theirs: an entry of the object
// itself or of a folder above it, of this level or a stronger one; no level: any.  All of them in a tier without lists
// of access control.  Published so: "a list of policies accessible by the requesting user", "queries accessible to the
// user" and alerts alike, "all SQL warehouses that a user has access to", "repos that the calling user has Manage
// permissions on" (docs.databricks.com/api/workspace).  Of other kinds it is assumed, as their weakest level is what
// lets somebody see them (docs.databricks.com/en/security/auth/access-control).
bool is_listed(const Call& call, std::string_view url_type, const std::string& id, std::string_view level = {});
std::vector<Document> listed_to_caller(const Call& call, std::string_view url_type, std::vector<Document> documents);

void found_permissions(World& world);  // tokens and passwords
void add_permission_routes(Router& router);

}  // namespace holdfast::sim::databricks
