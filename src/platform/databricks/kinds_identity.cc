// Users, groups, service principals: SCIM 2.0.
#include "platform/databricks/group_assignments.h"
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Paging = Listing::Paging;

namespace {

constexpr const char* k_users = "/api/2.0/preview/scim/v2/Users";
constexpr const char* k_groups = "/api/2.0/preview/scim/v2/Groups";
constexpr const char* k_assignments = "/api/2.0/preview/permissionassignments";
constexpr const char* k_principals = "/api/2.0/preview/scim/v2/ServicePrincipals";

Listing scim_list(const char* path) {
  return {.paging = Paging::scim,
          .ask = {.family = k_scim, .path = path, .query = {{"count", "100"}}},
          .items = "Resources"};
}

// What the server derives: who is in which group stands with the group.
std::vector<std::string> derived() {
  return {"id", "schemas", "meta", "groups"};
}

model::Cost one_call() {
  return {.calls = 1, .family = std::string(k_scim)};
}

KindEntry users() {
  return {.kind = {.collection = collection("users", {"user_name"}),
                   .one = "user",
                   .name_case = model::Kind::Case::ignored,
                   .id = "id",
                   .name = "userName",
                   .same_by = {"externalId"},
                   .server_fields = derived(),
                   .create_only = {"userName"},
                   .unordered = {{"emails", {"value"}}, {"entitlements", {"value"}}, {"roles", {"value"}}},
                   .removed = model::Kind::Removed::when_chosen,
                   // One that is made by hand is another one to the directory, which then brings none.
                   .manual = {{.what = model::Manual::What::instead,
                               .when = {"externalId", ""},
                               .text = "Have the directory of {name} provision the user to the target workspace, and "
                                       "restore once more: users of a directory are not made anew, and what is theirs "
                                       "waits for them."}},
                   .rank = 10,
                   .create = one_call(),
                   .update = one_call(),
                   .remove = one_call()},
          .area = "identity",
          .list = scim_list(k_users)};
}

KindEntry service_principals() {
  return {.kind = {.collection = collection("service-principals", {"application_id"}),
                   .one = "service principal",
                   .id = "id",
                   .name = "applicationId",
                   .same_by = {"externalId"},
                   .server_fields = derived(),
                   .create_only = {"applicationId"},
                   .unordered = {{"entitlements", {"value"}}, {"roles", {"value"}}},
                   .removed = model::Kind::Removed::when_chosen,
                   .manual = {{.text = "Make a new OAuth secret for the service principal {name}, and give it to those "
                                       "who sign in with it: secrets are shown once."}},
                   .rank = 11,
                   .create = one_call(),
                   .update = one_call(),
                   .remove = one_call()},
          .area = "identity",
          .list = scim_list(k_principals),
          .not_included = "OAuth secrets of service principals are shown once and cannot be read."};
}

KindEntry groups() {
  return {.kind = {.collection = collection("groups", {"display_name"}),
                   .one = "group",
                   .id = "id",
                   .name = "displayName",
                   .same_by = {"externalId"},
                   .server_fields = {"id", "schemas", "meta", "groups", "members[*].$ref", "members[*].display",
                                     "members[*].type"},
                   .create_only = {"displayName"},
                   .unordered = {{"members", {"value"}}, {"entitlements", {"value"}}, {"roles", {"value"}}},
                   .links = {{.field = "members[*].value", .to = "users"},
                             {.field = "members[*].value", .to = "service-principals"},
                             {.field = "members[*].value",
                              .to = "groups",
                              .cut = model::Link::Cut::may,
                              .cut_item = "members[*]"}},
                   .manual = {{.what = model::Manual::What::instead,
                               .when = {"meta.resourceType", "\"Group\""},
                               .text = "See to it that the account's group {name} is assigned to the target "
                                       "workspace, and restore once more: a group of the account is not made anew, "
                                       "and what names it waits for it."}},
                   .rank = 12,
                   .create = one_call(),
                   .update = one_call(),
                   .remove = one_call()},
          .area = "identity",
          .list = {.paging = Paging::scim,
                   .ask = {.family = k_scim,
                           .path = k_groups,
                           .query = {{"count", "100"}, {"attributes", "id,displayName"}}},
                   .items = "Resources"},
          // Lists of account-level groups come without members.
          .read = {.family = k_scim, .path = "/api/2.0/preview/scim/v2/Groups/{id}"}};
}

// Users and service principals are assigned by making them.
KindEntry group_assignments() {
  return {.kind = {.collection = collection(std::string(k_group_assignments), {"group_name"}),
                   .one = "assignment of an account's group",
                   .id = "principal.principal_id",
                   .name = "principal.group_name",
                   .server_fields = {"principal.principal_id", "principal.display_name"},
                   .create_only = {"principal.group_name"},
                   .unordered = {{"permissions", {}}},
                   .removed = model::Kind::Removed::when_chosen,
                   .rank = 9,
                   .create = {.calls = 3, .family = std::string(k_other)},  // it is looked at before
                   .update = {.calls = 1, .family = std::string(k_other)},
                   .remove = {.calls = 1, .family = std::string(k_other)}},
          .area = "identity",
          .list = {.ask = {.path = k_assignments}, .items = "permission_assignments"},
          .skipped = {{"principal.user_name"}, {"principal.service_principal_name"}}};
}

}  // namespace

std::vector<KindEntry> identity_kinds() {
  std::vector<KindEntry> out;
  out.push_back(users());
  out.push_back(service_principals());
  out.push_back(groups());
  out.back().kind.system = {
      {"displayName", "\"admins\""}, {"displayName", "\"users\""}, {"displayName", "\"account users\""}};
  out.push_back(group_assignments());
  return out;
}

}  // namespace holdfast::platform::databricks
