// Unity Catalog: definitions, owners, grants.  The data of tables and volumes is no part of it.
#include <fmt/format.h>

#include "platform/databricks/definition_sql.h"
#include "platform/databricks/kinds.h"

namespace holdfast::platform::databricks {

using model::LinkForm;
using Paging = Listing::Paging;

namespace {

constexpr const char* k_isolated = R"("ISOLATION_MODE_ISOLATED")";  // of credentials and locations

// What differs from kind to kind; everything else of the catalog's objects is alike.
struct Securable {
  std::string collection;
  std::string one;
  std::string path;  // below /api/2.1/unity-catalog/
  std::string items;
  std::string grants_on;  // type in the path of grants
  int rank = 80;
  std::string name = "full_name";
  std::string per{};  // kind whose fields `within` names
  net::Pairs within{};
};

std::vector<model::Link> securable_links() {
  return {{.field = "owner", .form = LinkForm::name, .to = "users"},
          {.field = "owner", .form = LinkForm::name, .to = "groups"},
          {.field = "owner", .form = LinkForm::name, .to = "service-principals"},
          {.field = "storage_location", .form = LinkForm::storage, .to = {}},
          {.field = "storage_root", .form = LinkForm::storage, .to = {}},
          {.field = "url", .form = LinkForm::storage, .to = {}},
          {.field = "privilege_assignments[*].principal", .form = LinkForm::name, .to = "users", .column = "grants"},
          {.field = "privilege_assignments[*].principal", .form = LinkForm::name, .to = "groups", .column = "grants"},
          {.field = "privilege_assignments[*].principal",
           .form = LinkForm::name,
           .to = "service-principals",
           .column = "grants"}};
}

KindEntry securable(Securable of) {
  const std::string base = "/api/2.1/unity-catalog/";
  net::Pairs query = of.within;
  query.emplace_back("max_results", "0");  // the server chooses; pages may be empty and go on
  KindEntry out{
      .kind = {.collection = collection(of.collection, {of.name}, {"grants"}),
               .one = of.one,
               .name = of.name,
               .creator = "created_by",
               .created = "created_at",
               .server_fields = {"metastore_id",
                                 "created_at",
                                 "created_by",
                                 "updated_at",
                                 "updated_by",
                                 "full_name",
                                 "id",
                                 "table_id",
                                 "volume_id",
                                 "schema_id",
                                 "function_id",
                                 "catalog_type",
                                 "browse_only",
                                 "securable_type",
                                 "securable_kind",
                                 "provisioning_info",
                                 "effective_predictive_optimization_flag",
                                 "storage_location_id",
                                 "credential_id",
                                 "connection_id",
                                 "isolation_mode_effective"},
               .set_later = {"owner"},  // whoever creates it owns it
               .defaults = {{"comment", R"("")"}},
               .links = securable_links(),
               .columns = {{.name = "grants",
                            .unordered = {{"privilege_assignments", {"principal"}},
                                          {"privilege_assignments[*].privileges", {}}}}},
               .recreate = model::Kind::Recreate::never,
               .rank = of.rank},
      .area = "unity",
      .list = {.paging = Paging::page_token, .ask = {.path = base + of.path, .query = query}, .items = of.items},
      .per = of.per,
      .columns = {{.column = "grants",
                   .ask = {.path = fmt::format("{}permissions/{}/{{{}}}", base, of.grants_on, of.name)},
                   .unmodified = ColumnRead::Unmodified::read}},
      .modified = "updated_at"};
  return out;
}

// What catalogs, schemas, volumes and tables carry as tags; EntityTagAssignmentsAPI of the vendor's SDK 0.156.  Whether
// one that changes counts as a modification of what carries it is written nowhere, so they are read each time.
void add_tags(KindEntry& entry) {
  model::Kind& kind = entry.kind;
  const std::string name = kind.name;
  kind.collection.columns.push_back(collection("", {}, {"tags"}).columns.back());
  kind.columns.push_back({.name = "tags",
                          .server_fields = {"tag_assignments[*].entity_name", "tag_assignments[*].entity_type",
                                            "tag_assignments[*].source_type", "tag_assignments[*].update_time",
                                            "tag_assignments[*].updated_by"},
                          // The platform's own classification of data.
                          .omitted = {{"tag_assignments[*]",
                                       {"source_type", R"("TAG_ASSIGNMENT_SOURCE_TYPE_SYSTEM_DATA_CLASSIFICATION")"}}},
                          .unordered = {{"tag_assignments", {"tag_key"}}}});
  entry.columns.push_back({.column = "tags",
                           .ask = {.path = fmt::format("/api/2.1/unity-catalog/entity-tag-assignments/{}/{{{}}}/tags",
                                                       kind.collection.name, name)},
                           .form = ColumnRead::Form::list,
                           .paging = Paging::page_token,
                           .items = "tag_assignments",
                           .absent = ColumnRead::Absent::may_tier,
                           .unmodified = ColumnRead::Unmodified::read});
}

// To which workspaces it is bound says the target's administrator: others have other numbers.
model::Manual binding_task(const std::string& one, const char* isolated) {
  return {.when = {"isolation_mode", isolated},
          .text = "Bind the " + one + " {name} to the workspaces that are to use it: bindings do not come along."};
}

KindEntry metastore() {
  return {.kind = {.collection = collection("metastore-assignment", {"name"}),
                   .one = "assignment of a metastore",
                   // Another workspace has another one: nothing of it is compared.
                   .server_fields = {"metastore_id", "workspace_id", "default_catalog_name"},
                   .manual = {{.what = model::Manual::What::instead,
                               .text = "Have an administrator of the account assign the region's metastore to the "
                                       "target workspace."}},
                   .rank = 79},
          .area = "unity",
          .source = KindEntry::Source::once,
          .read = {.path = "/api/2.1/unity-catalog/current-metastore-assignment"}};
}

KindEntry storage_credentials() {
  KindEntry out = securable({.collection = "storage-credentials",
                             .one = "storage credential",
                             .path = "storage-credentials",
                             .items = "storage_credentials",
                             .grants_on = "storage_credential",
                             .rank = 80,
                             .name = "name"});
  out.kind.secret_fields = {"azure_service_principal.client_secret"};
  out.kind.manual = {{.text = "Enter the secret of the storage credential {name}: it cannot be read."},
                     binding_task(out.kind.one, k_isolated)};
  out.not_included = "Secrets of storage credentials are write-only; bindings to workspaces do not come along.";
  return out;
}

KindEntry external_locations() {
  KindEntry out = securable({.collection = "external-locations",
                             .one = "external location",
                             .path = "external-locations",
                             .items = "external_locations",
                             .grants_on = "external_location",
                             .rank = 81,
                             .name = "name"});
  out.kind.links.push_back({.field = "credential_name", .form = LinkForm::name, .to = "storage-credentials"});
  out.kind.manual = {binding_task(out.kind.one, k_isolated)};
  out.not_included = "Bindings to workspaces do not come along.";
  return out;
}

KindEntry connections() {
  KindEntry out = securable({.collection = "connections",
                             .one = "connection",
                             .path = "connections",
                             .items = "connections",
                             .grants_on = "connection",
                             .rank = 81,
                             .name = "name"});
  out.kind.secret_fields = {"options.password", "options.client_secret", "options.token"};
  out.kind.manual = {{.text = "Enter the password of the connection {name}: it cannot be read."}};
  out.not_included = "Passwords of connections are write-only.";
  return out;
}

KindEntry catalogs() {
  KindEntry out = securable({.collection = "catalogs",
                             .one = "catalog",
                             .path = "catalogs",
                             .items = "catalogs",
                             .grants_on = "catalog",
                             .rank = 82,
                             .name = "name"});
  out.kind.collection.columns = collection("", {}, {"grants", "bindings"}).columns;
  out.kind.columns.push_back({.name = "bindings",
                              .written = model::KindColumn::Written::never,
                              .unordered = {{"bindings", {"workspace_id"}}}});
  out.columns.push_back({.column = "bindings",
                         .ask = {.path = "/api/2.1/unity-catalog/bindings/catalog/{name}"},
                         .form = ColumnRead::Form::list,
                         .paging = Paging::page_token,
                         .items = "bindings",
                         .unmodified = ColumnRead::Unmodified::read});
  add_tags(out);
  out.kind.manual = {binding_task(out.kind.one, R"("ISOLATED")")};
  out.not_included = "Bindings to workspaces do not come along.";
  out.kind.system = {{"name", "\"system\""}, {"name", "\"samples\""}, {"name", "\"hive_metastore\""}};
  // What these hold is the platform's own, or the old metastore's.
  out.skipped = {{"catalog_type", "\"SYSTEM_CATALOG\""}, {"name", "\"hive_metastore\""}};
  return out;
}

KindEntry schemas() {
  KindEntry out = securable({.collection = "schemas",
                             .one = "schema",
                             .path = "schemas",
                             .items = "schemas",
                             .grants_on = "schema",
                             .rank = 83,
                             .per = "catalogs",
                             .within = {{"catalog_name", "{name}"}}});
  out.skipped = {{"name", "\"information_schema\""}};
  add_tags(out);
  out.kind.system = {{"name", "\"default\""}};
  out.kind.above = {.kind = "catalogs", .fields = {"catalog_name", "name"}};
  out.kind.links.push_back({.field = "catalog_name", .form = LinkForm::name, .to = "catalogs"});
  return out;
}

KindEntry in_schema(std::string collection, std::string one, std::string path, std::string grants_on, int rank) {
  KindEntry out = securable({.collection = std::move(collection),
                             .one = std::move(one),
                             .path = path,
                             .items = path,
                             .grants_on = std::move(grants_on),
                             .rank = rank,
                             .per = "schemas",
                             .within = {{"catalog_name", "{catalog_name}"}, {"schema_name", "{name}"}}});
  out.kind.above = {.kind = "schemas", .fields = {"catalog_name", "schema_name", "name"}};
  out.kind.links.push_back({.field = "catalog_name", .form = LinkForm::name, .to = "catalogs"});
  return out;
}

// Views after what they read, functions after what they call.
void add_dependency_links(KindEntry& entry, const std::string& member) {
  const std::string each = member + ".dependencies[*].";
  entry.kind.links.push_back({.field = each + "table.table_full_name", .form = LinkForm::name, .to = "tables"});
  entry.kind.links.push_back(
      {.field = each + "function.function_full_name", .form = LinkForm::name, .to = "functions"});
}

// Of each the whole: lists leave out what a view reads.
void read_one_by_one(KindEntry& entry) {
  entry.read = {.path = entry.list.ask.path + "/{full_name}"};
}

std::vector<model::Manual> table_tasks() {
  using What = model::Manual::What;
  return {{.what = What::instead,
           .when = {"table_type", "\"MANAGED\""},
           .text = "Bring the data of the managed table {name} by a deep clone: table data is not part of the backup."},
          {.what = What::instead,
           .when = {"table_type", "\"MATERIALIZED_VIEW\""},
           .text = "Have {name} made again by what made it: a materialized view is the result of a pipeline."},
          {.what = What::instead,
           .when = {"table_type", "\"STREAMING_TABLE\""},
           .text = "Have {name} made again by what made it: a streaming table is the result of a pipeline."},
          {.what = What::instead,
           .when = {"table_type", "\"FOREIGN\""},
           .text = "Look for {name} when the connection of its catalog works: a foreign table comes along with it."},
          // Made without them it would show more than it did.
          {.what = What::instead,
           .when = {"row_filter", ""},
           .text = "Create the table {name} together with its row filter: Holdfast does not bring filters."},
          {.what = What::instead,
           .when = {"columns[*].mask", ""},
           .text = "Create the table {name} together with the masks of its columns: Holdfast does not bring masks."},
          {.when = {"table_constraints", ""},
           .text = "Declare the constraints of the table {name} again: Holdfast does not bring them."},
          // Not where the connector has a warehouse.
          {.what = What::instead,
           .when = {"table_type", "\"EXTERNAL\""},
           .text = "Create the external table {name} on a SQL warehouse, or name one in sql_warehouse.",
           .content = creation_script},
          {.what = What::instead,
           .when = {"table_type", "\"VIEW\""},
           .text = "Create the view {name} on a SQL warehouse, or name one in sql_warehouse.",
           .content = creation_script}};
}

KindEntry tables() {
  KindEntry out = in_schema("tables", "table", "tables", "table", 85);
  read_one_by_one(out);
  add_dependency_links(out, "view_dependencies");
  for (const char* field :
       {"access_point", "data_access_configuration_id", "deleted_at", "delta_runtime_properties_kvpairs",
        "encryption_details", "pipeline_id", "securable_kind_manifest", "sql_path", "storage_credential_name",
        "row_filter", "columns[*].mask", "table_constraints", R"(properties["delta.last*"])",
        R"(properties["delta.min*"])", R"(properties["delta.feature.*"])"})
    out.kind.server_fields.emplace_back(field);
  // The platform's own, and compared by nobody; but whoever makes a view has to know which catalog and schema were
  // current when its text was written, and what it read there.
  out.kind.secret_fields = {"view_dependencies", R"(properties["view.*"])"};
  out.kind.links.push_back(
      {.field = R"(properties["view.catalogAndNamespace.part.0"])", .form = LinkForm::name, .to = "catalogs"});
  out.kind.links.push_back(
      {.field = R"(properties["view.catalogAndNamespace.part.1"])", .form = LinkForm::name, .to = "schemas"});
  add_tags(out);
  out.kind.create_only = {"table_type", "data_source_format", "storage_location"};
  out.kind.defaults.push_back({"properties", "{}"});
  out.kind.manual = table_tasks();
  out.not_included =
      "Views and external tables come along as definitions, by a SQL warehouse that `sql_warehouse` names; the data of "
      "tables does not, nor do row filters, column masks, constraints and tags of columns.";
  out.kind.removal = {.loses = "its data", .harmless = {{"table_type", "\"VIEW\""}, {"table_type", "\"EXTERNAL\""}}};
  return out;
}

KindEntry volumes() {
  KindEntry out = in_schema("volumes", "volume", "volumes", "volume", 84);
  add_tags(out);
  out.not_included = "Volumes come along as definitions; their files do not.";
  out.kind.removed = model::Kind::Removed::when_chosen;
  out.kind.removal = {.loses = "its files", .harmless = {{"volume_type", "\"EXTERNAL\""}}};
  return out;
}

KindEntry functions() {
  KindEntry out = in_schema("functions", "function", "functions", "function", 86);
  read_one_by_one(out);
  add_dependency_links(out, "routine_dependencies");
  // Nothing but the owner can be changed; and made again it is not, as what calls it has none in between.
  out.kind.create_only = {"comment",
                          "data_type",
                          "external_language",
                          "external_name",
                          "full_data_type",
                          "input_params",
                          "is_deterministic",
                          "is_null_call",
                          "parameter_style",
                          "properties",
                          "return_params",
                          "routine_body",
                          "routine_definition",
                          "routine_dependencies",
                          "security_type",
                          "specific_name",
                          "sql_data_access",
                          "sql_path"};
  return out;
}

}  // namespace

std::vector<KindEntry> unity_kinds() {
  std::vector<KindEntry> out;
  for (auto* row :
       {metastore, storage_credentials, external_locations, connections, catalogs, schemas, volumes, tables, functions})
    out.push_back(row());
  return out;
}

}  // namespace holdfast::platform::databricks
