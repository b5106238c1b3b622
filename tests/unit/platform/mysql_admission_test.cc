#include "platform/datahub/mysql/admission.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using platform::datahub::aspect_key;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::open_admission;

model::Collection aspects() {
  using model::ColumnContent;
  return {.name = "aspect",
          .key = {{.name = "urn"}, {.name = "aspect"}, {.name = "version", .type = model::KeyPartType::integer}},
          .columns = {
              {.name = "metadata", .source_type = "text", .content = ColumnContent::json, .nullable = false},
              {.name = "systemmetadata", .source_type = "text", .content = ColumnContent::json, .nullable = true},
              {.name = "createdon", .source_type = "timestamp", .content = ColumnContent::instant, .nullable = false},
              {.name = "createdby", .source_type = "varchar(255)", .content = ColumnContent::text, .nullable = false}}};
}

struct Key {
  std::string urn;
  std::string aspect = "status";
  std::int64_t version = 0;
};

class MysqlAdmission : public testing::Test {
protected:
  MysqlAdmission() : database(fresh_database(server)), endpoint{.address = address(server, database), .sessions = {}} {}

  // In parts of so many rows, of which the last is asked for first.
  void admit(const std::vector<base::Row>& rows, std::size_t rows_per_part = 10000) {
    admit(rows, aspects(), rows_per_part);
  }

  void admit(const std::vector<base::Row>& rows, const model::Collection& collection,
             std::size_t rows_per_part = 10000) {
    const auto admission = open_admission(endpoint, collection);
    std::vector<base::ColumnView> columns;
    std::vector<platform::RowSink*> parts;
    for (std::size_t i = 0; i <= rows.size() / rows_per_part; ++i) parts.push_back(&admission->part());
    std::reverse(parts.begin(), parts.end());
    for (std::size_t i = 0; i < rows.size(); ++i) parts[i / rows_per_part]->row(base::to_view(rows[i], columns));
    admission->end();
  }

  static base::Row row(const Key& key, std::string instant = "2026-01-02 03:04:05.678901", std::string by = "x") {
    return {.key = aspect_key(key.urn, key.aspect, key.version),
            .columns = {"{}", std::nullopt, std::move(instant), std::move(by)}};
  }

  std::string refusal(const std::vector<base::Row>& rows, std::size_t rows_per_part = 10000) {
    const auto error = error_of([&] { admit(rows, rows_per_part); });
    EXPECT_EQ(error.kind(), ErrorKind::refused);
    return error.message();
  }

  std::string refusal(const std::vector<base::Row>& rows, const model::Collection& collection) {
    const auto error = error_of([&] { admit(rows, collection); });
    EXPECT_EQ(error.kind(), ErrorKind::refused);
    return error.message();
  }

  MariadbServer& server = shared_mariadb();
  std::string database;
  Endpoint endpoint;
};

}  // namespace

TEST_F(MysqlAdmission, admits_what_fits_with_and_without_a_table) {
  const std::vector<base::Row> rows{row({.urn = "a"}), row({.urn = "a", .aspect = "x", .version = 1}),
                                    row({.urn = "ab"}), row({.urn = std::string(499, 'x') + "\xc3\xa9"})};
  admit(rows);
  server.execute(k_current_table, database);
  admit(rows);
  EXPECT_EQ(server.query("SELECT COUNT(*) FROM metadata_aspect_v2", database), "0\n");
}

TEST_F(MysqlAdmission, names_both_rows_that_differ_in_trailing_blanks_only) {
  for (const bool with_table : {false, true}) {
    if (with_table) server.execute(k_current_table, database);
    const std::string message = refusal({row({.urn = "a", .aspect = "p"}), row({.urn = "a", .aspect = "q"}),
                                         row({.urn = "a\x01"}), row({.urn = "a "}), row({.urn = "a ", .aspect = "q"})});
    EXPECT_NE(message.find("row ('a', 'q', 0) and row ('a ', 'q', 0)"), std::string::npos) << message;
    EXPECT_NE(refusal({row({.urn = "a", .aspect = "p"}), row({.urn = "a", .aspect = "p "})}).find("utf8mb4_bin"),
              std::string::npos);
    admit({row({.urn = "a", .aspect = "p"}), row({.urn = "a ", .aspect = "q"}),
           row({.urn = "a  ", .aspect = "q", .version = 2})});
  }
}

TEST_F(MysqlAdmission, finds_trailing_blanks_across_the_seams_of_parts) {
  // Nothing between the two can end the URN that is open, however many parts lie between them.
  std::vector<base::Row> rows{row({.urn = "a"}), row({.urn = "a", .aspect = "t"}), row({.urn = "b", .aspect = "q"})};
  for (int i = 0; i < 7; ++i) rows.push_back(row({.urn = "b\x01" + std::to_string(i)}));
  rows.push_back(row({.urn = "b\x1f"}));
  rows.push_back(row({.urn = "b ", .aspect = "p"}));
  rows.push_back(row({.urn = "b ", .aspect = "q ", .version = 2}));
  rows.push_back(row({.urn = "b ", .aspect = "t"}));
  for (std::size_t size = 1; size <= rows.size(); ++size) {
    admit(rows, size);
    std::vector<base::Row> clashing = rows;
    clashing.insert(clashing.end() - 2, row({.urn = "b ", .aspect = "q"}));
    const std::string message = refusal(clashing, size);
    EXPECT_NE(message.find("row ('b', 'q', 0) and row ('b ', 'q', 0)"), std::string::npos) << size << message;
    clashing = rows;
    clashing.push_back(row({.urn = "b ", .aspect = "t "}));
    const std::string within = refusal(clashing, size);
    EXPECT_NE(within.find("row ('b ', 't', 0) and row ('b ', 't ', 0)"), std::string::npos) << size << within;
  }
}

TEST_F(MysqlAdmission, names_both_rows_that_a_case_insensitive_collation_folds) {
  server.execute(k_current_table, database);
  server.execute("ALTER TABLE metadata_aspect_v2 CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
                 database);
  std::vector<base::Row> rows{row({.urn = "urn:li:Dataset:B"})};
  // More than a batch apart.
  for (int i = 0; i < 5000; ++i) rows.push_back(row({.urn = fmt::format("urn:li:a:{:05}", i)}));
  admit(rows);
  rows.push_back(row({.urn = "urn:li:dataset:b"}));
  for (const std::size_t rows_per_part : {10000U, 700U}) {
    const std::string message = refusal(rows, rows_per_part);
    for (const char* named : {"row ('urn:li:Dataset:B', 'status', 0)", "row ('urn:li:dataset:b', 'status', 0)"})
      EXPECT_NE(message.find(named), std::string::npos) << message;
  }
  EXPECT_EQ(server.query("SELECT COUNT(*) FROM metadata_aspect_v2", database), "0\n");
  EXPECT_EQ(server.query("SHOW TABLES", database), "metadata_aspect_v2\n");
}

TEST_F(MysqlAdmission, names_values_that_are_too_long_or_null) {
  server.execute(k_current_table, database);
  EXPECT_NE(refusal({row({.urn = std::string(501, 'u')})}).find("501 characters, at most 500 fit"), std::string::npos);
  EXPECT_NE(refusal({row({.urn = "u", .aspect = std::string(201, 'a')})}).find("'aspect'"), std::string::npos);
  EXPECT_NE(refusal({row({.urn = "u"}, "2026-01-01 00:00:00.000000", std::string(256, 'b'))}).find("'createdby'"),
            std::string::npos);
  base::Row null = row({.urn = "u"});
  null.columns[0] = std::nullopt;
  EXPECT_NE(refusal({null}).find("NULL"), std::string::npos);
}

TEST_F(MysqlAdmission, names_instants_that_the_type_cannot_hold) {
  server.execute(k_current_table, database);
  admit({row({.urn = "u"}, "1970-01-01 00:00:01.000000"), row({.urn = "v"}, "2038-01-19 03:14:07.999999")});
  EXPECT_NE(refusal({row({.urn = "u"}, "1969-12-31 23:59:59.000000")}).find("outside of the range"), std::string::npos);
  EXPECT_NE(refusal({row({.urn = "u"}, "2038-01-19 03:14:08.000000")}).find("outside of the range"), std::string::npos);
  server.execute("ALTER TABLE metadata_aspect_v2 MODIFY createdon datetime(3) NOT NULL", database);
  admit({row({.urn = "u"}, "1969-12-31 23:59:59.123000")});
  EXPECT_NE(refusal({row({.urn = "u"}, "2026-01-01 00:00:00.123400")}).find("more digits"), std::string::npos);
}

TEST_F(MysqlAdmission, knows_that_an_empty_server_gets_the_sources_own_table) {
  const base::Row late = row({.urn = "u"}, "9999-12-31 23:59:59.999999");
  const base::Row wide = row({.urn = std::string(600, 'u')}, "2026-01-01 00:00:00.000000", std::string(300, 'b'));
  model::Collection collection = aspects();
  EXPECT_NE(refusal({late}, collection).find("outside of the range of the type timestamp"), std::string::npos);
  collection.columns[2].source_type = "datetime(6)";
  admit({late, wide}, collection);
  collection.columns[2].source_type = "timestamp without time zone";
  EXPECT_NE(refusal({late}, collection).find("outside of the range"), std::string::npos)
      << "rows of PostgreSQL get DataHub's own table";
  EXPECT_NE(refusal({wide}, collection).find("at most 500 fit"), std::string::npos);
}

TEST_F(MysqlAdmission, names_text_that_is_not_utf8) {
  EXPECT_NE(refusal({row({.urn = "u"}, "2026-01-01 00:00:00.000000", "\xff")}).find("not UTF-8"), std::string::npos);
}

}  // namespace holdfast::test
