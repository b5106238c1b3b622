#include "sim/databricks/definitions.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"
#include "sim/databricks/unity.h"
#include "support/fakes.h"

namespace holdfast::sim::databricks {
namespace {

class DefinitionsInSql : public testing::Test {
protected:
  DefinitionsInSql() : stand_in_(StandInOptions{}, clock_) {
    Seed seed(stand_in_);
    seed.post("/api/2.1/unity-catalog/catalogs", {{"name", "main"}});
    seed.post("/api/2.1/unity-catalog/schemas", {{"name", "sales"}, {"catalog_name", "main"}});
  }
  void run(const std::string& text) {
    run_definition(stand_in_.world(), text, {.catalog = "main", .schema = "sales", .user = "admin@example.test"});
  }
  // The condition that it was refused with; empty: it ran.
  std::string refusal(const std::string& text) {
    try {
      run(text);
    } catch (const SqlError& error) {
      const std::string said = error.what();
      return said.substr(0, said.find(']') + 1);
    }
    return {};
  }
  Json table(const std::string& name) { return Seed(stand_in_).get("/api/2.1/unity-catalog/tables/" + name); }

  test::ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  StandIn stand_in_;
};

TEST_F(DefinitionsInSql, make_what_they_say) {
  run(R"(CREATE TABLE orders (`i``d` struct<a:int,b:array<string>> NOT NULL COMMENT 'it\'s', n decimal(12,2))
         USING parquet OPTIONS ('k' = 'v') PARTITIONED BY (n) LOCATION 'abfss://l@s.test/o' COMMENT 'c'
         TBLPROPERTIES ('p' = '1', 'q' = '2');)");
  const Json made = table("main.sales.orders");
  EXPECT_EQ(made["columns"].dump(),
            R"x([{"comment":"it's","name":"i`d","nullable":false,"position":0,"type_name":"STRUCT","type_text":)x"
            R"x("struct<a:int,b:array<string>>"},{"name":"n","nullable":true,"partition_index":0,"position":1,)x"
            R"x("type_name":"DECIMAL","type_text":"decimal(12,2)"}])x");
  EXPECT_EQ(made["properties"].dump(), R"({"option.k":"v","p":"1","q":"2"})");
  EXPECT_EQ(made["data_source_format"], "PARQUET");
  run("CREATE VIEW v (a COMMENT 'x') AS WITH w AS (SELECT 1) SELECT * FROM w JOIN main.sales.orders AS o");
  EXPECT_EQ(table("main.sales.v")["view_dependencies"].dump(),
            R"({"dependencies":[{"table":{"table_full_name":"main.sales.orders"}}]})");
  run("ALTER VIEW main.sales.v AS SELECT 2");
  EXPECT_EQ(table("main.sales.v")["view_definition"], "SELECT 2");
  // Lists say less than one by one.
  const Json listed =
      Seed(stand_in_).get("/api/2.1/unity-catalog/tables?catalog_name=main&schema_name=sales")["tables"];
  EXPECT_EQ(listed.size(), 2U);
  EXPECT_FALSE(listed[1].contains("view_dependencies"));
}

TEST_F(DefinitionsInSql, refuse_everything_else) {
  for (const char* text :
       {"", "SELECT 1", "DROP TABLE orders", "CREATE TABLE t", "CREATE TABLE t (a int)", "CREATE VIEW v",
        "CREATE VIEW v AS", "CREATE OR REPLACE VIEW v AS SELECT 1", "ALTER TABLE t SET OWNER TO x", "CREATE TABLE 't",
        "CREATE TABLE t (a int USING delta LOCATION 'x'", "CREATE TABLE t USING delta LOCATION 'x' CLUSTER BY (a)"})
    EXPECT_EQ(refusal(text), "[PARSE_SYNTAX_ERROR]") << text;
  const std::string table = "CREATE TABLE t (a int) USING delta LOCATION 'abfss://l@s.test/t'";
  EXPECT_EQ(refusal(table), "");
  EXPECT_EQ(refusal(table), "[TABLE_OR_VIEW_ALREADY_EXISTS]");
  EXPECT_EQ(refusal("CREATE VIEW other.v AS SELECT 1"), "[SCHEMA_NOT_FOUND]");
  EXPECT_EQ(refusal("CREATE VIEW v AS SELECT * FROM nothing"), "[TABLE_OR_VIEW_NOT_FOUND]");
  EXPECT_EQ(refusal("CREATE VIEW v AS SELECT main.sales.f(1)"), "[UNRESOLVED_ROUTINE]");
  EXPECT_EQ(refusal("ALTER VIEW t AS SELECT 1"), "[TABLE_OR_VIEW_NOT_FOUND]") << "it is a table";
}

}  // namespace
}  // namespace holdfast::sim::databricks
