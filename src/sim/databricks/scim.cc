// /api/2.0/preview/scim/v2: users, groups, service principals, and who am I.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/paging.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/scim_filter.h"
#include "sim/databricks/scim_json.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::string_view k_root = "/api/2.0/preview/scim/v2/";

std::string_view kind_text(IdentityKind kind) {
  if (kind == IdentityKind::user) return "User";
  return kind == IdentityKind::group ? "Group" : "ServicePrincipal";
}

Reply scim_reply(const Json& body, int status = 200) {
  auto out = reply(body, status);
  out.content_type = "application/scim+json; charset=UTF-8";
  return out;
}

std::string attribute_of(const Identity& identity, std::string_view name) {
  if (name == "id") return identity.id;
  if (name == "displayname") return identity.display;
  if (name == "externalid") return identity.external_id;
  if (name == "username" && identity.kind == IdentityKind::user) return identity.name;
  if (name == "applicationid" && identity.kind == IdentityKind::service_principal) return identity.name;
  if (name == "active") return identity.active ? "true" : "false";
  if (name == "name.givenname") return identity.given_name;
  if (name == "name.familyname") return identity.family_name;
  if (name == "emails" || name == "emails.value") return identity.emails.empty() ? "" : identity.emails.front();
  throw ApiError(400, "INVALID_FILTER", fmt::format("The attribute {} cannot be filtered or sorted by.", name));
}

std::vector<std::string> name_list(const std::optional<std::string>& text) {
  std::vector<std::string> out;
  std::string_view rest = text ? std::string_view(*text) : std::string_view();
  while (!rest.empty()) {
    const auto end = rest.find(',');
    auto name = rest.substr(0, end);
    name = name.substr(0, name.find('.'));
    while (name.starts_with(' ')) name.remove_prefix(1);
    out.push_back(lower_case(name));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

// What `attributes` and `excludedAttributes` leave.  By what an identity is known is always there: tools ask for the
// userName of service principals and read their applicationId.
Json chosen(const Call& call, Json body) {
  const auto wanted = name_list(call.query("attributes"));
  const auto unwanted = name_list(call.query("excludedAttributes"));
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), lower_case(name)) != names.end();
  };
  Json out = Json::object();
  for (auto& [name, value] : body.items()) {
    const bool kept = name == "id" || name == "schemas" || name == "applicationId" ||
                      ((wanted.empty() || has(wanted, name)) && !has(unwanted, name));
    if (kept) out[name] = std::move(value);
  }
  return out;
}

// "Non-admin users: retrieve a list of all users in the workspace, returning user display name and object ID only", and
// of groups alike (docs.databricks.com, SCIM API 2.0, before 2023); "a Databricks administrator can invoke all SCIM API
// endpoints", to which the calls for one of them are taken to belong.
Json seen_by_caller(const Call& call, const Identity& identity) {
  if (is_admin(call.world(), call.caller())) return scim_json(call.world(), identity);
  return {{"id", identity.id}, {"displayName", identity.display}};
}

Identity& identity_of(const Call& call, IdentityKind kind) {
  auto& all = call.world().part<Identities>().by_id;
  const auto& id = call.placeholder("id");
  const auto found = all.find(id);
  if (found == all.end() || found->second.kind != kind) {
    throw missing(fmt::format("{} with id {} not found.", kind_text(kind), id));
  }
  return found->second;
}

Reply list(Call& call, IdentityKind kind) {
  const ScimFilter filter(call.query("filter").value_or(""));
  std::vector<const Identity*> found;
  for (const auto& [id, identity] : call.world().part<Identities>().by_id) {
    if (identity.kind != kind) continue;
    const auto& candidate = identity;
    if (filter.passes([&](std::string_view name) { return attribute_of(candidate, name); })) {
      found.push_back(&identity);
    }
  }
  if (const auto sort_by = call.query("sortBy")) {
    const auto attribute = lower_case(*sort_by);
    std::stable_sort(found.begin(), found.end(), [&](const Identity* a, const Identity* b) {
      return lower_case(attribute_of(*a, attribute)) < lower_case(attribute_of(*b, attribute));
    });
    if (call.query("sortOrder").value_or("ascending") == "descending") std::reverse(found.begin(), found.end());
  }
  constexpr std::size_t k_default_count = 100;
  const auto page = page_by_index(call, found.size(), k_default_count);
  Json resources = Json::array();
  for (auto i = page.begin; i < page.end; ++i) resources.push_back(chosen(call, seen_by_caller(call, *found[i])));
  const auto count = resources.size();
  return scim_reply({{"schemas", Json::array({"urn:ietf:params:scim:api:messages:2.0:ListResponse"})},
                     {"totalResults", found.size()},
                     {"startIndex", page.begin + 1},
                     {"itemsPerPage", count},
                     {"Resources", std::move(resources)}});
}

std::string name_in(World& world, IdentityKind kind, const Json& body) {
  if (kind == IdentityKind::service_principal) {
    // One that Entra manages keeps its id; the platform gives others a new one.
    return optional_string(body, "applicationId").value_or(world.new_uuid());
  }
  const auto name = required_string(body, kind == IdentityKind::user ? "userName" : "displayName");
  if (kind == IdentityKind::user && name.find('@') == std::string::npos) {
    throw invalid("userName must be an email address: " + name);
  }
  return name;
}

Reply create(Call& call, IdentityKind kind) {
  const auto& body = call.body();
  Identity identity;
  identity.kind = kind;
  identity.name = identity.display = name_in(call.world(), kind, body);
  if (kind == IdentityKind::user) {
    identity.emails = {identity.name};
    if (!body.contains("entitlements")) identity.entitlements = {"workspace-access", "databricks-sql-access"};
  }
  apply_attributes(identity, body);
  const auto members = member_ids(body);
  const auto& all = call.world().part<Identities>().by_id;
  for (const auto& id : members) {
    if (!all.contains(id)) throw missing("Principal with id " + id + " not found.");
  }
  const auto& kept = add_identity(call.world(), std::move(identity));
  for (const auto& id : members) add_member(call.world(), kept.id, id);
  return scim_reply(scim_json(call.world(), kept), 201);
}

void rename_group(World& world, Identity& group, const std::string& before) {
  if (group.kind != IdentityKind::group || group.display == before) return;
  auto& names = world.part<Identities>().group_ids;
  if (names.contains(group.display)) {
    const auto taken = std::exchange(group.display, before);
    throw ApiError(409, "RESOURCE_CONFLICT", "Group with name " + taken + " already exists.");
  }
  names.erase(before);
  names[group.display] = group.id;
  group.name = group.display;
}

Reply replace(Call& call, IdentityKind kind) {
  auto& identity = identity_of(call, kind);
  check_changeable(identity);
  const auto before = identity.display;
  if (!call.body().contains("entitlements")) identity.entitlements.clear();
  if (!call.body().contains("roles")) identity.roles.clear();
  apply_attributes(identity, call.body());
  rename_group(call.world(), identity, before);
  if (kind == IdentityKind::group) {
    for (const auto& id : std::vector(identity.members)) remove_member(call.world(), identity.id, id);
    for (const auto& id : member_ids(call.body())) add_member(call.world(), identity.id, id);
  }
  return scim_reply(scim_json(call.world(), identity));
}

Reply patch(Call& call, IdentityKind kind) {
  auto& identity = identity_of(call, kind);
  const auto before = identity.display;
  apply_patch(call.world(), identity, call.body());
  rename_group(call.world(), identity, before);
  return scim_reply(scim_json(call.world(), identity));
}

Reply remove(Call& call, IdentityKind kind) {
  const auto& identity = identity_of(call, kind);
  if (identity.built_in) check_changeable(identity);
  if (identity.id == call.caller().id) throw denied("You cannot delete yourself.");
  remove_identity(call.world(), identity.id);
  Reply out;
  out.status = 204;
  out.body.clear();
  return out;
}

Reply me(Call& call) {
  return scim_reply(scim_json(call.world(), call.world().part<Identities>().by_id.at(call.caller().id)));
}

void add_kind(Router& router, std::string_view collection, IdentityKind kind) {
  const auto all = fmt::format("{}{}", k_root, collection);
  const auto one = all + "/{id}";
  router.add({"GET", all, [kind](Call& call) { return list(call, kind); }, family::k_scim_read,
              "those that pass a filter, a page of them", Dialect::scim});
  const auto row = [&](std::string_view method, const std::string& pattern, Reply (*work)(Call&, IdentityKind),
                       std::string_view doc) {
    const auto family = method == "GET" ? family::k_scim_read : family::k_scim_write;
    router.add({method, pattern, for_admins([work, kind](Call& call) { return work(call, kind); }), family, doc,
                Dialect::scim});
  };
  row("POST", all, create, "a new one");
  row(
      "GET", one,
      [](Call& call, IdentityKind which) {
        return scim_reply(chosen(call, scim_json(call.world(), identity_of(call, which))));
      },
      "one of them");
  row("PUT", one, replace, "says all of it anew");
  row("PATCH", one, patch, "changes some of it");
  row("DELETE", one, remove, "takes it away");
}

}  // namespace

void add_identity_routes(Router& router) {
  add_kind(router, "Users", IdentityKind::user);
  add_kind(router, "Groups", IdentityKind::group);
  add_kind(router, "ServicePrincipals", IdentityKind::service_principal);
  router.add({"GET", std::string(k_root) + "Me", me, family::k_scim_read, "who am I", Dialect::scim});
}

}  // namespace holdfast::sim::databricks
