#include <stdexcept>
#include <thread>

#include "platform/datahub/mysql/capture.h"
#include "platform/datahub/mysql/writer.h"
#include "unit/platform/mysql_fixture.h"

namespace holdfast::test {

namespace {

using platform::RowChange;
using platform::RowResult;
using platform::datahub::aspect_key;
using platform::datahub::mysql::Endpoint;
using platform::datahub::mysql::open_capture;
using platform::datahub::mysql::open_writer;

class MysqlRowWriter : public testing::Test {
protected:
  MysqlRowWriter() : database(fresh_database(server)), endpoint{.address = address(server, database), .sessions = {}} {
    server.execute(k_current_table, database);
    fill(server, database, 5);
    const auto capture = open_capture(endpoint, {}, base::system_clock(), {});
    collection = capture->collections()[0].collection;
    rows = read_all(*capture);
  }

  std::vector<base::Row> now() { return read_all(*open_capture(endpoint, {}, base::system_clock(), {})); }

  static base::Row changed(base::Row row, std::string metadata) {
    row.columns[0] = std::move(metadata);
    return row;
  }

  MariadbServer& server = shared_mariadb();
  std::string database;
  Endpoint endpoint;
  model::Collection collection;
  std::vector<base::Row> rows;
};

}  // namespace

TEST_F(MysqlRowWriter, creates_updates_and_removes_exactly) {
  const std::string odd("\xf0\x9f\x90\x98 '\\\0\n\x1a  ", 12);
  base::Row created{.key = aspect_key("urn:li:new'\\", "status", -1),
                    .columns = {odd, std::nullopt, "2026-10-25 00:30:00.000001", "  ", ""}};
  const base::Row updated = changed(rows[1], std::string(3'000'000, 'z'));
  const auto results = open_writer(endpoint, collection)
                           ->apply({{.key = created.key, .before = {}, .after = created},
                                    {.key = rows[1].key, .before = rows[1], .after = updated},
                                    {.key = rows[2].key, .before = rows[2], .after = {}}});
  EXPECT_EQ(results, (std::vector<RowResult>{RowResult::done, RowResult::done, RowResult::done}));
  EXPECT_EQ(now(), (std::vector<base::Row>{rows[0], updated, rows[3], rows[4], created}));
}

TEST_F(MysqlRowWriter, says_already_when_the_target_holds_it_as_it_is) {
  const base::Row updated = changed(rows[1], "{}");
  const auto writer = open_writer(endpoint, collection);
  const std::vector<RowChange> changes{{.key = rows[1].key, .before = rows[1], .after = updated},
                                       {.key = rows[2].key, .before = rows[2], .after = {}}};
  writer->apply(changes);
  EXPECT_EQ(writer->apply(changes), (std::vector<RowResult>{RowResult::already, RowResult::already}));
}

TEST_F(MysqlRowWriter, leaves_rows_alone_that_changed_after_the_plan) {
  server.execute(
      "UPDATE metadata_aspect_v2 SET systemmetadata = '' WHERE urn LIKE '%2'; DELETE FROM metadata_aspect_v2 WHERE urn "
      "LIKE "
      "'%3'",
      database);
  const auto before = now();
  const auto results = open_writer(endpoint, collection)
                           ->apply({{.key = rows[0].key, .before = {}, .after = changed(rows[0], "created twice")},
                                    {.key = rows[1].key, .before = rows[1], .after = changed(rows[1], "{}")},
                                    {.key = rows[2].key, .before = rows[2], .after = changed(rows[2], "{}")}});
  EXPECT_EQ(results, (std::vector<RowResult>{RowResult::conflict, RowResult::conflict, RowResult::conflict}));
  EXPECT_EQ(now(), before);
}

TEST_F(MysqlRowWriter, takes_a_key_that_the_collation_folds_for_a_conflict) {
  // utf8mb4_bin pads: 'x' and 'x ' are one key of the table, and two keys of ours.
  base::Row padded = rows[0];
  padded.key = aspect_key("urn:li:dataset:0000001  ", "status", 0);
  const auto before = now();
  EXPECT_EQ(open_writer(endpoint, collection)->apply({{.key = padded.key, .before = {}, .after = padded}}),
            std::vector<RowResult>{RowResult::conflict});
  EXPECT_EQ(now(), before);
}

TEST_F(MysqlRowWriter, applies_all_or_nothing) {
  base::Row too_long = rows[0];
  too_long.key = aspect_key("z", std::string(201, 'x'), 0);
  const auto before = now();
  const auto writer = open_writer(endpoint, collection);
  error_of([&] {
    writer->apply(
        {{.key = rows[1].key, .before = rows[1], .after = {}}, {.key = too_long.key, .before = {}, .after = too_long}});
  });
  EXPECT_EQ(now(), before);
  // The writer is good for more.
  EXPECT_EQ(writer->apply({{.key = rows[1].key, .before = rows[1], .after = {}}}),
            std::vector<RowResult>{RowResult::done});
}

TEST_F(MysqlRowWriter, comes_through_deadlocks_with_another_writer) {
  const auto forwards = [&](int i) {
    return std::vector<RowChange>{{.key = rows[0].key,
                                   .before = changed(rows[0], std::to_string(i)),
                                   .after = changed(rows[0], std::to_string(i + 1))}};
  };
  server.execute("UPDATE metadata_aspect_v2 SET metadata = '0', createdon = createdon", database);
  std::jthread other([&] {
    for (int i = 0; i < 30; ++i) {
      try {
        server.execute(
            "START TRANSACTION; UPDATE metadata_aspect_v2 SET createdfor = NULL WHERE urn LIKE '%2'; "
            "UPDATE metadata_aspect_v2 SET createdfor = NULL WHERE urn LIKE '%1'; COMMIT",
            database);
      } catch (const std::runtime_error&) {
        continue;  // this side was the one that the server rolled back
      }
    }
  });
  const auto writer = open_writer(endpoint, collection);
  for (int i = 0; i < 30; ++i) {
    auto changes = forwards(i);
    changes.push_back({.key = rows[1].key,
                       .before = changed(rows[1], std::to_string(i)),
                       .after = changed(rows[1], std::to_string(i + 1))});
    EXPECT_EQ(writer->apply(changes), (std::vector<RowResult>{RowResult::done, RowResult::done}));
  }
}

}  // namespace holdfast::test
