#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "base/json.h"
#include "base/task_group.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/reader.h"
#include "platform/datahub/postgres/shape.h"
#include "postgres_table.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using datahub::aspect_key;

constexpr const char* k_icu = "\"en-x-icu\"";

class PostgresCapture : public ::testing::TestWithParam<std::string> {
protected:
  PostgresServer& server_ = shared_postgres();
  const std::string database_ = fresh_database(server_);
  const base::Clock& clock_ = base::system_clock();

  void make_table(const std::string& collate = "") { server_.execute(current_table(collate), database_); }
  std::unique_ptr<platform::Capture> open(platform::CaptureOptions options = {}, std::stop_token stop = {}) {
    return open_store(server_, database_, clock_)->capture(options, std::move(stop));
  }
};

using Collation = PostgresCapture;
INSTANTIATE_TEST_SUITE_P(PostgresCapture, Collation, ::testing::Values("", "\"C\"", k_icu));

TEST_P(Collation, ranges_cover_every_row_once_in_byte_order) {
  make_table(GetParam());
  server_.execute(generated_rows(5000), database_);
  // Orders that a locale turns round: case, punctuation, accents, four-byte characters.
  server_.execute(
      "INSERT INTO metadata_aspect_v2 SELECT 'urn:li:' || u, a, 0, '{}', NULL, now(), 'x', NULL"
      " FROM unnest(ARRAY['B', 'a', 'A', 'b', '_', '-', 'é', 'z', 'Z', E'\\U0001F600', 'a b', 'a-b', 'ab']) u,"
      " unnest(ARRAY['Status', 'status', 'ownership']) a",
      database_);
  const auto capture = open();
  const auto ranges = capture->ranges(capture->collections()[0].collection, 4);
  EXPECT_EQ(ranges.size(), 4U);
  EXPECT_EQ(ranges.front().from, "");
  EXPECT_FALSE(ranges.back().to.has_value());
  const std::vector<base::Row> rows = read_all(*capture);
  EXPECT_EQ(rows.size(), 5039U);
  EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; }));
}

TEST_P(Collation, any_bound_gives_exactly_the_rows_inside) {
  make_table(GetParam());
  server_.execute(
      "INSERT INTO metadata_aspect_v2 SELECT 'urn:' || u, a, v, '{}', NULL, now(), 'x', NULL"
      " FROM unnest(ARRAY['a', 'ab', 'b', 'é', E'\\U0001F600']) u, unnest(ARRAY['s', 'S']) a, generate_series(-1, 1) v",
      database_);
  const auto capture = open();
  const auto all = read_all(*capture, 1);
  ASSERT_EQ(all.size(), 30U);
  std::vector<base::Bytes> bounds = {"",         "urn",          "urn:a",   base::after_prefix("urn:a"),
                                     "urn:\xc3", "urn:\xf0\x9f", "urn:\xff"};
  for (const base::Row& row : all) bounds.push_back(row.key);
  base::Bytes whole;
  base::append_text(whole, "urn:ab");
  bounds.push_back(whole);
  for (const base::Bytes& from : bounds) {
    for (const base::Bytes& to : {bounds[2], bounds[3], bounds[4], bounds[5], bounds[6], whole, all[17].key}) {
      KeepingSink sink;
      const base::KeyRange range{from, to};
      capture->read(capture->collections()[0].collection, range, sink, {});
      const auto inside =
          std::count_if(all.begin(), all.end(), [&](const base::Row& row) { return range.contains(row.key); });
      EXPECT_EQ(sink.rows.size(), static_cast<std::size_t>(inside)) << base::to_hex(from) << " to " << base::to_hex(to);
    }
  }
}

TEST_F(PostgresCapture, gives_every_column_as_it_is_kept) {
  make_table();
  const std::string big(16 * 1024 * 1024, 'm');
  server_.execute(
      "DROP INDEX schemaversionindex; INSERT INTO metadata_aspect_v2 VALUES ('urn:li:x:\xf0\x9f\x98\x80 ', 'a ', 3, "
      "E'{\"k\": 1.10,\\n \"t\":\"\xf0\x9f\x98\x80  \"}  ', '',"
      " '2026-11-21 10:00:00.123456', 'me ', ''), ('urn:li:y', 'a', 0, '', NULL, '1969-12-31 23:59:59.000001', '', "
      "NULL)",
      database_);
  server_.execute(
      "INSERT INTO metadata_aspect_v2 SELECT 'urn:li:z', 'a', 0, repeat('m', 16 * 1024 * 1024), NULL, '0001-01-01', "
      "'x', NULL",
      database_);
  const auto rows = read_all(*open());
  ASSERT_EQ(rows.size(), 3U);
  using Columns = std::vector<std::optional<base::Bytes>>;
  EXPECT_EQ(rows[0].key, aspect_key("urn:li:x:\xf0\x9f\x98\x80 ", "a ", 3));
  EXPECT_EQ(rows[0].columns,
            (Columns{"{\"k\": 1.10,\n \"t\":\"\xf0\x9f\x98\x80  \"}  ", "", "2026-11-21 10:00:00.123456", "me ", ""}));
  EXPECT_EQ(rows[1].columns, (Columns{"", std::nullopt, "1969-12-31 23:59:59.000001", "", std::nullopt}));
  EXPECT_EQ(rows[2].columns[0], big);
  EXPECT_EQ(rows[2].columns[2], "0001-01-01 00:00:00.000000");
}

TEST_F(PostgresCapture, carries_columns_it_does_not_know) {
  make_table();
  server_.execute(
      "ALTER TABLE metadata_aspect_v2 ADD n numeric, ADD j jsonb, ADD b bytea, ADD i inet, ADD f float8, ADD z "
      "timestamptz,"
      " ADD twice bigint GENERATED ALWAYS AS (version * 2) STORED;"
      "INSERT INTO metadata_aspect_v2 VALUES ('urn:li:x', 'a', 1, '{}', NULL, '2026-01-01', 'x', NULL,"
      " 1.10, '{\"a\": 1}', '\\x00ff', '10.0.0.1/8', 0.1, '2026-01-01 02:00:00+02')",
      database_);
  const auto capture = open();
  const auto rows = read_all(*capture);
  ASSERT_EQ(rows.size(), 1U);
  const auto& columns = rows[0].columns;
  ASSERT_EQ(columns.size(), 11U);  // the generated one stays out
  EXPECT_EQ(columns[5], "1.10");
  EXPECT_EQ(columns[6], "{\"a\": 1}");
  EXPECT_EQ(columns[7], base::Bytes("\x00\xff", 2));
  EXPECT_EQ(columns[8], "10.0.0.1/8");
  EXPECT_EQ(columns[9], "0.1");
  EXPECT_EQ(columns[10], "2026-01-01 00:00:00.000000");
  EXPECT_EQ(capture->collections()[0].collection.columns[7].content, model::ColumnContent::bytes);
  ASSERT_FALSE(capture->notes().empty());
  EXPECT_NE(capture->notes()[0].find("twice"), std::string::npos);
}

TEST_F(PostgresCapture, names_the_row_whose_instant_is_infinite) {
  make_table();
  server_.execute("INSERT INTO metadata_aspect_v2 VALUES ('urn:li:odd', 'a', 1, '{}', NULL, 'infinity', 'x', NULL)",
                  database_);
  std::string message;
  EXPECT_EQ(kind_of([&] { read_all(*open()); }, &message), ErrorKind::unsupported);
  EXPECT_NE(message.find("urn:li:odd"), std::string::npos);
  EXPECT_NE(message.find("infinity"), std::string::npos);
}

TEST_F(PostgresCapture, names_the_row_that_is_not_utf8) {
  server_.execute(fmt::format(
      "CREATE DATABASE {}_raw ENCODING SQL_ASCII TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'", database_));
  const std::string raw = database_ + "_raw";
  server_.execute(current_table(), raw);
  server_.execute(
      "SET client_encoding = SQL_ASCII; INSERT INTO metadata_aspect_v2 VALUES ('urn:li:bad', 'a', 1, E'x\\xff', NULL, "
      "now(), 'x', NULL)",
      raw);
  std::string message;
  EXPECT_EQ(kind_of([&] { read_all(*open_store(server_, raw, clock_)->capture({}, {})); }, &message),
            ErrorKind::corruption);
  EXPECT_NE(message.find("urn:li:bad"), std::string::npos);
}

TEST_F(PostgresCapture, stops_at_the_row_whose_order_is_not_byte_order) {
  make_table(k_icu);
  server_.execute(
      "INSERT INTO metadata_aspect_v2 SELECT u, 'a', 0, '{}', NULL, now(), 'x', NULL FROM unnest(ARRAY['urn:a', "
      "'urn:B']) u",
      database_);
  datahub::postgres::Client client(datahub::parse_sql_url(server_.url(database_), {}), {});
  const auto parts = datahub::postgres::read_parts(client, "public", "metadata_aspect_v2");
  auto target = datahub::postgres::read_target(parts, datahub::postgres::make_collection(parts));
  ASSERT_FALSE(target.key_order_is_bytes);
  target.key_order_is_bytes = true;  // a collation whose name lies
  KeepingSink sink;
  std::string message;
  EXPECT_EQ(kind_of([&] { datahub::postgres::read_range(client, target, {}, {}, sink); }, &message),
            ErrorKind::corruption);
  EXPECT_NE(message.find("urn:B"), std::string::npos);
}

TEST_F(PostgresCapture, describes_itself_in_its_attributes) {
  make_table();
  server_.execute(
      "CREATE TABLE metadata_index (id int); CREATE SCHEMA queue; CREATE TABLE queue.metadata_queue_topic (id int)",
      database_);
  const auto capture = open();
  const auto json = nlohmann::json::parse(capture->attributes());
  EXPECT_EQ(json["engine"], "postgresql");
  EXPECT_FALSE(json["position"]["lsn"].get<std::string>().empty());
  EXPECT_EQ(json["shape"]["table"], "metadata_aspect_v2");
  EXPECT_EQ(json["postgres"]["indexes"].size(), 4U);
  EXPECT_NE(json["shape"]["ddl"].get<std::string>().find("WHERE (version = 0)"), std::string::npos);
  EXPECT_EQ(json["left_out"].size(), 2U);
  EXPECT_LT(std::chrono::abs(capture->taken() - clock_.now()), std::chrono::minutes(1));
}

TEST_F(PostgresCapture, knows_all_four_shapes) {
  server_.execute(current_table("", "metadata_aspect"), database_);
  EXPECT_NE(open()->attributes().find("pk_metadata_aspect\""), std::string::npos);  // version 1, alone
  server_.execute("ALTER TABLE metadata_aspect DROP COLUMN systemmetadata", database_);
  EXPECT_EQ(open()->collections()[0].collection.columns.size(), 4U);
  server_.execute("DROP INDEX timeindex; DROP INDEX idx_v0_urn_aspect;" + current_table() +
                      "DROP INDEX schemaversionindex; CREATE INDEX urnindex ON metadata_aspect_v2 (urn);"
                      "CREATE SCHEMA other; CREATE TABLE other.aspects (LIKE metadata_aspect_v2 INCLUDING ALL)",
                  database_);
  EXPECT_EQ(open()->collections()[0].collection.columns.size(), 5U);  // legacy indexes; version 2 wins
  const auto other = open_store(server_, database_, clock_, "?schema=other&table=aspects")->capture({}, {});
  EXPECT_NE(other->attributes().find("\"aspects\""), std::string::npos);
}

TEST_F(PostgresCapture, refuses_shapes_it_does_not_know_and_lists_what_it_found) {
  std::string message;
  server_.execute("CREATE TABLE metadata_aspect_v2 (urn varchar(500), aspect varchar(200), payload text)", database_);
  EXPECT_EQ(kind_of([&] { open(); }, &message), ErrorKind::unsupported);
  EXPECT_NE(message.find("payload text"), std::string::npos);
  server_.execute("DROP TABLE metadata_aspect_v2;" + current_table() +
                      "ALTER TABLE metadata_aspect_v2 DROP CONSTRAINT pk_metadata_aspect_v2",
                  database_);
  EXPECT_EQ(kind_of([&] { open(); }, &message), ErrorKind::unsupported);
  server_.execute(
      "DROP TABLE metadata_aspect_v2; CREATE TABLE metadata_aspect_v2 (urn text, aspect text, version bigint) "
      "PARTITION BY HASH (urn)",
      database_);
  EXPECT_EQ(kind_of([&] { open(); }, &message), ErrorKind::unsupported);
  EXPECT_NE(message.find("partitioned"), std::string::npos);
  server_.execute(
      "DROP TABLE metadata_aspect_v2;" + current_table() + "CREATE TABLE child () INHERITS (metadata_aspect_v2)",
      database_);
  EXPECT_EQ(kind_of([&] { open(); }, &message), ErrorKind::unsupported);
  EXPECT_NE(message.find("inherit"), std::string::npos);
  server_.execute("DROP TABLE metadata_aspect_v2 CASCADE", database_);
  EXPECT_EQ(kind_of([&] { open(); }, &message), ErrorKind::not_found);
}

TEST_F(PostgresCapture, ends_when_the_instant_gets_too_old) {
  make_table();
  server_.execute(generated_rows(10), database_);
  ManualClock clock(base::Instant{});
  const auto capture = open_store(server_, database_, clock)
                           ->capture({.readers = 4, .limit_read = 0, .max_snapshot_age = std::chrono::minutes(5)}, {});
  EXPECT_EQ(read_all(*capture).size(), 10U);
  clock.advance(std::chrono::minutes(6));
  EXPECT_EQ(kind_of([&] { read_all(*capture); }), ErrorKind::unavailable);
}

TEST_F(PostgresCapture, reads_no_faster_than_it_may) {
  make_table();
  server_.execute(generated_rows(10000), database_);
  ManualClock clock(base::Instant{});
  const auto capture =
      open_store(server_, database_, clock)->capture({.readers = 4, .limit_read = 100'000, .max_snapshot_age = {}}, {});
  read_all(*capture);
  EXPECT_GT(clock.elapsed(), std::chrono::seconds(10));  // some 1.5 MB
}

TEST_F(PostgresCapture, a_stop_request_ends_a_read_within_two_seconds) {
  make_table();
  server_.execute(generated_rows(1000), database_);
  const auto capture = open();
  server_.execute(
      "CREATE FUNCTION slow(text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT $1 FROM pg_catalog.pg_sleep(60)'",
      database_);
  std::stop_source stop;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  datahub::postgres::Client client(datahub::parse_sql_url(server_.url(database_), {}), stop.get_token());
  const auto before = clock_.elapsed();
  EXPECT_EQ(kind_of([&] { client.copy_out("COPY (SELECT public.slow('x')) TO STDOUT", [](base::ByteView) {}); }),
            ErrorKind::cancelled);
  EXPECT_EQ(kind_of([&] {
              KeepingSink sink;
              capture->read(capture->collections()[0].collection, {}, sink, stop.get_token());
            }),
            ErrorKind::cancelled);
  EXPECT_LT(clock_.elapsed() - before, std::chrono::seconds(2));
}

TEST_F(PostgresCapture, falls_back_to_fewer_readers_and_says_so) {
  make_table();
  server_.execute(generated_rows(100), database_);
  server_.execute(
      fmt::format("CREATE ROLE few_{0} LOGIN CONNECTION LIMIT 2; GRANT SELECT ON metadata_aspect_v2 TO few_{0}",
                  database_),
      database_);
  const std::string url = fmt::format("postgresql://few_{0}@127.0.0.1:{1}/{0}", database_, server_.port());
  const auto capture = datahub::make_postgres_store(datahub::parse_sql_url(url, {}), clock_)
                           ->capture({.readers = 4, .limit_read = 0, .max_snapshot_age = {}}, {});
  EXPECT_EQ(capture->readers(), 1U);
  ASSERT_FALSE(capture->notes().empty());
  EXPECT_NE(capture->notes()[0].find("1 of 4 readers"), std::string::npos);
  EXPECT_EQ(read_all(*capture).size(), 100U);
}

TEST_F(PostgresCapture, rows_hidden_by_row_security_are_an_error_not_an_omission) {
  make_table();
  server_.execute(generated_rows(10), database_);
  server_.execute(fmt::format("CREATE ROLE half_{0} LOGIN; GRANT SELECT ON metadata_aspect_v2 TO half_{0};"
                              "ALTER TABLE metadata_aspect_v2 ENABLE ROW LEVEL SECURITY;"
                              "CREATE POLICY hide ON metadata_aspect_v2 USING (version = 0)",
                              database_),
                  database_);
  const std::string url = fmt::format("postgresql://half_{0}@127.0.0.1:{1}/{0}", database_, server_.port());
  const auto store = datahub::make_postgres_store(datahub::parse_sql_url(url, {}), clock_);
  EXPECT_EQ(kind_of([&] { read_all(*store->capture({}, {})); }), ErrorKind::auth);
}

TEST(PostgresCaptureOfItsOwnServer, a_server_that_dies_in_mid_read_is_unavailable_and_rows_so_far_are_good) {
  PostgresServer server;
  const std::string database = fresh_database(server);
  server.execute(current_table(), database);
  server.execute(generated_rows(50000), database);
  const auto store = open_store(server, database, base::system_clock());
  const auto capture = store->capture({}, {});
  const auto whole = read_all(*capture);
  class KillingSink : public KeepingSink {
  public:
    explicit KillingSink(PostgresServer& server) : server_(server) {}
    void row(const base::RowView& row) override {
      KeepingSink::row(row);
      if (rows.size() == 100) server_.kill();
    }

  private:
    PostgresServer& server_;
  } sink(server);
  EXPECT_EQ(kind_of([&] { capture->read(capture->collections()[0].collection, {}, sink, {}); }),
            ErrorKind::unavailable);
  ASSERT_GE(sink.rows.size(), 100U);
  EXPECT_LT(sink.rows.size(), whole.size());
  EXPECT_TRUE(std::equal(sink.rows.begin(), sink.rows.end(), whole.begin()));
  server.start();
  EXPECT_EQ(read_all(*store->capture({}, {})), whole);
}

TEST(PostgresCaptureOfItsOwnServer, reads_from_a_standby_by_several_readers_and_records_its_lag) {
  PostgresServer primary;
  const std::string database = fresh_database(primary);
  primary.execute(current_table(), database);
  primary.execute(generated_rows(2000), database);
  const auto standby = PostgresServer::standby_of(primary);
  const auto store = open_store(*standby, database, base::system_clock());
  const auto capture = store->capture({}, {});
  EXPECT_EQ(capture->readers(), 4U);
  const auto json = nlohmann::json::parse(capture->attributes());
  EXPECT_EQ(json["replica"]["kind"], "standby");
  EXPECT_FALSE(json["position"]["lsn"].get<std::string>().empty());
  EXPECT_NE(capture->notes().at(0).find("standby"), std::string::npos);
  // What the primary does meanwhile is not of this instant.
  primary.execute("DELETE FROM metadata_aspect_v2 WHERE version = 0", database);
  EXPECT_EQ(read_all(*capture).size(), 2000U);
  const auto lines = store->diagnose();
  EXPECT_TRUE(
      std::any_of(lines.begin(), lines.end(), [](const auto& line) { return line.text.starts_with("a standby"); }));
  EXPECT_EQ(kind_of([&] { store->replace(capture->collections()[0].collection, {}, 1, {}); }), ErrorKind::refused);
}

// --- one instant

// Every transaction moves an amount between four accounts that lie in four key ranges: their sum is always 0.
class MovingWriter {
public:
  MovingWriter(PostgresServer& server, std::string database)
      : thread_([&server, database = std::move(database), this](std::stop_token stop) {
          datahub::postgres::Client client(datahub::parse_sql_url(server.url(database), {}), {});
          std::mt19937 random(7);
          while (!stop.stop_requested()) {
            const int amount = static_cast<int>(random() % 1000);
            const auto begin = std::chrono::steady_clock::now();
            client.execute(
                fmt::format("BEGIN; UPDATE public.metadata_aspect_v2 SET metadata = (metadata::bigint + {0})::text "
                            "WHERE urn IN ('urn:1', 'urn:3');"
                            "UPDATE public.metadata_aspect_v2 SET metadata = (metadata::bigint - {0})::text WHERE urn "
                            "IN ('urn:2', 'urn:4'); COMMIT",
                            amount));
            const auto took = std::chrono::steady_clock::now() - begin;
            longest_ms = std::max(longest_ms.load(), static_cast<long>(took / std::chrono::milliseconds(1)));
            ++moves;
          }
        }) {}
  std::atomic<unsigned> moves = 0;
  std::atomic<long> longest_ms = 0;

private:
  std::jthread thread_;
};

// In each of the four ranges lies one account among rows that take the reader a while.
void make_accounts(PostgresServer& server, const std::string& database) {
  server.execute(current_table() +
                     "INSERT INTO metadata_aspect_v2 SELECT 'urn:' || a, 'account', 0, '0', NULL, now(), 'x', NULL "
                     "FROM generate_series(1, 4) a;"
                     "INSERT INTO metadata_aspect_v2 SELECT 'urn:' || a || ':' || i, 'x', 0, repeat('x', 500), NULL, "
                     "now(), 'x', NULL"
                     " FROM generate_series(1, 4) a, generate_series(1, 300) i",
                 database);
}

std::vector<base::KeyRange> account_ranges() {
  std::vector<base::KeyRange> ranges;
  for (const char* from : {"", "urn:2", "urn:3", "urn:4"}) {
    if (!ranges.empty()) ranges.back().to = from;
    ranges.push_back({from, std::nullopt});
  }
  return ranges;
}

class SummingSink : public platform::RowSink {
public:
  explicit SummingSink(std::atomic<long>& sum) : sum_(sum) {}
  void row(const base::RowView& row) override {
    if (datahub::parse_aspect_key(row.key).aspect == "account") sum_ += std::stol(std::string(*row.columns[0]));
  }

private:
  std::atomic<long>& sum_;
};

TEST_F(PostgresCapture, twenty_captures_under_a_writer_keep_its_invariant) {
  make_accounts(server_, database_);
  MovingWriter writer(server_, database_);
  for (int round = 0; round < 20; ++round) {
    const auto capture = open({.readers = 4, .limit_read = 0, .max_snapshot_age = {}});
    ASSERT_EQ(capture->readers(), 4U);
    std::atomic<long> sum = 0;
    base::TaskGroup group({});
    for (const base::KeyRange& range : account_ranges())
      group.spawn([&, range](std::stop_token stop) {
        SummingSink sink(sum);
        capture->read(capture->collections()[0].collection, range, sink, stop);
      });
    group.wait();
    EXPECT_EQ(sum.load(), 0) << "round " << round;
  }
  EXPECT_GT(writer.moves.load(), 20U);
}

TEST_F(PostgresCapture, stalls_no_writer_while_a_transaction_is_open) {
  make_accounts(server_, database_);
  datahub::postgres::Client other(datahub::parse_sql_url(server_.url(database_), {}), {});
  other.execute("BEGIN; UPDATE public.metadata_aspect_v2 SET systemmetadata = '{}' WHERE urn = 'urn:1:1'");
  MovingWriter writer(server_, database_);
  // A minute of captures when there is time, else a few.
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::seconds(std::getenv("HOLDFAST_DEEP") != nullptr ? 60 : 1);
  do {
    const auto capture = open({.readers = 4, .limit_read = 0, .max_snapshot_age = {}});
    EXPECT_EQ(capture->readers(), 4U) << "the open transaction is nothing to wait for";
    EXPECT_EQ(read_all(*capture).size(), 1204U);
  } while (std::chrono::steady_clock::now() < end);
  EXPECT_GT(writer.moves.load(), 0U);
  EXPECT_LE(writer.longest_ms.load(), 2500);
}

// The same readers, each with an instant of its own: shows that the test above can fail.
TEST_F(PostgresCapture, readers_without_the_common_instant_break_the_invariant) {
  make_accounts(server_, database_);
  MovingWriter writer(server_, database_);
  const datahub::SqlAddress address = datahub::parse_sql_url(server_.url(database_), {});
  bool broken = false;
  for (int round = 0; round < 200 && !broken; ++round) {
    std::atomic<long> sum = 0;
    for (const base::KeyRange& range : account_ranges()) {
      datahub::postgres::Client client(address, {});
      client.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      const auto parts = datahub::postgres::read_parts(client, "public", "metadata_aspect_v2");
      SummingSink sink(sum);
      datahub::postgres::read_range(
          client, datahub::postgres::read_target(parts, datahub::postgres::make_collection(parts)), range, {}, sink);
    }
    broken = sum.load() != 0;
  }
  EXPECT_TRUE(broken);
}

}  // namespace

}  // namespace holdfast::test
