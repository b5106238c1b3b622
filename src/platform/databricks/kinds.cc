#include "platform/databricks/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace holdfast::platform::databricks {

using model::KindColumn;
using model::Link;
using model::LinkForm;

model::Collection collection(std::string name, const std::vector<std::string>& key,
                             const std::vector<std::string>& columns) {
  model::Collection out{.name = std::move(name), .key = {}, .columns = {}};
  for (const std::string& part : key)
    out.key.push_back({part, part == "path" ? model::KeyPartType::path : model::KeyPartType::text});
  const auto add = [&](const std::string& column) {
    auto content = model::ColumnContent::json;
    if (column == "content") content = model::ColumnContent::bytes;
    if (column == "format") content = model::ColumnContent::text;
    out.columns.push_back({column, "REST", content, column != model::k_body});
  };
  add(std::string(model::k_body));
  for (const std::string& column : columns) add(column);
  return out;
}

ColumnRead read_permissions(std::string_view type, std::string_view id_field) {
  return {.column = "permissions",
          .ask = {.family = k_permissions, .path = fmt::format("/api/2.0/permissions/{}/{{{}}}", type, id_field)},
          .absent = ColumnRead::Absent::may_tier};
}

KindColumn permissions_column() {
  return {.name = "permissions",
          .cost = {.calls = 1, .family = std::string(k_permissions_write)},
          .read = {.calls = 1, .family = std::string(k_permissions)},
          .server_fields = {"object_id", "object_type", "access_control_list[*].display_name",
                            "access_control_list[*].all_permissions[*].inherited_from_object"},
          .omitted = {{"access_control_list[*].all_permissions[*]", {"inherited", "true"}},
                      {"access_control_list[*]", {"group_name", "\"admins\""}}},
          .unordered = {{"access_control_list", {"user_name", "group_name", "service_principal_name"}},
                        {"access_control_list[*].all_permissions", {"permission_level"}}}};
}

std::vector<Link> permission_links() {
  const auto link = [](std::string_view field, std::string to) {
    return Link{.field = fmt::format("access_control_list[*].{}", field),
                .form = LinkForm::name,
                .to = std::move(to),
                .column = "permissions"};
  };
  return {link("user_name", "users"), link("group_name", "groups"),
          link("service_principal_name", "service-principals")};
}

std::vector<Link> cluster_links(const std::string& prefix) {
  const auto at = [&](std::string_view field) { return fmt::format("{}{}", prefix, field); };
  return {
      {.field = at("instance_pool_id"), .to = "instance-pools"},
      {.field = at("driver_instance_pool_id"), .to = "instance-pools"},
      {.field = at("policy_id"), .to = "cluster-policies"},
      {.field = at("single_user_name"), .form = LinkForm::name, .to = "users"},
      {.field = at("single_user_name"), .form = LinkForm::name, .to = "service-principals"},
      {.field = at("single_user_name"), .form = LinkForm::name, .to = "groups"},
      {.field = at("node_type_id"), .form = LinkForm::name, .to = "node-types"},
      {.field = at("driver_node_type_id"), .form = LinkForm::name, .to = "node-types"},
      {.field = at("spark_conf.*"), .form = LinkForm::secret, .to = "secret-scopes"},
      {.field = at("spark_conf.*"), .form = LinkForm::storage, .to = {}},
      {.field = at("spark_env_vars.*"), .form = LinkForm::secret, .to = "secret-scopes"},
      {.field = at("docker_image.basic_auth.*"), .form = LinkForm::secret, .to = "secret-scopes"},
      {.field = at("init_scripts[*].workspace.destination"), .form = LinkForm::path, .to = "workspace"},
      {.field = at("init_scripts[*].dbfs.destination"), .form = LinkForm::path, .to = "dbfs", .prefix = "dbfs:"},
      {.field = at("init_scripts[*].abfss.destination"), .form = LinkForm::storage, .to = {}},
      {.field = at("cluster_log_conf.dbfs.destination"), .form = LinkForm::path, .to = "dbfs", .prefix = "dbfs:"},
      {.field = at("cluster_log_conf.*.destination"), .form = LinkForm::storage, .to = {}},
  };
}

std::vector<Link> joined(std::vector<std::vector<Link>> lists) {
  std::vector<Link> out;
  for (std::vector<Link>& list : lists)
    out.insert(out.end(), std::move_iterator(list.begin()), std::move_iterator(list.end()));
  return out;
}

namespace {

// What selections may ask of a kind, beside its name.
void declare_fields(model::Kind& kind) {
  const auto declare = [&](std::string word, const std::string& path) {
    if (!path.empty()) kind.collection.fields.push_back({std::move(word), std::string(model::k_body), path});
  };
  if (kind.names == model::Names::unique) declare("id", kind.id);
  declare("creator", kind.creator);
  declare("tag", kind.tags);
}

// To remove a resource and create it again loses what the backup does not hold of it: the values of a scope, the runs
// of an experiment, what is uncommitted in a git folder.
void keep_what_is_not_held(KindEntry& entry) {
  const auto& columns = entry.kind.columns;
  const bool unwritten = std::any_of(columns.begin(), columns.end(), [](const KindColumn& column) {
    return column.written == KindColumn::Written::never;
  });
  if (unwritten || !entry.not_included.empty()) entry.kind.recreate = model::Kind::Recreate::never;
}

// What lies in the workspace is there below "/Workspace", too.
void name_both_ways(model::Kind& kind) {
  std::vector<Link> out;
  for (Link& link : kind.links) {
    if (link.form == LinkForm::path && link.to == "workspace" && link.prefix.empty()) {
      out.push_back(link);
      out.back().prefix = "/Workspace";
    }
    out.push_back(std::move(link));
  }
  kind.links = std::move(out);
}

// What people put keys and passwords into, wherever it stands; what goes by a telling name is found by that.
std::vector<std::string> often_secret() {
  return {"**.spark_conf",      "**.spark_env_vars",   R"(**["spark_conf.*"])", R"(**["spark_env_vars.*"])",
          "**.parameters",      "**.base_parameters",  "**.named_parameters",   "**.job_parameters",
          "**.notebook_params", "**.environment_vars", "**.configuration",      "script"};
}

}  // namespace

const std::vector<KindEntry>& all_kinds() {
  static const std::vector<KindEntry> all = [] {
    std::vector<KindEntry> out;
    for (auto* table : {identity_kinds, workspace_kinds, compute_kinds, jobs_kinds, sql_kinds, settings_kinds,
                        mlflow_kinds, unity_kinds, cluster_kinds})
      for (KindEntry& entry : table()) out.push_back(std::move(entry));
    for (KindEntry& entry : out) {
      declare_fields(entry.kind);
      name_both_ways(entry.kind);
      keep_what_is_not_held(entry);
      if (entry.kind.modified.empty()) entry.kind.modified = entry.modified;
      for (std::string& path : often_secret()) entry.kind.sensitive.push_back(std::move(path));
    }
    return out;
  }();
  return all;
}

const KindEntry* find_kind(std::string_view name) {
  for (const KindEntry& entry : all_kinds())
    if (entry.kind.collection.name == name) return &entry;
  return nullptr;
}

}  // namespace holdfast::platform::databricks
