#include "platform/databricks/definition_sql.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace holdfast::platform::databricks {
namespace {

TEST(DefinitionSql, makes_an_external_table_with_all_that_the_catalog_says_of_it) {
  EXPECT_EQ(creation_sql(R"({"name":"or`ders","catalog_name":"main","schema_name":"sales","table_type":"EXTERNAL",
      "data_source_format":"CSV","storage_location":"abfss://landing@lake.test/o'clock","comment":"it\\s 'raw'",
      "columns":[{"name":"day","type_text":"date","position":2,"partition_index":1},
                 {"name":"id","type_text":"bigint","position":0,"nullable":false,"comment":"of the shop"},
                 {"name":"land","type_text":"string","position":1,"partition_index":0}],
      "properties":{"option.header":"true","team":"sales"}})"),
            "CREATE TABLE `main`.`sales`.`or``ders` (`id` bigint NOT NULL COMMENT 'of the shop', `land` string, `day` "
            "date) USING CSV OPTIONS ('header' = 'true') PARTITIONED BY (`land`, `day`) LOCATION "
            R"('abfss://landing@lake.test/o\'clock' COMMENT 'it\\s \'raw\'' TBLPROPERTIES ('team' = 'sales'))");
}

TEST(DefinitionSql, makes_a_view_of_its_text_as_it_is) {
  const std::string start = R"({"name":"daily","catalog_name":"main","schema_name":"sales","table_type":"VIEW",)";
  EXPECT_EQ(creation_sql(start + R"("view_definition":"SELECT 'a', \"b\"\n  FROM orders"})"),
            "CREATE VIEW `main`.`sales`.`daily` AS SELECT 'a', \"b\"\n  FROM orders");
  EXPECT_EQ(creation_sql(start + R"("view_definition":"SELECT 1","columns":[{"name":"a","type_text":"int"}]})"),
            "CREATE VIEW `main`.`sales`.`daily` AS SELECT 1");
  EXPECT_EQ(creation_sql(start + R"("view_definition":"SELECT 1, 2","comment":"c","properties":{"k":"v"},)" +
                         R"("columns":[{"name":"a","comment":"first"},{"name":"b"}]})"),
            "CREATE VIEW `main`.`sales`.`daily` (`a` COMMENT 'first', `b`) COMMENT 'c' TBLPROPERTIES ('k' = 'v') AS "
            "SELECT 1, 2");
  EXPECT_EQ(view_change_sql(start + R"("view_definition":"SELECT 2"})"),
            "ALTER VIEW `main`.`sales`.`daily` AS SELECT 2");
}

TEST(DefinitionSql, makes_nothing_whose_data_it_has_not_or_which_it_does_not_see) {
  for (const char* body :
       {R"({"table_type":"MANAGED","data_source_format":"DELTA","storage_location":"abfss://x@y.test/t"})",
        R"({"table_type":"MATERIALIZED_VIEW","view_definition":"SELECT 1"})", R"({"table_type":"VIEW"})",
        R"({"table_type":"EXTERNAL","data_source_format":"DELTA"})",
        R"({"table_type":"EXTERNAL","data_source_format":"ICEBERG","storage_location":"abfss://x@y.test/t"})", "{}"})
    EXPECT_FALSE(creation_sql(body).has_value()) << body;
  EXPECT_EQ(creation_script(R"({"table_type":"VIEW","catalog_name":"a","schema_name":"b","name":"c",)"
                            R"("view_definition":"SELECT 1"})"),
            "USE CATALOG `a`;\nUSE SCHEMA `b`;\nCREATE VIEW `a`.`b`.`c` AS SELECT 1;");
  EXPECT_EQ(creation_script(R"({"table_type":"EXTERNAL","data_source_format":"ICEBERG"})"),
            "(no statement makes a table of the type EXTERNAL in the format ICEBERG from what the catalog says of it)");
}

constexpr const char* k_elsewhere =
    R"({"name":"daily","catalog_name":"main","schema_name":"sales","table_type":"VIEW","view_definition":"SELECT 1",
        "properties":{"team":"x","view.catalogAndNamespace.numParts":"2","view.catalogAndNamespace.part.0":"raw",
                      "view.catalogAndNamespace.part.1":"shop","view.query.out.numCols":"1"}})";

TEST(DefinitionSql, looks_for_the_names_of_a_view_in_what_was_current_when_it_was_written) {
  const std::optional<SqlPlace> place = place_of(k_elsewhere);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->catalog, "raw");
  EXPECT_EQ(place->schema, "shop");
  EXPECT_EQ(creation_script(k_elsewhere),
            "USE CATALOG `raw`;\nUSE SCHEMA `shop`;\n"
            "CREATE VIEW `main`.`sales`.`daily` TBLPROPERTIES ('team' = 'x') AS SELECT 1;");
  EXPECT_EQ(view_change_script(k_elsewhere),
            "USE CATALOG `raw`;\nUSE SCHEMA `shop`;\nALTER VIEW `main`.`sales`.`daily` AS SELECT 1;");
  const std::optional<SqlPlace> own =
      place_of(R"({"catalog_name":"main","schema_name":"sales","table_type":"VIEW","properties":{"team":"x"}})");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->catalog, "main");
  EXPECT_EQ(own->schema, "sales");
}

TEST(DefinitionSql, takes_nothing_for_a_place_that_is_none) {
  using Parts = std::map<std::string, std::string>;
  for (const Parts& parts : {Parts{{"numParts", "1"}, {"part.0", "raw"}}, Parts{{"numParts", "2"}, {"part.0", "raw"}},
                             Parts{{"numParts", "2"}, {"part.1", "shop"}}, Parts{{"part.0", "raw"}, {"part.1", "shop"}},
                             Parts{{"numParts", "2"}, {"part.0", ""}, {"part.1", "shop"}},
                             Parts{{"numParts", "3"}, {"part.0", "raw"}, {"part.1", "a"}, {"part.2", "b"}},
                             Parts{{"numParts", "2"}, {"part.0", "raw"}, {"part.1", "a"}, {"part.2", "b"}}}) {
    std::string properties;
    for (const auto& [name, value] : parts)
      properties += fmt::format(R"({}"view.catalogAndNamespace.{}":"{}")", properties.empty() ? "" : ",", name, value);
    const std::string body = R"({"name":"v","catalog_name":"main","schema_name":"sales","table_type":"VIEW",)"
                             R"("view_definition":"SELECT 1","properties":{)" +
                             properties + "}}";
    EXPECT_FALSE(place_of(body)) << body;
    EXPECT_TRUE(creation_script(body).starts_with("-- Make the names in it whole")) << creation_script(body);
  }
}

TEST(DefinitionSql, shows_no_value_of_what_sounds_secret) {
  const std::string body = R"({"name":"t","catalog_name":"a","schema_name":"b","table_type":"EXTERNAL",
      "data_source_format":"CSV","storage_location":"abfss://x@y.test/t",
      "columns":[{"name":"token","type_text":"string"}],
      "properties":{"option.header":"true","option.password":"hunter2","apiKey":"hunter3","team":"x"}})";
  EXPECT_EQ(
      creation_script(body),
      "-- Put in what is hidden here, since it may be secret.\n"
      "CREATE TABLE `a`.`b`.`t` (`token` string) USING CSV OPTIONS ('header' = 'true', 'password' = '<hidden 2>') "
      "LOCATION 'abfss://x@y.test/t' TBLPROPERTIES ('apiKey' = '<hidden 1>', 'team' = 'x');");
  EXPECT_NE(creation_sql(body)->find("'password' = 'hunter2'"), std::string::npos) << "that is what runs";
}

TEST(DefinitionSql, takes_members_of_another_type_for_absent_ones) {
  EXPECT_EQ(creation_sql(R"({"name":"t","catalog_name":"a","schema_name":"b","table_type":"EXTERNAL","comment":1,
      "data_source_format":"CSV","storage_location":"abfss://x@y.test/t","properties":["x"],
      "columns":[{"name":"id","type_text":"bigint","position":null,"nullable":null,"partition_index":"0"},
                 {"name":"n","type_text":"int","position":"first","nullable":"no","comment":{}}]})"),
            "CREATE TABLE `a`.`b`.`t` (`id` bigint, `n` int) USING CSV LOCATION 'abfss://x@y.test/t'");
  const std::string unknown =
      "(no statement makes a table of the type UNKNOWN in the format UNKNOWN from what the catalog says of it)";
  EXPECT_EQ(creation_script(R"({"table_type":null,"data_source_format":7})"), unknown);
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const std::string& body : {deep, R"({"x":)" + deep + "}", std::string("[]"), std::string("null"), std::string()})
    EXPECT_EQ(creation_script(body), unknown);
  EXPECT_EQ(view_change_sql(R"({"name":7})"), "ALTER VIEW ``.``.`` AS ");
}

}  // namespace
}  // namespace holdfast::platform::databricks
