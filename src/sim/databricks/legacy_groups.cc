// /api/2.0/groups: the groups as the old command line asks for them.
#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/scim_json.h"

namespace holdfast::sim::databricks {
namespace {

const Identity& group_named(World& world, const std::string& name) {
  const auto* group = find_group(world, name);
  if (group == nullptr) throw missing("Group " + name + " does not exist.");
  return *group;
}

// {"user_name": …} or {"group_name": …}
const Identity& principal_in(World& world, const std::optional<std::string>& user,
                             const std::optional<std::string>& group) {
  if (user) {
    const auto* found = find_identity(world, *user);
    if (found == nullptr) throw missing("User " + *user + " does not exist.");
    return *found;
  }
  if (!group) throw invalid("Either user_name or group_name must be given.");
  return group_named(world, *group);
}

Reply list(Call& call) {
  Json names = Json::array();
  for (const auto& [name, id] : call.world().part<Identities>().group_ids) names.push_back(name);
  return reply({{"group_names", std::move(names)}});
}

Reply list_members(Call& call) {
  const auto& group = group_named(call.world(), call.required_query("group_name"));
  const auto& all = call.world().part<Identities>().by_id;
  Json members = Json::array();
  for (const auto& id : members_of(call.world(), group)) {
    const auto& member = all.at(id);
    members.push_back({{member.kind == IdentityKind::group ? "group_name" : "user_name", member.name}});
  }
  return reply({{"members", std::move(members)}});
}

Reply list_parents(Call& call) {
  const auto& member = principal_in(call.world(), call.query("user_name"), call.query("group_name"));
  const auto& all = call.world().part<Identities>();
  Json names = Json::array();
  const auto [first, last] = all.groups_of.equal_range(member.id);
  for (auto link = first; link != last; ++link) names.push_back(all.by_id.at(link->second).name);
  return reply({{"group_names", std::move(names)}});
}

Reply create(Call& call) {
  Identity group;
  group.kind = IdentityKind::group;
  group.name = group.display = required_string(call.body(), "group_name");
  if (find_group(call.world(), group.name) != nullptr) throw exists("Group " + group.name + " already exists.");
  const auto name = group.name;
  add_identity(call.world(), std::move(group));
  return reply({{"group_name", name}});
}

Reply change_member(Call& call, void (*change)(World&, const std::string&, const std::string&)) {
  const auto& body = call.body();
  const auto& parent = group_named(call.world(), required_string(body, "parent_name"));
  if (parent.name == "users" || parent.of_account) check_changeable(parent);
  const auto& member =
      principal_in(call.world(), optional_string(body, "user_name"), optional_string(body, "group_name"));
  change(call.world(), parent.id, member.id);
  return reply(Json::object());
}

Reply remove(Call& call) {
  const auto& group = group_named(call.world(), required_string(call.body(), "group_name"));
  check_changeable(group);
  remove_identity(call.world(), group.id);
  return reply(Json::object());
}

}  // namespace

void add_legacy_group_routes(Router& router) {
  router.add({"GET", "/api/2.0/groups/list", for_admins(list), {}, "the names of all groups"});
  router.add({"GET", "/api/2.0/groups/list-members", for_admins(list_members), {}, "who is in a group"});
  router.add({"GET", "/api/2.0/groups/list-parents", for_admins(list_parents), {}, "the groups that somebody is in"});
  router.add({"POST", "/api/2.0/groups/create", for_admins(create), {}, "a new group"});
  router.add({"POST",
              "/api/2.0/groups/add-member",
              for_admins([](Call& call) { return change_member(call, add_member); }),
              {},
              "adds to a group"});
  router.add({"POST",
              "/api/2.0/groups/remove-member",
              for_admins([](Call& call) { return change_member(call, remove_member); }),
              {},
              "takes out of a group"});
  router.add({"POST", "/api/2.0/groups/delete", for_admins(remove), {}, "takes a group away"});
}

}  // namespace holdfast::sim::databricks
