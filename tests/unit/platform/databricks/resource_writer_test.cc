#include "platform/databricks/resource_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/key.h"
#include "platform/databricks/client.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/session.h"
#include "sim/databricks/stand_in.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "unit/platform/databricks/stood_workspace.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using platform::ResourceWriter;
using platform::databricks::find_kind;

class Workspace {
public:
  Workspace()
      : stand_in(stand_in_options(), clock),
        session(stand_in_account(), std::make_unique<StandInHttp>(stand_in), clock, random_),
        writer(platform::databricks::make_resource_writer(session.client(), clock)) {}

  std::string create(const std::string& kind, const ResourceWriter::Content& content) {
    return writer->create(find_kind(kind)->kind, content);
  }
  json body(const std::string& kind, const std::string& id) {
    const auto found = writer->read(find_kind(kind)->kind, id);
    return found ? json::parse(found->row.columns.at(0).value()) : json();
  }

  ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in;
  SeededRandom random_{1};
  platform::databricks::Session session;
  std::unique_ptr<ResourceWriter> writer;
};

// One resource, and something of it that is changed.
struct Example {
  std::string kind;
  std::string name;
  std::string body;     // the definition
  std::string changed;  // the definition
  std::string pointer;  // where the change shows in what is read
  std::vector<std::pair<std::string, std::string>> columns{};
};
void PrintTo(const Example& example, std::ostream* out) {
  *out << example.kind;
}

const std::vector<Example>& examples() {
  static const std::vector<Example> all{
      {"users", "eve@example.test", R"({"userName":"eve@example.test","displayName":"Eve"})",
       R"({"userName":"eve@example.test","displayName":"Eve B."})", "/displayName"},
      {"groups", "analysts", R"({"displayName":"analysts"})",
       R"({"displayName":"analysts","entitlements":[{"value":"allow-cluster-create"}]})", "/entitlements/0/value"},
      {"instance-pools", "small",
       R"({"instance_pool_name":"small","node_type_id":"Standard_DS3_v2","min_idle_instances":0})",
       R"({"instance_pool_name":"small","node_type_id":"Standard_DS3_v2","min_idle_instances":0,"max_capacity":9})",
       "/max_capacity"},
      {"cluster-policies", "cheap", R"({"name":"cheap","definition":"{}"})",
       R"({"name":"cheap","definition":"{}","description":"for all"})", "/description"},
      {"clusters", "lab",
       R"({"cluster_name":"lab","spark_version":"13.3.x-scala2.12","node_type_id":"Standard_DS3_v2","num_workers":1})",
       R"({"cluster_name":"lab","spark_version":"13.3.x-scala2.12","node_type_id":"Standard_DS3_v2","num_workers":3})",
       "/num_workers"},
      {"global-init-scripts", "proxy", R"({"name":"proxy","script":"ZWNobw==","enabled":false,"position":0})",
       R"({"name":"proxy","script":"ZWNobyAy","enabled":false,"position":0})", "/script"},
      {"jobs", "nightly",
       R"({"name":"nightly","max_concurrent_runs":1,"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/n"}}]})",
       R"({"name":"nightly","max_concurrent_runs":2,"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/n"}}]})",
       "/settings/max_concurrent_runs"},
      {"pipelines", "sales", R"({"name":"sales","libraries":[{"notebook":{"path":"/n"}}],"continuous":false})",
       R"({"name":"sales","libraries":[{"notebook":{"path":"/m"}}],"continuous":false})",
       "/spec/libraries/0/notebook/path"},
      {"warehouses", "wh", R"({"name":"wh","cluster_size":"2X-Small","auto_stop_mins":10,"max_num_clusters":1})",
       R"({"name":"wh","cluster_size":"2X-Small","auto_stop_mins":20,"max_num_clusters":1})", "/auto_stop_mins"},
      {"queries", "top ten", R"({"display_name":"top ten","query_text":"SELECT 10"})",
       R"({"display_name":"top ten","query_text":"SELECT 11"})", "/query_text"},
      {"ip-access-lists", "office", R"({"label":"office","list_type":"BLOCK","ip_addresses":["10.1.2.3"]})",
       R"({"label":"office","list_type":"BLOCK","ip_addresses":["10.1.2.4"]})", "/ip_addresses/0"},
      {"folders", "/Shared/team", R"({"path":"/Shared/team"})", "", ""},
      {"notebooks",
       "/Shared/n",
       R"({"path":"/Shared/n","language":"PYTHON"})",
       "",
       "",
       {{"content", "# Databricks notebook source\nprint(1)\n"}, {"format", "SOURCE"}}},
      {"files", "/Shared/f.bin", R"({"path":"/Shared/f.bin"})", "", "", {{"content", std::string("\xff\0x", 3)}}},
      {"dbfs-files", "/lib/a.jar", R"({"path":"/lib/a.jar"})", "", "", {{"content", std::string(1'500'000, 'j')}}},
      {"secret-scopes", "keys", R"({"name":"keys","backend_type":"DATABRICKS"})", "", ""},
      {"experiments", "/Shared/e", R"({"name":"/Shared/e"})", "", ""},
  };
  return all;
}

class EveryWrittenKind : public testing::TestWithParam<Example> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EveryWrittenKind, testing::ValuesIn(examples()), [](const auto& instance) {
  std::string name = instance.param.kind;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(EveryWrittenKind, is_created_found_read_changed_and_removed) {
  const Example& example = GetParam();
  const model::Kind& kind = find_kind(example.kind)->kind;
  Workspace workspace;
  const std::string id = workspace.create(example.kind, {example.name, example.body, example.columns});
  ASSERT_FALSE(id.empty());
  const auto found = workspace.writer->find(kind, example.name);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, id);
  const auto read = workspace.writer->read(kind, id);
  ASSERT_TRUE(read.has_value());
  for (const auto& [column, value] : example.columns) {
    for (std::size_t i = 0; i < kind.collection.columns.size(); ++i)
      if (kind.collection.columns[i].name == column) {
        EXPECT_EQ(read->row.columns[i], value) << column;
      }
  }
  if (!example.changed.empty()) {
    workspace.clock.advance(std::chrono::minutes(10));  // what was started and stopped has come to rest
    workspace.writer->update(kind, id, {example.name, example.changed, {}});
    const json::json_pointer pointer(example.pointer);
    const json now = workspace.body(example.kind, id);
    const json::json_pointer in_definition(
        example.pointer.substr(kind.definition.empty() ? 0 : kind.definition.size() + 1));
    ASSERT_TRUE(now.contains(pointer)) << now.dump();
    EXPECT_EQ(now.at(pointer), json::parse(example.changed).at(in_definition));
  }
  workspace.writer->remove(kind, id);
  EXPECT_TRUE(workspace.writer->find(kind, example.name).empty());
  workspace.writer->remove(kind, id);
}

TEST(DatabricksWriter, leaves_nothing_running_that_it_created_or_adopted_once_it_is_settled) {
  Workspace workspace;
  const ResourceWriter::Content cluster{
      "lab",
      R"({"cluster_name":"lab","spark_version":"13.3.x-scala2.12","node_type_id":"Standard_DS3_v2","num_workers":1})",
      {}};
  workspace.stand_in.faults().add("POST /api/2.1/clusters/create#1: reset-after");
  EXPECT_THROW(workspace.create("clusters", cluster), platform::LostAnswer);
  const auto found = workspace.writer->find(find_kind("clusters")->kind, "lab");
  ASSERT_EQ(found.size(), 1U);
  const std::string warehouse =
      workspace.create("warehouses", {"wh", R"({"name":"wh","cluster_size":"2X-Small","auto_stop_mins":0})", {}});
  workspace.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(workspace.body("clusters", found[0].id).at("state"), "RUNNING");
  EXPECT_EQ(workspace.body("warehouses", warehouse).at("state"), "RUNNING");
  for (int twice = 0; twice < 2; ++twice) {
    workspace.writer->settle(find_kind("clusters")->kind, found[0].id);
    workspace.writer->settle(find_kind("warehouses")->kind, warehouse);
    workspace.clock.advance(std::chrono::minutes(10));
  }
  EXPECT_EQ(workspace.body("clusters", found[0].id).at("state"), "TERMINATED");
  EXPECT_EQ(workspace.body("warehouses", warehouse).at("state"), "STOPPED");
}

const ResourceWriter::Content& lab() {
  static const ResourceWriter::Content content{
      "lab",
      R"({"cluster_name":"lab","spark_version":"13.3.x-scala2.12","node_type_id":"Standard_DS3_v2","num_workers":1})",
      {}};
  return content;
}

TEST(DatabricksWriter, pins_and_unpins_clusters_and_removes_pinned_ones) {
  Workspace workspace;
  const model::Kind& kind = find_kind("clusters")->kind;
  const std::string id = workspace.create("clusters", lab());
  const auto shown = [&] { return workspace.body("clusters", id).contains("pinned_by_user_name"); };
  EXPECT_EQ(workspace.writer->read_column(kind, id, "pinned"), R"({"pinned":[]})");
  for (int twice = 0; twice < 2; ++twice) workspace.writer->set_column(kind, id, "pinned", R"({"pinned":[true]})");
  EXPECT_TRUE(shown());
  EXPECT_EQ(workspace.writer->read_column(kind, id, "pinned"), R"({"pinned":[true]})");
  workspace.writer->set_column(kind, id, "pinned", R"({"pinned":[]})");
  EXPECT_FALSE(shown());
  workspace.writer->set_column(kind, id, "pinned", R"({"pinned":[true]})");
  workspace.writer->remove(kind, id);
  EXPECT_TRUE(workspace.writer->find(kind, "lab").empty());
  workspace.writer->remove(kind, id);
}

TEST(DatabricksWriter, leaves_to_people_which_clusters_are_pinned_where_no_more_may_be) {
  Workspace workspace;
  const model::Kind& kind = find_kind("clusters")->kind;
  const std::string id = workspace.create("clusters", lab());
  std::string other;
  for (int i = 0; i < 100; ++i) {
    other = workspace.stand_in.call("POST", "/api/2.1/clusters/create", json::parse(lab().body))["cluster_id"];
    workspace.stand_in.call("POST", "/api/2.1/clusters/delete", {{"cluster_id", other}});
    workspace.stand_in.call("POST", "/api/2.1/clusters/pin", {{"cluster_id", other}});
  }
  const auto pin = [&] { workspace.writer->set_column(kind, id, "pinned", R"({"pinned":[true]})"); };
  EXPECT_THROW(pin(), platform::ByHand);
  EXPECT_NE(thrown_by(pin).message().find("Pin the cluster " + id), std::string::npos) << thrown_by(pin).message();
  workspace.stand_in.call("POST", "/api/2.1/clusters/unpin", {{"cluster_id", other}});
  EXPECT_NO_THROW(pin());
}

// Two whose answers were lost must not be taken for one another.
TEST(DatabricksWriter, finds_each_workspace_setting_by_its_own_name) {
  Workspace workspace;
  const model::Kind& kind = find_kind("workspace-conf")->kind;
  for (const std::string name : {"enableWebTerminal", "maxTokenLifetimeDays"}) {
    EXPECT_EQ(workspace.create("workspace-conf", {name, fmt::format(R"({{"{}":"90"}})", name), {}}), name);
    const auto found = workspace.writer->find(kind, name);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, name);
    EXPECT_EQ(base::KeyReader(found[0].row.key).text(), name);
  }
}

TEST(DatabricksWriter, finds_what_a_call_made_long_after_its_answer_was_lost) {
  Workspace workspace;
  workspace.stand_in.faults().add("POST /api/2.2/jobs/create#1: late=20s");
  EXPECT_THROW(workspace.create("jobs", {"n", R"({"name":"n"})", {}}), platform::LostAnswer);
  EXPECT_TRUE(workspace.writer->find(find_kind("jobs")->kind, "n").empty());
  workspace.clock.advance(std::chrono::seconds(21));
  EXPECT_EQ(workspace.writer->find(find_kind("jobs")->kind, "n").size(), 1U);
}

std::string dbfs_content(Workspace& workspace) {
  const auto found = workspace.writer->read(find_kind("dbfs-files")->kind, "/lib/a.jar");
  return found ? found->row.columns[1].value() : "(none)";
}

TEST(DatabricksWriter, overwrites_a_dbfs_file_by_another_that_is_whole_wherever_it_breaks_off) {
  const std::string old(1'500'000, 'o');
  const std::string fresh(2'500'000, 'f');
  const model::Kind& kind = find_kind("dbfs-files")->kind;
  const auto content = [](const std::string& bytes) {
    return ResourceWriter::Content{"/lib/a.jar", R"({"path":"/lib/a.jar"})", {{"content", bytes}}};
  };
  for (const char* call : {"create#2", "add-block#3", "add-block#4", "close#2", "delete#1", "move#2"}) {
    for (const char* fault : {"403", "reset-before", "reset-after"}) {
      SCOPED_TRACE(fmt::format("{}: {}", call, fault));
      Workspace workspace;
      workspace.stand_in.faults().add(fmt::format("POST /api/2.0/dbfs/{}: {}", call, fault));
      workspace.create("dbfs-files", content(old));
      EXPECT_EQ(dbfs_content(workspace), old);
      try {
        workspace.writer->update(kind, "/lib/a.jar", content(fresh));
      } catch (const base::Error&) {  // but for the removal, which may be repeated
      }
      const std::string there = dbfs_content(workspace);
      EXPECT_TRUE(there == old || there == fresh) << there.size();
      workspace.writer->update(kind, "/lib/a.jar", content(fresh));
      EXPECT_EQ(dbfs_content(workspace), fresh);
      EXPECT_EQ(workspace.stand_in.get("/api/2.0/dbfs/list?path=/lib").at("files").size(), 1U) << "nothing is left";
    }
  }
}

// What a snapshot of it holds, as it is written.
json definition_of(const model::Kind& kind, json whole) {
  for (const std::string& field : kind.server_fields) whole.erase(field);
  return whole;
}

struct Masked {
  std::string kind;
  std::string path;
  json created;
};
std::vector<Masked> masked_kinds(Workspace& workspace) {
  const std::string folder = "/Workspace/Shared";
  const std::string query = workspace.create("queries", {"q", R"({"display_name":"q","query_text":"SELECT 1"})", {}});
  return {
      {"queries",
       "/api/2.0/sql/queries/",
       {{"display_name", "orders"},
        {"query_text", "SELECT 1"},
        {"description", "by day"},
        {"tags", {"sales"}},
        {"parent_path", folder}}},
      {"alerts",
       "/api/2.0/sql/alerts/",
       {{"display_name", "orders"},
        {"query_id", query},
        {"condition", {{"op", "EQUAL"}}},
        {"custom_body", "none"},
        {"parent_path", folder}}},
      {"alerts-v2",
       "/api/2.0/alerts/",
       {{"display_name", "orders"},
        {"query_text", "SELECT 1"},
        {"warehouse_id", "w"},
        {"custom_summary", "none"},
        {"parent_path", folder},
        {"evaluation", {{"comparison_operator", "EQUAL"}, {"source", {{"name", "n"}}}}},
        {"schedule", {{"quartz_cron_schedule", "0 0 3 * * ?"}, {"timezone_id", "UTC"}, {"pause_status", "PAUSED"}}}}}};
}

TEST(DatabricksWriter, changes_what_differs_of_queries_and_alerts_and_nothing_else) {
  Workspace workspace;
  for (const Masked& masked : masked_kinds(workspace)) {
    const model::Kind& kind = find_kind(masked.kind)->kind;
    const std::string id = workspace.create(masked.kind, {"orders", masked.created.dump(), {}});
    const std::string path = masked.path + id;
    json wanted = definition_of(kind, workspace.stand_in.get(path));
    EXPECT_EQ(wanted["parent_path"], "/Workspace/Shared") << masked.kind;
    wanted["display_name"] = "orders by region";
    workspace.writer->update(kind, id, {"orders", wanted.dump(), {}});
    EXPECT_EQ(definition_of(kind, workspace.stand_in.get(path)), wanted) << masked.kind;
    for (const char* field : {"description", "custom_body", "custom_summary"}) wanted.erase(field);
    workspace.writer->update(kind, id, {"orders", wanted.dump(), {}});
    EXPECT_EQ(definition_of(kind, workspace.stand_in.get(path)), wanted) << masked.kind << ": what it lacks goes";
  }
}

// A mask that names nothing is refused.
TEST(DatabricksWriter, sends_no_change_of_queries_and_alerts_where_nothing_differs) {
  Workspace workspace;
  for (const Masked& masked : masked_kinds(workspace)) {
    const model::Kind& kind = find_kind(masked.kind)->kind;
    const std::string id = workspace.create(masked.kind, {"orders", masked.created.dump(), {}});
    const json before = workspace.stand_in.get(masked.path + id);
    workspace.clock.advance(std::chrono::minutes(1));
    workspace.writer->update(kind, id, {"orders", definition_of(kind, before).dump(), {}});
    EXPECT_EQ(workspace.stand_in.get(masked.path + id), before) << masked.kind;
  }
}

TEST(DatabricksWriter, replaces_the_content_of_a_notebook) {
  Workspace workspace;
  const ResourceWriter::Content first{
      "/Shared/n", R"({"language":"PYTHON"})", {{"content", "# Databricks notebook source\n1\n"}}};
  const ResourceWriter::Content second{
      "/Shared/n", R"({"language":"PYTHON"})", {{"content", "# Databricks notebook source\n2\n"}}};
  const std::string id = workspace.create("notebooks", first);
  EXPECT_EQ(error_of([&] { workspace.create("notebooks", second); }), base::ErrorKind::conflict);
  workspace.writer->update(find_kind("notebooks")->kind, id, second);
  EXPECT_EQ(workspace.writer->read(find_kind("notebooks")->kind, id)->row.columns[1],
            "# Databricks notebook source\n2\n");
}

TEST(DatabricksWriter, grants_what_the_source_granted_and_takes_the_rest_away) {
  Workspace workspace;
  workspace.create("groups", {"analysts", R"({"displayName":"analysts"})", {}});
  const std::string id = workspace.create("folders", {"/Shared/team", R"({"path":"/Shared/team"})", {}});
  const auto& kind = find_kind("folders")->kind;
  workspace.writer->set_column(
      kind, id, "permissions",
      R"({"access_control_list":[{"group_name":"analysts","all_permissions":[{"permission_level":"CAN_RUN","inherited":false}]},{"group_name":"admins","all_permissions":[{"permission_level":"CAN_MANAGE","inherited":true}]}]})");
  const std::string now = workspace.writer->read(kind, id)->row.columns[1].value();
  EXPECT_NE(now.find("CAN_RUN"), std::string::npos) << now;
  workspace.writer->set_column(kind, id, "permissions", R"({"access_control_list":[]})");
  EXPECT_EQ(workspace.writer->read(kind, id)->row.columns[1].value().find("CAN_RUN"), std::string::npos);
}

TEST(DatabricksWriter, sets_tags_changes_and_takes_away_and_leaves_the_platforms_own) {
  Workspace workspace;
  workspace.create("catalogs", {"sales", R"({"name":"sales"})", {}});
  const auto& kind = find_kind("catalogs")->kind;
  const auto set = [&](const std::string& tags) {
    workspace.writer->set_column(kind, "sales", "tags", R"({"tag_assignments":[)" + tags + "]}");
  };
  const auto tags = [&] {
    std::string out;
    const json now = json::parse(workspace.writer->read_column(kind, "sales", "tags").value());
    for (const json& one : now.at("tag_assignments"))
      out += one.at("tag_key").get<std::string>() + "=" + one.value("tag_value", "") + " ";
    return out;
  };
  set(R"({"tag_key":"a/b","tag_value":"1","entity_name":"another"},{"tag_key":"bare"},{"tag_key":"c","tag_value":"3"},)"
      R"({"tag_key":"class.name","tag_value":"","source_type":"TAG_ASSIGNMENT_SOURCE_TYPE_SYSTEM_DATA_CLASSIFICATION"})");
  EXPECT_EQ(tags(), "a/b=1 bare= c=3 ");
  set(R"({"tag_key":"a/b","tag_value":"2"},{"tag_key":"c","tag_value":"3"})");
  EXPECT_EQ(tags(), "a/b=2 c=3 ");
  workspace.stand_in.log().clear();
  set(R"({"tag_key":"c","tag_value":"3"},{"tag_key":"a/b","tag_value":"2"})");
  EXPECT_EQ(workspace.stand_in.log().last().size(), 1U) << "one look, nothing written";
}

TEST(DatabricksWriter, leaves_its_own_name_on_no_scope_that_had_it_not) {
  Workspace workspace;
  workspace.create("groups", {"analysts", R"({"displayName":"analysts"})", {}});
  workspace.create("secret-scopes", {"keys", R"({"name":"keys","backend_type":"DATABRICKS"})", {}});
  const auto& kind = find_kind("secret-scopes")->kind;
  workspace.writer->set_column(kind, "keys", "acls", R"({"items":[{"principal":"analysts","permission":"READ"}]})");
  const json acls = json::parse(workspace.writer->read(kind, "keys")->row.columns[1].value());
  EXPECT_EQ(acls.at("items"), json::parse(R"([{"principal":"analysts","permission":"READ"}])"));
}

TEST(DatabricksWriter, tells_a_lost_answer_from_a_refusal) {
  Workspace workspace;
  workspace.stand_in.faults().add("POST /api/2.2/jobs/create#1: reset-after");
  const ResourceWriter::Content job{"n", R"({"name":"n"})", {}};
  EXPECT_THROW(workspace.create("jobs", job), platform::LostAnswer);
  EXPECT_EQ(workspace.writer->find(find_kind("jobs")->kind, "n").size(), 1U);
  workspace.stand_in.faults().add("POST /api/2.0/instance-pools/create#1: 403");
  try {
    workspace.create("instance-pools", {"p", R"({"instance_pool_name":"p","node_type_id":"x"})", {}});
    FAIL() << "a refusal was taken for a success";
  } catch (const platform::LostAnswer&) {
    FAIL() << "a refusal was taken for a lost answer";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::auth);
  }
}

TEST(DatabricksWriter, tells_who_is_signed_out_from_who_may_not) {
  Workspace workspace;
  workspace.stand_in.faults().add("* *#*: token-expired");
  const ResourceWriter::Content job{"n", R"({"name":"n"})", {}};
  const model::Kind& kind = find_kind("jobs")->kind;
  const std::string path = "/Shared/gone";
  EXPECT_THROW(workspace.create("jobs", job), platform::SignedOut);
  EXPECT_THROW(workspace.writer->update(kind, "1", job), platform::SignedOut);
  EXPECT_THROW(workspace.writer->remove(kind, "1"), platform::SignedOut);
  EXPECT_THROW(workspace.writer->set_column(kind, "1", "permissions", "{}"), platform::SignedOut);
  EXPECT_THROW(workspace.writer->find(kind, "n"), platform::SignedOut);
  EXPECT_THROW(workspace.writer->read(kind, "1"), platform::SignedOut);
  EXPECT_THROW(workspace.writer->read(find_kind("folders")->kind, path), platform::SignedOut);
  EXPECT_THROW(workspace.create("folders", {path, "{}", {}}), platform::SignedOut);
  EXPECT_THROW(workspace.writer->settle(find_kind("clusters")->kind, "1"), platform::SignedOut);
  Workspace other;
  other.stand_in.faults().add("POST /api/2.1/clusters/delete#*: 403");
  EXPECT_THROW(other.writer->settle(find_kind("clusters")->kind, "1"), platform::databricks::Refused);
  const base::Error refused = thrown_by([&] { (void)workspace.writer->who(); });
  EXPECT_EQ(refused.kind(), base::ErrorKind::auth);
  EXPECT_NE(refused.hint(), "");
}

TEST(DatabricksWriter, says_what_cannot_be_written) {
  Workspace workspace;
  EXPECT_EQ(error_of([&] { workspace.create("tables", {"a.b.c", "{}", {}}); }), base::ErrorKind::unsupported);
  EXPECT_EQ(error_of([&] { workspace.create("warehouse-settings", {"x", "{}", {}}); }), base::ErrorKind::unsupported);
  EXPECT_EQ(error_of([&] {
              workspace.create("notebooks", {"/Shared/n", R"({"language":"PYTHON"})", {}});
            }),
            base::ErrorKind::refused);
}

TEST(DatabricksWriter, knows_who_writes_and_what_time_it_is_there) {
  Workspace workspace;
  EXPECT_EQ(workspace.writer->who(), "admin@example.test");
  const auto before = workspace.writer->now();
  workspace.clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(workspace.writer->now() - before, std::chrono::minutes(5));
}

TEST(DatabricksWriter, believes_no_time_of_creation_that_no_clock_tells) {
  ScriptedSession session([](const std::string&) {
    return answer(200, R"({"job_id":7,"created_time":9223372036854775807,"settings":{"name":"n"}})");
  });
  const auto writer = platform::databricks::make_resource_writer(session.client(), session.clock);
  const auto found = writer->read(find_kind("jobs")->kind, "7");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->created);
}

}  // namespace
}  // namespace holdfast::test
