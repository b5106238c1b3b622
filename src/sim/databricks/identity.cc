#include "sim/databricks/identity.h"

#include <algorithm>

#include "sim/databricks/api_error.h"

namespace holdfast::sim::databricks {
namespace {

const Identity* by_name(World& world, const std::map<std::string, std::string>& ids, const std::string& name) {
  const auto found = ids.find(name);
  return found == ids.end() ? nullptr : &world.part<Identities>().by_id.at(found->second);
}

// The index that holds the names of this kind, and the name as it stands there.
std::map<std::string, std::string>& names_of(Identities& all, IdentityKind kind) {
  if (kind == IdentityKind::user) return all.user_ids;
  return kind == IdentityKind::group ? all.group_ids : all.service_principal_ids;
}

std::string index_name(const Identity& identity) {
  return identity.kind == IdentityKind::user ? lower_case(identity.name) : identity.name;
}

bool holds(const Identities& all, const std::string& group_id, const std::string& member_id) {
  const auto [first, last] = all.groups_of.equal_range(member_id);
  return std::any_of(first, last, [&](const auto& each) { return each.second == group_id; });
}

// Whether `inner` is `outer`, or anywhere within it.
bool is_within(const Identities& all, const std::string& inner, const std::string& outer) {
  if (inner == outer) return true;
  const auto [first, last] = all.groups_of.equal_range(inner);
  return std::any_of(first, last, [&](const auto& each) { return is_within(all, each.second, outer); });
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

const Identity* find_user(World& world, std::string_view login) {
  return by_name(world, world.part<Identities>().user_ids, lower_case(login));
}

const Identity* find_group(World& world, std::string_view name) {
  return by_name(world, world.part<Identities>().group_ids, std::string(name));
}

const Identity* find_service_principal(World& world, std::string_view application_id) {
  return by_name(world, world.part<Identities>().service_principal_ids, std::string(application_id));
}

const Identity* find_identity(World& world, std::string_view name) {
  if (const auto* user = find_user(world, name)) return user;
  if (const auto* service_principal = find_service_principal(world, name)) return service_principal;
  return find_group(world, name);
}

Principal principal_of(const Identity& identity) {
  return {identity.id, identity.name, identity.kind == IdentityKind::service_principal};
}

Identity& add_identity(World& world, Identity identity) {
  auto& all = world.part<Identities>();
  const auto [place, is_new] = names_of(all, identity.kind).emplace(index_name(identity), "");
  if (!is_new) {
    const std::string_view what = identity.kind == IdentityKind::user    ? "User with username "
                                  : identity.kind == IdentityKind::group ? "Group with name "
                                                                         : "Service principal with application id ";
    throw ApiError(409, "RESOURCE_CONFLICT", std::string(what) + identity.name + " already exists.");
  }
  if (identity.id.empty()) identity.id = std::to_string(world.new_id());
  place->second = identity.id;
  auto& kept = all.by_id[identity.id];
  kept = std::move(identity);
  if (kept.kind == IdentityKind::user) {
    for (const auto& tell : all.on_new_user) tell(world, kept);
  }
  return kept;
}

void remove_identity(World& world, const std::string& id) {
  auto& all = world.part<Identities>();
  const auto found = all.by_id.find(id);
  if (found == all.by_id.end()) return;
  for (const auto& member : std::vector(found->second.members)) remove_member(world, id, member);
  std::vector<std::string> groups;
  const auto [first, last] = all.groups_of.equal_range(id);
  std::for_each(first, last, [&](const auto& each) { groups.push_back(each.second); });
  for (const auto& group : groups) remove_member(world, group, id);
  names_of(all, found->second.kind).erase(index_name(found->second));
  all.by_id.erase(found);
}

const Identity& add_user(World& world, const std::string& login, const std::string& display) {
  Identity user;
  user.name = login;
  user.display = display;
  user.emails = {login};
  user.entitlements = {"workspace-access", "databricks-sql-access"};
  return add_identity(world, std::move(user));
}

const Identity& add_service_principal(World& world, const std::string& display) {
  Identity service_principal;
  service_principal.kind = IdentityKind::service_principal;
  service_principal.name = world.new_uuid();
  service_principal.display = display;
  return add_identity(world, std::move(service_principal));
}

void add_member(World& world, const std::string& group_id, const std::string& member_id) {
  auto& all = world.part<Identities>();
  if (!all.by_id.contains(member_id)) throw missing("Principal with id " + member_id + " not found.");
  if (is_within(all, group_id, member_id)) throw invalid("A group cannot be a member of itself.");
  if (holds(all, group_id, member_id)) return;
  all.by_id.at(group_id).members.push_back(member_id);
  all.groups_of.emplace(member_id, group_id);
}

void remove_member(World& world, const std::string& group_id, const std::string& member_id) {
  auto& all = world.part<Identities>();
  auto& members = all.by_id.at(group_id).members;
  members.erase(std::remove(members.begin(), members.end(), member_id), members.end());
  const auto [first, last] = all.groups_of.equal_range(member_id);
  const auto link = std::find_if(first, last, [&](const auto& each) { return each.second == group_id; });
  if (link != last) all.groups_of.erase(link);
}

std::vector<std::string> members_of(World& world, const Identity& group) {
  if (!group.built_in || group.name != "users") return group.members;
  std::vector<std::string> everybody;
  for (const auto& [id, identity] : world.part<Identities>().by_id) {
    if (identity.kind != IdentityKind::group) everybody.push_back(id);
  }
  return everybody;
}

void found_identities(World& world) {
  for (const auto* name : {"admins", "users"}) {
    Identity group;
    group.kind = IdentityKind::group;
    group.name = group.display = name;
    group.built_in = true;
    group.entitlements = {"workspace-access", "databricks-sql-access"};
    if (group.name == "admins") {
      group.entitlements.insert("allow-cluster-create");
      group.entitlements.insert("allow-instance-pool-create");
    }
    add_identity(world, std::move(group));
  }
}

}  // namespace holdfast::sim::databricks
