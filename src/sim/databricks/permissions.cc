#include "sim/databricks/permissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::string_view k_owner = "IS_OWNER";

// Who holds a grant: the field of the API, and the name in it.
using Grantee = std::pair<std::string, std::string>;
using Levels = std::set<std::string>;
using Grants = std::map<Grantee, Levels>;

struct Permissions {
  std::map<std::string, PermissionType, std::less<>> types;
  std::map<std::string, std::string, std::less<>> aliases;
  std::map<std::string, Grants> direct;    // by "jobs/12"
  std::map<std::string, Grants> implicit;  // by the platform itself
};

std::string key_of(std::string_view type, const std::string& id) {
  return fmt::format("{}/{}", type, id);
}

const PermissionType& type_named(World& world, const std::string& name) {
  auto& all = world.part<Permissions>();
  const auto alias = all.aliases.find(name);
  const auto found = all.types.find(alias == all.aliases.end() ? name : alias->second);
  if (found == all.types.end()) {
    throw ApiError(400, "BAD_REQUEST", fmt::format("'{}' is not a type of objects that have permissions.", name));
  }
  return found->second;
}

Grantee grantee_of(World& world, const std::string& name) {
  const auto* identity = find_identity(world, name);
  if (identity == nullptr || identity->kind == IdentityKind::user) return {"user_name", name};
  return {identity->kind == IdentityKind::group ? "group_name" : "service_principal_name", name};
}

std::size_t rank(const PermissionType& type, const std::string& level) {
  if (level == k_owner) return type.levels.size();
  return static_cast<std::size_t>(std::find(type.levels.begin(), type.levels.end(), level) - type.levels.begin());
}

void check_level(const PermissionType& type, const std::string& level) {
  const bool known = std::find(type.levels.begin(), type.levels.end(), level) != type.levels.end();
  if (known || (type.has_owner && level == k_owner)) return;
  throw invalid(fmt::format("Permission type {} is not allowed for {}.", level, type.reply_type));
}

// Whether the grantee is there.  Throws what the platform says when it is not.
void check_grantee(World& world, const Grantee& grantee) {
  const auto& [field, name] = grantee;
  const bool known = field == "user_name"    ? find_user(world, name) != nullptr
                     : field == "group_name" ? find_group(world, name) != nullptr
                                             : find_service_principal(world, name) != nullptr;
  if (known) return;
  const std::string_view what = field == "user_name"    ? "UserName"
                                : field == "group_name" ? "GroupName"
                                                        : "ServicePrincipalName";
  throw missing(fmt::format("Principal: {}({}) does not exist.", what, name));
}

Grantee grantee_in(World& world, const Json& entry) {
  if (!entry.is_object()) throw malformed("An entry of the access control list must be an object.");
  Grantee grantee;
  for (const auto* field : {"user_name", "group_name", "service_principal_name"}) {
    const auto name = optional_string(entry, field);
    if (!name || name->empty()) continue;
    if (!grantee.first.empty()) throw invalid("An access control entry names more than one principal.");
    grantee = {field, *name};
  }
  if (grantee.first.empty()) throw invalid("An access control entry names no principal.");
  check_grantee(world, grantee);
  return grantee;
}

bool admins_can_be_changed(const PermissionType& type) {
  return type.url_type == "authorization/passwords";
}

// The list of a request, checked.  What it says of `admins` is refused when it would change anything.
Grants grants_in(World& world, const PermissionType& type, const Json& list) {
  Grants out;
  for (const auto& entry : list) {
    const auto grantee = grantee_in(world, entry);
    const auto level = required_string(entry, "permission_level");
    check_level(type, level);
    if (level == k_owner && grantee.first == "group_name") throw invalid("A group can not be the owner.");
    const bool admins = grantee == Grantee{"group_name", "admins"} && !admins_can_be_changed(type);
    if (admins && level != type.levels.back()) {
      throw invalid("The permissions of the group admins cannot be changed.");
    }
    if (!admins) out[grantee].insert(level);
  }
  return out;
}

std::size_t owners_in(const Grants& grants) {
  return static_cast<std::size_t>(std::count_if(
      grants.begin(), grants.end(), [](const auto& each) { return each.second.contains(std::string(k_owner)); }));
}

void check_one_owner(const PermissionType& type, const Grants& grants) {
  if (!type.has_owner || owners_in(grants) == 1) return;
  throw invalid(fmt::format("The {} must have exactly one owner.", type.reply_type));
}

void add_groups_of(const Identities& all, const std::string& id, std::set<Grantee>& out) {
  const auto [first, last] = all.groups_of.equal_range(id);
  for (auto link = first; link != last; ++link)
    if (out.insert({"group_name", all.by_id.at(link->second).name}).second) add_groups_of(all, link->second, out);
}

// As whom somebody holds grants: under the own name, and as a member of groups.
std::set<Grantee> grantees_of(World& world, const Principal& principal) {
  std::set<Grantee> out{grantee_of(world, principal.name), {"group_name", "users"}};
  add_groups_of(world.part<Identities>(), principal.id, out);
  return out;
}

const Grantee k_admins{"group_name", "admins"};

// Whether any of them holds this level, or a stronger one, on the object or on what it inherits from.
bool holds(World& world, const std::set<Grantee>& grantees, std::pair<std::string, std::string> object,
           std::string_view level) {
  const auto& all = world.part<Permissions>();
  while (!object.first.empty()) {
    const PermissionType& type = type_named(world, object.first);
    const std::size_t least = level.empty() ? 0 : rank(type, std::string(level));
    const auto suffices = [&](const auto& each) {
      return grantees.contains(each.first) && std::any_of(each.second.begin(), each.second.end(),
                                                          [&](const auto& one) { return rank(type, one) >= least; });
    };
    for (const auto* kept : {&all.direct, &all.implicit}) {
      const auto grants = kept->find(key_of(type.url_type, object.second));
      if (grants != kept->end() && std::any_of(grants->second.begin(), grants->second.end(), suffices)) return true;
    }
    if (!type.parent) return false;
    object = type.parent(world, object.second);
  }
  return false;
}

bool sees_everything(const Call& call) {
  return call.world().options().tier == WorldOptions::Tier::standard || is_admin(call.world(), call.caller());
}

// An administrator manages everything through `admins`; anybody else must not lock themselves out.
void check_still_managed(World& world, const PermissionType& type, const Principal& caller, const Grants& grants) {
  if (is_admin(world, caller)) return;
  const auto own = grants.find(grantee_of(world, caller.name));
  const bool manages = own != grants.end() &&
                       std::any_of(own->second.begin(), own->second.end(),
                                   [&](const auto& level) { return rank(type, level) + 1 >= type.levels.size(); });
  if (!manages) throw invalid("You cannot remove your own permission to manage.");
}

std::string display_of(World& world, const Grantee& grantee) {
  const auto* identity = find_identity(world, grantee.second);
  return identity == nullptr ? grantee.second : identity->display;
}

// What the answer is made of: per grantee, the entries of all_permissions.
using Shown = std::map<Grantee, Json>;

void show_inherited(Shown& shown, const Grants& grants, const std::string& from) {
  for (const auto& [grantee, levels] : grants) {
    for (const auto& level : levels) {
      shown[grantee].push_back(
          {{"permission_level", level}, {"inherited", true}, {"inherited_from_object", Json::array({from})}});
    }
  }
}

std::string object_id(std::string_view type, const std::string& id) {
  // /authorization/tokens is type and id in one.
  return type.find("authorization/") == 0 ? fmt::format("/{}", type) : fmt::format("/{}/{}", type, id);
}

Json acl_json(World& world, const PermissionType& type, const std::string& id) {
  auto& all = world.part<Permissions>();
  Shown shown;
  for (const auto& [grantee, levels] : all.direct[key_of(type.url_type, id)]) {
    for (const auto& level : levels) {
      shown[grantee].push_back({{"permission_level", level}, {"inherited", false}});
    }
  }
  show_inherited(shown, all.implicit[key_of(type.url_type, id)], object_id(type.url_type, id));
  auto root = type.url_type;
  std::pair<std::string, std::string> above;
  if (type.parent) above = type.parent(world, id);
  while (!above.first.empty()) {
    const auto key = key_of(above.first, above.second);
    show_inherited(shown, all.direct[key], "/" + key);
    show_inherited(shown, all.implicit[key], "/" + key);
    const auto& type_above = type_named(world, above.first);
    root = type_above.url_type;
    above = type_above.parent ? type_above.parent(world, above.second) : std::pair<std::string, std::string>();
  }
  if (!admins_can_be_changed(type)) {
    if (root.starts_with("authorization/")) root = "authorization";
    show_inherited(shown, {{{"group_name", "admins"}, {type.levels.back()}}}, "/" + root + "/");
  }
  Json out = Json::array();
  for (auto& [grantee, permissions] : shown) {
    out.push_back({{grantee.first, grantee.second},
                   {"display_name", display_of(world, grantee)},
                   {"all_permissions", std::move(permissions)}});
  }
  return out;
}

struct Target {
  const PermissionType& type;
  std::string id;
};

// What stands in the path, as the type is spelled in `prefix`.
Target target_of(const Call& call, const std::string& prefix) {
  auto& world = call.world();
  if (world.options().tier == WorldOptions::Tier::standard) {
    throw ApiError(500, "INTERNAL_ERROR", "FEATURE_DISABLED: ACLs for objects are not available in this tier.");
  }
  const bool authorization = prefix == "authorization";
  const auto& id = call.placeholder("id");
  const auto& type = type_named(world, authorization    ? "authorization/" + id
                                       : prefix.empty() ? call.placeholder("type")
                                                        : prefix + "/" + call.placeholder("type"));
  if (!type.exists(world, id)) throw missing(fmt::format("{} {} does not exist.", type.reply_type, id));
  return {type, id};
}

Reply show(World& world, const Target& target) {
  return reply({{"object_id", object_id(target.type.url_type, target.id)},
                {"object_type", target.type.reply_type},
                {"access_control_list", acl_json(world, target.type, target.id)}});
}

// As tools of old ask for queries, alerts and dashboards: one level each, and nothing that is inherited.
Reply show_legacy(World& world, const Target& target) {
  Json list = Json::array();
  for (const auto& [grantee, levels] : world.part<Permissions>().direct[key_of(target.type.url_type, target.id)]) {
    const auto highest = std::max_element(levels.begin(), levels.end(), [&](const auto& one, const auto& other) {
      return rank(target.type, one) < rank(target.type, other);
    });
    if (highest != levels.end()) list.push_back({{grantee.first, grantee.second}, {"permission_level", *highest}});
  }
  return reply({{"object_id", object_id(target.type.url_type, target.id).substr(std::string_view("/sql/").size())},
                {"object_type", target.type.reply_type},
                {"access_control_list", std::move(list)}});
}

void check_not_fixed(World& world, const Target& target) {
  if (target.type.fixed && target.type.fixed(world, target.id)) {
    throw ApiError(400, "BAD_REQUEST", "The permissions of this object cannot be changed.");
  }
}

Reply replace(Call& call, const Target& target) {
  auto& world = call.world();
  check_not_fixed(world, target);
  const auto& body = call.body();
  auto grants =
      grants_in(world, target.type,
                body.contains("access_control_list") ? required_array(body, "access_control_list") : Json::array());
  check_one_owner(target.type, grants);
  check_still_managed(world, target.type, call.caller(), grants);
  world.part<Permissions>().direct[key_of(target.type.url_type, target.id)] = std::move(grants);
  return show(world, target);
}

Reply raise(Call& call, const Target& target) {
  auto& world = call.world();
  check_not_fixed(world, target);
  const auto added = grants_in(world, target.type, required_array(call.body(), "access_control_list"));
  if (owners_in(added) > 1) throw invalid("There can be one owner only.");
  auto grants = world.part<Permissions>().direct[key_of(target.type.url_type, target.id)];
  for (const auto& [grantee, levels] : added) {
    for (const auto& level : levels) {
      if (level == k_owner) {  // it goes over from whoever had it
        for (auto& [other, held] : grants) held.erase(std::string(k_owner));
      }
      auto& held = grants[grantee];
      const bool has_more = std::any_of(held.begin(), held.end(), [&](const auto& each) {
        return rank(target.type, each) >= rank(target.type, level);
      });
      if (!has_more) held = {level};
    }
  }
  std::erase_if(grants, [](const auto& each) { return each.second.empty(); });
  world.part<Permissions>().direct[key_of(target.type.url_type, target.id)] = std::move(grants);
  return show(world, target);
}

Reply levels(const Target& target) {
  Json out = Json::array();
  const auto add = [&](std::string_view level) {
    out.push_back(
        {{"permission_level", level}, {"description", fmt::format("{} on {}", level, target.type.reply_type)}});
  };
  for (const auto& level : target.type.levels) add(level);
  if (target.type.has_owner) add(k_owner);
  return reply({{"permission_levels", std::move(out)}});
}

void add_spelling(Router& router, const std::string& prefix) {
  const auto base = "/api/2.0/permissions/" + (prefix.empty() ? "" : prefix + "/") +
                    (prefix == "authorization" ? "{id}" : "{type}/{id}");
  const auto row = [&](std::string_view method, const std::string& pattern, Reply (*work)(Call&, const Target&),
                       std::string_view doc) {
    const auto family = method == "GET" ? family::k_permissions_read : family::k_permissions_write;
    router.add(
        {method, pattern, [work, prefix](Call& call) { return work(call, target_of(call, prefix)); }, family, doc});
  };
  row(
      "GET", base, [](Call& call, const Target& target) { return show(call.world(), target); }, "who may do what");
  row("PUT", base, replace, "says anew who may do what");
  row("PATCH", base, raise, "lets somebody do more");
  row(
      "GET", base + "/permissionLevels", [](Call&, const Target& target) { return levels(target); },
      "what can be granted");
}

}  // namespace

void declare_permission_type(World& world, PermissionType type) {
  auto& all = world.part<Permissions>();
  for (const auto& alias : type.aliases) all.aliases[alias] = type.url_type;
  auto name = type.url_type;
  all.types[std::move(name)] = std::move(type);
}

void grant_to_creator(World& world, std::string_view url_type, const std::string& id, const Principal& creator) {
  const auto& type = type_named(world, std::string(url_type));
  world.part<Permissions>().direct[key_of(type.url_type, id)][grantee_of(world, creator.name)] = {
      type.has_owner ? std::string(k_owner) : type.levels.back()};
}

void grant_implicitly(World& world, std::string_view url_type, const std::string& id, const std::string& principal,
                      const std::string& level) {
  // The principal may not be there yet: /Shared is older than the group `users`.
  const Grantee grantee = principal == "users" ? Grantee{"group_name", principal} : grantee_of(world, principal);
  world.part<Permissions>().implicit[key_of(url_type, id)][grantee].insert(level);
}

void replace_permissions(World& world, std::string_view url_type, const std::string& id, const Json& list) {
  const auto& type = type_named(world, std::string(url_type));
  auto grants = grants_in(world, type, list);
  check_one_owner(type, grants);
  world.part<Permissions>().direct[key_of(type.url_type, id)] = std::move(grants);
}

void forget_permissions(World& world, std::string_view url_type, const std::string& id) {
  auto& all = world.part<Permissions>();
  all.direct.erase(key_of(url_type, id));
  all.implicit.erase(key_of(url_type, id));
}

bool is_admin(World& world, const Principal& principal) {
  return grantees_of(world, principal).contains(k_admins);
}

Handler for_admins(Handler work) {
  return [work = std::move(work)](Call& call) {
    if (!is_admin(call.world(), call.caller())) throw denied("Only accessible by admins.");
    return work(call);
  };
}

bool is_listed(const Call& call, std::string_view url_type, const std::string& id, std::string_view level) {
  return sees_everything(call) ||
         holds(call.world(), grantees_of(call.world(), call.caller()), {std::string(url_type), id}, level);
}

std::vector<Document> listed_to_caller(const Call& call, std::string_view url_type, std::vector<Document> documents) {
  if (sees_everything(call)) return documents;
  const std::set<Grantee> caller = grantees_of(call.world(), call.caller());
  std::erase_if(documents, [&](const Document& one) {
    return !holds(call.world(), caller, {std::string(url_type), one.id}, {});
  });
  return documents;
}

std::string owner_of(World& world, std::string_view url_type, const std::string& id) {
  const auto& direct = world.part<Permissions>().direct;
  const auto grants = direct.find(key_of(type_named(world, std::string(url_type)).url_type, id));
  if (grants == direct.end()) return "";
  for (const auto& [grantee, levels] : grants->second) {
    if (levels.contains(std::string(k_owner))) return grantee.second;
  }
  return "";
}

void found_permissions(World& world) {
  for (const auto* name : {"tokens", "passwords"}) {
    PermissionType type;
    type.url_type = fmt::format("authorization/{}", name);
    type.reply_type = name;
    type.levels = {"CAN_USE"};
    if (type.reply_type == "tokens") type.levels.emplace_back("CAN_MANAGE");
    type.exists = [](World&, const std::string&) { return true; };
    auto& direct = world.part<Permissions>().direct[key_of(type.url_type, name)];
    direct[{"group_name", "users"}] = {"CAN_USE"};
    if (admins_can_be_changed(type)) direct[{"group_name", "admins"}] = {"CAN_USE"};
    declare_permission_type(world, std::move(type));
  }
}

void add_permission_routes(Router& router) {
  add_spelling(router, "authorization");
  add_spelling(router, "sql");
  add_spelling(router, "");
  router.add({"GET", "/api/2.0/preview/sql/permissions/{type}/{id}",
              [](Call& call) { return show_legacy(call.world(), target_of(call, "sql")); }, family::k_permissions_read,
              "who may do what with a query, an alert or a dashboard of old"});
}

}  // namespace holdfast::sim::databricks
