#include "platform/databricks/writes.h"

#include <fmt/format.h>

#include "platform/databricks/group_assignments.h"

namespace holdfast::platform::databricks {

namespace {

using net::Method;

WriteCall post(std::string path, std::string sent = "{body}") {
  return {.method = Method::post, .path = std::move(path), .sent = std::move(sent)};
}
WriteCall send(Method method, std::string path, std::string sent = "{body}") {
  return {.method = method, .path = std::move(path), .sent = std::move(sent)};
}
// The definition with its id added.
WriteCall edit(std::string path, std::string with_id) {
  return {.method = Method::post, .path = std::move(path), .with_id = std::move(with_id)};
}
WriteCall removal(std::string path) {
  return {.method = Method::remove, .path = std::move(path), .sent = {}};
}
WriteCall in_family(WriteCall call, std::string_view family) {
  call.family = family;
  return call;
}

KindWrites scim(std::string_view kind, std::string_view path) {
  const std::string all = fmt::format("/api/2.0/preview/scim/v2/{}", path);
  return {.kind = kind,
          .create = in_family(post(all), k_scim),
          .created_id = "id",
          .update = in_family(send(Method::put, all + "/{id}"), k_scim),
          .remove = in_family(removal(all + "/{id}"), k_scim)};
}

// Creating one looks for the group in the account first.
KindWrites group_assignments() {
  const std::string one = "/api/2.0/preview/permissionassignments/principals/{id}";
  return {.kind = k_group_assignments,
          .overwrites = true,
          .update = send(Method::put, one, R"({"permissions":{member:permissions}})"),
          .remove = removal(one)};
}

std::vector<KindWrites> compute() {
  const std::string clusters = "/api/2.1/clusters/";
  const std::string policies = "/api/2.0/policies/clusters/";
  const std::string pools = "/api/2.0/instance-pools/";
  const std::string scripts = "/api/2.0/global-init-scripts";
  return {
      {.kind = "clusters",
       .create = post(clusters + "create"),
       .created_id = "cluster_id",
       .after = {post(clusters + "delete", R"({"cluster_id":{id}})")},
       .update = edit(clusters + "edit", "cluster_id"),
       .release = post(clusters + "unpin", R"({"cluster_id":{id}})"),
       .remove = post(clusters + "permanent-delete", R"({"cluster_id":{id}})"),
       .permissions = "clusters"},
      {.kind = "cluster-policies",
       .create = post(policies + "create"),
       .created_id = "policy_id",
       .update = edit(policies + "edit", "policy_id"),
       .remove = post(policies + "delete", R"({"policy_id":{id}})"),
       .permissions = "cluster-policies"},
      {.kind = "instance-pools",
       .create = post(pools + "create"),
       .created_id = "instance_pool_id",
       .update = edit(pools + "edit", "instance_pool_id"),
       .remove = post(pools + "delete", R"({"instance_pool_id":{id}})"),
       .permissions = "instance-pools"},
      {.kind = "global-init-scripts",
       .create = post(scripts),
       .created_id = "script_id",
       .update = send(Method::patch, scripts + "/{id}"),
       .part = send(Method::patch, scripts + "/{id}", "{changed}"),
       .remove = removal(scripts + "/{id}")},
  };
}

std::vector<KindWrites> jobs() {
  const std::string jobs = "/api/2.2/jobs/";
  const std::string pipelines = "/api/2.0/pipelines";
  return {
      {.kind = "jobs",
       .create = in_family(post(jobs + "create"), k_jobs_create),
       .created_id = "job_id",
       .update = in_family(post(jobs + "reset", R"({"job_id":{number},"new_settings":{body}})"), k_jobs),
       .part = in_family(post(jobs + "update", R"({"job_id":{number},"new_settings":{changed}})"), k_jobs),
       .remove = in_family(post(jobs + "delete", R"({"job_id":{number}})"), k_jobs),
       .permissions = "jobs"},
      {.kind = "pipelines",
       .create = post(pipelines),
       .created_id = "pipeline_id",
       .update = send(Method::put, pipelines + "/{id}"),
       .sent_back = {.definition = "spec", .modified = "last_modified", .expected = "expected_last_modified"},
       .remove = removal(pipelines + "/{id}"),
       .permissions = "pipelines"},
  };
}

std::vector<KindWrites> sql() {
  const std::string warehouses = "/api/2.0/sql/warehouses";
  const std::string queries = "/api/2.0/sql/queries";
  const std::string alerts = "/api/2.0/sql/alerts";
  const std::string alerts_v2 = "/api/2.0/alerts";
  const std::string dashboards = "/api/2.0/lakeview/dashboards";
  // What the mask does not name is not looked at; that it may be left out nobody says.
  WriteCall patch_alert = send(Method::patch, alerts_v2 + "/{id}");
  patch_alert.query = {{"update_mask", "{differing}"}};
  return {
      {.kind = "warehouses",
       .create = post(warehouses),
       .created_id = "id",
       .after = {post(warehouses + "/{id}/stop", "")},
       .update = post(warehouses + "/{id}/edit"),
       .remove = removal(warehouses + "/{id}"),
       .permissions = "sql/warehouses"},
      {.kind = "warehouse-settings", .update = send(Method::put, "/api/2.0/sql/config/warehouses")},
      {.kind = "queries",
       .create = post(queries, R"({"query":{body}})"),
       .created_id = "id",
       .update = send(Method::patch, queries + "/{id}", R"({"query":{changed},"update_mask":"{differing}"})"),
       .masked = true,
       .completed = true,  // whoever creates it owns it
       .remove = removal(queries + "/{id}"),
       .permissions = "sql/queries"},
      {.kind = "alerts",
       .create = post(alerts, R"({"alert":{body}})"),
       .created_id = "id",
       .update = send(Method::patch, alerts + "/{id}", R"({"alert":{changed},"update_mask":"{differing}"})"),
       .masked = true,
       .completed = true,  // whoever creates it owns it
       .remove = removal(alerts + "/{id}"),
       .permissions = "sql/alerts"},
      {.kind = "alerts-v2",
       .create = post(alerts_v2),
       .created_id = "id",
       .update = patch_alert,
       .masked = true,
       .remove = removal(alerts_v2 + "/{id}"),
       .permissions = "alertsv2"},
      {.kind = "dashboards",
       .create = post(dashboards),
       .created_id = "dashboard_id",
       .update = send(Method::patch, dashboards + "/{id}"),
       .remove = removal(dashboards + "/{id}"),
       .permissions = "dashboards"},
  };
}

std::vector<KindWrites> settings() {
  const std::string lists = "/api/2.0/ip-access-lists";
  const std::string destinations = "/api/2.0/notification-destinations";
  return {
      // One that was never set is not there.
      {.kind = "workspace-conf",
       .create = send(Method::patch, "/api/2.0/workspace-conf"),
       .overwrites = true,
       .update = send(Method::patch, "/api/2.0/workspace-conf")},
      {.kind = "token-permissions",
       .update = in_family(send(Method::put, "/api/2.0/permissions/authorization/tokens", "{permissions}"),
                           k_permissions_write)},
      {.kind = "ip-access-lists",
       .create = post(lists),
       .created_id = "ip_access_list.list_id",
       .update = send(Method::patch, lists + "/{id}"),
       .part = send(Method::patch, lists + "/{id}", "{changed}"),
       .completed = true,  // one that is created is switched on, whatever is asked for
       .remove = removal(lists + "/{id}")},
      {.kind = "notification-destinations",
       .create = post(destinations),
       .created_id = "id",
       .update = send(Method::patch, destinations + "/{id}"),
       .remove = removal(destinations + "/{id}")},
  };
}

std::vector<KindWrites> mlflow() {
  const std::string experiments = "/api/2.0/mlflow/experiments/";
  const std::string models = "/api/2.0/mlflow/registered-models/";
  const std::string endpoints = "/api/2.0/serving-endpoints";
  WriteCall unset_tag = removal(models + "delete-tag");
  unset_tag.query = {{"name", "{id}"}, {"key", "{member:key}"}};
  return {
      {.kind = "experiments",
       .create = post(experiments + "create"),
       .created_id = "experiment_id",
       .members = {{.member = "name",
                    .set = post(experiments + "update", R"({"experiment_id":{id},"new_name":{name}})")},
                   {.member = "tags",
                    .set = post(experiments + "set-experiment-tag",
                                R"({"experiment_id":{id},"key":{member:key},"value":{member:value}})"),
                    .sent = MemberWrite::Sent::tags}},
       .remove = post(experiments + "delete", R"({"experiment_id":{id}})"),
       .permissions = "experiments"},
      {.kind = "registered-models",
       .create = post(models + "create"),
       .members = {{.member = "description",
                    .set =
                        send(Method::patch, models + "update", R"({"name":{id},"description":{member:description}})"),
                    .none = R"("")"},
                   {.member = "tags",
                    .set = post(models + "set-tag", R"({"name":{id},"key":{member:key},"value":{member:value}})"),
                    .sent = MemberWrite::Sent::tags,
                    .unset = unset_tag}},
       .remove = send(Method::remove, models + "delete", R"({"name":{id}})"),
       .permissions = "registered-models",
       .permission_id = "id"},
      {.kind = "serving-endpoints",
       .create = post(endpoints),
       .members = {{.member = "config", .set = send(Method::put, endpoints + "/{id}/config", "{member:config}")},
                   {.member = "tags",
                    .set = send(Method::patch, endpoints + "/{id}/tags", R"({"add_tags":[{body}]})"),
                    .sent = MemberWrite::Sent::tags,
                    .unset = send(Method::patch, endpoints + "/{id}/tags", R"({"delete_tags":[{member:key}]})")},
                   {.member = "ai_gateway",
                    .set = send(Method::put, endpoints + "/{id}/ai-gateway", "{member:ai_gateway}"),
                    .none = "{}"},
                   {.member = "email_notifications",
                    .set = send(Method::patch, endpoints + "/{id}/notifications",
                                R"({"email_notifications":{member:email_notifications}})"),
                    .none = "{}"}},
       .remove = removal(endpoints + "/{id}"),
       .permissions = "serving-endpoints",
       .permission_id = "id"},
  };
}

// Objects of the catalog; functions and tables are written by code of their own.
std::vector<KindWrites> unity() {
  std::vector<KindWrites> out;
  for (const std::string_view kind :
       {"storage-credentials", "external-locations", "connections", "catalogs", "schemas", "volumes"}) {
    const std::string all = fmt::format("/api/2.1/unity-catalog/{}", kind);
    out.push_back({.kind = kind,
                   .create = post(all),
                   .update = send(Method::patch, all + "/{id}"),
                   .cleared = {{"comment", R"("")"}},
                   .completed = true,  // whoever creates it owns it
                   .remove = removal(all + "/{id}")});
  }
  for (const std::string_view kind : {"functions", "tables"}) out.push_back({.kind = kind});
  return out;
}

// What lies in the tree and elsewhere is created and changed by code of its own.
std::vector<KindWrites> tree() {
  const std::string workspace = "/api/2.0/workspace/";
  const WriteCall removed = in_family(post(workspace + "delete", R"({"path":{id},"recursive":false})"), k_workspace);
  std::vector<KindWrites> out;
  for (const std::string_view kind : {"notebooks", "files"})
    out.push_back({.kind = kind, .remove = removed, .permissions = std::string(kind), .permission_id = "object_id"});
  out.push_back({.kind = "folders", .remove = removed, .permissions = "directories", .permission_id = "object_id"});
  out.push_back({.kind = "repos",
                 .create = post("/api/2.0/repos"),
                 .created_id = "id",
                 .update = send(Method::patch, "/api/2.0/repos/{id}", R"({"branch":{member:branch}})"),
                 .remove = removal("/api/2.0/repos/{id}"),
                 .permissions = "repos"});
  out.push_back({.kind = "secret-scopes",
                 .remove = in_family(post("/api/2.0/secrets/scopes/delete", R"({"scope":{id}})"), k_secrets)});
  out.push_back({.kind = "dbfs-files",
                 .remove = in_family(post("/api/2.0/dbfs/delete", R"({"path":{id},"recursive":false})"), k_dbfs)});
  return out;
}

}  // namespace

const KindWrites* find_writes(std::string_view kind) {
  static const std::vector<KindWrites> all = [] {
    std::vector<KindWrites> out{scim("users", "Users"), scim("groups", "Groups"),
                                scim("service-principals", "ServicePrincipals"), group_assignments()};
    for (auto* table : {compute, jobs, sql, settings, mlflow, unity, tree})
      for (KindWrites& writes : table()) out.push_back(std::move(writes));
    return out;
  }();
  for (const KindWrites& writes : all)
    if (writes.kind == kind) return &writes;
  return nullptr;
}

}  // namespace holdfast::platform::databricks
