#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>

#include "platform/datahub/mysql/capture.h"
#include "platform/datahub/mysql/instant.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using platform::CaptureOptions;
using platform::datahub::aspect_key;
using platform::datahub::mysql::Client;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::open_capture;
using platform::datahub::mysql::take_instant;
using Steady = std::chrono::steady_clock;

constexpr unsigned k_regions = 4;

// Four rows, each in a key range of its own, that one transaction always sets to the same number.
class Invariant {
public:
  Invariant(MariadbServer& server, const std::string& database)
      : endpoint_{.address = address(server, database), .sessions = {}} {
    server.execute(k_current_table, database);
    // Enough rows between the four that they fall into different ranges and take a while to read.
    for (const char* region : {"a", "c", "e", "g"})
      server.execute(
          fmt::format("INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby) SELECT "
                      "CONCAT('urn:li:{}:', seq), 'status', 0, REPEAT('x', 200), now(), '' FROM seq_1_to_1000; "
                      "INSERT INTO metadata_aspect_v2 VALUES ('urn:li:{}:z', 'counter', 0, '0', NULL, now(), '', NULL)",
                      region, region),
          database);
  }

  void run(std::stop_token stop) {
    Client client(endpoint_, {});
    for (int i = 1; !stop.stop_requested(); ++i) {
      const auto begin = Steady::now();
      client.execute("START TRANSACTION");
      for (const char* region : {"g", "a", "e", "c"})
        client.execute(fmt::format(
            "UPDATE metadata_aspect_v2 SET metadata = '{}' WHERE urn = 'urn:li:{}:z' AND aspect = 'counter' "
            "AND version = 0",
            i, region));
      client.execute("COMMIT");
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begin).count();
      longest_ms = std::max(longest_ms.load(), static_cast<long>(took));
      ++commits;
    }
  }

  std::atomic<long> longest_ms{0};
  std::atomic<int> commits{0};

private:
  Endpoint endpoint_;
};

// The counters among rows, one number if the invariant holds.
std::map<std::string, int> counters(const std::vector<base::Row>& rows) {
  std::map<std::string, int> out;
  for (const base::Row& row : rows)
    if (platform::datahub::parse_aspect_key(row.key).aspect == "counter") ++out[row.columns[0].value()];
  return out;
}

void wait_for_commits(const Invariant& invariant, int more) {
  const int wanted = invariant.commits + more;
  while (invariant.commits < wanted) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

TEST(MysqlInstant, is_common_to_four_readers_while_transactions_touch_four_ranges) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  Invariant invariant(server, database);
  std::jthread writer([&](std::stop_token stop) { invariant.run(stop); });
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  for (int i = 0; i < 20; ++i) {
    wait_for_commits(invariant, 2);
    const auto capture = open_capture(endpoint, {.readers = k_regions, .limit_read = 0, .max_snapshot_age = {}},
                                      base::system_clock(), {});
    ASSERT_EQ(capture->readers(), k_regions);
    const auto& collection = capture->collections()[0].collection;
    const auto ranges = capture->ranges(collection, k_regions);
    ASSERT_EQ(ranges.size(), k_regions);
    std::vector<Collect> sinks(ranges.size());
    {
      std::vector<std::jthread> readers;
      for (std::size_t r = 0; r < ranges.size(); ++r)
        readers.emplace_back([&, r] { capture->read(collection, ranges[r], sinks[r], {}); });
    }
    std::vector<base::Row> rows;
    for (const Collect& sink : sinks) rows.insert(rows.end(), sink.rows.begin(), sink.rows.end());
    ASSERT_EQ(rows.size(), 4004U);
    const auto seen = counters(rows);
    ASSERT_EQ(seen.size(), 1U) << "capture " << i << " saw two instants";
    ASSERT_EQ(seen.begin()->second, 4);
  }
}

TEST(MysqlInstant, is_what_keeps_the_invariant) {
  // The same work without the common instant: sessions that start their snapshots one after the other.  If this did not
  // see two instants, the test above would prove nothing.
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  Invariant invariant(server, database);
  std::jthread writer([&](std::stop_token stop) { invariant.run(stop); });
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  bool torn = false;
  for (int i = 0; i < 20 && !torn; ++i) {
    std::map<std::string, int> seen;
    for (const char* region : {"a", "c", "e", "g"}) {
      Client reader(endpoint, {});
      reader.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT");
      wait_for_commits(invariant, 1);
      ++seen[*reader.value(fmt::format("SELECT metadata FROM metadata_aspect_v2 WHERE urn = 'urn:li:{}:z'", region))];
    }
    torn = seen.size() > 1;
  }
  EXPECT_TRUE(torn);
}

TEST(MysqlInstant, stalls_writers_no_longer_than_its_lock_may_wait) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  Invariant invariant(server, database);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  Client open_transaction(endpoint, {});
  open_transaction.execute("START TRANSACTION");
  open_transaction.execute("UPDATE metadata_aspect_v2 SET systemmetadata = '{}' WHERE urn = 'urn:li:a:1'");
  std::jthread writer([&](std::stop_token stop) { invariant.run(stop); });
  wait_for_commits(invariant, 2);
  // A minute of captures when there is time, else one.
  const auto end = Steady::now() + std::chrono::seconds(std::getenv("HOLDFAST_DEEP") != nullptr ? 60 : 0);
  do {
    // Real pauses between the tries: three of 2 s with 1 s between them, as long as the transaction stays open.
    const auto begin = Steady::now();
    const auto capture =
        open_capture(endpoint, {.readers = 4, .limit_read = 0, .max_snapshot_age = {}}, base::system_clock(), {});
    EXPECT_GE(Steady::now() - begin, std::chrono::seconds(6)) << "the lock was not waited for, so nothing is measured";
    EXPECT_EQ(capture->readers(), 1U);
    ASSERT_EQ(capture->notes().size(), 1U);
    EXPECT_NE(capture->notes()[0].find("one reader: a transaction held the table"), std::string::npos);
    EXPECT_EQ(counters(read_all(*capture)).size(), 1U) << "one reader is consistent by itself";
  } while (Steady::now() < end);
  // MariaDB 10.11 lets writers pass a waiting READ lock; older servers queue them behind it.  The bound holds for both.
  EXPECT_LE(invariant.longest_ms, 2500);
}

TEST(MysqlInstant, records_where_the_binary_log_stands) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  fill(server, database, 10);
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  const auto instant = take_instant(endpoint, "metadata_aspect_v2", 2, base::system_clock(), {});
  ASSERT_TRUE(instant.position);
  const std::string status = server.query("SHOW MASTER STATUS");
  EXPECT_EQ(status.substr(0, status.find('\t')), instant.position->file);
  EXPECT_EQ(std::stoull(status.substr(status.find('\t') + 1)), instant.position->position);
  EXPECT_EQ(instant.taken.size(), 26U);
}

TEST(MysqlInstant, does_without_the_position_when_it_may_not_ask) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_current_table, database);
  server.execute(fmt::format(
      "CREATE USER locker_{0}@'127.0.0.1'; GRANT SELECT, LOCK TABLES ON {0}.* TO locker_{0}@'127.0.0.1'", database));
  Endpoint endpoint{.address = address(server, database), .sessions = {}};
  endpoint.address.user = "locker_" + database;
  const auto instant = take_instant(endpoint, "metadata_aspect_v2", 3, base::system_clock(), {});
  EXPECT_EQ(instant.readers.size(), 3U);
  EXPECT_TRUE(instant.common);
  EXPECT_FALSE(instant.position);
  ASSERT_EQ(instant.notes.size(), 1U);
  EXPECT_NE(instant.notes[0].find("BINLOG MONITOR"), std::string::npos);
}

}  // namespace holdfast::test
