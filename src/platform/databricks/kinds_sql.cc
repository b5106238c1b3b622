// Databricks SQL: warehouses, queries, alerts, dashboards.
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Paging = Listing::Paging;

namespace {

Listing paged(std::string path, std::string items) {
  return {.paging = Paging::page_token,
          .ask = {.family = k_sql, .path = std::move(path), .query = {{"page_size", "100"}}},
          .items = std::move(items)};
}

Ask one(std::string path) {
  return {.family = k_sql, .path = std::move(path)};
}

KindEntry warehouses() {
  return {.kind = {.collection = collection("warehouses", {"name"}, {"permissions"}),
                   .one = "SQL warehouse",
                   .id = "id",
                   .name = "name",
                   .creator = "creator_name",
                   .server_fields = {"id", "creator_name", "creator_id", "jdbc_url", "odbc_params", "state", "health",
                                     "num_clusters", "num_active_sessions", "size"},
                   .unordered = {{"tags.custom_tags", {"key"}}},
                   .links = permission_links(),
                   .columns = {permissions_column()},
                   .rank = 50,
                   .create = {.calls = 2}},  // it starts when it is created, and is stopped at once
          .area = "sql",
          .list = paged("/api/2.0/sql/warehouses", "warehouses"),
          .read = one("/api/2.0/sql/warehouses/{id}"),
          .columns = {read_permissions("sql/warehouses", "id")}};
}

KindEntry warehouse_settings() {
  return {.kind = {.collection = collection("warehouse-settings", {"name"}),
                   .one = "SQL warehouse setting",
                   .recreate = model::Kind::Recreate::never,
                   .rank = 49},
          .area = "sql",
          .source = KindEntry::Source::once,
          .read = one("/api/2.0/sql/config/warehouses")};
}

KindEntry queries() {
  return {.kind = {.collection = collection("queries", {"display_name", "id"}, {"permissions", "visualizations"}),
                   .one = "query",
                   .names = model::Names::shared,
                   .id = "id",
                   .name = "display_name",
                   .creator = "owner_user_name",
                   .created = "create_time",
                   .server_fields = {"id", "create_time", "update_time", "lifecycle_state", "last_modifier_user_name"},
                   .create_only = {"parent_path"},
                   .set_later = {"owner_user_name"},
                   .unordered = {{"tags", {}}},
                   .links = joined({{{.field = "warehouse_id", .to = "warehouses"},
                                     {.field = "parent_path", .form = LinkForm::path, .to = "workspace"},
                                     {.field = "owner_user_name", .form = LinkForm::name, .to = "users"}},
                                    permission_links()}),
                   .columns = {permissions_column(),
                               {.name = "visualizations",
                                .written = model::KindColumn::Written::never,
                                .server_fields = {"results[*].id", "results[*].query_id", "results[*].create_time",
                                                  "results[*].update_time"},
                                .unordered = {{"results", {"display_name", "type"}}}}},
                   .manual = {{.when = {"results[*]", {}},
                               .text = "Make the visualizations of the query {name} again, from what the snapshot "
                                       "holds of them: they are read and not written back.",
                               .column = "visualizations"}},
                   .rank = 52},
          .area = "sql",
          .list = paged("/api/2.0/sql/queries", "results"),
          .read = one("/api/2.0/sql/queries/{id}"),
          .columns = {read_permissions("sql/queries", "id"),
                      {.column = "visualizations",
                       .ask = one("/api/2.0/sql/queries/{id}/visualizations"),
                       .form = ColumnRead::Form::list,
                       .paging = Paging::page_token,
                       .items = "results",
                       .unmodified = ColumnRead::Unmodified::read}},
          .modified = "update_time",
          .not_included =
              "Visualizations of queries are read and not written back: a task names each query that has some."};
}

KindEntry alerts() {
  return {.kind = {.collection = collection("alerts", {"display_name", "id"}, {"permissions"}),
                   .one = "legacy alert",
                   .names = model::Names::shared,
                   .id = "id",
                   .name = "display_name",
                   .creator = "owner_user_name",
                   .created = "create_time",
                   .server_fields = {"id", "create_time", "update_time", "lifecycle_state", "state", "trigger_time"},
                   .create_only = {"parent_path"},
                   .set_later = {"owner_user_name"},
                   .links = joined({{{.field = "query_id", .to = "queries"},
                                     {.field = "parent_path", .form = LinkForm::path, .to = "workspace"},
                                     {.field = "owner_user_name", .form = LinkForm::name, .to = "users"}},
                                    permission_links()}),
                   .columns = {permissions_column()},
                   .rank = 53},
          .area = "sql",
          .list = paged("/api/2.0/sql/alerts", "results"),
          .read = one("/api/2.0/sql/alerts/{id}"),
          .columns = {read_permissions("sql/alerts", "id")},
          .modified = "update_time"};
}

KindEntry alerts_v2() {
  return {.kind = {.collection = collection("alerts-v2", {"display_name", "id"}, {"permissions"}),
                   .one = "alert",
                   .names = model::Names::shared,
                   .id = "id",
                   .name = "display_name",
                   .creator = "owner_user_name",
                   .created = "create_time",
                   .server_fields = {"id", "create_time", "update_time", "lifecycle_state", "owner_user_name",
                                     "run_as_user_name", "effective_run_as", "effective_parent_path",
                                     "effective_retrigger_seconds", "evaluation.state", "evaluation.last_evaluated_at"},
                   .create_only = {"parent_path"},
                   .links = joined(
                       {{{.field = "warehouse_id", .to = "warehouses"},
                         {.field = "parent_path", .form = LinkForm::path, .to = "workspace"},
                         {.field = "run_as.user_name", .form = LinkForm::name, .to = "users"},
                         {.field = "run_as.service_principal_name", .form = LinkForm::name, .to = "service-principals"},
                         {.field = "evaluation.notification.subscriptions[*].destination_id",
                          .to = "notification-destinations"},
                         {.field = "evaluation.notification.subscriptions[*].user_email",
                          .form = LinkForm::name,
                          .to = "users"}},
                        permission_links()}),
                   .firing = {{.within = "schedule",
                               .field = "schedule.pause_status",
                               .paused = "\"PAUSED\"",
                               .absent = "\"UNPAUSED\""}},
                   .columns = {permissions_column()},
                   .rank = 53},
          .area = "sql",
          .list = paged("/api/2.0/alerts", "alerts"),
          .read = one("/api/2.0/alerts/{id}"),
          .columns = {read_permissions("alertsv2", "id")},
          .modified = "update_time"};
}

std::vector<model::Manual> dashboard_tasks() {
  return {{.when = {"embed_credentials", "true"},
           .text = "Publish the dashboard {name} with embedded credentials, signed in as the one by "
                   "whose rights its viewers are to see it: it was published without, so that each "
                   "viewer needs rights to the data.",
           .column = "published"},
          {.when = {"schedules[*]", {}},
           .text = "Let those who are to get the dashboard {name} by mail subscribe again to those "
                   "of its schedules that are new: subscriptions do not come along.",
           .column = "schedules"}};
}

KindEntry dashboards() {
  return {.kind = {.collection = collection("dashboards", {"display_name", "dashboard_id"},
                                            {"published", "schedules", "permissions"}),
                   .one = "dashboard",
                   .names = model::Names::shared,
                   .id = "dashboard_id",
                   .name = "display_name",
                   .created = "create_time",
                   .server_fields = {"dashboard_id", "path", "etag", "create_time", "update_time", "lifecycle_state"},
                   .create_only = {"parent_path"},
                   .links = joined({{{.field = "warehouse_id", .to = "warehouses"},
                                     {.field = "parent_path", .form = LinkForm::path, .to = "workspace"},
                                     {.field = "warehouse_id", .to = "warehouses", .column = "published"},
                                     {.field = "schedules[*].warehouse_id", .to = "warehouses", .column = "schedules"}},
                                    permission_links()}),
                   .firing = {{.within = "schedules[*]",
                               .field = "schedules[*].pause_status",
                               .paused = "\"PAUSED\"",
                               .absent = "\"UNPAUSED\"",
                               .column = "schedules"}},
                   // Whose credentials it shows data by cannot be said: those of the account that publishes it would be
                   // lent to all viewers.
                   .columns = {{.name = "published",
                                .read = {.calls = 1, .family = std::string(k_sql)},
                                .server_fields = {"revision_create_time", "display_name", "embed_credentials"}},
                               {.name = "schedules",
                                .read = {.calls = 1, .family = std::string(k_sql)},
                                .server_fields = {"schedules[*].schedule_id", "schedules[*].dashboard_id",
                                                  "schedules[*].etag", "schedules[*].create_time",
                                                  "schedules[*].update_time"},
                                .unordered = {{"schedules", {"display_name"}}}},
                               permissions_column()},
                   .manual = dashboard_tasks(),
                   .rank = 53},
          .area = "sql",
          .list = paged("/api/2.0/lakeview/dashboards", "dashboards"),
          .read = one("/api/2.0/lakeview/dashboards/{dashboard_id}"),
          .columns = {{.column = "published",
                       .ask = one("/api/2.0/lakeview/dashboards/{dashboard_id}/published"),
                       .absent = ColumnRead::Absent::may,
                       .unmodified = ColumnRead::Unmodified::read},
                      {.column = "schedules",
                       .ask = one("/api/2.0/lakeview/dashboards/{dashboard_id}/schedules"),
                       .form = ColumnRead::Form::list,
                       .paging = Paging::page_token,
                       .items = "schedules",
                       .unmodified = ColumnRead::Unmodified::read},
                      read_permissions("dashboards", "dashboard_id")},
          .modified = "update_time",
          .not_included =
              "Subscriptions to the schedules of dashboards are not read; what was published with embedded "
              "credentials is published without."};
}

KindEntry legacy_dashboards() {
  return {.kind = {.collection = collection("legacy-dashboards", {"name", "id"}),
                   .one = "legacy dashboard",
                   .names = model::Names::shared,
                   .id = "id",
                   .name = "name",
                   .manual = {{.what = model::Manual::What::instead,
                               .text = "Make a new dashboard from what the snapshot holds of the legacy dashboard "
                                       "{name}: the platform has retired these and takes no new ones."}},
                   .rank = 54},
          .area = "sql",
          .list = {.paging = Paging::number,
                   .ask = {.family = k_sql, .path = "/api/2.0/preview/sql/dashboards", .query = {{"page_size", "100"}}},
                   .items = "results"},
          .read = one("/api/2.0/preview/sql/dashboards/{id}"),
          .not_included = "Legacy dashboards can be read and not written back: the platform has retired them."};
}

}  // namespace

std::vector<KindEntry> sql_kinds() {
  std::vector<KindEntry> out;
  for (auto* row : {warehouse_settings, warehouses, queries, alerts, alerts_v2, dashboards, legacy_dashboards})
    out.push_back(row());
  return out;
}

}  // namespace holdfast::platform::databricks
