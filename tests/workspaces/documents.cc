#include "workspaces/documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "net/url.h"

namespace holdfast::test {

namespace {

using sim::databricks::Json;
using sim::databricks::StandIn;

// How objects of one kind are listed, and what belongs to each.  `{}` is the id.
struct Listed {
  std::string kind;
  std::string path;
  std::string items;
  std::string id;
  std::string name;               // a JSON pointer
  std::string one{};              // a call that shows all of it
  std::vector<std::string> of{};  // calls that show what belongs to it; not having such a thing is well
};

std::string acl(const std::string& type) {
  return "/api/2.0/permissions/" + type + "/{}";
}

const std::vector<Listed>& lists() {
  const std::string scim = "/api/2.0/preview/scim/v2/";
  const std::string boards = "/api/2.0/lakeview/dashboards";
  static const std::vector<Listed> all{
      {"users", scim + "Users?count=100", "Resources", "id", "/userName"},
      {"groups", scim + "Groups?count=100", "Resources", "id", "/displayName", scim + "Groups/{}"},
      {"service-principals", scim + "ServicePrincipals?count=100", "Resources", "id", "/applicationId"},
      {"instance-pools",
       "/api/2.0/instance-pools/list",
       "instance_pools",
       "instance_pool_id",
       "/instance_pool_name",
       "",
       {acl("instance-pools")}},
      {"cluster-policies",
       "/api/2.0/policies/clusters/list",
       "policies",
       "policy_id",
       "/name",
       "",
       {acl("cluster-policies")}},
      {"clusters",
       "/api/2.1/clusters/list?page_size=100",
       "clusters",
       "cluster_id",
       "/cluster_name",
       "",
       {acl("clusters"), "/api/2.0/libraries/cluster-status?cluster_id={}"}},
      {"global-init-scripts", "/api/2.0/global-init-scripts", "scripts", "script_id", "/name",
       "/api/2.0/global-init-scripts/{}"},
      {"pipelines",
       "/api/2.0/pipelines?max_results=100",
       "statuses",
       "pipeline_id",
       "/name",
       "/api/2.0/pipelines/{}",
       {acl("pipelines")}},
      {"jobs",
       "/api/2.2/jobs/list?limit=100",
       "jobs",
       "job_id",
       "/settings/name",
       "/api/2.2/jobs/get?job_id={}",
       {acl("jobs")}},
      {"warehouses", "/api/2.0/sql/warehouses", "warehouses", "id", "/name", "", {acl("warehouses")}},
      {"queries", "/api/2.0/sql/queries?page_size=100", "results", "id", "/display_name", "", {acl("sql/queries")}},
      {"alerts", "/api/2.0/sql/alerts?page_size=100", "results", "id", "/display_name", "", {acl("sql/alerts")}},
      {"alerts-v2", "/api/2.0/alerts?page_size=100", "alerts", "id", "/display_name", "", {acl("alertsv2")}},
      {"dashboards",
       boards + "?page_size=100",
       "dashboards",
       "dashboard_id",
       "/display_name",
       boards + "/{}",
       {boards + "/{}/published", boards + "/{}/schedules", acl("dashboards")}},
      {"ip-access-lists", "/api/2.0/ip-access-lists", "ip_access_lists", "list_id", "/label"},
      {"notification-destinations", "/api/2.0/notification-destinations?page_size=100", "results", "id",
       "/display_name", "/api/2.0/notification-destinations/{}"},
      {"experiments",
       "/api/2.0/mlflow/experiments/list?max_results=1000",
       "experiments",
       "experiment_id",
       "/name",
       "",
       {acl("experiments")}},
      {"registered-models", "/api/2.0/mlflow/registered-models/list?max_results=100", "registered_models", "name",
       "/name", "/api/2.0/mlflow/databricks/registered-models/get?name={}"},
      {"serving-endpoints", "/api/2.0/serving-endpoints", "endpoints", "id", "/name", "", {acl("serving-endpoints")}},
  };
  return all;
}

// What the platform fills in, and what passes.
const std::set<std::string, std::less<>> k_dropped{"created_time",
                                                   "create_time",
                                                   "update_time",
                                                   "creation_time",
                                                   "last_update_time",
                                                   "created_at",
                                                   "updated_at",
                                                   "modified_at",
                                                   "modification_time",
                                                   "creation_timestamp",
                                                   "last_updated_timestamp",
                                                   "created_at_timestamp",
                                                   "revision_create_time",
                                                   "start_time",
                                                   "terminated_time",
                                                   "last_activity_time",
                                                   "last_state_loss_time",
                                                   "last_restarted_time",
                                                   "last_modified",
                                                   "trigger_state",
                                                   "etag",
                                                   "state",
                                                   "status",
                                                   "state_message",
                                                   "termination_reason",
                                                   "driver",
                                                   "executors",
                                                   "health",
                                                   "stats",
                                                   "num_clusters",
                                                   "spark_context_id",
                                                   "schedule_id",
                                                   "library_statuses_time",
                                                   "metastore_id",
                                                   "credential_id",
                                                   "connection_id",
                                                   "volume_id",
                                                   "table_id",
                                                   "function_id",
                                                   "schema_id",
                                                   "catalog_id",
                                                   "head_commit_id",
                                                   "jdbc_url",
                                                   "odbc_params",
                                                   "creator_id",
                                                   "meta",
                                                   "schemas",
                                                   "workspace_id"};
// Lists whose order means nothing.
const std::set<std::string, std::less<>> k_unordered{
    "access_control_list",   "all_permissions", "members",          "groups",
    "privilege_assignments", "items",           "library_statuses", "entitlements"};

struct Object {
  std::string kind;
  std::string name;
  std::vector<std::string> ids;
  Json document;
};

class Collector {
public:
  explicit Collector(StandIn& stand_in) : stand_in_(stand_in) {}

  std::vector<Object> all() {
    for (const Listed& one : lists()) of_list(one);
    tree("/");
    dbfs("/");
    secrets();
    unity();
    add("warehouse-settings", "", {}, stand_in_.get("/api/2.0/sql/config/warehouses"));
    add("token-permissions", "", {}, stand_in_.get("/api/2.0/permissions/authorization/tokens"));
    add("workspace-conf", "", {},
        stand_in_.get("/api/2.0/workspace-conf?keys=maxTokenLifetimeDays,enableWebTerminal,enableIpAccessLists"));
    return std::move(objects_);
  }

private:
  static std::string filled(std::string pattern, const std::string& id) {
    if (const std::size_t at = pattern.find("{}"); at != std::string::npos)
      pattern.replace(at, 2, net::encode_segment(id));
    return pattern;
  }
  static std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }
  // What is not there is null.
  Json perhaps(const std::string& target) {
    try {
      return stand_in_.get(target);
    } catch (const base::Error&) {
      return nullptr;
    }
  }
  Json items(const std::string& path, const std::string& field) {
    const Json answer = stand_in_.get(path);
    if (!answer.value("next_page_token", std::string()).empty())
      throw base::Error(base::ErrorKind::internal, "more than one page of " + path);
    return answer.value(field, Json::array());
  }
  void add(std::string kind, std::string name, std::vector<std::string> ids, Json document) {
    objects_.push_back({std::move(kind), std::move(name), std::move(ids), std::move(document)});
  }

  void of_list(const Listed& listed) {
    for (const Json& item : items(listed.path, listed.items)) {
      const std::string id = text_of(item.at(listed.id));
      Json document = Json::array({listed.one.empty() ? item : stand_in_.get(filled(listed.one, id))});
      for (const std::string& more : listed.of) document.push_back(perhaps(filled(more, id)));
      std::vector<std::string> ids;
      const Json::json_pointer name(listed.name);
      if (id != text_of(item.at(name))) ids.push_back(id);
      if (listed.kind == "registered-models") {  // whose permissions go by an id that lists do not show
        ids.push_back(document[0].at("registered_model_databricks").at("id").get<std::string>());
        document.push_back(perhaps(filled(acl(listed.kind), ids.back())));
      }
      add(listed.kind, text_of(item.at(name)), std::move(ids), std::move(document));
    }
  }

  void tree(const std::string& folder) {
    for (const Json& node : items("/api/2.0/workspace/list?path=" + net::encode_segment(folder), "objects")) {
      const std::string path = node.at("path");
      const std::string type = node.at("object_type");
      const std::string id = text_of(node.at("object_id"));
      Json document = Json::array({node});
      std::string permissions = "directories";
      if (type == "NOTEBOOK" || type == "FILE") {
        permissions = type == "FILE" ? "files" : "notebooks";
        document.push_back(perhaps("/api/2.0/workspace/export?format=AUTO&path=" + net::encode_segment(path)));
      } else if (type == "REPO") {
        permissions = "repos";
        document.push_back(perhaps("/api/2.0/repos/" + id));
      }
      document.push_back(perhaps(filled(acl(permissions), id)));
      add("tree", path, {id}, std::move(document));
      if (type == "DIRECTORY") tree(path);
    }
  }

  void dbfs(const std::string& folder) {
    for (const Json& file : items("/api/2.0/dbfs/list?path=" + net::encode_segment(folder), "files")) {
      const std::string path = file.at("path");
      const bool is_folder = file.at("is_dir");
      Json document = Json::array({file});
      if (!is_folder) document.push_back(stand_in_.get("/api/2.0/dbfs/read?path=" + net::encode_segment(path)));
      add("dbfs", path, {}, std::move(document));
      if (is_folder) dbfs(path);
    }
  }

  // Their values and keys do not come along.
  void secrets() {
    for (const Json& scope : items("/api/2.0/secrets/scopes/list", "scopes")) {
      const std::string name = scope.at("name");
      add("secret-scopes", name, {},
          Json::array({scope, stand_in_.get("/api/2.0/secrets/acls/list?scope=" + net::encode_segment(name))}));
    }
  }

  void securables(const std::string& plural, const std::string& query, const std::string& field) {
    std::string singular = field;
    singular.pop_back();
    for (const Json& one : items(fmt::format("/api/2.1/unity-catalog/{}{}", plural, query), field)) {
      const std::string name = one.contains("full_name") ? one.at("full_name") : one.at("name");
      Json bare = one;
      bare.erase("id");
      const std::string grants =
          fmt::format("/api/2.1/unity-catalog/permissions/{}/{}", singular, net::encode_segment(name));
      const std::string tags = fmt::format("/api/2.1/unity-catalog/entity-tag-assignments/{}/{}/tags?max_results=100",
                                           plural, net::encode_segment(name));
      add(plural, name, {}, Json::array({std::move(bare), perhaps(grants), perhaps(tags)}));
      if (plural == "catalogs") securables("schemas", "?catalog_name=" + net::encode_segment(name), "schemas");
      if (plural != "schemas") continue;
      for (const char* below : {"volumes", "tables", "functions"})
        securables(below,
                   fmt::format("?catalog_name={}&schema_name={}", one.at("catalog_name").get<std::string>(),
                               one.at("name").get<std::string>()),
                   below);
    }
  }
  void unity() {
    securables("storage-credentials", "", "storage_credentials");
    securables("external-locations", "", "external_locations");
    securables("connections", "", "connections");
    securables("catalogs", "", "catalogs");
  }

  StandIn& stand_in_;
  std::vector<Object> objects_;
};

using Labels = std::map<std::string, std::string>;  // id → what stands for it

Json without_ids(const Json& value, const Labels& labels) {
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [name, member] : value.items()) {
      if (k_dropped.contains(name)) continue;
      Json cleaned = without_ids(member, labels);
      if (cleaned.is_array() && k_unordered.contains(name)) std::sort(cleaned.begin(), cleaned.end());
      out[name] = std::move(cleaned);
    }
    return out;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& member : value) out.push_back(without_ids(member, labels));
    return out;
  }
  if (value.is_number_integer()) {
    const auto found = labels.find(value.dump());
    return found == labels.end() ? value : Json(found->second);
  }
  if (!value.is_string()) return value;
  std::string text = value;
  for (const auto& [id, label] : labels)
    for (std::size_t at = text.find(id); at != std::string::npos; at = text.find(id, at + label.size()))
      text.replace(at, id.size(), label);
  return text;
}

}  // namespace

std::vector<std::string> documents_of(StandIn& stand_in) {
  const std::vector<Object> objects = Collector(stand_in).all();
  Labels labels;
  for (const Object& one : objects)
    for (const std::string& id : one.ids) labels[id] = fmt::format("<{}/{}>", one.kind, one.name);
  // Twins of one name are told apart by what is in them.
  Labels precise;
  for (const Object& one : objects) {
    if (one.ids.empty()) continue;
    const std::size_t hash = std::hash<std::string>{}(without_ids(one.document, labels).dump());
    for (const std::string& id : one.ids) precise[id] = fmt::format("<{}/{} {:x}>", one.kind, one.name, hash);
  }
  std::vector<std::string> out;
  for (const Object& one : objects)
    out.push_back(fmt::format("{}/{} {}", one.kind, one.name, without_ids(one.document, precise).dump()));
  std::sort(out.begin(), out.end());
  return out;
}

std::string difference(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
  std::vector<std::string> missing;
  std::vector<std::string> more;
  std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(), std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), expected.begin(), expected.end(), std::back_inserter(more));
  std::string out;
  constexpr std::size_t k_shown = 1500;  // bytes of a line
  for (const std::string& one : missing) out += "- " + one.substr(0, k_shown) + "\n";
  for (const std::string& one : more) out += "+ " + one.substr(0, k_shown) + "\n";
  return out;
}

}  // namespace holdfast::test
