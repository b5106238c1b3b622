// Clusters with their libraries, pools, policies, global init scripts.
#include <fmt/format.h>

#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Paging = Listing::Paging;

namespace {

KindEntry instance_pools() {
  return {
      .kind =
          {.collection = collection("instance-pools", {"instance_pool_name"}, {"permissions"}),
           .one = "instance pool",
           .id = "instance_pool_id",
           .name = "instance_pool_name",
           .tags = "custom_tags",
           .server_fields = {"instance_pool_id", "default_tags", "state", "stats", "status"},
           .create_only = {"node_type_id", "disk_spec", "preloaded_spark_versions", "preloaded_docker_images",
                           "azure_attributes", "enable_elastic_disk", "node_type_flexibility"},
           .defaults = {{"min_idle_instances", "0"}},
           .links = joined(
               {{{.field = "node_type_id", .form = LinkForm::name, .to = "node-types"},
                 {.field = "preloaded_docker_images[*].basic_auth.*", .form = LinkForm::secret, .to = "secret-scopes"}},
                permission_links()}),
           // Idle instances are started, and paid for, without anybody asking.
           .firing = {{.within = "min_idle_instances", .field = "min_idle_instances", .paused = "0", .absent = "0"}},
           .secret_fields = {"preloaded_docker_images[*].basic_auth.password"},
           .columns = {permissions_column()},
           .rank = 40},
      .area = "compute",
      .list = {.ask = {.path = "/api/2.0/instance-pools/list"}, .items = "instance_pools"},
      .columns = {read_permissions("instance-pools", "instance_pool_id")}};
}

KindEntry cluster_policies() {
  return {
      .kind = {.collection = collection("cluster-policies", {"name"}, {"permissions"}),
               .one = "cluster policy",
               .id = "policy_id",
               .name = "name",
               .creator = "creator_user_name",
               .created = "created_at_timestamp",
               .server_fields = {"policy_id", "created_at_timestamp", "creator_user_name", "is_default",
                                 "background_enforcement"},
               .links = joined(
                   {{{.field = "definition",
                      .form = LinkForm::json,
                      .to = {},
                      .inside = {{.field = "**.instance_pool_id.value", .to = "instance-pools"},
                                 {.field = "**.driver_instance_pool_id.value", .to = "instance-pools"},
                                 {.field = "instance_pool_id.values[*]", .to = "instance-pools"},
                                 {.field = "*.value", .form = LinkForm::secret, .to = "secret-scopes"},
                                 {.field = "*.value", .form = LinkForm::storage, .to = {}}}},
                     {.field = "policy_family_definition_overrides",
                      .form = LinkForm::json,
                      .to = {},
                      .inside = {{.field = "**.instance_pool_id.value", .to = "instance-pools"},
                                 {.field = "**.driver_instance_pool_id.value", .to = "instance-pools"},
                                 {.field = "*.value", .form = LinkForm::secret, .to = "secret-scopes"}}},
                     {.field = "libraries[*].jar", .form = LinkForm::path, .to = "dbfs", .prefix = "dbfs:"},
                     {.field = "libraries[*].whl", .form = LinkForm::path, .to = "dbfs", .prefix = "dbfs:"},
                     {.field = "libraries[*].whl", .form = LinkForm::path, .to = "workspace", .prefix = "/Workspace"}},
                    permission_links()}),
               .columns = {permissions_column()},
               .system = {{"is_default", "true"}},
               .rank = 41},
      .area = "compute",
      .list = {.ask = {.path = "/api/2.0/policies/clusters/list"}, .items = "policies"},
      .columns = {read_permissions("cluster-policies", "policy_id")}};
}

std::vector<std::string> cluster_server_fields() {
  return {"cluster_id",
          "state",
          "state_message",
          "driver",
          "executors",
          "jdbc_port",
          "default_tags",
          "cluster_cores",
          "cluster_memory_mb",
          "creator_user_name",
          "start_time",
          "terminated_time",
          "termination_reason",
          "last_state_loss_time",
          "last_restarted_time",
          "last_activity_time",
          "spark_context_id",
          "cluster_source",
          "cluster_log_status",
          "disk_spec",
          "instance_source",
          "driver_instance_source",
          "effective_spark_version",
          "init_scripts_safe_mode",
          "pinned_by_user_name",
          "spec",
          "driver_healthy"};
}

// Files that libraries are installed from.
std::vector<model::Link> library_links() {
  const auto link = [](std::string_view type, std::string space, std::string prefix) {
    return model::Link{.field = fmt::format("library_statuses[*].library.{}", type),
                       .form = LinkForm::path,
                       .to = std::move(space),
                       .column = "libraries",
                       .prefix = std::move(prefix)};
  };
  return {link("jar", "dbfs", "dbfs:"),
          link("jar", "workspace", "/Workspace"),
          link("whl", "dbfs", "dbfs:"),
          link("whl", "workspace", "/Workspace"),
          link("egg", "dbfs", "dbfs:"),
          link("egg", "workspace", "/Workspace"),
          link("requirements", "workspace", "/Workspace")};
}

model::KindColumn libraries_column() {
  return {.name = "libraries",
          .server_fields = {"cluster_id", "library_statuses[*].status", "library_statuses[*].messages"},
          .omitted = {{"library_statuses[*]", {"is_library_for_all_clusters", "true"}}},
          .unordered = {{"library_statuses", {"library"}}}};
}

KindEntry clusters() {
  return {
      .kind = {.collection =
                   collection("clusters", {"cluster_name", "cluster_id"}, {"libraries", "permissions", "pinned"}),
               .one = "cluster",
               .names = model::Names::shared,
               .id = "cluster_id",
               .name = "cluster_name",
               .creator = "creator_user_name",
               .created = "start_time",
               .tags = "custom_tags",
               .server_fields = cluster_server_fields(),
               .links = joined({cluster_links(""), library_links(), permission_links()}),
               .secret_fields = {"docker_image.basic_auth.password"},
               .columns = {libraries_column(), permissions_column(), {.name = "pinned", .unordered = {{"pinned", {}}}}},
               .rank = 44,
               .create = {.calls = 2}},  // it starts when it is created, and is terminated at once
      .area = "compute",
      .list = {.paging = Paging::page_token,
               .ask = {.path = "/api/2.1/clusters/list", .query = {{"page_size", "100"}}},
               .items = "clusters"},
      .skipped = {{"cluster_source", "\"JOB\""},
                  {"cluster_source", "\"PIPELINE\""},
                  {"cluster_source", "\"PIPELINE_MAINTENANCE\""},
                  {"cluster_source", "\"SQL\""},
                  {"cluster_source", "\"MODELS\""}},
      .read = {.path = "/api/2.1/clusters/get", .query = {{"cluster_id", "{cluster_id}"}}},
      .columns = {{.column = "libraries",
                   .ask = {.path = "/api/2.0/libraries/cluster-status", .query = {{"cluster_id", "{cluster_id}"}}}},
                  read_permissions("clusters", "cluster_id"),
                  // By whom it was is the target's own.
                  {.column = "pinned", .form = ColumnRead::Form::flag, .items = "pinned_by_user_name"}},
      .not_included =
          "Clusters that are terminated for more than 30 days and not pinned are no longer listed by the "
          "platform; earlier snapshots keep them."};
}

KindEntry global_init_scripts() {
  return {.kind = {.collection = collection("global-init-scripts", {"name", "script_id"}),
                   .one = "global init script",
                   .names = model::Names::shared,
                   .id = "script_id",
                   .name = "name",
                   .creator = "created_by",
                   .created = "created_at",
                   .server_fields = {"script_id", "created_at", "created_by", "updated_at", "updated_by"},
                   // It runs on every cluster that starts, often to secure it.
                   .firing = {{.within = {}, .field = "enabled", .paused = "false", .absent = "false", .guards = true}},
                   .rank = 43},
          .area = "compute",
          .list = {.ask = {.path = "/api/2.0/global-init-scripts"}, .items = "scripts"},
          .read = {.path = "/api/2.0/global-init-scripts/{script_id}"},
          .modified = "updated_at"};
}

}  // namespace

std::vector<KindEntry> compute_kinds() {
  std::vector<KindEntry> out;
  for (auto* row : {instance_pools, cluster_policies, global_init_scripts, clusters}) out.push_back(row());
  return out;
}

}  // namespace holdfast::platform::databricks
