// Users, groups and service principals (SCIM 2.0), as the other endpoints see them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/databricks/call.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

enum class IdentityKind { user, group, service_principal };

struct Identity {
  IdentityKind kind = IdentityKind::user;
  std::string id;
  std::string name;     // userName, displayName of a group, applicationId
  std::string display;  // displayName
  std::string external_id;
  std::string given_name;
  std::string family_name;
  bool active = true;
  bool of_account = false;  // a group of the account that is assigned to this workspace
  bool built_in = false;    // admins, users
  std::set<std::string> entitlements;
  std::set<std::string> roles;
  std::vector<std::string> members;  // ids, in the order in which they were added; groups only
  std::vector<std::string> emails;   // the first is the primary one
};

struct Identities {
  std::map<std::string, Identity> by_id;         // ids are numbers of one length, so this is the order of creation
  std::map<std::string, std::string> user_ids;   // login in lower case → id
  std::map<std::string, std::string> group_ids;  // displayName → id
  std::map<std::string, std::string> service_principal_ids;  // application id → id
  std::multimap<std::string, std::string> groups_of;         // member id → id of the group
  // Told when a user comes and goes: homes appear with users.
  std::vector<std::function<void(World&, const Identity&)>> on_new_user;
};

// nullptr when there is none.
const Identity* find_user(World& world, std::string_view login);
const Identity* find_group(World& world, std::string_view name);
const Identity* find_service_principal(World& world, std::string_view application_id);
// A user by login, a service principal by application id, or a group by name.
const Identity* find_identity(World& world, std::string_view name);

Principal principal_of(const Identity& identity);
const Identity& add_user(World& world, const std::string& login, const std::string& display);
const Identity& add_service_principal(World& world, const std::string& display);
// Throws ApiError when there is no such member, or the group would hold itself.  Adding twice is fine.
void add_member(World& world, const std::string& group_id, const std::string& member_id);
void remove_member(World& world, const std::string& group_id, const std::string& member_id);
// A new identity; its id is given here unless it has one.  Throws ApiError{409} when the name is taken.
Identity& add_identity(World& world, Identity identity);
void remove_identity(World& world, const std::string& id);
std::vector<std::string> members_of(World& world, const Identity& group);  // of `users`: everybody
std::string lower_case(std::string_view text);

// Makes `admins` and `users`, and what they hold.
void found_identities(World& world);
void add_identity_routes(Router& router);      // SCIM
void add_legacy_group_routes(Router& router);  // /api/2.0/groups, which the old command line asks

}  // namespace holdfast::sim::databricks
