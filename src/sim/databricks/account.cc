#include "sim/databricks/account.h"

#include <vector>

#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/paging.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/scim_filter.h"

namespace holdfast::sim::databricks {
namespace {

Json group_json(const Identity& group) {
  return {{"id", group.id},
          {"displayName", group.display},
          {"externalId", group.external_id},
          {"meta", {{"resourceType", "Group"}}}};
}

Reply list_groups(Call& call) {
  const ScimFilter filter(call.query("filter").value_or(""));
  std::vector<const Identity*> found;
  for (const auto& [id, group] : call.world().part<Account>().groups) {
    const auto& candidate = group;
    const bool passes = filter.passes([&](std::string_view name) {
      if (name == "displayname") return candidate.display;
      return name == "externalid" ? candidate.external_id : candidate.id;
    });
    if (passes) found.push_back(&group);
  }
  constexpr std::size_t k_default_count = 100;
  const auto page = page_by_index(call, found.size(), k_default_count);
  Json resources = Json::array();
  for (auto i = page.begin; i < page.end; ++i) resources.push_back(group_json(*found[i]));
  const auto count = resources.size();
  return reply({{"totalResults", found.size()},
                {"startIndex", page.begin + 1},
                {"itemsPerPage", count},
                {"Resources", std::move(resources)}});
}

bool is_admin_group(World& world, const std::string& id) {
  const auto& all = world.part<Identities>();
  const auto [first, last] = all.groups_of.equal_range(id);
  for (auto link = first; link != last; ++link) {
    if (all.by_id.at(link->second).name == "admins") return true;
  }
  return false;
}

Json assignment_json(World& world, const Identity& group) {
  return {{"principal", {{"principal_id", std::stoll(group.id)}, {"group_name", group.name}}},
          {"permissions", Json::array({is_admin_group(world, group.id) ? "ADMIN" : "USER"})}};
}

Reply list_assignments(Call& call) {
  Json out = Json::array();
  for (const auto& [id, identity] : call.world().part<Identities>().by_id) {
    if (identity.of_account) out.push_back(assignment_json(call.world(), identity));
  }
  return reply({{"permission_assignments", std::move(out)}});
}

Reply assign(Call& call) {
  auto& world = call.world();
  const auto& id = call.placeholder("id");
  const auto group = world.part<Account>().groups.find(id);
  if (group == world.part<Account>().groups.end()) throw missing("Principal " + id + " is not in the account.");
  bool admin = false;
  for (const auto& permission : required_array(call.body(), "permissions")) {
    check_enum(Json{{"permissions", permission}}, "permissions", {"USER", "ADMIN"});
    admin = admin || permission == "ADMIN";
  }
  auto& all = world.part<Identities>().by_id;
  if (!all.contains(id)) add_identity(world, group->second);
  const auto& admins = find_group(world, "admins")->id;
  if (admin) {
    add_member(world, admins, id);
  } else {
    remove_member(world, admins, id);
  }
  return reply(assignment_json(world, all.at(id)));
}

Reply unassign(Call& call) {
  const auto& id = call.placeholder("id");
  const auto& all = call.world().part<Identities>().by_id;
  const auto found = all.find(id);
  if (found == all.end() || !found->second.of_account) throw missing("Principal " + id + " is not assigned.");
  remove_identity(call.world(), id);
  return reply(Json::object());
}

}  // namespace

std::string add_account_group(World& world, const std::string& name, const std::string& external_id) {
  Identity group;
  group.kind = IdentityKind::group;
  group.id = std::to_string(world.new_id());
  group.name = group.display = name;
  group.external_id = external_id;
  group.of_account = true;
  const auto id = group.id;
  world.part<Account>().groups[id] = std::move(group);
  return id;
}

void add_account_routes(Router& router) {
  router.add({"GET", "/api/2.0/account/scim/v2/Groups", list_groups, family::k_scim_read,
              "groups of the account, assigned or not", Dialect::scim});
  router.add({"GET",
              "/api/2.0/preview/permissionassignments",
              for_admins(list_assignments),
              {},
              "groups that are assigned here"});
  router.add(
      {"PUT", "/api/2.0/preview/permissionassignments/principals/{id}", for_admins(assign), {}, "assigns a group"});
  router.add({"DELETE",
              "/api/2.0/preview/permissionassignments/principals/{id}",
              for_admins(unassign),
              {},
              "takes that back"});
}

}  // namespace holdfast::sim::databricks
