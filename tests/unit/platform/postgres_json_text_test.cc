#include "platform/datahub/postgres/conventions.h"
#include "platform/datahub/postgres/json_text.h"
#include "platform/datahub/postgres/shape.h"
#include "postgres_table.h"

namespace holdfast::test {

namespace {

using datahub::postgres::json_need;
using datahub::postgres::JsonCheck;
using datahub::postgres::JsonNeed;
using datahub::postgres::TableParts;

class PostgresJsonText : public ::testing::Test {
protected:
  datahub::SqlAddress address() { return datahub::parse_sql_url(server_.url(database_), {}); }
  TableParts parts() {
    datahub::postgres::Client client(address(), {});
    return datahub::postgres::read_parts(client, "public", "metadata_aspect_v2");
  }
  JsonNeed need(const TableParts& table, const char* column) { return json_need(table, *table.column(column)); }

  PostgresServer& server_ = shared_postgres();
  const std::string database_ = fresh_database(server_);
};

TEST_F(PostgresJsonText, is_needed_where_type_index_check_or_computed_column_says_so) {
  server_.execute(current_table(), database_);
  EXPECT_EQ(need(parts(), "systemmetadata"), JsonNeed::jsonb) << "schemaversionindex casts it";
  EXPECT_EQ(need(parts(), "metadata"), JsonNeed::none);
  server_.execute(
      "DROP INDEX schemaversionindex;"
      "CREATE INDEX in_part ON metadata_aspect_v2 ((systemmetadata::jsonb ->> 'x')) WHERE version = 0;"
      "ALTER TABLE metadata_aspect_v2 ADD \"Odd Name\" text, ADD j json, ADD b jsonb, ADD size int GENERATED ALWAYS AS "
      "(json_array_length(metadata::json)) STORED, ADD CHECK (\"Odd Name\"::jsonb IS NOT NULL)",
      database_);
  const TableParts changed = parts();
  EXPECT_EQ(need(changed, "systemmetadata"), JsonNeed::none) << "a partial index reads only some rows";
  EXPECT_EQ(need(changed, "metadata"), JsonNeed::json);
  EXPECT_EQ(need(changed, "Odd Name"), JsonNeed::jsonb);
  EXPECT_EQ(need(changed, "j"), JsonNeed::json);
  EXPECT_EQ(need(changed, "b"), JsonNeed::jsonb);
  EXPECT_EQ(need(changed, "createdby"), JsonNeed::none);
}

TEST_F(PostgresJsonText, is_what_the_server_takes) {
  JsonCheck check(address());
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const char* text : {"{}", "null", " [1.10, \"\xf0\x9f\x98\x80\"] ", "1e400", "\"\\u00e9\"", "{\"a\":1,\"a\":2}"})
    EXPECT_EQ(check.problem(text, JsonNeed::jsonb), std::nullopt) << text;
  for (const char* text : {"", "x", "{", "{'a':1}", "01", "\"\\ud800\"", "\"\\u0000\""})
    EXPECT_NE(check.problem(text, JsonNeed::jsonb), std::nullopt) << text;
  EXPECT_NE(check.problem(deep, JsonNeed::jsonb), std::nullopt);
  EXPECT_EQ(check.problem("\"\\u0000\"", JsonNeed::json), std::nullopt) << "json keeps what jsonb cannot";
  EXPECT_EQ(check.problem("x", JsonNeed::none), std::nullopt);
}

}  // namespace

}  // namespace holdfast::test
