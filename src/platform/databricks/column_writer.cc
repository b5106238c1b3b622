#include "platform/databricks/column_writer.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using base::Bytes;
using base::Error;
using base::ErrorKind;
using model::json_quoted;
using model::JsonText;

std::vector<JsonText::Id> items(const JsonText& json, std::string_view name) {
  std::vector<JsonText::Id> out;
  const JsonText::Id array = json.member(JsonText::k_root, name);
  if (array == JsonText::k_none) return out;
  for (JsonText::Id id = json.first(array); id != JsonText::k_none; id = json.next(id)) out.push_back(id);
  return out;
}

std::string text(const JsonText& json, JsonText::Id object, std::string_view name) {
  const JsonText::Id id = json.member(object, name);
  return id == JsonText::k_none ? std::string() : json.string(id);
}

void write_permissions(const Calls& calls, const ColumnTarget& target, const Bytes& value) {
  const std::string path =
      fmt::format("/api/2.0/permissions/{}/{}", target.writes.permissions, net::encode_segment(target.permission_id));
  calls.send(calls.request(net::Method::put, path, flat_permissions(value)), k_permissions_write);
}

// Libraries as they would be sent, without those that every cluster has.
std::set<std::string> libraries_in(const JsonText& json) {
  std::set<std::string> out;
  for (const JsonText::Id id : items(json, "library_statuses")) {
    const JsonText::Id library = json.member(id, "library");
    if (library != JsonText::k_none && text(json, id, "is_library_for_all_clusters") != "true")
      out.emplace(json.raw(library));
  }
  return out;
}

void write_libraries(const Calls& calls, const std::string& cluster, const Bytes& value) {
  const std::set<std::string> wanted = libraries_in(JsonText(value));
  const std::set<std::string> there = libraries_in(
      JsonText(calls.get({.path = "/api/2.0/libraries/cluster-status", .query = {{"cluster_id", cluster}}})));
  const auto change = [&](std::string_view call, const std::set<std::string>& from,
                          const std::set<std::string>& without) {
    std::vector<std::string> list;
    for (const std::string& one : from)
      if (!without.contains(one)) list.push_back(one);
    if (list.empty()) return;
    calls.post(fmt::format("/api/2.0/libraries/{}", call),
               fmt::format(R"({{"cluster_id":{},"libraries":[{}]}})", json_quoted(cluster), fmt::join(list, ",")));
  };
  change("uninstall", there, wanted);
  change("install", wanted, there);
}

std::map<std::string, std::string> acls_in(const JsonText& json) {
  std::map<std::string, std::string> out;
  for (const JsonText::Id id : items(json, "items")) out[text(json, id, "principal")] = text(json, id, "permission");
  return out;
}

// Who creates a scope may manage it from then on, whether the source said so or not: hence the removals.
void write_acls(const Calls& calls, const std::string& scope, const Bytes& value) {
  const auto wanted = acls_in(JsonText(value));
  const auto there = acls_in(
      JsonText(calls.get({.family = k_secrets, .path = "/api/2.0/secrets/acls/list", .query = {{"scope", scope}}})));
  for (const auto& [principal, permission] : wanted) {
    if (const auto known = there.find(principal); known != there.end() && known->second == permission) continue;
    calls.post("/api/2.0/secrets/acls/put",
               fmt::format(R"({{"scope":{},"principal":{},"permission":{}}})", json_quoted(scope),
                           json_quoted(principal), json_quoted(permission)),
               k_secrets);
  }
  for (const auto& [principal, permission] : there)
    if (!wanted.contains(principal))
      calls.post("/api/2.0/secrets/acls/delete",
                 fmt::format(R"({{"scope":{},"principal":{}}})", json_quoted(scope), json_quoted(principal)),
                 k_secrets);
}

std::map<std::string, std::set<std::string>> grants_in(const JsonText& json) {
  std::map<std::string, std::set<std::string>> out;
  for (const JsonText::Id id : items(json, "privilege_assignments")) {
    auto& privileges = out[text(json, id, "principal")];
    const JsonText::Id list = json.member(id, "privileges");
    if (list == JsonText::k_none) continue;
    for (JsonText::Id one = json.first(list); one != JsonText::k_none; one = json.next(one))
      privileges.insert(json.string(one));
  }
  return out;
}

std::string list_of(const std::set<std::string>& from, const std::set<std::string>& without) {
  std::string out;
  for (const std::string& one : from)
    if (!without.contains(one)) out += fmt::format("{}{}", out.empty() ? "" : ",", json_quoted(one));
  return out;
}

void write_grants(const Calls& calls, const ColumnTarget& target, const Bytes& value) {
  std::string type = target.kind.collection.name;
  type.pop_back();  // "external-locations" → "external_location"
  for (char& c : type)
    if (c == '-') c = '_';
  const std::string path =
      fmt::format("/api/2.1/unity-catalog/permissions/{}/{}", type, net::encode_segment(target.id));
  auto wanted = grants_in(JsonText(value));
  auto there = grants_in(JsonText(calls.get({.path = path})));
  std::set<std::string> principals;
  for (const auto* grants : {&wanted, &there})
    for (const auto& [principal, privileges] : *grants) principals.insert(principal);
  std::string changes;
  for (const std::string& principal : principals) {
    const std::string add = list_of(wanted[principal], there[principal]);
    const std::string remove = list_of(there[principal], wanted[principal]);
    if (add.empty() && remove.empty()) continue;
    changes += fmt::format(R"({}{{"principal":{},"add":[{}],"remove":[{}]}})", changes.empty() ? "" : ",",
                           json_quoted(principal), add, remove);
  }
  if (changes.empty()) return;
  calls.send(calls.request(net::Method::patch, path, fmt::format(R"({{"changes":[{}]}})", changes)), k_other);
}

// Lists of things that are told apart by ids of their own only: those that are there go, those that are wanted come.
struct Parts {
  std::string all;  // path
  std::string items;
  std::string id;  // member of an item
  std::vector<std::string> dropped;
};

void write_parts(const Calls& calls, const Parts& parts, const Bytes& value) {
  const JsonText there(calls.get({.family = k_sql, .path = parts.all}));
  for (const JsonText::Id id : items(there, parts.items)) {
    const std::string path = fmt::format("{}/{}", parts.all, net::encode_segment(text(there, id, parts.id)));
    calls.remove({.method = net::Method::remove, .path = path, .family = k_sql, .sent = {}}, {});
  }
  JsonText wanted(value);
  for (const JsonText::Id id : items(wanted, parts.items)) {
    for (const std::string& name : parts.dropped)
      if (const JsonText::Id field = wanted.member(id, name); field != JsonText::k_none) wanted.remove(field);
    calls.post(parts.all, wanted.print(id), k_sql);
  }
}

void write_published(const Calls& calls, const std::string& dashboard, const Bytes& value) {
  const JsonText wanted(value);
  std::string body;
  for (const std::string_view name : {"warehouse_id", "embed_credentials"})
    if (const JsonText::Id id = wanted.member(JsonText::k_root, name); id != JsonText::k_none)
      body += fmt::format("{}{}:{}", body.empty() ? "" : ",", json_quoted(name), wanted.raw(id));
  calls.post(fmt::format("/api/2.0/lakeview/dashboards/{}/published", net::encode_segment(dashboard)),
             fmt::format("{{{}}}", body), k_sql);
}

}  // namespace

std::string flat_permissions(std::string_view reply) {
  const JsonText json{std::string(reply)};
  std::string out;
  for (const JsonText::Id entry : items(json, "access_control_list")) {
    if (text(json, entry, "group_name") == "admins") continue;
    const JsonText::Id levels = json.member(entry, "all_permissions");
    if (levels == JsonText::k_none) continue;
    for (JsonText::Id level = json.first(levels); level != JsonText::k_none; level = json.next(level)) {
      if (text(json, level, "inherited") == "true") continue;
      for (const std::string_view who : {"user_name", "group_name", "service_principal_name"}) {
        const std::string name = text(json, entry, who);
        if (!name.empty())
          out += fmt::format(R"({}{{{}:{},"permission_level":{}}})", out.empty() ? "" : ",", json_quoted(who),
                             json_quoted(name), json_quoted(text(json, level, "permission_level")));
      }
    }
  }
  return fmt::format(R"({{"access_control_list":[{}]}})", out);
}

void write_column(const Calls& calls, const ColumnTarget& target, const std::string& column, const Bytes& value) {
  if (column == "permissions") return write_permissions(calls, target, value);
  if (column == "libraries") return write_libraries(calls, target.id, value);
  if (column == "acls") return write_acls(calls, target.id, value);
  if (column == "grants") return write_grants(calls, target, value);
  if (column == "published") return write_published(calls, target.id, value);
  if (column == "schedules")
    return write_parts(calls,
                       {.all = fmt::format("/api/2.0/lakeview/dashboards/{}/schedules", net::encode_segment(target.id)),
                        .items = "schedules",
                        .id = "schedule_id",
                        .dropped = {"schedule_id", "dashboard_id", "etag", "create_time", "update_time"}},
                       value);
  throw Error(ErrorKind::unsupported, fmt::format("the {} of a {} cannot be written", column, target.kind.one),
              "Set them by hand.");
}

}  // namespace holdfast::platform::databricks
