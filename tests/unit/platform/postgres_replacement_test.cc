#include <gtest/gtest.h>

#include "platform/datahub/postgres/replacement.h"
#include "postgres_restore.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;

using PostgresReplacement = PostgresRestore;

TEST_F(PostgresReplacement, makes_an_equal_table_in_an_empty_database) {
  make(source_, 3000);
  server_.execute(
      "ALTER TABLE metadata_aspect_v2 SET (fillfactor = 80), ADD CONSTRAINT positive CHECK (version > -5);"
      "COMMENT ON TABLE metadata_aspect_v2 IS 'it''s ours'; DROP INDEX schemaversionindex;"
      "INSERT INTO metadata_aspect_v2 VALUES ('urn:li:\xf0\x9f\x98\x80 ', 'a ', 3, E'{\"k\": 1.10,\\n \\\\ \\t}  ', '',"
      " '2026-11-21 10:00:00.123456', 'me ', ''), ('urn:li:z', 'a', 0, repeat('m', 16 * 1024 * 1024), NULL, "
      "'0001-01-01', 'x', NULL)",
      source_);
  const Taken taken = take(source_);
  EXPECT_EQ(replace_all(*begin(taken), taken.rows), "");
  EXPECT_EQ(take(target_).rows, taken.rows);
  auto before = nlohmann::json::parse(parts_of(server_, source_));
  EXPECT_EQ(nlohmann::json::parse(parts_of(server_, target_)), before);
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

TEST_F(PostgresReplacement, keeps_everything_that_the_live_table_had) {
  make(target_, 50);
  make(source_, 200);
  const std::string role = "r_" + target_;
  server_.execute(
      fmt::format(
          "CREATE ROLE owner_{0}; CREATE ROLE {0}; CREATE ROLE second_{0}; GRANT CREATE ON SCHEMA public TO owner_{0};"
          "ALTER TABLE metadata_aspect_v2 OWNER TO owner_{0};"
          "GRANT SELECT, UPDATE ON metadata_aspect_v2 TO {0} WITH GRANT OPTION; GRANT SELECT ON metadata_aspect_v2 TO "
          "PUBLIC;"
          "GRANT INSERT (urn, aspect) ON metadata_aspect_v2 TO second_{0};"
          "ALTER DEFAULT PRIVILEGES GRANT DELETE ON TABLES TO second_{0};"
          "COMMENT ON TABLE metadata_aspect_v2 IS 'aspects'; COMMENT ON COLUMN metadata_aspect_v2.urn IS E'the \\\\ "
          "urn';"
          "COMMENT ON INDEX timeindex IS 'time'; COMMENT ON CONSTRAINT pk_metadata_aspect_v2 ON metadata_aspect_v2 IS "
          "'key';"
          "ALTER TABLE metadata_aspect_v2 SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, "
          "toast.autovacuum_enabled = false);"
          "ALTER TABLE metadata_aspect_v2 ALTER metadata SET STORAGE EXTERNAL, ALTER metadata SET COMPRESSION pglz, "
          "ALTER urn SET STATISTICS 500,"
          " ALTER createdfor SET DEFAULT 'nobody', ADD CONSTRAINT sane CHECK (version >= 0), ALTER aspect SET "
          "(n_distinct = 200);"
          "ALTER TABLE metadata_aspect_v2 ADD CONSTRAINT one_time UNIQUE (urn, aspect, version, createdon) DEFERRABLE "
          "INITIALLY DEFERRED;"
          "CREATE UNIQUE INDEX \"Odd USING name\" ON metadata_aspect_v2 (version, urn, aspect) INCLUDE (createdby) "
          "WITH (fillfactor = 60);"
          "ALTER TABLE metadata_aspect_v2 CLUSTER ON timeindex;"
          "ALTER TABLE metadata_aspect_v2 REPLICA IDENTITY USING INDEX \"Odd USING name\";"
          "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
          "CREATE TRIGGER t1 BEFORE INSERT ON metadata_aspect_v2 FOR EACH ROW EXECUTE FUNCTION f();"
          "CREATE TRIGGER t2 AFTER UPDATE OF metadata ON metadata_aspect_v2 FOR EACH ROW WHEN (NEW.version = 0) "
          "EXECUTE FUNCTION f();"
          "ALTER TABLE metadata_aspect_v2 DISABLE TRIGGER t1; ALTER TABLE metadata_aspect_v2 ENABLE ALWAYS TRIGGER t2;"
          "COMMENT ON TRIGGER t1 ON metadata_aspect_v2 IS 'off';"
          "CREATE PUBLICATION p1 FOR TABLE metadata_aspect_v2 (urn, aspect, version, metadata) WHERE (version = 0);"
          "CREATE PUBLICATION p2 FOR TABLE metadata_aspect_v2;"
          "CREATE VIEW newest WITH (security_barrier = true) AS SELECT urn, metadata FROM metadata_aspect_v2 WHERE "
          "version = 0; GRANT SELECT ON newest TO {0}",
          role),
      target_);
  const std::string before = parts_of(server_, target_);
  const std::string view_acl = server_.query("SELECT relacl FROM pg_class WHERE relname = 'newest'", target_);
  const Taken taken = take(source_);
  const auto replacement = begin(taken);
  const std::string previous = replace_all(*replacement, taken.rows);
  EXPECT_EQ(parts_of(server_, target_), before);
  EXPECT_EQ(take(target_).rows, taken.rows);
  EXPECT_EQ(server_.query("SELECT relacl FROM pg_class WHERE relname = 'newest'", target_), view_acl);
  EXPECT_EQ(server_.query("SELECT count(*) FROM newest", target_),
            server_.query("SELECT count(*) FROM metadata_aspect_v2 WHERE version = 0", target_));
  EXPECT_EQ(server_.query("SELECT count(*) FROM " + previous, target_), "50\n");
  EXPECT_EQ(server_.query("SELECT count(*) FROM pg_publication_rel", target_), "2\n");
  // And once more, now that names of an earlier swap are taken.
  const std::string second = replace_all(*begin(taken), taken.rows);
  EXPECT_NE(second, previous);
  EXPECT_EQ(parts_of(server_, target_), before);
}

TEST_F(PostgresReplacement, drops_the_previous_table_when_told) {
  make(target_, 50);
  make(source_, 20);
  const Taken taken = take(source_);
  platform::ReplaceOptions options;
  options.drop_previous = true;
  EXPECT_EQ(replace_all(*begin(taken, options), taken.rows), "");
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

TEST_F(PostgresReplacement, replaces_nothing_by_nothing) {
  server_.execute(current_table(), source_);
  make(target_, 5);
  EXPECT_NE(replace_all(*begin(take(source_)), {}), "");
  EXPECT_TRUE(take(target_).rows.empty());
}

TEST_F(PostgresReplacement, takes_what_mysql_kept_and_makes_the_table_by_datahubs_conventions) {
  make(source_, 500);
  Taken taken = take(source_);
  taken.attributes = R"({"engine":"mariadb"})";
  taken.collection.columns.push_back({"extra", "varbinary(16)", model::ColumnContent::bytes, true});
  taken.collection.columns.push_back({"more", "int(11)", model::ColumnContent::number, true});
  for (base::Row& row : taken.rows) {
    row.columns.emplace_back(base::Bytes("\x00\xff\\", 3));
    row.columns.emplace_back("007");
  }
  replace_all(*begin(taken), taken.rows);
  EXPECT_EQ(take(target_).rows, taken.rows);
  const auto parts = nlohmann::json::parse(parts_of(server_, target_));
  EXPECT_EQ(parts["indexes"].size(), 6U);
  EXPECT_EQ(parts["indexes"][0]["name"], "pk_metadata_aspect_v2");
  EXPECT_EQ(parts["columns"][0]["type"], "character varying(500)");
}

TEST_F(PostgresReplacement, loads_columns_of_any_type) {
  for (const std::string& database : {source_, target_}) {
    server_.execute(current_table(), database);
    server_.execute(
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 100);"
        "ALTER TABLE metadata_aspect_v2 ADD n numeric, ADD j jsonb, ADD b bytea, ADD i inet, ADD d short, ADD z "
        "timestamptz,"
        " ADD twice bigint GENERATED ALWAYS AS (version * 2) STORED",
        database);
  }
  server_.execute(
      "INSERT INTO metadata_aspect_v2 VALUES ('urn:li:x', 'a', 1, E'{}\\t\\\\N\\n', NULL, '2026-01-01', 'x', '\\N',"
      " 1.10, '{\"a\": 1}', '\\x00ff5c', '10.0.0.1/8', E'a\\\\b', '2026-01-01 02:00:00+02'),"
      " ('urn:li:y', 'a', 1, '', NULL, '2026-01-01', 'x', '', NULL, NULL, NULL, NULL, NULL, NULL)",
      source_);
  const Taken taken = take(source_);
  ASSERT_EQ(taken.rows.size(), 2U);
  replace_all(*begin(taken), taken.rows);
  EXPECT_EQ(take(target_).rows, taken.rows);
}

TEST_F(PostgresReplacement, works_where_the_collation_is_not_byte_order) {
  make(source_, 1000);
  make(target_, 10, "\"en-x-icu\"");
  server_.execute(
      "INSERT INTO metadata_aspect_v2 SELECT u, 'a', 0, '{}', NULL, now(), 'x', NULL FROM unnest(ARRAY['urn:a', "
      "'urn:B', 'urn:b']) u",
      source_);
  const Taken taken = take(source_);
  replace_all(*begin(taken), taken.rows);
  EXPECT_EQ(take(target_).rows, taken.rows);
  EXPECT_NE(parts_of(server_, target_).find("en-x-icu"), std::string::npos);
}

TEST_F(PostgresReplacement, is_refused_while_somebody_is_on_the_table) {
  make(target_, 10);
  make(source_, 10);
  const Taken taken = take(source_);
  std::string message;
  {
    postgres::Client other(datahub::parse_sql_url(server_.url(target_), {}), {});
    other.execute("SET application_name = 'gms'");
    other.execute("BEGIN; UPDATE public.metadata_aspect_v2 SET createdby = 'y'");
    EXPECT_EQ(kind_of([&] { begin(taken); }, &message), ErrorKind::refused);
    EXPECT_NE(message.find("application 'gms'"), std::string::npos);
    EXPECT_NE(message.find("RowExclusiveLock"), std::string::npos);
    other.execute("ROLLBACK; SELECT * FROM public.metadata_aspect_v2 LIMIT 1");  // idle now, but it was just here
    EXPECT_EQ(kind_of([&] { begin(taken); }, &message), ErrorKind::refused);
    EXPECT_NE(message.find("last used it"), std::string::npos);
    platform::ReplaceOptions options;
    options.allow_writers = true;
    replace_all(*begin(taken, options), taken.rows);
  }
  EXPECT_EQ(take(target_).rows, taken.rows);
}

TEST_F(PostgresReplacement, is_refused_when_the_table_changes_between_two_looks) {
  make(target_, 10);
  make(source_, 10);
  const Taken taken = take(source_);
  clock_.on_sleep = [&] {
    server_.execute("UPDATE metadata_aspect_v2 SET createdby = createdby WHERE version = 0", target_);
  };
  std::string message;
  EXPECT_EQ(kind_of([&] { begin(taken); }, &message), ErrorKind::refused);
  EXPECT_NE(message.find("five seconds"), std::string::npos);
  EXPECT_EQ(clock_.elapsed(), std::chrono::seconds(5));
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

TEST_F(PostgresReplacement, only_one_restore_at_a_time) {
  make(source_, 10);
  const Taken taken = take(source_);
  const auto first = begin(taken);
  EXPECT_EQ(kind_of([&] { begin(taken); }), ErrorKind::busy);
  replace_all(*first, taken.rows);
}

TEST_F(PostgresReplacement, names_what_a_swap_would_lose) {
  make(target_, 10);
  make(source_, 10);
  const Taken taken = take(source_);
  server_.execute(
      "CREATE TABLE other (u varchar(500), a varchar(200), v bigint,"
      " CONSTRAINT points FOREIGN KEY (u, a, v) REFERENCES metadata_aspect_v2 (urn, aspect, version))",
      target_);
  std::string message;
  EXPECT_EQ(kind_of([&] { begin(taken); }, &message), ErrorKind::refused);
  EXPECT_NE(message.find("foreign key points"), std::string::npos);
}

struct Obstacle {
  const char* name;
  const char* sql;
  const char* said;
};
class LostBySwap : public PostgresReplacement, public ::testing::WithParamInterface<Obstacle> {};
INSTANTIATE_TEST_SUITE_P(
    PostgresReplacement, LostBySwap,
    ::testing::Values(
        Obstacle{"function",
                 "CREATE FUNCTION newest() RETURNS SETOF text LANGUAGE sql BEGIN ATOMIC SELECT urn FROM "
                 "metadata_aspect_v2; END",
                 "function public.newest()"},
        Obstacle{"policy_of_another",
                 "CREATE TABLE other (u text); CREATE POLICY seen ON other USING (EXISTS (SELECT FROM "
                 "metadata_aspect_v2 m WHERE m.urn = u))",
                 "policy seen on table public.other"},
        Obstacle{"own_policy", "CREATE POLICY own ON metadata_aspect_v2 USING (true)", "row security policy own"},
        Obstacle{"rule_of_another",
                 "CREATE TABLE other (u text); CREATE RULE copied AS ON DELETE TO other DO ALSO DELETE FROM "
                 "metadata_aspect_v2 WHERE urn = OLD.u",
                 "rule copied on table public.other"},
        Obstacle{"own_rule", "CREATE RULE kept AS ON DELETE TO metadata_aspect_v2 DO INSTEAD NOTHING", "rule kept"},
        Obstacle{"default_of_another", "CREATE TABLE other (t oid DEFAULT 'metadata_aspect_v2'::regclass::oid)",
                 "default value"},
        Obstacle{"statistics", "CREATE STATISTICS st ON urn, aspect FROM metadata_aspect_v2", "extended statistics st"},
        Obstacle{"materialized_view", "CREATE MATERIALIZED VIEW mv AS SELECT urn FROM metadata_aspect_v2",
                 "materialized view public.mv"},
        Obstacle{"trigger_of_another",
                 "CREATE TABLE other (u text); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN "
                 "NULL; END'; CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON other FROM metadata_aspect_v2 FOR EACH "
                 "ROW EXECUTE FUNCTION f()",
                 "trigger checked on table public.other"},
        Obstacle{"extension", "ALTER EXTENSION plpgsql ADD TABLE metadata_aspect_v2", "extension plpgsql"},
        Obstacle{"subscription",
                 "CREATE SUBSCRIPTION sub_metadata CONNECTION 'dbname=none' PUBLICATION none WITH (connect = false, "
                 "slot_name = NONE); INSERT INTO pg_subscription_rel SELECT oid, 'metadata_aspect_v2'::regclass, 'r', "
                 "NULL FROM pg_subscription WHERE subname = 'sub_metadata'",
                 "subscription sub_metadata"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(LostBySwap, is_named_before_anything_is_written) {
  make(target_, 10);
  make(source_, 10);
  const Taken taken = take(source_);
  server_.execute(GetParam().sql, target_);
  const std::string before = tables();
  std::string message;
  EXPECT_EQ(kind_of([&] { begin(taken); }, &message), ErrorKind::refused);
  EXPECT_NE(message.find(GetParam().said), std::string::npos) << message;
  EXPECT_EQ(tables(), before);
}

TEST_F(PostgresReplacement, keeps_row_security_that_is_on_without_a_policy) {
  make(source_, 10);
  const Taken taken = take(source_);
  make(target_, 20);
  for (const char* how : {"ENABLE", "FORCE", "DISABLE"}) {
    server_.execute(fmt::format("ALTER TABLE metadata_aspect_v2 {} ROW LEVEL SECURITY", how), target_);
    const std::string flags =
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'metadata_aspect_v2'";
    const std::string before = server_.query(flags, target_);
    replace_all(*begin(taken), taken.rows);
    EXPECT_EQ(server_.query(flags, target_), before) << how;
  }
}

TEST_F(PostgresReplacement, refuses_what_does_not_fit_on_the_disk) {
  make(source_, 10);
  const Taken taken = take(source_);
  std::string message;
  EXPECT_EQ(kind_of([&] { begin(taken, {}, 1ULL << 60); }, &message), ErrorKind::refused);
  EXPECT_NE(message.find("bytes free"), std::string::npos);
  EXPECT_EQ(tables(), "");
}

TEST_F(PostgresReplacement, a_stop_request_in_mid_load_ends_it_and_leaves_nothing) {
  make(target_, 10);
  make(source_, 10);
  const Taken taken = take(source_);
  const std::string before = content();
  auto replacement = begin(taken);
  std::stop_source stop;
  std::vector<base::ColumnView> columns;
  base::Row big = taken.rows[0];
  big.columns[0] = base::Bytes(1024 * 1024, 'x');
  base::RowView view = base::to_view(big, columns);
  int given = 0;
  EXPECT_EQ(kind_of([&] {
              replacement->load(
                  [&] {
                    if (++given == 20) stop.request_stop();
                    return given > 1000 ? nullptr : &view;
                  },
                  stop.get_token());
            }),
            ErrorKind::cancelled);
  EXPECT_LT(given, 100);
  replacement.reset();
  EXPECT_EQ(content(), before);
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

TEST_F(PostgresReplacement, an_old_user_without_the_right_to_replace_is_told_so) {
  make(target_, 10);
  make(source_, 10);
  const Taken taken = take(source_);
  server_.execute(
      fmt::format("CREATE ROLE reader_{0} LOGIN; GRANT SELECT ON metadata_aspect_v2 TO reader_{0}", target_), target_);
  const std::string url = fmt::format("postgresql://reader_{0}@127.0.0.1:{1}/{0}", target_, server_.port());
  const auto store = datahub::make_postgres_store(datahub::parse_sql_url(url, {}), clock_);
  EXPECT_EQ(kind_of([&] { store->replace(taken.collection, {}, 1, {}); }), ErrorKind::auth);
}

// The process dies: what it leaves is what a killed server's session leaves, a shadow that nobody holds.
TEST(PostgresReplacementOfItsOwnServer, a_death_in_mid_load_leaves_the_live_table_and_the_next_run_drops_the_shadow) {
  PostgresServer server;
  const std::string database = fresh_database(server);
  server.execute(current_table(), database);
  server.execute(generated_rows(500), database);
  EventfulClock clock;
  const auto store = open_store(server, database, clock);
  auto capture = store->capture({}, {});
  const std::vector<base::Row> rows = read_all(*capture);
  const model::Collection collection = capture->collections()[0].collection;
  capture.reset();  // its sessions hold a lock on the table
  {
    const auto replacement = store->replace(collection, {}, 1, {});
    load_all(*replacement, rows);
    std::size_t given = 0;
    std::vector<base::ColumnView> columns;
    base::RowView view = base::to_view(rows[0], columns);
    EXPECT_EQ(kind_of([&] {
                replacement->load(
                    [&] {
                      if (++given == 5000) server.kill();
                      return given > 1'000'000 ? nullptr : &view;
                    },
                    {});
              }),
              ErrorKind::unavailable);
  }
  server.start();
  EXPECT_EQ(read_all(*store->capture({}, {})), rows);
  EXPECT_EQ(
      server.query("SELECT count(*) FROM pg_class WHERE relname LIKE '%holdfast_new%' AND relkind = 'r'", database),
      "1\n");
  bool named = false;
  for (const platform::Diagnosis& line : store->diagnose())
    named = named || line.text.find("_holdfast_new_") != std::string::npos;
  EXPECT_TRUE(named);
  const auto replacement = store->replace(collection, {}, 1, {});
  replace_all(*replacement, rows);
  EXPECT_EQ(server.query("SELECT count(*) FROM pg_class WHERE relname LIKE '%holdfast_new%'", database), "0\n");
  EXPECT_EQ(read_all(*store->capture({}, {})), rows);
}

}  // namespace

}  // namespace holdfast::test
