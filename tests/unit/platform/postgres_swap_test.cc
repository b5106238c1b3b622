#include <gtest/gtest.h>

#include "platform/datahub/postgres/swap.h"
#include "postgres_restore.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;

using PostgresSwap = PostgresRestore;

struct Write {
  const char* name;
  const char* sql;
};
class WriteBetween : public PostgresSwap, public ::testing::WithParamInterface<Write> {};
INSTANTIATE_TEST_SUITE_P(
    PostgresSwap, WriteBetween,
    ::testing::Values(
        Write{"insert", "INSERT INTO metadata_aspect_v2 VALUES ('new', 'a', 0, '', NULL, now(), 'x', NULL)"},
        Write{
            "update",
            "UPDATE metadata_aspect_v2 SET metadata = metadata WHERE urn = (SELECT min(urn) FROM metadata_aspect_v2)"},
        Write{"remove", "DELETE FROM metadata_aspect_v2 WHERE urn = (SELECT min(urn) FROM metadata_aspect_v2)"},
        Write{"exchange",
              "BEGIN; DELETE FROM metadata_aspect_v2 WHERE urn = (SELECT min(urn) FROM metadata_aspect_v2);"
              "INSERT INTO metadata_aspect_v2 VALUES ('new', 'a', 0, '', NULL, now(), 'x', NULL); COMMIT"},
        Write{"truncate", "TRUNCATE metadata_aspect_v2"},
        Write{"alter", "ALTER TABLE metadata_aspect_v2 ADD extra text"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(WriteBetween, stops_the_swap_and_leaves_the_live_table_alone) {
  make(target_, 100);
  make(source_, 20);
  const Taken taken = take(source_);
  auto replacement = begin(taken);
  load_all(*replacement, taken.rows);
  replacement->build_indexes({});
  server_.execute(GetParam().sql, target_);
  const std::string after_write = content();
  EXPECT_EQ(kind_of([&] { replacement->swap(); }), ErrorKind::refused);
  replacement.reset();
  EXPECT_EQ(content(), after_write);
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

TEST_F(PostgresSwap, a_transaction_that_was_open_at_the_start_stops_the_swap_when_it_commits) {
  make(target_, 100);
  make(source_, 20);
  const Taken taken = take(source_);
  postgres::Client other(datahub::parse_sql_url(server_.url(target_), {}), {});
  other.execute(
      "BEGIN; SAVEPOINT s; DELETE FROM public.metadata_aspect_v2 WHERE urn = (SELECT min(urn) FROM "
      "public.metadata_aspect_v2)");
  platform::ReplaceOptions options;
  options.allow_writers = true;
  const auto replacement = begin(taken, options);
  load_all(*replacement, taken.rows);
  replacement->build_indexes({});
  other.execute("COMMIT");
  EXPECT_EQ(kind_of([&] { replacement->swap(); }), ErrorKind::refused);
  EXPECT_EQ(take(target_).rows.size(), 99U);
}

TEST_F(PostgresSwap, readers_and_vacuum_do_not_stop_the_swap) {
  make(target_, 100);
  make(source_, 20);
  const Taken taken = take(source_);
  server_.execute("DELETE FROM metadata_aspect_v2 WHERE version = 2", target_);
  const auto replacement = begin(taken);
  load_all(*replacement, taken.rows);
  replacement->build_indexes({});
  server_.execute("SELECT * FROM metadata_aspect_v2; SELECT * FROM metadata_aspect_v2 FOR UPDATE", target_);
  server_.execute("VACUUM (FREEZE, ANALYZE) metadata_aspect_v2", target_);
  EXPECT_NE(replacement->swap(), "");
  EXPECT_EQ(take(target_).rows, taken.rows);
}

TEST_F(PostgresSwap, gives_up_the_lock_after_three_tries_and_lets_others_pass) {
  make(target_, 10);
  make(source_, 10);
  const Taken taken = take(source_);
  auto replacement = begin(taken);
  load_all(*replacement, taken.rows);
  replacement->build_indexes({});
  const std::string before = content();
  postgres::Client other(datahub::parse_sql_url(server_.url(target_), {}), {});
  other.execute("BEGIN; SELECT FROM public.metadata_aspect_v2 LIMIT 1");
  clock_.sleeps = 0;
  // While no try waits, a writer gets through.
  clock_.on_sleep = [&] {
    server_.execute("SET lock_timeout = '1s'; SELECT FROM metadata_aspect_v2 LIMIT 1 FOR UPDATE", target_);
  };
  EXPECT_EQ(kind_of([&] { replacement->swap(); }), ErrorKind::busy);
  EXPECT_EQ(clock_.sleeps.load(), 2);
  other.execute("ROLLBACK");
  replacement.reset();
  EXPECT_EQ(content(), before);
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

// The server ends our session at the k-th change of a definition inside the swap, for every k.
TEST_F(PostgresSwap, an_end_at_any_statement_of_the_swap_leaves_the_live_table) {
  make(target_, 20);
  make(source_, 10);
  server_.execute(
      "COMMENT ON TABLE metadata_aspect_v2 IS 'aspects'; GRANT SELECT ON metadata_aspect_v2 TO PUBLIC;"
      "CREATE PUBLICATION p FOR TABLE metadata_aspect_v2; CREATE SEQUENCE steps;"
      "CREATE FUNCTION fatal() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN"
      " IF nextval(''public.steps'') = 0 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; END';"
      "CREATE EVENT TRIGGER fatal ON ddl_command_end EXECUTE FUNCTION fatal(); ALTER EVENT TRIGGER fatal DISABLE",
      target_);
  const Taken taken = take(source_);
  const std::string before = content();
  const std::string parts = parts_of(server_, target_);
  int deaths = 0;
  for (bool swapped = false; !swapped; ++deaths) {
    ASSERT_LT(deaths, 100);
    auto replacement = begin(taken);
    load_all(*replacement, taken.rows, 1);
    replacement->build_indexes({});
    server_.execute(
        fmt::format("ALTER SEQUENCE steps MINVALUE -1000 RESTART {}; ALTER EVENT TRIGGER fatal ENABLE", -deaths),
        target_);
    try {
      replacement->swap();
      swapped = true;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::unavailable) << error.describe();
    }
    server_.execute("ALTER EVENT TRIGGER fatal DISABLE", target_);
    replacement.reset();
    if (swapped) break;
    ASSERT_EQ(content(), before) << deaths;
    ASSERT_EQ(parts_of(server_, target_), parts) << deaths;
    ASSERT_EQ(tables(), "metadata_aspect_v2\n") << deaths;
  }
  EXPECT_GT(deaths, 10);
  EXPECT_EQ(take(target_).rows, taken.rows);
}

}  // namespace

}  // namespace holdfast::test
