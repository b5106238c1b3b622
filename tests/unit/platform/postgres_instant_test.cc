#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "balancer.h"
#include "platform/datahub/postgres/client.h"
#include "postgres_table.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;

platform::CaptureOptions several(unsigned readers) {
  return {.readers = readers, .limit_read = 0, .max_snapshot_age = {}};
}

class PostgresInstant : public ::testing::Test {
protected:
  PostgresServer& server_ = shared_postgres();
  const std::string database_ = fresh_database(server_);
  const base::Clock& clock_ = base::system_clock();

  void make_table() { server_.execute(current_table(), database_); }
  std::unique_ptr<platform::Capture> open(const platform::CaptureOptions& options = several(3)) {
    return open_store(server_, database_, clock_)->capture(options, {});
  }
};

// TRUNCATE is not kept from a snapshot that is older than its commit: such a snapshot sees no rows at all.
TEST_F(PostgresInstant, waits_for_a_reload_of_the_table_and_sees_all_of_it) {
  for (const unsigned readers : {1U, 3U}) {
    const std::string database = fresh_database(server_);
    server_.execute(current_table(), database);
    server_.execute(generated_rows(50), database);
    datahub::postgres::Client other(datahub::parse_sql_url(server_.url(database) + "?schema=public", {}), {});
    other.execute("SET search_path = public; BEGIN; TRUNCATE metadata_aspect_v2; " + generated_rows(70));
    std::jthread commit([&] {
      const std::string waiting = fmt::format(
          "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'", database);
      for (int i = 0; i < 500 && server_.query(waiting) == "0\n"; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      other.execute("COMMIT");
    });
    const auto capture = open_store(server_, database, clock_)->capture(several(readers), {});
    EXPECT_EQ(read_all(*capture).size(), 70U);
    EXPECT_EQ(capture->readers(), readers);
  }
}

TEST_F(PostgresInstant, says_who_is_in_the_way_when_a_reload_does_not_end) {
  make_table();
  datahub::postgres::Client other(datahub::parse_sql_url(server_.url(database_), {}), {});
  other.execute("BEGIN; TRUNCATE public.metadata_aspect_v2");
  std::string message;
  EXPECT_EQ(kind_of([&] { open(); }, &message), ErrorKind::busy);
  EXPECT_NE(message.find("\"metadata_aspect_v2\" is locked"), std::string::npos) << message;
}

// No reader may look at a table that was emptied after the instant: each holds a lock of its own.
TEST_F(PostgresInstant, keeps_a_reload_out_while_it_is_open) {
  make_table();
  server_.execute(generated_rows(50), database_);
  const auto capture = open(several(3));
  std::string message;
  kind_of([&] { server_.execute("SET lock_timeout = '100ms'; TRUNCATE metadata_aspect_v2", database_); }, &message);
  EXPECT_NE(message.find("lock timeout"), std::string::npos) << message;
  EXPECT_EQ(server_.query(fmt::format("SELECT count(*) FROM pg_locks WHERE mode = 'AccessShareLock' AND relation = "
                                      "'metadata_aspect_v2'::regclass AND database = (SELECT oid FROM pg_database "
                                      "WHERE datname = '{}')",
                                      database_),
                          database_),
            "4\n");
  EXPECT_EQ(read_all(*capture).size(), 50U);
}

TEST_F(PostgresInstant, is_one_readers_where_connections_lead_to_different_servers) {
  PostgresServer second;
  for (PostgresServer* server : {&server_, &second}) {
    server->execute("CREATE DATABASE balanced");
    server->execute(current_table(), "balanced");
    server->execute(generated_rows(server == &second ? 20 : 30), "balanced");
  }
  std::atomic<unsigned> connections = 0;
  const Balancer balancer([&] { return connections++ % 2 == 0 ? server_.port() : second.port(); });
  datahub::SqlAddress address = datahub::parse_sql_url(server_.url("balanced"), {});
  address.port = balancer.port();
  const auto capture = datahub::make_postgres_store(address, clock_)->capture(several(3), {});
  EXPECT_EQ(capture->readers(), 1U);
  ASSERT_FALSE(capture->notes().empty());
  EXPECT_NE(capture->notes()[0].find("different servers"), std::string::npos) << capture->notes()[0];
  EXPECT_EQ(read_all(*capture).size(), 30U);
}

}  // namespace

}  // namespace holdfast::test
