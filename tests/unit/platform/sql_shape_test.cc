#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "platform/datahub/postgres/conventions.h"
#include "platform/datahub/sql/attributes.h"
#include "platform/datahub/sql/shape.h"

namespace holdfast::test {

using namespace platform::datahub;

namespace {

TableShape shape() {
  TableShape out;
  out.engine = "mariadb";
  out.server_version = "10.11.6-MariaDB";
  out.database = "datahub";
  out.schema = "public";
  out.table = "metadata_aspect_v2";
  out.ddl = "CREATE TABLE `x` (\n  `a` int COMMENT '\"quoted\"'\n)";
  out.key_collation = "utf8mb4_bin";
  out.key_order_is_bytes = true;
  out.createdon_type = "datetime(6)";
  out.indexes = {{.name = "PRIMARY", .definition = "PRIMARY KEY", .primary = true, .unique = true},
                 {.name = "timeIndex", .definition = "KEY (x)", .primary = false, .unique = false}};
  out.collection = {
      .name = "aspect",
      .key = {{.name = "urn"}, {.name = "version", .type = model::KeyPartType::integer}},
      .columns = {
          {.name = "metadata", .source_type = "longtext", .content = model::ColumnContent::json, .nullable = false}}};
  out.estimated_rows = 7;
  out.estimated_bytes = 1234;
  return out;
}

}  // namespace

TEST(TableShape, goes_to_json_and_back) {
  const std::string text = shape_to_json(shape());
  EXPECT_EQ(shape_to_json(shape_from_json(text)), text);
  const TableShape back = shape_from_json(text);
  EXPECT_EQ(back.ddl, shape().ddl);
  EXPECT_EQ(back.collection, shape().collection);
  EXPECT_EQ(back.indexes.at(0).unique, true);
  EXPECT_EQ(back.estimated_bytes, 1234U);
}

// A host that may only write puts what it likes into its snapshots; who restores them must not fall over it.
TEST(TableShape, refuses_attributes_of_endless_depth) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  for (const std::string& text : {"{\"shape\":" + deep + "}", "{\"shape\":{\"collection\":" + deep + "}}"}) {
    try {
      shape_of_attributes(text);
      ADD_FAILURE() << "it was read";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
    }
  }
  EXPECT_THROW(postgres::parts_of_snapshot("{\"postgres\":" + deep + "}", "public", "t"), base::Error);
  EXPECT_FALSE(shape_of_attributes("{\"ddl\":\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"}"));
}

TEST(TableShape, refuses_what_it_did_not_write) {
  for (const char* text : {"", "[]", "{}", "{\"engine\":1}", "not json"}) {
    try {
      shape_from_json(text);
      ADD_FAILURE() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
    }
  }
}

TEST(CaptureFacts, keep_the_shape_for_the_restore) {
  CaptureFacts facts;
  facts.shape = shape();
  facts.shape.ddl += "\xff";  // a comment that is not UTF-8 must not lose the capture
  facts.left_out = {{"metadata_index", "legacy"}};
  facts.position = {{"file", "binlog.000001"}};
  const std::string text = facts_to_json(facts);
  const auto back = shape_of_attributes(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->table, "metadata_aspect_v2");
  EXPECT_NE(text.find("\"file\":\"binlog.000001\""), std::string::npos);
  EXPECT_FALSE(shape_of_attributes(""));
  EXPECT_FALSE(shape_of_attributes("{}"));
  EXPECT_THROW(shape_of_attributes("{"), base::Error);
}

TEST(LeftOutTables, have_a_reason_each) {
  const auto tables =
      left_out_tables({"zeta", "metadata_aspect_v2", "metadata_aspect", "metadata_index", "metadata_queue_topic",
                       "metadata_queue_message_p1", "metadata_aspect_v2_holdfast_old_20260101_000000"},
                      "metadata_aspect_v2");
  ASSERT_EQ(tables.size(), 6U);
  EXPECT_TRUE(
      std::is_sorted(tables.begin(), tables.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const KnownTable& table : tables) EXPECT_FALSE(table.reason.empty());
  EXPECT_NE(tables[1].reason.find("restore of holdfast"), std::string::npos);
}

}  // namespace holdfast::test
