// Jobs and pipelines.
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Paging = Listing::Paging;

namespace {

// Tasks nest in for_each_task: "**" reaches them wherever they are.
std::vector<model::Link> task_links() {
  const auto id = [](std::string field, std::string to) {
    return model::Link{.field = std::move(field), .to = std::move(to)};
  };
  const auto path = [](std::string field, std::string to, std::string prefix) {
    return model::Link{
        .field = std::move(field), .form = LinkForm::path, .to = std::move(to), .prefix = std::move(prefix)};
  };
  return {
      id("settings.**.existing_cluster_id", "clusters"),
      id("settings.**.pipeline_task.pipeline_id", "pipelines"),
      id("settings.**.warehouse_id", "warehouses"),
      id("settings.**.sql_task.query.query_id", "queries"),
      id("settings.**.sql_task.alert.alert_id", "alerts"),
      id("settings.**.sql_task.dashboard.dashboard_id", "legacy-dashboards"),
      id("settings.**.dashboard_task.dashboard_id", "dashboards"),
      id("settings.**.alert_task.alert_id", "alerts-v2"),
      {.field = "settings.**.run_job_task.job_id",
       .to = "jobs",
       .cut = model::Link::Cut::may,
       // All of them: tasks may depend on the one that would be missing.
       .cut_item = "settings.tasks"},
      id("settings.**.webhook_notifications.*[*].id", "notification-destinations"),
      path("settings.**.notebook_task.notebook_path", "workspace", ""),
      path("settings.**.spark_python_task.python_file", "dbfs", "dbfs:"),
      path("settings.**.spark_python_task.python_file", "workspace", ""),
      path("settings.**.sql_task.file.path", "workspace", ""),
      path("settings.**.dbt_task.project_directory", "workspace", ""),
      path("settings.**.libraries[*].jar", "dbfs", "dbfs:"),
      path("settings.**.libraries[*].jar", "workspace", "/Workspace"),
      path("settings.**.libraries[*].egg", "dbfs", "dbfs:"),
      path("settings.**.libraries[*].whl", "dbfs", "dbfs:"),
      path("settings.**.libraries[*].whl", "workspace", "/Workspace"),
      path("settings.**.libraries[*].requirements", "workspace", "/Workspace"),
      {.field = "settings.trigger.file_arrival.url", .form = LinkForm::storage, .to = {}},
      {.field = "settings.**.email_notifications.*[*]", .form = LinkForm::name, .to = "users"},
      {.field = "settings.run_as.user_name", .form = LinkForm::name, .to = "users"},
      {.field = "settings.run_as.service_principal_name", .form = LinkForm::name, .to = "service-principals"},
      {.field = "settings.run_as.group_name", .form = LinkForm::name, .to = "groups"},
  };
}

model::Firing paused(const std::string& within) {
  return {.within = within, .field = within + ".pause_status", .paused = "\"PAUSED\"", .absent = "\"UNPAUSED\""};
}

KindEntry jobs() {
  const auto key = [](std::string_view field) { return std::vector<std::string>{std::string(field)}; };
  return {.kind = {.collection = collection("jobs", {"name", "job_id"}, {"permissions"}),
                   .one = "job",
                   .names = model::Names::shared,
                   .id = "job_id",
                   .name = "settings.name",
                   .creator = "creator_user_name",
                   .created = "created_time",
                   .tags = "settings.tags",
                   .definition = "settings",
                   .server_fields = {"job_id", "created_time", "creator_user_name", "run_as_user_name", "run_as_owner",
                                     "effective_budget_policy_id", "effective_usage_policy_id", "path", "trigger_state",
                                     "settings.format", "settings.deployment", "settings.edit_mode"},
                   .unordered = {{"settings.tasks", key("task_key")},
                                 {"settings.**.depends_on", key("task_key")},
                                 {"settings.job_clusters", key("job_cluster_key")},
                                 {"settings.environments", key("environment_key")},
                                 {"settings.parameters", key("name")},
                                 {"settings.**.webhook_notifications.*", key("id")},
                                 {"settings.**.email_notifications.*", {}}},
                   .links = joined({task_links(), cluster_links("settings.**.new_cluster."), permission_links()}),
                   .firing = {paused("settings.schedule"), paused("settings.continuous"), paused("settings.trigger"),
                              paused("settings.triggers[*]")},
                   .columns = {permissions_column()},
                   .rank = 60,
                   .create = {.calls = 1, .family = std::string(k_jobs_create)},
                   .update = {.calls = 1, .family = std::string(k_jobs)},
                   .remove = {.calls = 1, .family = std::string(k_jobs)}},
          .area = "jobs",
          .list = {.paging = Paging::page_token,
                   .ask = {.family = k_jobs, .path = "/api/2.2/jobs/list", .query = {{"limit", "100"}}},
                   .items = "jobs"},
          .read = {.family = k_jobs, .path = "/api/2.2/jobs/get", .query = {{"job_id", "{job_id}"}}},
          .joined = {"settings.tasks", "settings.job_clusters", "settings.environments", "settings.parameters"},
          .columns = {read_permissions("jobs", "job_id")},
          .not_included = "Runs of jobs and their history cannot be written back."};
}

KindEntry pipelines() {
  return {
      .kind =
          {.collection = collection("pipelines", {"name", "pipeline_id"}, {"permissions"}),
           .one = "pipeline",
           .names = model::Names::shared,  // unique unless their owners asked for duplicates
           .id = "pipeline_id",
           .name = "name",
           .creator = "creator_user_name",
           .definition = "spec",
           .server_fields = {"pipeline_id", "name", "state", "cause", "health", "latest_updates", "last_modified",
                             "creator_user_name", "run_as_user_name", "cluster_id", "effective_budget_policy_id",
                             "effective_publishing_mode", "spec.id", "spec.deployment"},
           .create_only = {"spec.storage", "spec.catalog"},
           .links =
               joined({cluster_links("spec.clusters[*]."),
                       {{.field = "spec.libraries[*].notebook.path", .form = LinkForm::path, .to = "workspace"},
                        {.field = "spec.libraries[*].file.path", .form = LinkForm::path, .to = "workspace"},
                        {.field = "spec.libraries[*].glob.include", .form = LinkForm::path, .to = "workspace"},
                        {.field = "spec.root_path", .form = LinkForm::path, .to = "workspace"},
                        {.field = "spec.storage", .form = LinkForm::storage, .to = {}},
                        {.field = "spec.notifications[*].email_recipients[*]", .form = LinkForm::name, .to = "users"}},
                       permission_links()}),
           .firing = {{.within = "spec.continuous", .field = "spec.continuous", .paused = "false", .absent = "false"}},
           .columns = {permissions_column()},
           .recreate = model::Kind::Recreate::never,
           .removed = model::Kind::Removed::when_chosen,
           .removal = {.loses = "the tables that it made"},
           .rank = 55},
      .area = "jobs",
      .list = {.paging = Paging::page_token,
               .ask = {.path = "/api/2.0/pipelines", .query = {{"max_results", "100"}}},
               .items = "statuses"},
      .read = {.path = "/api/2.0/pipelines/{pipeline_id}"},
      .columns = {read_permissions("pipelines", "pipeline_id")},
      .not_included =
          "Updates of pipelines and their events cannot be written back; the tables that they fill are "
          "data."};
}

}  // namespace

std::vector<KindEntry> jobs_kinds() {
  return {pipelines(), jobs()};
}

}  // namespace holdfast::platform::databricks
