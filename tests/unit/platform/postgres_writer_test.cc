#include <gtest/gtest.h>

#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/writer.h"
#include "postgres_table.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using datahub::aspect_key;
using platform::RowChange;
using platform::RowResult;

class PostgresWriter : public ::testing::Test {
protected:
  void SetUp() override {
    server_.execute(current_table(), database_);
    server_.execute("DROP INDEX schemaversionindex; ALTER TABLE metadata_aspect_v2 ADD raw bytea", database_);
  }
  std::vector<base::Row> rows() { return read_all(*store_->capture({}, {})); }
  std::unique_ptr<platform::RowWriter> open() {
    return store_->writer(store_->capture({}, {})->collections()[0].collection);
  }

  static base::Row row(const std::string& urn, const std::string& metadata,
                       const std::string& created = "2026-01-01 00:00:00.000001") {
    return {aspect_key(urn, "a", 0), {metadata, std::nullopt, created, "me", "", base::Bytes("\x00\\\xff", 3)}};
  }

  PostgresServer& server_ = shared_postgres();
  const std::string database_ = fresh_database(server_);
  const std::unique_ptr<datahub::SqlStore> store_ = open_store(server_, database_, base::system_clock());
};

TEST_F(PostgresWriter, creates_updates_and_removes_rows_byte_for_byte) {
  const base::Row first = row("urn:li:\xf0\x9f\x98\x80,\"{} ", "{\"k\": \"\\\\ 1.10\"}  ");
  const base::Row second = row("urn:li:b", "");
  auto writer = open();
  EXPECT_EQ(writer->apply({{second.key, std::nullopt, second}, {first.key, std::nullopt, first}}),
            (std::vector{RowResult::done, RowResult::done}));
  EXPECT_EQ(rows(), (std::vector{second, first}));
  base::Row changed = first;
  changed.columns = {std::string(3'000'000, 'y'), "", "1999-12-31 23:59:59.999999", "you", std::nullopt, std::nullopt};
  EXPECT_EQ(writer->apply({{first.key, first, changed}, {second.key, second, std::nullopt}}),
            (std::vector{RowResult::done, RowResult::done}));
  EXPECT_EQ(rows(), std::vector{changed});
}

TEST_F(PostgresWriter, leaves_rows_alone_that_are_not_as_planned) {
  auto writer = open();
  const base::Row held = row("urn:li:a", "theirs");
  const base::Row planned = row("urn:li:a", "planned");
  const base::Row wanted = row("urn:li:a", "wanted");
  writer->apply({{held.key, std::nullopt, held}});
  const base::Row absent = row("urn:li:b", "x");
  EXPECT_EQ(writer->apply({{held.key, planned, wanted}}), std::vector{RowResult::conflict});
  EXPECT_EQ(writer->apply({{held.key, std::nullopt, wanted}}), std::vector{RowResult::conflict});
  EXPECT_EQ(writer->apply({{held.key, planned, std::nullopt}}), std::vector{RowResult::conflict});
  EXPECT_EQ(writer->apply({{absent.key, absent, wanted}}), std::vector{RowResult::conflict});
  EXPECT_EQ(rows(), std::vector{held});
}

TEST_F(PostgresWriter, says_what_was_there_already) {
  auto writer = open();
  const base::Row held = row("urn:li:a", "x");
  writer->apply({{held.key, std::nullopt, held}});
  EXPECT_EQ(writer->apply({{held.key, row("urn:li:a", "old"), held},
                           {aspect_key("gone", "a", 0), row("gone", "x"), std::nullopt}}),
            (std::vector{RowResult::already, RowResult::already}));
}

TEST_F(PostgresWriter, writes_all_or_nothing) {
  auto writer = open();
  const base::Row good = row("urn:li:a", "x");
  base::Row bad = row("urn:li:b", "x");
  bad.columns[3] = std::string(300, 'x');  // createdby takes 255
  EXPECT_EQ(kind_of([&] {
              writer->apply({{good.key, std::nullopt, good}, {bad.key, std::nullopt, bad}});
            }),
            ErrorKind::refused);
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(writer->apply({{good.key, std::nullopt, good}}), std::vector{RowResult::done});  // it goes on being of use
}

TEST_F(PostgresWriter, handles_more_rows_than_one_look_takes) {
  auto writer = open();
  std::vector<RowChange> changes;
  for (int i = 0; i < 2500; ++i) {
    base::Row each = row("urn:li:" + std::to_string(i * 7919 % 2500), std::to_string(i));
    changes.push_back({each.key, std::nullopt, each});
  }
  EXPECT_EQ(writer->apply(changes), std::vector(2500, RowResult::done));
  EXPECT_EQ(writer->apply(changes), std::vector(2500, RowResult::already));
  EXPECT_EQ(rows().size(), 2500U);
}

// --- admission

class PostgresAdmission : public PostgresWriter {
protected:
  ErrorKind admit(const std::vector<base::Row>& all, std::string* message) {
    return admit(all, store_->capture({}, {})->collections()[0].collection, message);
  }
  ErrorKind admit(const std::vector<base::Row>& all, const model::Collection& collection, std::string* message) {
    return kind_of(
        [&] {
          const auto admission = store_->admission(collection);
          std::vector<base::ColumnView> columns;
          for (const base::Row& each : all) admission->part().row(base::to_view(each, columns));
          admission->end();
          if (message) throw base::Error(ErrorKind::usage, "admitted");
        },
        message);
  }
};

TEST_F(PostgresAdmission, lets_good_rows_in) {
  std::string message;
  base::Row wide = row("urn:li:" + std::string(400, 'x'), "");
  for (int i = 0; i < 90; ++i) wide.columns[3]->append("\xf0\x9f\x98\x80");  // 92 characters, 362 bytes
  EXPECT_EQ(admit({row("urn:li:a", "x"), wide}, &message), ErrorKind::usage);
}

TEST_F(PostgresAdmission, names_the_row_and_the_column_that_do_not_fit) {
  struct Bad {
    base::Row row;
    const char* says;
  };
  base::Row nul = row("urn:li:odd", base::Bytes("a\0b", 3));
  base::Row latin = row("urn:li:odd", "caf\xe9");
  base::Row wide = row("urn:li:odd", "x");
  wide.columns[3] = std::string(256, 'x');
  base::Row null = row("urn:li:odd", "x");
  null.columns[0] = std::nullopt;
  const base::Row zero = row("urn:li:odd", "x", "0000-00-00 00:00:00.000000");
  const base::Row key = {aspect_key(base::Bytes("urn:li:odd\0", 11), "a", 0), nul.columns};
  for (const Bad& bad :
       {Bad{nul, "NUL byte"}, Bad{latin, "not UTF-8 in metadata"}, Bad{wide, "255 characters in createdby"},
        Bad{null, "NULL"}, Bad{zero, "no instant"}, Bad{key, "NUL byte"}}) {
    std::string message;
    EXPECT_EQ(admit({row("urn:li:a", "x"), bad.row}, &message), ErrorKind::refused) << bad.says;
    EXPECT_NE(message.find("urn:li:odd"), std::string::npos) << message;
    EXPECT_NE(message.find(bad.says), std::string::npos) << message;
  }
}

TEST_F(PostgresAdmission, names_the_row_that_is_not_json_where_an_index_needs_it) {
  server_.execute(
      "CREATE INDEX schemaversionindex ON metadata_aspect_v2 (((systemmetadata::jsonb ->> 'schemaVersion')))",
      database_);
  base::Row odd = row("urn:li:odd", "nor is this");
  odd.columns[1] = "{'runId': 1}";
  std::string message;
  EXPECT_EQ(admit({row("urn:li:a", "x"), odd}, &message), ErrorKind::refused);
  EXPECT_NE(message.find("urn:li:odd"), std::string::npos) << message;
  EXPECT_NE(message.find("systemmetadata"), std::string::npos) << message;
  server_.execute("DROP INDEX schemaversionindex", database_);
  EXPECT_EQ(admit({row("urn:li:a", "x"), odd}, &message), ErrorKind::usage);
}

TEST_F(PostgresAdmission, knows_that_an_empty_database_gets_the_sources_own_table) {
  model::Collection collection = store_->capture({}, {})->collections()[0].collection;
  server_.execute("DROP TABLE metadata_aspect_v2", database_);
  base::Row odd = row("urn:li:" + std::string(600, 'x'), "x");
  odd.columns[1] = "no JSON";
  std::string message;
  EXPECT_EQ(admit({odd}, collection, &message), ErrorKind::usage) << message;
  for (model::Column& column : collection.columns)
    if (column.content == model::ColumnContent::instant) column.source_type = "datetime(6)";
  EXPECT_EQ(admit({odd}, collection, &message), ErrorKind::refused) << "rows of MySQL get DataHub's own table";
  EXPECT_NE(message.find("500 characters"), std::string::npos) << message;
  odd = row("urn:li:odd", "x");
  odd.columns[1] = "no JSON";
  EXPECT_EQ(admit({odd}, collection, &message), ErrorKind::refused);
  EXPECT_NE(message.find("systemmetadata"), std::string::npos) << message;
}

TEST_F(PostgresAdmission, finds_keys_that_the_targets_collation_folds) {
  server_.execute(
      "DROP TABLE metadata_aspect_v2;"
      "CREATE COLLATION public.folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);" +
          current_table("public.folding") + "ALTER TABLE metadata_aspect_v2 ADD raw bytea",
      database_);
  std::string message;
  EXPECT_EQ(admit({row("urn:li:A", "x"), row("urn:li:B", "x"), row("urn:li:a", "x")}, &message), ErrorKind::refused);
  EXPECT_NE(message.find("'urn:li:A'"), std::string::npos) << message;
  EXPECT_NE(message.find("'urn:li:a'"), std::string::npos) << message;
  EXPECT_EQ(admit({row("urn:li:A", "x"), row("urn:li:B", "x")}, &message), ErrorKind::usage);
}

}  // namespace

}  // namespace holdfast::test
