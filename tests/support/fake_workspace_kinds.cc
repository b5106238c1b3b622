#include "support/fake_workspace.h"

namespace holdfast::test {

namespace {

using model::Collection;
using model::KeyPartType;
using model::Kind;
using model::KindColumn;
using model::Link;
using model::LinkForm;

Collection collection(const char* name, std::vector<std::string> key, std::vector<model::Column> more = {}) {
  Collection out{.name = name, .key = {}, .columns = {{"body", "json", model::ColumnContent::json, true}}};
  for (std::string& part : key) out.key.push_back({std::move(part), KeyPartType::text});
  for (model::Column& column : more) out.columns.push_back(std::move(column));
  return out;
}

const model::Column k_permissions{"permissions", "json", model::ColumnContent::json, true};
const model::Column k_content{"content", "bytes", model::ColumnContent::bytes, true};

KindColumn permissions() {
  return {.name = "permissions",
          .cost = {1, "permissions"},
          .omitted = {{"acl[*]", {"inherited", "true"}}},
          .unordered = {{"acl", {"user"}}}};
}

std::vector<Link> with_permissions(std::vector<Link> links) {
  links.push_back({.field = "acl[*].user",
                   .form = LinkForm::name,
                   .to = "users",
                   .column = "permissions",
                   .cut_item = "acl[*]",
                   .unknown = Link::Unknown::leave_out});
  return links;
}

const std::vector<std::string> k_server{"id", "creator", "created"};

Kind users() {
  return {.collection = collection("users", {"userName"}),
          .one = "user",
          .name_case = Kind::Case::ignored,
          .id = "id",
          .name = "userName",
          .same_by = {"externalId"},
          .server_fields = k_server,
          .removed = Kind::Removed::when_chosen,
          .manual = {{.what = model::Manual::What::instead,
                      .when = {"externalId"},
                      .text = "Let the directory bring {name}.",
                      .content = [](const std::string& body) { return "bring\n\n  " + body + "\n"; }}},
          .rank = 0};
}

Kind groups() {
  return {.collection = collection("groups", {"displayName"}),
          .one = "group",
          .id = "id",
          .name = "displayName",
          .server_fields = k_server,
          .unordered = {{"members", {"value"}}},
          .links = {{.field = "members[*].value", .to = "users"}, {.field = "members[*].value", .to = "groups"}},
          .system = {{"displayName", "\"admins\""}},
          .rank = 1};
}

Kind folders() {
  return {.collection = collection("folders", {"path"}, {k_permissions}),
          .one = "folder",
          .id = "id",
          .name = "path",
          .space = "workspace",
          .homes_below = "/Users/",
          .home_of = "users",
          .server_fields = k_server,
          .links = with_permissions({}),
          .columns = {permissions()},
          .rank = 2};
}

Kind notebooks() {
  return {.collection = collection("notebooks", {"path"}, {k_content, k_permissions}),
          .one = "notebook",
          .id = "id",
          .name = "path",
          .space = "workspace",
          .server_fields = k_server,
          .create_only = {"language"},
          .links = with_permissions({}),
          .columns = {{.name = "content", .written = KindColumn::Written::with_create}, permissions()},
          .rank = 3};
}

Kind pools() {
  return {.collection = collection("pools", {"name"}),
          .one = "pool",
          .id = "id",
          .name = "name",
          .creator = "creator",
          .created = "created",
          .server_fields = k_server,
          .create_only = {"node_type"},
          .defaults = {{"min_idle", "0"}},
          .links = {{.field = "node_type", .form = LinkForm::name, .to = "node_types"}},
          .firing = {{.field = "min_idle", .paused = "0", .absent = "0"}},
          .rank = 4};
}

Kind policies() {
  return {.collection = collection("policies", {"name"}),
          .one = "policy",
          .id = "id",
          .name = "name",
          .server_fields = k_server,
          .links = {{.field = "definition",
                     .form = LinkForm::json,
                     .inside = {{.field = "instance_pool_id.value", .to = "pools"},
                                {.field = R"(["spark_conf.*"].value)", .form = LinkForm::secret, .to = "scopes"}}}},
          .rank = 5};
}

Kind scopes() {
  return {.collection = collection("scopes", {"name"}, {k_permissions}),
          .one = "secret scope",
          .name = "name",
          .server_fields = k_server,
          .links = with_permissions({}),
          .columns = {permissions()},
          .rank = 3};
}

Kind clusters() {
  return {.collection = collection("clusters", {"cluster_name", "cluster_id"}, {k_permissions}),
          .one = "cluster",
          .names = model::Names::shared,
          .id = "id",
          .name = "name",
          .creator = "creator",
          .created = "created",
          .server_fields = k_server,
          .links = with_permissions({{.field = "pool_id", .to = "pools"},
                                     {.field = "policy_id", .to = "policies"},
                                     {.field = "spark_conf.*", .form = LinkForm::secret, .to = "scopes"},
                                     {.field = "log", .form = LinkForm::storage}}),
          .sensitive = {"**.spark_conf"},
          .columns = {permissions()},
          .rank = 6,
          .create = {2, "clusters"},
          .update = {1, "clusters"}};
}

Kind jobs() {
  return {.collection = collection("jobs", {"name", "job_id"}, {k_permissions}),
          .one = "job",
          .names = model::Names::shared,
          .id = "id",
          .name = "settings.name",
          .creator = "creator",
          .created = "created",
          .definition = "settings",
          .server_fields = {"settings.format"},
          .unordered = {{"settings.**.depends_on", {"task_key"}}},
          .links = with_permissions({{.field = "settings.**.existing_cluster_id", .to = "clusters"},
                                     {.field = "settings.**.pool_id", .to = "pools"},
                                     {.field = "settings.**.run_job_task.job_id",
                                      .to = "jobs",
                                      .cut = Link::Cut::may,
                                      .cut_item = "settings.tasks"},
                                     {.field = "settings.**.notebook_path", .form = LinkForm::path, .to = "workspace"},
                                     {.field = "settings.run_as", .form = LinkForm::name, .to = "users"}}),
          .firing = {{.within = "settings.schedule",
                      .field = "settings.schedule.pause_status",
                      .paused = "\"PAUSED\"",
                      .absent = "\"UNPAUSED\""},
                     {.within = "settings.triggers[*]",
                      .field = "settings.triggers[*].pause_status",
                      .paused = "\"PAUSED\"",
                      .absent = "\"UNPAUSED\""}},
          .columns = {permissions()},
          .rank = 7,
          .create = {1, "jobs"},
          .update = {1, "jobs"}};
}

// What fires is beside the body.
Kind boards() {
  return {.collection = collection("boards", {"name"}, {{"schedules", "json", model::ColumnContent::json, true}}),
          .one = "board",
          .id = "id",
          .name = "name",
          .server_fields = k_server,
          .firing = {{.within = "schedules[*]",
                      .field = "schedules[*].pause_status",
                      .paused = "\"PAUSED\"",
                      .absent = "\"UNPAUSED\"",
                      .column = "schedules"}},
          .columns = {{.name = "schedules", .server_fields = {"schedules[*].id"}}},
          .manual = {{.when = {"schedules[*].mail", {}}, .text = "Subscribe to {name} again.", .column = "schedules"}},
          .rank = 8};
}

// Names of names, in ranks that say nothing of what lies in what.
Kind catalogs() {
  return {.collection = collection("catalogs", {"name"}),
          .one = "catalog",
          .name = "name",
          .server_fields = k_server,
          .rank = 9};
}

Kind schemas() {
  return {.collection = collection("schemas", {"full_name"}),
          .one = "schema",
          .name = "full_name",
          .above = {.kind = "catalogs", .fields = {"catalog_name", "name"}},
          .server_fields = k_server,
          .system = {{"name", "\"default\""}},
          .rank = 9};
}

Kind volumes() {
  return {.collection = collection("volumes", {"full_name"}),
          .one = "volume",
          .name = "full_name",
          .above = {.kind = "schemas", .fields = {"catalog_name", "schema_name", "name"}},
          .server_fields = k_server,
          .rank = 9};
}

}  // namespace

const std::vector<Kind>& workspace_kinds() {
  static const std::vector<Kind> kinds{users(),    groups(), folders(), notebooks(), pools(),   policies(), scopes(),
                                       clusters(), jobs(),   boards(),  volumes(),   schemas(), catalogs()};
  return kinds;
}

const model::KindSet& workspace_kind_set() {
  static const model::KindSet set(workspace_kinds());
  return set;
}

void fill_workspace(FakeWorkspace& to) {
  const std::string anna = to.put("users", "anna@corp.test", R"({"userName":"anna@corp.test","origin":"anna"})");
  const std::string bob =
      to.put("users", "Bob@corp.test", R"({"userName":"Bob@corp.test","externalId":"ext-bob","origin":"bob"})");
  const std::string inner =
      to.put("groups", "inner", R"({"displayName":"inner","origin":"inner","members":[{"value":")" + anna + R"("}]})");
  to.put("groups", "outer",
         R"({"displayName":"outer","origin":"outer","members":[{"value":")" + inner + R"("},{"value":")" + bob +
             R"("}]})");
  to.put("groups", "admins", R"({"displayName":"admins","origin":"admins"})");
  const std::string acl =
      R"({"acl":[{"user":"Bob@corp.test","level":"MANAGE"},{"user":"anna@corp.test","level":"READ"},)"
      R"({"user":"anna@corp.test","level":"OWNER","inherited":true}]})";
  to.put("folders", "/Users/anna@corp.test", R"({"path":"/Users/anna@corp.test","origin":"home"})");
  to.put("folders", "/Users/anna@corp.test/etl", R"({"path":"/Users/anna@corp.test/etl","origin":"etl-folder"})",
         {{"permissions", acl}});
  to.put("notebooks", "/Users/anna@corp.test/etl/load",
         R"({"path":"/Users/anna@corp.test/etl/load","language":"PYTHON","origin":"load"})",
         {{"content", "print('\xff')"}, {"permissions", acl}});
  const std::string pool =
      to.put("pools", "small", R"({"name":"small","node_type":"east-4","min_idle":2,"max":1e400,"origin":"small"})");
  to.put("scopes", "keys", R"({"name":"keys","origin":"keys"})", {{"permissions", acl}});
  const std::string policy =
      to.put("policies", "cheap",
             R"({"name":"cheap","origin":"cheap","definition":"{\"instance_pool_id\":{\"value\":\")" + pool +
                 R"(\"},\"spark_conf.a\":{\"value\":\"{{secrets/keys/k}}\"},\"n\":1.10}"})");
  const auto cluster = [&](const char* origin) {
    return to.put("clusters", "etl",
                  R"({"name":"etl","pool_id":")" + pool + R"(","policy_id":")" + policy +
                      R"(","spark_conf":{"k":"x {{secrets/keys/k}}"},"log":"abfss://lake@east/logs","origin":")" +
                      origin + "\"}",
                  {{"permissions", acl}});
  };
  const std::string first = cluster("etl-1");
  const std::string second = cluster("etl-2");
  const auto job = [&](const char* origin, const char* name, const std::string& tasks, const char* more = "") {
    return to.put("jobs", name,
                  R"({"name":")" + std::string(name) + R"(","origin":")" + origin +
                      R"(","big":100000000000000000000000,"tasks":[)" + tasks + "]" + more + "}",
                  {{"permissions", acl}});
  };
  const std::string notebook = R"({"task_key":"a","existing_cluster_id":")" + first +
                               R"(","notebook_task":{"notebook_path":"/Users/anna@corp.test/etl/load"}})";
  const std::string nightly =
      job("nightly-1", "nightly", notebook, R"(,"schedule":{"cron":"0 0 2 * * ?"},"run_as":"anna@corp.test")");
  job("nightly-2", "nightly", R"({"task_key":"a","existing_cluster_id":")" + second + "\"}",
      R"(,"schedule":{"cron":"0 0 3 * * ?","pause_status":"PAUSED"})");
  // Two that run each other: made as one that runs nothing, and then told.
  const std::string ping = job("ping", "ping", "");
  const std::string pong = job("pong", "pong", R"({"task_key":"a","run_job_task":{"job_id":)" + ping + "}}");
  to.rewrite(
      "jobs", ping,
      R"({"name":"ping","origin":"ping","big":100000000000000000000000,"tasks":[{"task_key":"a","run_job_task":{"job_id":)" +
          pong +
          R"(}},{"task_key":"b","depends_on":[{"task_key":"a"}],"for_each_task":{"task":{"run_job_task":{"job_id":)" +
          nightly + "}}}}]}");
}

}  // namespace holdfast::test
