#include <chrono>
#include <thread>

#include "platform/datahub/mysql/capture.h"
#include "platform/datahub/mysql/replacement.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using base::ErrorKind;
using platform::Replacement;
using platform::ReplaceOptions;
using platform::datahub::mysql::begin_replacement;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::open_capture;

struct Content {
  model::Collection collection;
  std::string attributes;
  std::vector<base::Row> rows;
};

Content content_of(Endpoint& endpoint) {
  const auto capture =
      open_capture(endpoint, {.readers = 1, .limit_read = 0, .max_snapshot_age = {}}, base::system_clock(), {});
  return {capture->collections()[0].collection, capture->attributes(), read_all(*capture)};
}

class MysqlReplacement : public testing::Test {
protected:
  MysqlReplacement()
      : source_db(fresh_database(server)),
        target_db(fresh_database(server)),
        source{.address = address(server, source_db), .sessions = {}},
        target{.address = address(server, target_db), .sessions = {}} {
    server.execute(k_current_table, source_db);
    fill(server, source_db, 300);
  }

  std::unique_ptr<Replacement> begin(const Content& content, ReplaceOptions options = {}) {
    options.attributes = content.attributes;
    return begin_replacement(target, {content.collection, options, 1000}, clock, {});
  }

  std::string tables() { return server.query("SHOW TABLES", target_db); }
  std::string live() {
    return server.query("SELECT * FROM metadata_aspect_v2 ORDER BY urn, aspect, version", target_db);
  }
  std::string created() { return server.query("SHOW CREATE TABLE metadata_aspect_v2", target_db); }

  MariadbServer& server = shared_mariadb();
  std::string source_db;
  std::string target_db;
  Endpoint source;
  Endpoint target;
  HookClock clock;
};

void load_and_index(Replacement& replacement, const std::vector<base::Row>& rows) {
  Feed feed(rows);
  replacement.load(feed.pull(), {});
  replacement.build_indexes({});
}

std::vector<base::Row> read_back(Replacement& replacement) {
  Collect sink;
  const std::size_t parts = replacement.read_back_parts(3);
  for (std::size_t part = 0; part < parts; ++part) replacement.read_back(part, sink, {});
  return sink.rows;
}

}  // namespace

TEST_F(MysqlReplacement, makes_the_table_where_there_is_none) {
  const Content content = content_of(source);
  const auto replacement = begin(content);
  load_and_index(*replacement, content.rows);
  EXPECT_EQ(read_back(*replacement), content.rows);
  EXPECT_EQ(tables().find("metadata_aspect_v2\n"), std::string::npos) << "invisible until the swap";
  EXPECT_EQ(replacement->swap(), "");
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
  EXPECT_EQ(created(), server.query("SHOW CREATE TABLE metadata_aspect_v2", source_db));
  EXPECT_EQ(content_of(target).rows, content.rows);
}

TEST_F(MysqlReplacement, goes_to_the_table_whose_rows_it_was_asked_about) {
  const std::string old_db = fresh_database(server);
  server.execute(k_first_table, old_db);
  fill(server, old_db, 20, "metadata_aspect");
  Endpoint old{.address = address(server, old_db), .sessions = {}};
  const Content content = content_of(old);
  server.execute(k_first_table, target_db);
  const auto store = platform::datahub::make_mysql_store(target.address, clock);
  EXPECT_FALSE(store->holds_rows(content.collection));
  fill(server, target_db, 50, "metadata_aspect");
  EXPECT_TRUE(store->holds_rows(content.collection));
  // Not only from a table of that name.
  Content renamed = content;
  renamed.attributes = content_of(source).attributes;
  ReplaceOptions options;
  options.drop_previous = true;
  for (const Content& each : {content, renamed}) {
    const auto replacement = begin(each, options);
    load_and_index(*replacement, each.rows);
    replacement->swap();
    EXPECT_EQ(tables(), "metadata_aspect\n");
  }
  EXPECT_EQ(content_of(target).rows, content.rows);
}

TEST_F(MysqlReplacement, keeps_everything_about_the_table_but_its_rows) {
  server.execute(k_legacy_table, target_db);
  server.execute(
      "ALTER TABLE metadata_aspect_v2 COMMENT='kept by finance; don''t touch', ROW_FORMAT=DYNAMIC, "
      "STATS_PERSISTENT=1, ADD UNIQUE KEY odd_name (version, urn(100), aspect)",
      target_db);
  fill(server, target_db, 10);
  server.execute(
      fmt::format("CREATE TABLE seen (urn varchar(500)); CREATE TRIGGER watch AFTER INSERT ON metadata_aspect_v2 "
                  "FOR EACH ROW INSERT INTO seen VALUES (NEW.urn); "
                  "CREATE USER u_{0}; GRANT SELECT, UPDATE (metadata) ON {0}.metadata_aspect_v2 TO u_{0}",
                  target_db),
      target_db);
  const std::string ddl = created();
  const std::string grants = server.query("SHOW GRANTS FOR u_" + target_db);
  const std::string trigger =
      "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_STATEMENT, DEFINER, SQL_MODE FROM information_schema.TRIGGERS "
      "WHERE TRIGGER_SCHEMA = DATABASE()";
  const std::string triggers = server.query(trigger, target_db);
  const std::string before = live();
  const Content content = content_of(source);
  const auto replacement = begin(content);
  load_and_index(*replacement, content.rows);
  const std::string previous = replacement->swap();
  EXPECT_EQ(created(), ddl);
  EXPECT_EQ(server.query("SHOW GRANTS FOR u_" + target_db), grants);
  EXPECT_EQ(server.query(trigger, target_db), triggers);
  EXPECT_EQ(content_of(target).rows, content.rows);
  EXPECT_NE(previous.find("metadata_aspect_v2_holdfast_old_20"), std::string::npos);
  EXPECT_EQ(server.query(fmt::format("SELECT * FROM {} ORDER BY urn, aspect, version", previous), target_db), before);
  EXPECT_EQ(server.query("SELECT COUNT(*) FROM seen", target_db), "0\n") << "loading must not fire triggers";
  EXPECT_EQ(tables(), fmt::format("metadata_aspect_v2\n{}\nseen\n", previous));
}

TEST_F(MysqlReplacement, drops_the_previous_table_when_asked_to) {
  server.execute(k_current_table, target_db);
  fill(server, target_db, 5);
  const Content content = content_of(source);
  const auto replacement =
      begin(content, {.writers = 2, .drop_previous = true, .allow_writers = false, .snapshot = {}, .attributes = {}});
  load_and_index(*replacement, content.rows);
  EXPECT_EQ(replacement->swap(), "");
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

TEST_F(MysqlReplacement, stops_at_the_swap_when_the_live_table_was_written_to) {
  server.execute(k_current_table, target_db);
  const Content content = content_of(source);
  // Each of these is invisible to createdon, to the row count, or to both.
  for (const char* write :
       {"UPDATE metadata_aspect_v2 SET systemmetadata = '{}' WHERE urn LIKE '%3'",
        "DELETE FROM metadata_aspect_v2 WHERE urn LIKE '%4'",
        "UPDATE metadata_aspect_v2 SET version = 7, createdon = createdon WHERE urn LIKE '%5'",
        "UPDATE metadata_aspect_v2 SET createdfor = '' WHERE urn LIKE '%6' AND createdfor IS NULL",
        "INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby) VALUES "
        "('z', 'z', 0, '', '2001-01-01', '')"}) {
    server.execute("DELETE FROM metadata_aspect_v2", target_db);
    fill(server, target_db, 30);
    const auto replacement = begin(content);
    load_and_index(*replacement, content.rows);
    server.execute(write, target_db);
    const std::string before = live();
    const auto error = error_of([&] { replacement->swap(); });
    EXPECT_EQ(error.kind(), ErrorKind::refused) << write;
    EXPECT_EQ(live(), before) << write;
  }
  EXPECT_EQ(tables(), "metadata_aspect_v2\n") << "shadow and placeholder must be gone";
}

TEST_F(MysqlReplacement, stops_at_the_swap_when_somebody_made_the_table_meanwhile) {
  const Content content = content_of(source);
  const auto replacement = begin(content);
  load_and_index(*replacement, content.rows);
  server.execute(k_current_table, target_db);
  EXPECT_EQ(error_of([&] { replacement->swap(); }).kind(), ErrorKind::refused);
  EXPECT_EQ(live(), "");
}

TEST_F(MysqlReplacement, leaves_the_live_table_when_it_is_given_up) {
  server.execute(k_current_table, target_db);
  fill(server, target_db, 10);
  const std::string before = live();
  const Content content = content_of(source);
  {
    const auto replacement = begin(content);
    Feed feed(content.rows);
    replacement->load(feed.pull(), {});
  }
  EXPECT_EQ(live(), before);
  EXPECT_EQ(tables(), "metadata_aspect_v2\n");
}

TEST_F(MysqlReplacement, drops_what_a_killed_run_left_and_nothing_else) {
  server.execute(k_current_table, target_db);
  fill(server, target_db, 10);
  // A run that died while it loaded, one that died in its swap; then what only looks like it: a shadow without a mark,
  // a mark that names another table, and a previous table.
  server.execute(
      "CREATE TABLE metadata_aspect_v2_holdfast_run_20260101_000000 (id int) "
      "COMMENT='holdfast: a restore loads metadata_aspect_v2_holdfast_new_20260101_000000'; "
      "CREATE TABLE metadata_aspect_v2_holdfast_new_20260101_000000 (id int); "
      "CREATE TABLE metadata_aspect_v2_holdfast_old_20260101_000000 (id int) COMMENT='holdfast: placeholder during a "
      "swap'; "
      "CREATE TABLE metadata_aspect_v2_holdfast_new_20250101_000000 (id int); "
      "CREATE TABLE metadata_aspect_v2_holdfast_run_20250101_000000 (id int); "
      "CREATE TABLE metadata_aspect_v2_holdfast_run_20240101_000000 (id int) "
      "COMMENT='holdfast: a restore loads metadata_aspect_v2_copy'; "
      "CREATE TABLE metadata_aspect_v2_holdfast_old_20250101_000000 (id int); CREATE TABLE metadata_aspect_v2_copy (id "
      "int)",
      target_db);
  begin(content_of(source));
  EXPECT_EQ(tables(),
            "metadata_aspect_v2\nmetadata_aspect_v2_copy\nmetadata_aspect_v2_holdfast_new_20250101_000000\n"
            "metadata_aspect_v2_holdfast_old_20250101_000000\nmetadata_aspect_v2_holdfast_run_20250101_000000\n");
}

TEST_F(MysqlReplacement, takes_names_that_no_table_has) {
  server.execute(k_current_table, target_db);
  fill(server, target_db, 10);
  const Content content = content_of(source);
  std::string last;
  for (int i = 0; i < 3; ++i) {
    // All in one second, more or less.
    const auto replacement = begin(content);
    load_and_index(*replacement, content.rows);
    const std::string previous = replacement->swap();
    EXPECT_GT(previous, last);
    last = previous;
  }
  EXPECT_EQ(content_of(target).rows, content.rows);
}

TEST_F(MysqlReplacement, refuses_while_another_replacement_runs) {
  const Content content = content_of(source);
  const auto first = begin(content);
  EXPECT_EQ(error_of([&] { begin(content); }).kind(), ErrorKind::busy);
}

TEST_F(MysqlReplacement, refuses_while_somebody_writes_and_says_so) {
  server.execute(k_current_table, target_db);
  fill(server, target_db, 10);
  const Content content = content_of(source);
  clock.on_sleep = [&](base::Duration) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // the server notes the second of a change
    server.execute("UPDATE metadata_aspect_v2 SET systemmetadata = 'x', createdon = createdon", target_db);
  };
  const auto error = error_of([&] { begin(content); });
  EXPECT_EQ(error.kind(), ErrorKind::refused);
  EXPECT_NE(error.message().find("is being written to"), std::string::npos) << error.message();
  begin(content, {.writers = 2, .drop_previous = false, .allow_writers = true, .snapshot = {}, .attributes = {}});
}

TEST_F(MysqlReplacement, refuses_while_somebody_stays_connected_and_says_who) {
  server.execute(k_current_table, target_db);
  fill(server, target_db, 10);
  const Content content = content_of(source);
  Endpoint other{.address = address(server, target_db), .sessions = {}};
  const platform::datahub::mysql::Client gms(other, {});
  base::Duration slept{};
  clock.on_sleep = [&](base::Duration duration) { slept += duration; };
  const auto error = error_of([&] { begin(content); });
  EXPECT_EQ(error.kind(), ErrorKind::refused);
  EXPECT_NE(error.message().find(fmt::format("session {}", gms.id())), std::string::npos) << error.message();
  EXPECT_GT(slept, std::chrono::seconds(3)) << "two looks are 5 s apart";
}

TEST_F(MysqlReplacement, cannot_swap_while_a_transaction_holds_the_table_and_says_so) {
  server.execute(k_current_table, target_db);
  fill(server, target_db, 10);
  const Content content = content_of(source);
  const auto replacement = begin(content);
  load_and_index(*replacement, content.rows);
  Endpoint other{.address = address(server, target_db), .sessions = {}};
  platform::datahub::mysql::Client gms(other, {});
  gms.execute("START TRANSACTION");
  gms.query("SELECT * FROM metadata_aspect_v2");
  EXPECT_EQ(error_of([&] { replacement->swap(); }).kind(), ErrorKind::busy);
  EXPECT_EQ(tables().find("holdfast_old"), std::string::npos);
  gms.execute("COMMIT");
  EXPECT_NE(replacement->swap(), "");
  EXPECT_EQ(content_of(target).rows, content.rows);
}

TEST_F(MysqlReplacement, lets_no_writer_in_between_the_check_and_the_swap) {
  server.execute(k_current_table, target_db);
  server.execute(
      "INSERT INTO metadata_aspect_v2 (urn, aspect, version, metadata, createdon, createdby) VALUES ('w', 'w', 0, '0', "
      "now(), '')",
      target_db);
  Content content = content_of(target);
  for (int round = 0; round < 5; ++round) {
    const auto replacement =
        begin(content, {.writers = 1, .drop_previous = false, .allow_writers = true, .snapshot = {}, .attributes = {}});
    load_and_index(*replacement, content.rows);
    // Queues behind the swap's lock: it must come through to the new table, or make the swap refuse; never be lost.
    std::jthread writer([&] {
      for (int i = 0; i < 20; ++i) server.execute("UPDATE metadata_aspect_v2 SET metadata = metadata + 1", target_db);
    });
    try {
      replacement->swap();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::refused);
    }
    writer.join();
    // Refused: all 20 went to the old table.  Swapped: none came before it, or it would have refused, so all went to
    // the new.
    EXPECT_EQ(std::stoi(server.query("SELECT metadata FROM metadata_aspect_v2", target_db)),
              std::stoi(*content.rows[0].columns[0]) + 20);
    content = content_of(target);
  }
}

TEST_F(MysqlReplacement, names_a_column_that_the_target_does_not_have) {
  server.execute("ALTER TABLE metadata_aspect_v2 ADD extra int", source_db);
  server.execute(k_current_table, target_db);
  const auto error = error_of([&] { begin(content_of(source)); });
  EXPECT_EQ(error.kind(), ErrorKind::refused);
  EXPECT_NE(error.message().find("'extra'"), std::string::npos);
}

TEST_F(MysqlReplacement, loads_bytes_of_every_kind_in_parallel) {
  server.execute(
      "ALTER TABLE metadata_aspect_v2 ADD extra_blob longblob, ADD extra_bit bit(11), ADD extra_float float, "
      "ADD extra_json json; UPDATE metadata_aspect_v2 SET extra_blob = x'00ff275c0a801a', extra_bit = b'10100000001', "
      "extra_float = 0.1, extra_json = '{\"b\": 1.10,  \"a\":2}', metadata = '\xf0\x9f\x90\x98 a\\0b\\'\\\\ \\n', "
      "systemmetadata = IF(urn LIKE '%1', '', NULL), createdby = '  '; "
      "UPDATE metadata_aspect_v2 SET metadata = REPEAT('y', 3000000) WHERE urn LIKE '%77'",
      source_db);
  const Content content = content_of(source);
  const auto replacement = begin(content);
  const std::vector<base::Row> low(content.rows.begin(), content.rows.begin() + 150);
  const std::vector<base::Row> high(content.rows.begin() + 150, content.rows.end());
  std::jthread other([&] {
    Feed feed(high);
    replacement->load(feed.pull(), {});
  });
  Feed feed(low);
  replacement->load(feed.pull(), {});
  other.join();
  replacement->build_indexes({});
  EXPECT_EQ(read_back(*replacement), content.rows);
  replacement->swap();
  EXPECT_EQ(content_of(target).rows, content.rows);
}

TEST_F(MysqlReplacement, makes_datahubs_own_table_for_rows_of_another_kind_of_server) {
  Content content = content_of(source);
  content.attributes = "{}";
  const auto replacement = begin(content);
  load_and_index(*replacement, content.rows);
  replacement->swap();
  EXPECT_EQ(content_of(target).rows, content.rows);
  EXPECT_NE(created().find("KEY `idx_version_urn_aspect` (`version`,`urn`,`aspect`)"), std::string::npos);
  EXPECT_NE(created().find("timestamp(6)"), std::string::npos);
}

TEST_F(MysqlReplacement, leaves_the_live_table_when_the_server_dies_while_it_loads) {
  MariadbServer own;
  const std::string database = fresh_database(own);
  own.execute(k_current_table, database);
  fill(own, database, 50);
  const std::string before = own.query("SELECT * FROM metadata_aspect_v2", database);
  Endpoint endpoint{.address = address(own, database), .sessions = {}};
  const Content content = content_of(source);
  {
    const auto replacement = begin_replacement(endpoint,
                                               {content.collection,
                                                {.writers = 1,
                                                 .drop_previous = false,
                                                 .allow_writers = false,
                                                 .snapshot = {},
                                                 .attributes = content.attributes},
                                                1000},
                                               clock, {});
    Feed feed(content.rows);
    replacement->load(feed.pull(), {});
    own.kill();
    Feed again(content.rows);
    EXPECT_EQ(error_of([&] { replacement->load(again.pull(), {}); }).kind(), ErrorKind::unavailable);
  }
  own.start();
  EXPECT_EQ(own.query("SELECT * FROM metadata_aspect_v2", database), before);
}

}  // namespace holdfast::test
