#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "platform/datahub/mysql/capture.h"
#include "support/fakes.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using platform::Capture;
using platform::CaptureOptions;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::open_capture;

// An endpoint with a capture of it; the endpoint outlives the capture.
struct Source {
  explicit Source(platform::datahub::SqlAddress address) : endpoint{.address = std::move(address), .sessions = {}} {}
  std::unique_ptr<Capture> open(const CaptureOptions& options = {}, std::stop_token stop = {}) {
    return open_capture(endpoint, options, base::system_clock(), stop);
  }
  Endpoint endpoint;
};

std::string text(const base::Row& row, std::size_t column) {
  return row.columns.at(column).value_or("<null>");
}

}  // namespace

TEST(MysqlCapture, reads_every_row_once_in_key_order_over_many_ranges) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 20000);
  Source source(address(server, database));
  const auto capture = source.open({.readers = 4, .limit_read = 0, .max_snapshot_age = {}});
  EXPECT_EQ(capture->readers(), 4U);
  EXPECT_TRUE(capture->notes().empty()) << capture->notes().front();
  const auto& collection = capture->collections().at(0).collection;
  const auto ranges = capture->ranges(collection, 8);
  ASSERT_GE(ranges.size(), 6U);
  EXPECT_TRUE(ranges.front().from.empty());
  EXPECT_FALSE(ranges.back().to.has_value());
  std::size_t largest = 0;
  std::vector<base::Row> rows;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0) {
      EXPECT_EQ(ranges[i].from, *ranges[i - 1].to);
    }
    Collect sink;
    capture->read(collection, ranges[i], sink, {});
    largest = std::max(largest, sink.rows.size());
    rows.insert(rows.end(), sink.rows.begin(), sink.rows.end());
  }
  ASSERT_EQ(rows.size(), 20000U);
  for (std::size_t i = 1; i < rows.size(); ++i) ASSERT_LT(rows[i - 1].key, rows[i].key);
  EXPECT_LT(largest, 8000U) << "the ranges are not balanced";
}

TEST(MysqlCapture, brings_every_byte_of_every_column) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute(
      "INSERT INTO metadata_aspect_v2 VALUES "
      "('a', 'emoji', 0, '\xf0\x9f\x90\x98 \xe2\x82\xac', '', '2026-10-25 00:30:00.000001', 'x  ', ''), "
      "('a', 'nul', 0, 'a\\0b', NULL, '2026-10-25 01:30:00', ' ', NULL), "
      "('a', 'quotes', -3, '''\\\\\\n\\t', '{}', '1970-01-01 00:00:01', '', 'for')",
      database);
  server.execute(
      "INSERT INTO metadata_aspect_v2 VALUES ('b', 'large', 9223372036854775807, REPEAT('x', 16777216), NULL, "
      "'2038-01-19 03:14:07.999999', 'y', NULL)",
      database);
  Source source(address(server, database));
  const auto rows = read_all(*source.open());
  ASSERT_EQ(rows.size(), 4U);
  using platform::datahub::aspect_key;
  EXPECT_EQ(rows[0].key, aspect_key("a", "emoji", 0));
  EXPECT_EQ(text(rows[0], 0), "\xf0\x9f\x90\x98 \xe2\x82\xac");
  EXPECT_EQ(text(rows[0], 1), "");
  EXPECT_EQ(text(rows[0], 2), "2026-10-25 00:30:00.000001");
  EXPECT_EQ(text(rows[0], 3), "x  ");
  EXPECT_EQ(text(rows[0], 4), "");
  EXPECT_EQ(rows[1].columns[0], std::string("a\0b", 3));
  EXPECT_EQ(rows[1].columns[1], std::nullopt);
  EXPECT_EQ(text(rows[1], 2), "2026-10-25 01:30:00.000000");
  EXPECT_EQ(text(rows[1], 3), " ");
  EXPECT_EQ(rows[1].columns[4], std::nullopt);
  EXPECT_EQ(rows[2].key, aspect_key("a", "quotes", -3));
  EXPECT_EQ(text(rows[2], 0), "'\\\n\t");
  EXPECT_EQ(text(rows[3], 0), std::string(16777216, 'x'));
  EXPECT_EQ(text(rows[3], 2), "2038-01-19 03:14:07.999999");
}

TEST(MysqlCapture, knows_all_table_shapes) {
  MariadbServer& server = shared_mariadb();
  for (const char* ddl : {k_current_table, k_legacy_table, k_first_table}) {
    const std::string database = fresh_database(server);
    server.execute(ddl, database);
    fill(server, database, 50, ddl == k_first_table ? "metadata_aspect" : "metadata_aspect_v2");
    Source source(address(server, database));
    const auto capture = source.open();
    const auto rows = read_all(*capture);
    ASSERT_EQ(rows.size(), 50U);
    EXPECT_EQ(rows[0].columns.size(), ddl == k_first_table ? 4U : 5U);
    EXPECT_EQ(text(rows[0], ddl == k_first_table ? 1 : 2), "2026-01-02 03:04:05.678901");
    EXPECT_NE(capture->attributes().find("CREATE TABLE"), std::string::npos);
  }
}

TEST(MysqlCapture, carries_columns_that_nobody_knows_byte_for_byte) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute(
      "ALTER TABLE metadata_aspect_v2 ADD extra_blob blob, ADD extra_bit bit(11), ADD extra_json json, "
      "ADD extra_float float, ADD extra_double double, ADD extra_short timestamp NULL, "
      "ADD extra_computed int AS (version + 1) STORED, ADD extra_latin varchar(20) CHARACTER SET latin1",
      database);
  server.execute(
      "INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby, extra_blob, extra_bit, "
      "extra_json, extra_float, extra_double, extra_short, extra_latin) VALUES ('u', 'a', 0, '{}', '2026-01-01', "
      "'x', x'00ff275c0a80', b'10100000001', '{\"b\": 1.10,  \"a\":2}', 0.1, 0.1, '2026-02-03 04:05:06', "
      "'\xc3\xa9')",
      database);
  Source source(address(server, database));
  const auto capture = source.open();
  const auto rows = read_all(*capture);
  ASSERT_EQ(rows.size(), 1U);
  ASSERT_EQ(rows[0].columns.size(), 12U) << "the computed column must not come along";
  EXPECT_EQ(rows[0].columns[5], std::string("\x00\xff\x27\x5c\x0a\x80", 6));
  EXPECT_EQ(rows[0].columns[6], std::string("\x05\x01", 2));
  EXPECT_EQ(text(rows[0], 7), "{\"b\": 1.10,  \"a\":2}");
  EXPECT_EQ(std::stof(text(rows[0], 8)), 0.1F);
  EXPECT_EQ(text(rows[0], 9), "0.1");
  EXPECT_EQ(text(rows[0], 10), "2026-02-03 04:05:06.000000");
  EXPECT_EQ(text(rows[0], 11), "\xc3\xa9");
}

TEST(MysqlCapture, sorts_on_the_server_where_the_collation_is_not_byte_order) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute("ALTER TABLE metadata_aspect_v2 CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
                 database);
  fill(server, database, 3000);
  const std::string tail(460, 'x');  // longer than the server sorts by default: the difference is at the end
  server.execute(
      fmt::format("INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby) VALUES "
                  "('urn:li:Dataset:b', 'A', 0, '', now(), ''), ('urn:li:dataset:C', 'a', 0, '', now(), ''), "
                  "('urn:li:Zeta', 'a', 0, '', now(), ''), ('{0}b', 'a', 0, '', now(), ''), "
                  "('{0}a', 'b', 0, '', now(), '')",
                  tail),
      database);
  Source source(address(server, database));
  const auto capture = source.open({.readers = 3, .limit_read = 0, .max_snapshot_age = {}});
  ASSERT_EQ(capture->notes().size(), 1U);
  EXPECT_NE(capture->notes()[0].find("utf8mb4_general_ci"), std::string::npos);
  const auto rows = read_all(*capture, 3);
  ASSERT_EQ(rows.size(), 3005U);
  for (std::size_t i = 1; i < rows.size(); ++i) ASSERT_LT(rows[i - 1].key, rows[i].key);
}

TEST(MysqlCapture, stops_at_a_row_that_is_out_of_byte_order) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  // PAD SPACE: utf8mb4_bin puts 'a\x01' before 'a', the bytes say otherwise.
  server.execute(
      "INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby) VALUES "
      "('a', 'x', 0, '', now(), ''), ('a\\Z', 'x', 0, '', now(), '')",
      database);
  Source source(address(server, database));
  const auto capture = source.open();
  const auto error = error_of([&] { read_all(*capture); });
  EXPECT_EQ(error.kind(), ErrorKind::corruption);
  EXPECT_NE(error.message().find("row ('a', 'x', 0) came after row ('a\\x1a', 'x', 0)"), std::string::npos)
      << error.message();
}

TEST(MysqlCapture, names_the_row_that_is_not_utf8) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 10);
  // The server checks what it is given; a column whose declaration changed under its bytes is how such rows come to be.
  server.execute(
      "CREATE TABLE later LIKE metadata_aspect_v2; ALTER TABLE metadata_aspect_v2 MODIFY metadata longblob NOT NULL; "
      "UPDATE metadata_aspect_v2 SET metadata = x'c3a9ff' WHERE urn = 'urn:li:dataset:0000007'; FLUSH TABLES",
      database);
  std::string folder = server.query("SELECT @@datadir");
  folder.back() = '/';
  std::ifstream later(folder + database + "/later.frm", std::ios::binary);
  std::ofstream(folder + database + "/metadata_aspect_v2.frm", std::ios::binary | std::ios::in) << later.rdbuf();
  server.execute("FLUSH TABLES", database);
  ASSERT_EQ(server.query("SELECT HEX(metadata) FROM metadata_aspect_v2 WHERE urn = 'urn:li:dataset:0000007'", database),
            "C3A9FF\n");
  Source source(address(server, database));
  const auto capture = source.open();
  const auto error = error_of([&] { read_all(*capture); });
  EXPECT_EQ(error.kind(), ErrorKind::corruption);
  EXPECT_NE(
      error.message().find("row ('urn:li:dataset:0000007', 'status', 0): column 'metadata' is not UTF-8 at byte 2"),
      std::string::npos)
      << error.message();
}

TEST(MysqlCapture, refuses_an_unknown_shape_and_lists_what_was_found) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute("CREATE TABLE metadata_aspect_v2 (urn varchar(100) PRIMARY KEY, stuff int)", database);
  Source source(address(server, database));
  const auto error = error_of([&] { source.open(); });
  EXPECT_EQ(error.kind(), ErrorKind::unsupported);
  EXPECT_NE(error.message().find("urn varchar(100), stuff int(11)"), std::string::npos) << error.message();
}

TEST(MysqlCapture, says_which_tables_there_are_when_the_wanted_one_is_missing) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute("CREATE TABLE other (id int)", database);
  Source source(address(server, database, "?table=aspects"));
  const auto error = error_of([&] { source.open(); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_NE(error.message().find("'aspects'; found: other"), std::string::npos) << error.message();
}

TEST(MysqlCapture, refuses_a_table_that_cannot_show_one_instant) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute(
      "ALTER TABLE metadata_aspect_v2 MODIFY urn varchar(100) NOT NULL, MODIFY aspect varchar(100) NOT NULL, "
      "ENGINE=Aria",
      database);
  Source source(address(server, database));
  EXPECT_EQ(error_of([&] { source.open(); }).kind(), ErrorKind::unsupported);
}

TEST(MysqlCapture, falls_back_to_one_reader_without_the_privilege_to_lock) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 100);
  server.execute(
      fmt::format("CREATE USER reader_{0}@'127.0.0.1'; GRANT SELECT ON {0}.* TO reader_{0}@'127.0.0.1'", database));
  auto limited = address(server, database);
  limited.user = "reader_" + database;
  Source source(limited);
  const auto capture = source.open();
  EXPECT_EQ(capture->readers(), 1U);
  ASSERT_FALSE(capture->notes().empty());
  EXPECT_NE(capture->notes()[0].find("LOCK TABLES is not granted"), std::string::npos);
  EXPECT_NE(capture->attributes().find("\"common_instant\":false"), std::string::npos);
  EXPECT_EQ(read_all(*capture).size(), 100U);
}

TEST(MysqlCapture, reads_ranges_that_end_anywhere_inside_a_key) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute(
      "INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby) "
      "SELECT u, a, v, '', now(), '' FROM (SELECT 'a' u UNION SELECT 'ab' UNION SELECT 'b\xc3\xa9') x "
      "JOIN (SELECT 'p' a UNION SELECT 'pq') y JOIN (SELECT 0 v UNION SELECT 7) z",
      database);
  Source source(address(server, database));
  const auto capture = source.open();
  const auto all = read_all(*capture);
  ASSERT_EQ(all.size(), 12U);
  // Cut at every byte of every key: the two halves must always be the whole.
  for (const base::Row& row : all) {
    for (std::size_t cut = 1; cut <= row.key.size(); ++cut) {
      const base::Bytes at = row.key.substr(0, cut);
      Collect sink;
      const auto& collection = capture->collections()[0].collection;
      capture->read(collection, {.from = {}, .to = at}, sink, {});
      const std::size_t below = sink.rows.size();
      for (const base::Row& low : sink.rows) ASSERT_LT(low.key, at);
      capture->read(collection, {.from = at, .to = {}}, sink, {});
      ASSERT_EQ(sink.rows, all) << "cut after " << cut << " bytes, " << below << " rows below";
    }
  }
}

TEST(MysqlCapture, ends_within_two_seconds_of_a_stop_request) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 20000);
  Source source(address(server, database));
  const auto capture = source.open({.readers = 1, .limit_read = 50'000, .max_snapshot_age = {}});
  std::stop_source stop;
  const auto begin = std::chrono::steady_clock::now();
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  Collect sink;
  const auto error = error_of([&] { capture->read(capture->collections()[0].collection, {}, sink, stop.get_token()); });
  EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_LT(sink.rows.size(), 20000U);
}

TEST(MysqlCapture, gives_up_when_the_instant_is_too_old) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 2000);
  const ManualClock clock{base::Instant{}};
  Source source(address(server, database));
  const auto capture = open_capture(
      source.endpoint, {.readers = 1, .limit_read = 0, .max_snapshot_age = std::chrono::seconds(60)}, clock, {});
  Collect sink;
  capture->read(capture->collections()[0].collection, {}, sink, {});
  const_cast<ManualClock&>(clock).advance(std::chrono::seconds(61));
  EXPECT_EQ(error_of([&] { capture->read(capture->collections()[0].collection, {}, sink, {}); }).kind(),
            ErrorKind::unavailable);
}

TEST(MysqlCapture, fails_and_invents_nothing_when_the_server_dies_while_it_reads) {
  MariadbServer server;
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 60000);
  Source source(address(server, database));
  const auto capture = source.open({.readers = 2, .limit_read = 0, .max_snapshot_age = {}});
  class KillAfter : public Collect {
  public:
    explicit KillAfter(MariadbServer& server) : server_(server) {}
    void row(const base::RowView& row) override {
      Collect::row(row);
      if (rows.size() == 1000) server_.kill();
    }

  private:
    MariadbServer& server_;
  } sink(server);
  const auto error = error_of([&] { capture->read(capture->collections()[0].collection, {}, sink, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  EXPECT_LT(sink.rows.size(), 60000U);
  for (std::size_t i = 0; i < sink.rows.size(); ++i)
    ASSERT_EQ(text(sink.rows[i], 0), fmt::format("{{\"removed\":false,\"n\":{}}}", i + 1));
}

}  // namespace holdfast::test
