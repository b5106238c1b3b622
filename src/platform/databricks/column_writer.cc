#include "platform/databricks/column_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "model/resource_text.h"
#include "platform/databricks/errors.h"
#include "platform/databricks/placeholders.h"
#include "platform/platform.h"

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

void write_pinned(const Calls& calls, const std::string& cluster, const Bytes& value) {
  const bool pin = !items(JsonText(value), "pinned").empty();
  const std::string body = fmt::format(R"({{"cluster_id":{}}})", json_quoted(cluster));
  const auto send = [&](std::string_view path) {
    calls.send(calls.request(net::Method::post, path, body), k_other, net::Repeat::safe);
  };
  if (!pin) return send("/api/2.1/clusters/unpin");
  try {
    send("/api/2.1/clusters/pin");
  } catch (const Refused& refused) {
    if (refused.status() != net::Status::quota && refused.status() != net::Status::invalid) throw;
    // Which of those that are pinned matters less nobody but people know.
    throw ByHand(
        fmt::format("Pin the cluster {}, once another one is unpinned: 30 days after it stopped it would be "
                    "listed no more ({}).",
                    cluster, refused.message()));
  }
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

// Base64 by key.
std::map<std::string, std::string> values_in(const JsonText& json) {
  std::map<std::string, std::string> out;
  for (const JsonText::Id id : items(json, "values")) out[text(json, id, "key")] = text(json, id, "value");
  return out;
}

bool is_utf8(const Bytes& bytes) {
  try {
    (void)nlohmann::json(bytes).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

// Text is what most people put; anything else goes as it is.
std::string secret_body(const std::string& scope, const std::string& key, const std::string& base64) {
  const Bytes bytes = model::base64_decode(base64);
  const bool text = is_utf8(bytes);
  return fmt::format(R"({{"scope":{},"key":{},"{}":{}}})", json_quoted(scope), json_quoted(key),
                     text ? "string_value" : "bytes_value", json_quoted(text ? bytes : base64));
}

void write_secret_values(const Calls& calls, const std::string& scope, const Bytes& value) {
  const auto wanted = values_in(JsonText(value));
  std::set<std::string> there;
  const JsonText listed(calls.get({.family = k_secrets, .path = "/api/2.0/secrets/list", .query = {{"scope", scope}}}));
  for (const JsonText::Id id : items(listed, "secrets")) there.insert(text(listed, id, "key"));
  const auto is_there = [&](const std::string& key, const std::string& base64) {
    if (!there.contains(key)) return false;
    const net::Answer answer = calls.client().get(
        {.family = k_secrets, .path = "/api/2.0/secrets/get", .query = {{"scope", scope}, {"key", key}}}, calls.stop());
    return answer.ok() && scalar_at(JsonText(answer.response.body), "value") == base64;
  };
  const auto post = [&](std::string_view path, std::string body) {
    calls.send(calls.request(net::Method::post, path, std::move(body)), k_secrets, net::Repeat::safe);
  };
  for (const auto& [key, base64] : wanted)
    if (!is_there(key, base64)) post("/api/2.0/secrets/put", secret_body(scope, key, base64));
}

void remove_secrets(const Calls& calls, const std::string& scope, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    calls.remove({.method = net::Method::post,
                  .path = "/api/2.0/secrets/delete",
                  .family = k_secrets,
                  .sent = fmt::format(R"({{"scope":{},"key":{}}})", json_quoted(scope), json_quoted(key))},
                 {});
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

// What the platform itself classified is nobody's to set.
constexpr std::string_view k_classified = "TAG_ASSIGNMENT_SOURCE_TYPE_SYSTEM_DATA_CLASSIFICATION";
std::map<std::string, std::string> tags_in(const JsonText& json) {
  std::map<std::string, std::string> out;
  for (const JsonText::Id id : items(json, "tag_assignments"))
    if (text(json, id, "source_type") != k_classified) out[text(json, id, "tag_key")] = text(json, id, "tag_value");
  return out;
}

void write_tags(const Calls& calls, const ColumnTarget& target, const Bytes& value) {
  const std::string& type = target.kind.collection.name;
  const std::string base = "/api/2.1/unity-catalog/entity-tag-assignments";
  const std::string path = fmt::format("{}/{}/{}/tags", base, type, net::encode_segment(target.id));
  std::map<std::string, std::string> there;
  calls.client().list(
      {.paging = Listing::Paging::page_token, .ask = {.path = path}, .items = "tag_assignments"},
      [&](std::string_view one) { there.merge(tags_in(JsonText(fmt::format(R"({{"tag_assignments":[{}]}})", one)))); },
      calls.stop());
  const auto path_to = [&](const std::string& key) { return fmt::format("{}/{}", path, net::encode_segment(key)); };
  const auto wanted = tags_in(JsonText(value));
  for (const auto& [key, text] : wanted) {
    const auto known = there.find(key);
    if (known != there.end() && known->second == text) continue;
    // One that is a key alone is made so.
    const bool bare = text.empty() && known == there.end();
    const std::string body = fmt::format(R"({{"entity_type":{},"entity_name":{},"tag_key":{}{}}})", json_quoted(type),
                                         json_quoted(target.id), json_quoted(key),
                                         bare ? std::string() : fmt::format(R"(,"tag_value":{})", json_quoted(text)));
    if (known == there.end()) {
      calls.post(base, body);
      continue;
    }
    net::Request change = calls.request(net::Method::patch, path_to(key), body);
    change.url.query = "update_mask=tag_value";
    calls.send(std::move(change), k_other, net::Repeat::safe);
  }
  for (const auto& [key, text] : there)
    if (!wanted.contains(key))
      calls.remove({.method = net::Method::remove, .path = path_to(key), .family = k_other, .sent = {}}, {});
}

struct Schedule {
  std::string id;    // empty: it is to come
  std::string etag;  // as it is there: a change is refused without, and where it is of an older state
  std::string sent;  // as it is written
  std::string all;   // the same, to be compared
  std::string name;
  std::string cron;  // to be compared; less is known of no schedule
};

Schedule schedule_in(std::string text_of_it) {
  JsonText json(std::move(text_of_it));
  Schedule out{.id = text(json, JsonText::k_root, "schedule_id"),
               .etag = text(json, JsonText::k_root, "etag"),
               .sent = {},
               .all = {},
               .name = text(json, JsonText::k_root, "display_name"),
               .cron = {}};
  if (const JsonText::Id cron = json.member(JsonText::k_root, "cron_schedule"); cron != JsonText::k_none)
    out.cron = model::plain_text(json.print(cron));
  for (const std::string_view name : {"schedule_id", "dashboard_id", "etag", "create_time", "update_time"})
    if (const JsonText::Id field = json.member(JsonText::k_root, name); field != JsonText::k_none) json.remove(field);
  out.sent = json.print();
  out.all = model::plain_text(out.sent);
  return out;
}

std::string with_etag(const Schedule& one) {
  if (one.etag.empty()) return one.sent;
  JsonText json(one.sent);
  json.add_member(JsonText::k_root, "etag", json_quoted(one.etag));
  return json.print();
}

// Gives to those that are wanted the ids of those that are there and alike in this; each once.
template <typename Alike>
void take_ids(std::vector<Schedule>& wanted, std::vector<Schedule>& there, const Alike& alike) {
  for (Schedule& one : wanted) {
    if (!one.id.empty()) continue;
    const auto same = std::find_if(there.begin(), there.end(),
                                   [&](const Schedule& other) { return !other.id.empty() && alike(one, other); });
    if (same == there.end()) continue;
    one.id = std::exchange(same->id, {});
    one.etag = same->etag;
    if (one.all == same->all) one.sent.clear();  // it is as it shall be
  }
}

// Those that name what is there by its id, as of an activation: of these only what they say is changed.  Somebody may
// have added, removed or edited one since they were read.
void change_schedules(const Calls& calls, const std::string& path, const std::vector<Schedule>& wanted,
                      const std::vector<Schedule>& there) {
  for (const Schedule& one : wanted) {
    const auto same =
        std::find_if(there.begin(), there.end(), [&](const Schedule& other) { return other.id == one.id; });
    if (same == there.end() || same->all == one.all) continue;
    calls.send(calls.request(net::Method::put, fmt::format("{}/{}", path, net::encode_segment(one.id)), with_etag(one)),
               k_sql, net::Repeat::unsafe);
  }
}

// A schedule that stays keeps its subscriptions, which no snapshot has: what can be the same one is changed, not made
// again.  What is not wanted goes last, so that a refusal leaves more rather than less.
void write_schedules(const Calls& calls, const std::string& dashboard, const Bytes& value) {
  const std::string path = fmt::format("/api/2.0/lakeview/dashboards/{}/schedules", net::encode_segment(dashboard));
  std::vector<Schedule> there;
  calls.client().list(
      {.paging = Listing::Paging::page_token,
       .ask = {.family = k_sql, .path = path, .query = {{"page_size", "100"}}},
       .items = "schedules"},
      [&](std::string_view one) { there.push_back(schedule_in(std::string(one))); }, calls.stop());
  std::vector<Schedule> wanted;
  const JsonText json(value);
  for (const JsonText::Id id : items(json, "schedules")) wanted.push_back(schedule_in(json.print(id)));
  if (std::any_of(wanted.begin(), wanted.end(), [](const Schedule& one) { return !one.id.empty(); }))
    return change_schedules(calls, path, wanted, there);
  take_ids(wanted, there, [](const Schedule& one, const Schedule& other) { return one.all == other.all; });
  take_ids(wanted, there,
           [](const Schedule& one, const Schedule& other) { return one.name == other.name && one.cron == other.cron; });
  take_ids(wanted, there,
           [](const Schedule& one, const Schedule& other) { return !one.name.empty() && one.name == other.name; });
  take_ids(wanted, there, [](const Schedule& one, const Schedule& other) { return one.cron == other.cron; });
  const auto path_to = [&](const Schedule& one) { return fmt::format("{}/{}", path, net::encode_segment(one.id)); };
  for (const Schedule& one : wanted) {
    if (one.id.empty()) {
      calls.post(path, one.sent, k_sql);
    } else if (!one.sent.empty()) {
      // Tried again by itself it would be refused for its own first attempt.
      calls.send(calls.request(net::Method::put, path_to(one), with_etag(one)), k_sql, net::Repeat::unsafe);
    }
  }
  for (const Schedule& one : there)
    if (!one.id.empty())
      calls.remove({.method = net::Method::remove, .path = path_to(one), .family = k_sql, .sent = {}}, {});
}

// Embedded credentials would be those of the account that writes: whoever may look at the dashboard would see what that
// account may.
void write_published(const Calls& calls, const std::string& dashboard, const Bytes& value) {
  const JsonText wanted(value);
  std::string body = R"("embed_credentials":false)";
  if (const JsonText::Id id = wanted.member(JsonText::k_root, "warehouse_id"); id != JsonText::k_none)
    body += fmt::format(R"(,"warehouse_id":{})", wanted.raw(id));
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

void remove_from_column(const Calls& calls, const ColumnTarget& target, const std::string& column,
                        const std::vector<std::string>& keys) {
  if (column == "values") return remove_secrets(calls, target.id, keys);
  throw Error(ErrorKind::unsupported, fmt::format("nothing can be taken from the {} of a {}", column, target.kind.one),
              "Take it away by hand.");
}

void write_column(const Calls& calls, const ColumnTarget& target, const std::string& column, const Bytes& value) {
  if (column == "permissions") return write_permissions(calls, target, value);
  if (column == "libraries") return write_libraries(calls, target.id, value);
  if (column == "pinned") return write_pinned(calls, target.id, value);
  if (column == "acls") return write_acls(calls, target.id, value);
  if (column == "values") return write_secret_values(calls, target.id, value);
  if (column == "grants") return write_grants(calls, target, value);
  if (column == "tags") return write_tags(calls, target, value);
  if (column == "published") return write_published(calls, target.id, value);
  if (column == "schedules") return write_schedules(calls, target.id, value);
  throw Error(ErrorKind::unsupported, fmt::format("the {} of a {} cannot be written", column, target.kind.one),
              "Set them by hand.");
}

}  // namespace holdfast::platform::databricks
