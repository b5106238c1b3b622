#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "platform/datahub/postgres/conventions.h"
#include "platform/datahub/postgres/copy_encoder.h"
#include "platform/datahub/postgres/statements.h"
#include "platform/datahub/sql/text.h"
#include "postgres_table.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
namespace postgres = datahub::postgres;

model::Collection collection() {
  model::Collection out;
  out.name = "aspect";
  out.key = {{"urn", model::KeyPartType::text},
             {"aspect", model::KeyPartType::text},
             {"version", model::KeyPartType::integer}};
  out.columns = {{"metadata", "longtext", model::ColumnContent::json, false},
                 {"createdon", "datetime(6)", model::ColumnContent::instant, false},
                 {"extra", "int(11)", model::ColumnContent::number, true}};
  return out;
}

TEST(PostgresStatements, quote_texts_so_that_they_read_back) {
  EXPECT_EQ(postgres::quote_text("plain"), "'plain'");
  EXPECT_EQ(postgres::quote_text("it's"), "'it''s'");
  EXPECT_EQ(postgres::quote_text("a\\'b"), "E'a\\\\''b'");
}

TEST(PostgresStatements, find_the_tail_of_an_index_behind_any_name) {
  EXPECT_EQ(postgres::index_tail("CREATE INDEX a ON public.t USING btree (x)"), "USING btree (x)");
  EXPECT_EQ(postgres::index_tail("CREATE UNIQUE INDEX \"a USING b\" ON public.\"t USING\" USING gin (x) WHERE (y)"),
            "USING gin (x) WHERE (y)");
}

TEST(PostgresStatements, make_datahubs_table_where_nothing_else_is_known) {
  const postgres::TableParts parts = postgres::conventional_parts("s", "metadata_aspect_v2", collection());
  const std::vector<std::string> all = postgres::create_statements(parts);
  ASSERT_EQ(all.size(), 6U);  // no systemmetadata, so no index on it
  EXPECT_EQ(
      all[0],
      "CREATE TABLE \"s\".\"metadata_aspect_v2\" (\n  \"urn\" character varying(500) NOT NULL,\n"
      "  \"aspect\" character varying(200) NOT NULL,\n  \"version\" bigint NOT NULL,\n  \"metadata\" text NOT NULL,\n"
      "  \"createdon\" timestamp without time zone NOT NULL,\n  \"extra\" text\n)");
  EXPECT_EQ(
      all[1],
      "ALTER TABLE \"s\".\"metadata_aspect_v2\" ADD CONSTRAINT \"pk_metadata_aspect_v2\" PRIMARY KEY (urn, aspect, "
      "version)");
}

TEST(PostgresStatements, parts_survive_their_json) {
  postgres::TableParts parts = postgres::conventional_parts("s", "t", collection());
  parts.grants.push_back({"urn", "", "SELECT", true});
  parts.triggers.push_back({"t", "CREATE TRIGGER …", "D", "why"});
  parts.options = {"fillfactor=70"};
  EXPECT_EQ(postgres::parts_to_json(postgres::parts_from_json(postgres::parts_to_json(parts))),
            postgres::parts_to_json(parts));
  EXPECT_EQ(kind_of([] { postgres::parts_from_json("{\"columns\": 1}"); }), ErrorKind::corruption);
  EXPECT_EQ(kind_of([] { postgres::parts_from_json("["); }), ErrorKind::corruption);
}

TEST(PostgresConventions, take_from_a_snapshot_what_means_the_same_on_another_server) {
  postgres::TableParts parts = postgres::conventional_parts("s", "t", collection());
  parts.owner = "somebody";
  parts.grants.push_back({"", "somebody", "SELECT", false});
  parts.constraints = {{"f", "f", "FOREIGN KEY …", ""}, {"c", "c", "CHECK (true)", ""}};
  const auto taken =
      postgres::parts_of_snapshot("{\"postgres\":" + postgres::parts_to_json(parts) + "}", "other", "aspects");
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->schema, "other");
  EXPECT_EQ(taken->table, "aspects");
  EXPECT_TRUE(taken->owner.empty());
  EXPECT_TRUE(taken->grants.empty());
  ASSERT_EQ(taken->constraints.size(), 1U);
  EXPECT_EQ(taken->constraints[0].name, "c");
  EXPECT_FALSE(postgres::parts_of_snapshot("{\"engine\":\"mysql\"}", "s", "t").has_value());
  EXPECT_FALSE(postgres::parts_of_snapshot("", "s", "t").has_value());
}

TEST(PostgresConventions, keep_columns_of_the_live_table_and_add_those_of_the_snapshot) {
  postgres::TableParts live = postgres::conventional_parts("s", "t", collection());
  std::erase_if(live.columns, [](const auto& column) { return column.name == "extra"; });
  live.columns.push_back(postgres::ColumnPart{});
  live.columns.back().name = "mine";
  const postgres::TableParts wanted = postgres::conventional_parts("s", "t", collection());
  const postgres::TableParts both = postgres::parts_with_columns(live, wanted, collection());
  EXPECT_NE(both.column("mine"), nullptr);
  EXPECT_NE(both.column("extra"), nullptr);
  live.columns.back().not_null = true;
  EXPECT_EQ(kind_of([&] { postgres::parts_with_columns(live, wanted, collection()); }), ErrorKind::refused);
}

TEST(CopyEncoder, writes_binary_rows_as_postgresql_reads_them) {
  const postgres::CopyEncoder encoder(postgres::conventional_parts("s", "t", collection()), collection());
  ASSERT_TRUE(encoder.binary());
  base::Bytes out;
  const base::Row row{datahub::aspect_key("u", "a", 2), {"{}", "2000-01-01 00:00:00.000001", std::nullopt}};
  std::vector<base::ColumnView> columns;
  encoder.append(out, base::to_view(row, columns));
  EXPECT_EQ(base::to_hex(out),
            "0006"
            "0000000175"
            "0000000161"
            "000000080000000000000002"
            "000000027b7d"
            "000000080000000000000001"
            "ffffffff");
}

TEST(CopyEncoder, escapes_what_has_a_meaning_in_text) {
  postgres::TableParts parts = postgres::conventional_parts("s", "t", collection());
  for (postgres::ColumnPart& column : parts.columns)
    if (column.name == "extra") column.type = column.type_name = "numeric";
  const postgres::CopyEncoder encoder(parts, collection());
  ASSERT_FALSE(encoder.binary());
  base::Bytes out;
  const base::Row row{datahub::aspect_key("u\t", "\\N", -2), {"a\nb\rc\\", "2000-01-01 00:00:00.000000", std::nullopt}};
  std::vector<base::ColumnView> columns;
  encoder.append(out, base::to_view(row, columns));
  EXPECT_EQ(out, "u\\t\t\\\\N\t-2\ta\\nb\\rc\\\\\t2000-01-01 00:00:00.000000\t\\N\n");
}

TEST(CopyEncoder, names_the_row_whose_instant_is_none) {
  const postgres::CopyEncoder encoder(postgres::conventional_parts("s", "t", collection()), collection());
  const base::Row row{datahub::aspect_key("urn:odd", "a", 2), {"{}", "0000-00-00 00:00:00.000000", std::nullopt}};
  std::vector<base::ColumnView> columns;
  base::Bytes out;
  std::string message;
  EXPECT_EQ(kind_of([&] { encoder.append(out, base::to_view(row, columns)); }, &message), ErrorKind::refused);
  EXPECT_NE(message.find("urn:odd"), std::string::npos);
}

TEST(PostgresStatements, keep_vacuum_away_from_a_table_that_says_nothing_of_it) {
  postgres::TableParts parts;
  parts.schema = "s";
  parts.table = "t";
  parts.options = {"fillfactor=70"};
  EXPECT_EQ(postgres::vacuum_statement(parts, postgres::Vacuum::never),
            "ALTER TABLE \"s\".\"t\" SET (autovacuum_enabled = false, toast.autovacuum_enabled = false)");
  EXPECT_EQ(postgres::vacuum_statement(parts, postgres::Vacuum::by_default),
            "ALTER TABLE \"s\".\"t\" RESET (autovacuum_enabled, toast.autovacuum_enabled)");
  parts.toast_options = {"autovacuum_enabled=true"};
  EXPECT_EQ(postgres::vacuum_statement(parts, postgres::Vacuum::by_default),
            "ALTER TABLE \"s\".\"t\" RESET (autovacuum_enabled)");
  parts.options.push_back("autovacuum_enabled=false");
  EXPECT_EQ(postgres::vacuum_statement(parts, postgres::Vacuum::never), std::nullopt);
}

}  // namespace

}  // namespace holdfast::test
