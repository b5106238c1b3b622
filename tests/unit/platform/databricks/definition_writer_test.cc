// Functions, views and external tables, written into the stand-in: which takes definitions by a parser of its own.
#include "platform/databricks/definition_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "platform/databricks/diagnosis.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/resource_writer.h"
#include "platform/databricks/session.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"
#include "sim/databricks/unity.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "unit/platform/databricks/scripted.h"
#include "unit/platform/databricks/stand_in_http.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using platform::databricks::find_kind;

constexpr const char* k_warehouse = "wh";
constexpr const char* k_table =
    R"x({"name":"orders","catalog_name":"main","schema_name":"sales","table_type":"EXTERNAL","owner":"admin@example.test",
        "data_source_format":"DELTA","storage_location":"abfss://landing@lake.test/orders","comment":"raw",
        "columns":[{"name":"id","type_text":"bigint","type_name":"LONG","position":0,"nullable":false},
                   {"name":"price","type_text":"decimal(12,2)","type_name":"DECIMAL","position":1,"nullable":true,
                    "partition_index":0,"comment":"it's gross"}],
        "properties":{"team":"sales"}})x";

json function() {
  return json::parse(
      R"({"name":"net","catalog_name":"main","schema_name":"sales","owner":"analysts","data_type":"INT",
          "full_data_type":"INT","routine_body":"SQL","routine_definition":"x / 2","parameter_style":"S",
          "is_deterministic":true,"sql_data_access":"CONTAINS_SQL","is_null_call":false,"security_type":"DEFINER",
          "specific_name":"net","input_params":{"parameters":[]}})");
}

json view_body(const std::string& text) {
  return {{"name", "daily"},      {"catalog_name", "main"}, {"schema_name", "sales"},
          {"table_type", "VIEW"}, {"owner", "analysts"},    {"view_definition", text}};
}
std::string view(const std::string& text) {
  return view_body(text).dump();
}
// Written while another catalog and schema were current.
std::string view_from(const std::string& catalog, const std::string& schema, const std::string& text) {
  json out = view_body(text);
  out["properties"] = {{"view.catalogAndNamespace.numParts", "2"},
                       {"view.catalogAndNamespace.part.0", catalog},
                       {"view.catalogAndNamespace.part.1", schema},
                       {"view.sqlConfig.spark.sql.session.timeZone", "UTC"}};
  return out.dump();
}

// A workspace that knows no statement that it was given.
class ForgetfulHttp : public StandInHttp {
public:
  using StandInHttp::StandInHttp;
  net::Response send(const net::Request& request, std::stop_token stop) override {
    const bool asks = request.method == net::Method::get && request.url.path.starts_with("/api/2.0/sql/statements/");
    return asks ? missing() : StandInHttp::send(request, std::move(stop));
  }
};

// Somebody wants to stop as soon as a statement was taken.
class ImpatientHttp : public StandInHttp {
public:
  ImpatientHttp(sim::databricks::StandIn& stand_in, std::stop_source stop)
      : StandInHttp(stand_in), stop_(std::move(stop)) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    net::Response out = StandInHttp::send(request, std::move(stop));
    if (request.method == net::Method::post && request.url.path == "/api/2.0/sql/statements") stop_.request_stop();
    return out;
  }

private:
  std::stop_source stop_;
};

// Two warehouses are called alike, which the stand-in refuses to make.
class TwinsHttp : public StandInHttp {
public:
  using StandInHttp::StandInHttp;
  net::Response send(const net::Request& request, std::stop_token stop) override {
    const bool lists = request.method == net::Method::get && request.url.path == "/api/2.0/sql/warehouses";
    if (!lists) return StandInHttp::send(request, std::move(stop));
    return answer(200, R"({"warehouses":[{"id":"a1","name":"twin"},{"id":"b2","name":"twin"}]})");
  }
};

class Definitions : public testing::Test {
protected:
  Definitions() : stand_in_(options(), clock_), session_(session()) {
    sim::databricks::Seed seed(stand_in_);
    seed.group("analysts");
    seed.post("/api/2.0/sql/warehouses", {{"name", k_warehouse}, {"cluster_size", "Small"}});
    seed.post("/api/2.1/unity-catalog/catalogs", {{"name", "main"}});
    seed.post("/api/2.1/unity-catalog/schemas", {{"name", "sales"}, {"catalog_name", "main"}});
    open(k_warehouse);
  }
  static sim::databricks::StandInOptions options() {
    sim::databricks::StandInOptions out;
    out.token = "dapi1";
    return out;
  }
  platform::databricks::Session session() {
    return platform::databricks::Session(ScriptedSession::account(), std::make_unique<StandInHttp>(stand_in_), clock_,
                                         random_);
  }
  void open(const std::string& warehouse) { open(warehouse, session_); }
  void open(const std::string& warehouse, const platform::databricks::Session& session,
            const std::stop_token& stop = {}) {
    platform::databricks::OptIns opt_ins;
    opt_ins.sql_warehouse = warehouse;
    writer_ = platform::databricks::make_resource_writer(session.client(), clock_, opt_ins, stop);
  }
  static const model::Kind& kind(const char* name) { return find_kind(name)->kind; }
  std::string create(const char* of, const std::string& name, const std::string& body) {
    return writer_->create(kind(of), {name, body, {}});
  }
  json body(const char* of, const std::string& id) {
    const auto found = writer_->read(kind(of), id);
    return found ? json::parse(found->row.columns.at(0).value()) : json();
  }
  template <typename Work>
  std::string task_of(const Work& work) {
    try {
      work();
    } catch (const platform::ByHand& task) {
      way_ = task.way();
      return task.message();
    }
    return {};
  }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in_;
  SeededRandom random_{1};
  platform::databricks::Session session_;
  std::unique_ptr<platform::ResourceWriter> writer_;
  platform::ByHand::Way way_{};  // of the last task
};

TEST_F(Definitions, of_functions_are_made_given_to_their_owner_and_removed) {
  EXPECT_EQ(create("functions", "main.sales.net", function().dump()), "main.sales.net");
  const json made = body("functions", "main.sales.net");
  const json wanted = function();
  for (const auto& [name, value] : wanted.items()) EXPECT_EQ(made.at(name), value) << name;
  json changed = function();
  changed["owner"] = "admin@example.test";
  writer_->update(kind("functions"), "main.sales.net", {"main.sales.net", changed.dump(), {}});
  EXPECT_EQ(body("functions", "main.sales.net").at("owner"), "admin@example.test");
  EXPECT_EQ(error_of([&] { create("functions", "main.sales.net", function().dump()); }), base::ErrorKind::conflict);
  writer_->remove(kind("functions"), "main.sales.net");
  EXPECT_TRUE(writer_->find(kind("functions"), "main.sales.net").empty());
  writer_->remove(kind("functions"), "main.sales.net");
}

TEST_F(Definitions, of_tables_and_views_are_made_by_a_warehouse_that_starts_for_it) {
  EXPECT_EQ(create("tables", "main.sales.orders", k_table), "main.sales.orders");
  const json table = body("tables", "main.sales.orders");
  const json wanted = json::parse(k_table);
  for (const auto& [name, value] : wanted.items()) EXPECT_EQ(table.at(name), value) << name;
  create("functions", "main.sales.net", function().dump());
  EXPECT_EQ(create("tables", "main.sales.daily", view("SELECT main.sales.net(price)\nFROM orders")),
            "main.sales.daily");
  const json seen = body("tables", "main.sales.daily");
  EXPECT_EQ(seen.at("view_definition"), "SELECT main.sales.net(price)\nFROM orders");
  EXPECT_EQ(seen.at("owner"), "analysts");
  EXPECT_EQ(seen.at("view_dependencies").dump(),
            R"({"dependencies":[{"function":{"function_full_name":"main.sales.net"}},)"
            R"({"table":{"table_full_name":"main.sales.orders"}}]})");
  EXPECT_EQ(error_of([&] { create("tables", "main.sales.orders", k_table); }), base::ErrorKind::conflict);
}

TEST_F(Definitions, of_views_are_changed_in_place_and_what_else_differs_is_a_task) {
  create("tables", "main.sales.orders", k_table);
  create("tables", "main.sales.daily", view("SELECT 1"));
  writer_->update(kind("tables"), "main.sales.daily", {"main.sales.daily", view("SELECT id FROM orders"), {}});
  EXPECT_EQ(body("tables", "main.sales.daily").at("view_definition"), "SELECT id FROM orders");
  json table = json::parse(k_table);
  table["owner"] = "analysts";
  table["comment"] = "other";
  EXPECT_EQ(task_of([&] {
              writer_->update(kind("tables"), "main.sales.orders", {"main.sales.orders", table.dump(), {}});
            }),
            "Change comment of main.sales.orders in SQL to what the snapshot has: no call that Holdfast makes does.");
  EXPECT_EQ(way_, platform::ByHand::Way::instead) << "the next run sees whether it was done";
  EXPECT_EQ(body("tables", "main.sales.orders").at("owner"), "analysts");
}

std::string reads(const json& view) {
  return view.at("view_dependencies").at("dependencies").at(0).at("table").at("table_full_name");
}

TEST_F(Definitions, of_views_read_what_they_read_where_they_were_written) {
  const json orders = json::parse(k_table);
  create("tables", "main.sales.orders", k_table);
  json other = orders;
  other["schema_name"] = "default";
  create("tables", "main.default.orders", other.dump());
  create("tables", "main.sales.daily", view_from("main", "default", "SELECT id FROM orders"));
  const json made = body("tables", "main.sales.daily");
  EXPECT_EQ(reads(made), "main.default.orders");
  EXPECT_EQ(made.at("properties").at("view.catalogAndNamespace.part.1"), "default");
  EXPECT_FALSE(made.at("properties").contains("view.sqlConfig.spark.sql.session.timeZone")) << "the platform's own";
  writer_->update(kind("tables"), "main.sales.daily",
                  {"main.sales.daily", view_from("main", "default", "SELECT price FROM orders"), {}});
  EXPECT_EQ(reads(body("tables", "main.sales.daily")), "main.default.orders");
}

TEST_F(Definitions, of_views_whose_place_is_odd_or_gone_are_tasks) {
  create("tables", "main.sales.orders", k_table);
  json odd = json::parse(view_from("main", "sales", "SELECT id FROM orders"));
  odd["properties"].erase("view.catalogAndNamespace.part.1");
  const std::string task = task_of([&] { create("tables", "main.sales.daily", odd.dump()); });
  EXPECT_TRUE(task.starts_with("Run this yourself: in which catalog and schema its text was written is not told.\n--"))
      << task;
  const std::string gone = view_from("main", "gone", "SELECT id FROM orders");
  EXPECT_NE(task_of([&] { create("tables", "main.sales.daily", gone); }).find("([SCHEMA_NOT_FOUND]"),
            std::string::npos);
  EXPECT_TRUE(writer_->find(kind("tables"), "main.sales.daily").empty());
}

TEST_F(Definitions, of_views_that_read_something_else_than_they_did_are_tasks) {
  create("tables", "main.sales.orders", k_table);
  json other = json::parse(k_table);
  other["schema_name"] = "default";
  create("tables", "main.default.orders", other.dump());
  json wanted = view_body("SELECT id FROM orders");
  wanted["view_dependencies"] = {
      {"dependencies", json::array({{{"table", {{"table_full_name", "main.default.orders"}}}}})}};
  const std::string said =
      "Look at the view main.sales.daily: it reads main.sales.orders, and should read main.default.orders.";
  EXPECT_EQ(task_of([&] { create("tables", "main.sales.daily", wanted.dump()); }), said);
  EXPECT_EQ(way_, platform::ByHand::Way::beside) << "it is made, and no run compares what it reads";
  wanted["view_definition"] = "SELECT price FROM orders";
  EXPECT_EQ(task_of([&] {
              writer_->update(kind("tables"), "main.sales.daily", {"main.sales.daily", wanted.dump(), {}});
            }),
            said);
  EXPECT_EQ(body("tables", "main.sales.daily").at("owner"), "analysts");
  wanted["view_definition"] = "SELECT 1 FROM main.default.orders";
  writer_->update(kind("tables"), "main.sales.daily", {"main.sales.daily", wanted.dump(), {}});
}

TEST_F(Definitions, show_no_secret_in_their_tasks) {
  json lacking = view_body("SELECT * FROM gone");
  lacking["properties"] = {{"password", "hunter2"}};
  const std::string task = task_of([&] { create("tables", "main.sales.daily", lacking.dump()); });
  EXPECT_EQ(task.find("hunter2"), std::string::npos) << task;
  EXPECT_NE(task.find("'password' = '<hidden 1>'"), std::string::npos) << task;
}

TEST_F(Definitions, are_tasks_with_the_script_where_something_is_lacking) {
  const std::string text = view("SELECT * FROM gone");
  const std::string task = task_of([&] { create("tables", "main.sales.daily", text); });
  EXPECT_TRUE(
      task.starts_with("Run this where all that it names is there, or restore again then "
                       "([TABLE_OR_VIEW_NOT_FOUND]"))
      << task;
  EXPECT_TRUE(
      task.ends_with(").\nUSE CATALOG `main`;\nUSE SCHEMA `sales`;\n"
                     "CREATE VIEW `main`.`sales`.`daily` AS SELECT * FROM gone;"))
      << task;
  json iceberg = json::parse(k_table);
  iceberg["data_source_format"] = "ICEBERG";
  EXPECT_NE(task_of([&] { create("tables", "main.sales.orders", iceberg.dump()); }).find("in the format ICEBERG"),
            std::string::npos);
}

TEST_F(Definitions, are_no_tasks_where_the_warehouse_is_named_wrongly) {
  open("none of this name");
  const base::Error error = thrown_by([&] { create("tables", "main.sales.daily", view("SELECT 1")); });
  EXPECT_EQ(error.kind(), base::ErrorKind::config);
  EXPECT_EQ(error.message(), "there is no SQL warehouse 'none of this name', which sql_warehouse names");
  EXPECT_EQ(error.hint(), "Name one that the workspace has in sql_warehouse.");
}

TEST_F(Definitions, have_a_warehouse_that_doctor_looks_for) {
  const auto said = [&](const std::string& wanted) {
    platform::databricks::OptIns opt_ins;
    opt_ins.sql_warehouse = wanted;
    for (const platform::Diagnosis& one :
         platform::databricks::diagnose_workspace(session_.client(), ScriptedSession::account(), clock_, opt_ins))
      if (one.subject == "SQL warehouse") return one.text;
    return std::string("nothing");
  };
  EXPECT_EQ(said(k_warehouse), "'wh' makes views and external tables");
  EXPECT_EQ(said("other"), "there is none that is 'other'");
  EXPECT_EQ(said(""), "nothing");
}

TEST_F(Definitions, go_to_no_warehouse_of_several_of_one_name) {
  platform::databricks::Session twins(ScriptedSession::account(), std::make_unique<TwinsHttp>(stand_in_), clock_,
                                      random_);
  open("twin", twins);
  const base::Error error = thrown_by([&] { create("tables", "main.sales.orders", k_table); });
  EXPECT_EQ(error.kind(), base::ErrorKind::config);
  EXPECT_EQ(error.message(), "2 SQL warehouses are called 'twin'");
  EXPECT_EQ(error.hint(), "Set sql_warehouse to the id of one of them.");
  EXPECT_EQ(platform::databricks::find_warehouse(twins.client(), "b2"), "b2");
  platform::databricks::OptIns opt_ins;
  opt_ins.sql_warehouse = "twin";
  std::string said;
  for (const platform::Diagnosis& one :
       platform::databricks::diagnose_workspace(twins.client(), ScriptedSession::account(), clock_, opt_ins))
    if (one.subject == "SQL warehouse") said = one.text;
  EXPECT_EQ(said, error.message());
  open(k_warehouse);
  EXPECT_TRUE(writer_->find(kind("tables"), "main.sales.orders").empty());
}

TEST_F(Definitions, whose_owner_is_not_there_are_made_all_the_same) {
  json unknown = function();
  unknown["owner"] = "nobody@example.test";
  EXPECT_TRUE(task_of([&] {
                create("functions", "main.sales.net", unknown.dump());
              }).starts_with("Give main.sales.net to nobody@example.test, its owner: it was created"));
  EXPECT_EQ(writer_->find(kind("functions"), "main.sales.net").size(), 1U);
}

TEST_F(Definitions, tell_lost_answers_from_refusals) {
  stand_in_.faults().add("POST /api/2.0/sql/statements#1: reset-after");
  EXPECT_THROW(create("tables", "main.sales.orders", k_table), platform::LostAnswer);
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(writer_->find(kind("tables"), "main.sales.orders").size(), 1U) << "it ran, though nobody waited";
  stand_in_.faults().add("POST /api/2.0/sql/statements#*: 403");
  EXPECT_EQ(error_of([&] { create("tables", "main.sales.daily", view("SELECT 1")); }), base::ErrorKind::auth);
  EXPECT_EQ(error_of([&] { create("tables", "main.sales.daily", view("")); }), base::ErrorKind::unsupported);
}

TEST_F(Definitions, whose_statement_nobody_knows_any_more_may_be_there_all_the_same) {
  platform::databricks::Session forgetful(ScriptedSession::account(), std::make_unique<ForgetfulHttp>(stand_in_),
                                          clock_, random_);
  open(k_warehouse, forgetful);
  EXPECT_THROW(create("tables", "main.sales.orders", k_table), platform::LostAnswer);
  clock_.advance(std::chrono::minutes(1));
  open(k_warehouse);
  EXPECT_EQ(writer_->find(kind("tables"), "main.sales.orders").size(), 1U) << "it ran, though nobody waited";
}

TEST_F(Definitions, wait_for_no_warehouse_once_they_are_told_to_stop) {
  std::stop_source stop;
  platform::databricks::Session impatient(ScriptedSession::account(), std::make_unique<ImpatientHttp>(stand_in_, stop),
                                          clock_, random_);
  open(k_warehouse, impatient, stop.get_token());
  const base::Duration before = clock_.elapsed();
  EXPECT_EQ(error_of([&] { create("tables", "main.sales.orders", k_table); }), base::ErrorKind::cancelled);
  EXPECT_EQ(clock_.elapsed(), before);
  clock_.advance(std::chrono::minutes(1));
  open(k_warehouse);
  EXPECT_EQ(writer_->find(kind("tables"), "main.sales.orders").size(), 1U) << "it ran, though nobody waited";
}

TEST_F(Definitions, that_hold_data_are_never_dropped) {
  sim::databricks::create_securable(
      stand_in_.world(), *sim::databricks::find_unity_kind("table"),
      {{"name", "managed"}, {"catalog_name", "main"}, {"schema_name", "sales"}, {"table_type", "MANAGED"}},
      "admin@example.test");
  EXPECT_EQ(
      task_of([&] { writer_->remove(kind("tables"), "main.sales.managed"); }),
      "Remove the table main.sales.managed yourself, if it shall go: it is MANAGED, and its data would go with it.");
  EXPECT_EQ(writer_->find(kind("tables"), "main.sales.managed").size(), 1U);
  create("tables", "main.sales.orders", k_table);
  writer_->remove(kind("tables"), "main.sales.orders");
  EXPECT_TRUE(writer_->find(kind("tables"), "main.sales.orders").empty());
  writer_->remove(kind("tables"), "main.sales.orders");
}

TEST_F(Definitions, of_volumes_that_hold_files_are_never_removed) {
  for (const char* type : {"MANAGED", "EXTERNAL"})
    sim::databricks::create_securable(
        stand_in_.world(), *sim::databricks::find_unity_kind("volume"),
        {{"name", type}, {"catalog_name", "main"}, {"schema_name", "sales"}, {"volume_type", type}},
        "admin@example.test");
  EXPECT_EQ(
      task_of([&] { writer_->remove(kind("volumes"), "main.sales.MANAGED"); }),
      "Remove the volume main.sales.MANAGED yourself, if it shall go: it is MANAGED, and its files would go with it.");
  EXPECT_EQ(writer_->find(kind("volumes"), "main.sales.MANAGED").size(), 1U);
  writer_->remove(kind("volumes"), "main.sales.EXTERNAL");
  EXPECT_TRUE(writer_->find(kind("volumes"), "main.sales.EXTERNAL").empty());
  writer_->remove(kind("volumes"), "main.sales.EXTERNAL");
}

}  // namespace
}  // namespace holdfast::test
