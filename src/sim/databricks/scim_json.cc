#include "sim/databricks/scim_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::string_view k_core = "urn:ietf:params:scim:schemas:core:2.0:";
constexpr std::string_view k_databricks = "urn:ietf:params:scim:schemas:extension:workspace:2.0:";

std::string_view collection_of(IdentityKind kind) {
  if (kind == IdentityKind::user) return "Users";
  return kind == IdentityKind::group ? "Groups" : "ServicePrincipals";
}

Json values_json(const std::set<std::string>& values) {
  Json out = Json::array();
  for (const auto& value : values) out.push_back({{"value", value}});
  return out;
}

// [{"value": x}, …], ["x", …], or one of them alone.
std::vector<std::string> values_of(const Json& list) {
  std::vector<std::string> out;
  const auto take = [&](const Json& one) {
    if (one.is_string()) {
      out.push_back(one.get<std::string>());
    } else if (one.is_object()) {
      out.push_back(required_string(one, "value"));
    } else {
      throw invalid("A value of a list must be an object with 'value'.");
    }
  };
  if (list.is_array()) {
    for (const auto& one : list) take(one);
  } else {
    take(list);
  }
  return out;
}

void check_entitlements(const std::vector<std::string>& values) {
  static constexpr std::string_view k_known[] = {"workspace-access", "databricks-sql-access", "allow-cluster-create",
                                                 "allow-instance-pool-create", "workspace-consume"};
  for (const auto& value : values) {
    if (std::find(std::begin(k_known), std::end(k_known), value) == std::end(k_known)) {
      throw invalid("Invalid entitlement: " + value);
    }
  }
}

Json groups_json(World& world, const Identity& identity) {
  auto& all = world.part<Identities>();
  Json out = Json::array();
  const auto [first, last] = all.groups_of.equal_range(identity.id);
  std::for_each(first, last, [&](const auto& each) {
    out.push_back({{"display", all.by_id.at(each.second).name},
                   {"value", each.second},
                   {"$ref", "Groups/" + each.second},
                   {"type", "direct"}});
  });
  return out;
}

Json members_json(World& world, const Identity& group) {
  const auto& all = world.part<Identities>().by_id;
  Json out = Json::array();
  for (const auto& id : members_of(world, group)) {
    const auto& member = all.at(id);
    out.push_back(
        {{"display", member.display}, {"value", id}, {"$ref", fmt::format("{}/{}", collection_of(member.kind), id)}});
  }
  return out;
}

// `members[value eq "12"]` → `members` and 12.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto bracket = path.find('[');
  if (bracket == std::string::npos) return {path, ""};
  const auto first = path.find('"', bracket);
  const auto last = path.rfind('"');
  if (path.find("value eq", bracket) == std::string::npos || first == std::string::npos || last == first) {
    throw invalid("Unsupported path in a patch operation: " + path);
  }
  return {path.substr(0, bracket), path.substr(first + 1, last - first - 1)};
}

struct Change {
  std::string op;
  std::string attribute;
  std::string selected;  // by the filter in the path; empty: none
  const Json* value = nullptr;
};

void change_members(World& world, Identity& group, const Change& change) {
  if (group.kind != IdentityKind::group) throw invalid("Only groups have members.");
  if (group.built_in && group.name == "users") throw denied("The group users cannot be changed.");
  if (change.op == "remove") {
    std::vector<std::string> gone;
    if (!change.selected.empty()) {
      gone = {change.selected};
    } else if (change.value != nullptr) {
      gone = values_of(*change.value);
    } else {
      gone = group.members;
    }
    for (const auto& id : gone) remove_member(world, group.id, id);
    return;
  }
  if (change.value == nullptr) throw invalid("A patch operation has no value.");
  const auto wanted = values_of(*change.value);
  if (change.op == "replace") {
    for (const auto& id : std::vector(group.members)) remove_member(world, group.id, id);
  }
  for (const auto& id : wanted) add_member(world, group.id, id);
}

void change_set(std::set<std::string>& set, const Change& change, bool entitlements) {
  if (change.op == "remove" && change.value == nullptr) {
    if (change.selected.empty()) {
      set.clear();
    } else {
      set.erase(change.selected);
    }
    return;
  }
  if (change.value == nullptr) throw invalid("A patch operation has no value.");
  const auto values = values_of(*change.value);
  if (entitlements) check_entitlements(values);
  if (change.op == "replace") set.clear();
  for (const auto& value : values) {
    if (change.op == "remove") {
      set.erase(value);
    } else {
      set.insert(value);
    }
  }
}

void apply_change(World& world, Identity& identity, const Change& change) {
  if (change.attribute == "members") {
    change_members(world, identity, change);
  } else if (change.attribute == "entitlements") {
    change_set(identity.entitlements, change, true);
  } else if (change.attribute == "roles") {
    change_set(identity.roles, change, false);
  } else {
    if (change.op == "remove" || change.value == nullptr) {
      throw invalid("The attribute " + change.attribute + " cannot be removed.");
    }
    apply_attributes(identity, Json{{change.attribute, *change.value}});
  }
}

void take_set(const Json& body, std::string_view field, std::set<std::string>& out) {
  const auto found = body.find(field);
  if (found == body.end()) return;
  const auto values = values_of(*found);
  if (field == "entitlements") check_entitlements(values);
  out = {values.begin(), values.end()};
}

}  // namespace

void check_changeable(const Identity& identity) {
  if (identity.built_in) throw denied("The group " + identity.name + " is built in and cannot be changed.");
  if (identity.of_account) throw denied("The group " + identity.name + " is managed in the account.");
}

Json scim_json(World& world, const Identity& identity) {
  Json out = {{"id", identity.id}, {"displayName", identity.display}};
  out["groups"] = groups_json(world, identity);
  out["entitlements"] = values_json(identity.entitlements);
  if (!identity.roles.empty()) out["roles"] = values_json(identity.roles);
  if (!identity.external_id.empty()) out["externalId"] = identity.external_id;
  if (identity.kind == IdentityKind::group) {
    out["schemas"] = Json::array({fmt::format("{}Group", k_core)});
    out["members"] = members_json(world, identity);
    out["meta"] = {{"resourceType", identity.of_account ? "Group" : "WorkspaceGroup"}};
    return out;
  }
  out["active"] = identity.active;
  if (identity.kind == IdentityKind::service_principal) {
    out["schemas"] = Json::array({fmt::format("{}ServicePrincipal", k_core)});
    out["applicationId"] = identity.name;
    return out;
  }
  out["schemas"] = Json::array({fmt::format("{}User", k_core), fmt::format("{}User", k_databricks)});
  out["userName"] = identity.name;
  if (!identity.given_name.empty()) out["name"]["givenName"] = identity.given_name;
  if (!identity.family_name.empty()) out["name"]["familyName"] = identity.family_name;
  out["emails"] = Json::array();
  for (const auto& email : identity.emails) {
    out["emails"].push_back({{"type", "work"}, {"value", email}, {"primary", email == identity.emails.front()}});
  }
  return out;
}

void apply_attributes(Identity& identity, const Json& body) {
  const auto name = optional_string(body, "userName");
  if (name && lower_case(*name) != lower_case(identity.name)) throw invalid("Attribute userName is immutable.");
  const auto application = optional_string(body, "applicationId");
  if (application && *application != identity.name) throw invalid("Attribute applicationId is immutable.");
  if (const auto display = optional_string(body, "displayName")) identity.display = *display;
  if (const auto external = optional_string(body, "externalId")) identity.external_id = *external;
  identity.active = optional_flag(body, "active", identity.active);
  const auto names = body.find("name");
  if (names != body.end() && names->is_object()) {
    identity.given_name = optional_string(*names, "givenName").value_or(identity.given_name);
    identity.family_name = optional_string(*names, "familyName").value_or(identity.family_name);
  }
  if (body.contains("emails")) identity.emails = values_of(body["emails"]);
  take_set(body, "entitlements", identity.entitlements);
  take_set(body, "roles", identity.roles);
}

std::vector<std::string> member_ids(const Json& body) {
  return body.contains("members") ? values_of(body["members"]) : std::vector<std::string>();
}

void apply_patch(World& world, Identity& identity, const Json& body) {
  for (const auto& operation : required_array(body, "Operations")) {
    Change change;
    change.op = lower_case(required_string(operation, "op"));
    if (change.op != "add" && change.op != "remove" && change.op != "replace") {
      throw invalid("Unsupported patch operation: " + change.op);
    }
    const auto value = operation.find("value");
    const auto path = optional_string(operation, "path").value_or("");
    if (value != operation.end()) change.value = &*value;
    if (!path.empty()) {
      std::tie(change.attribute, change.selected) = split_path(path);
      if (change.attribute != "members") {
        if (identity.of_account || (identity.built_in && change.attribute == "displayName")) check_changeable(identity);
      }
      apply_change(world, identity, change);
      continue;
    }
    if (change.value == nullptr || !change.value->is_object()) throw invalid("A patch operation has no path.");
    for (const auto& [attribute, part] : change.value->items()) {
      if (identity.built_in && attribute == "displayName") check_changeable(identity);
      apply_change(world, identity, {change.op, attribute, "", &part});
    }
  }
}

}  // namespace holdfast::sim::databricks
