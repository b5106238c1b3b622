// One suite for every connector: the one in memory, and DataHub's SQL store on a real MariaDB and a real PostgreSQL.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/task_group.h"
#include "engine/compare.h"
#include "engine/restore.h"
#include "storage/memory/memory_backend.h"
#include "support/datahub.h"
#include "support/engine_world.h"
#include "support/fake_connector.h"
#include "support/fakes.h"
#include "support/servers.h"

namespace holdfast::test {
namespace {

using base::Error;
using base::ErrorKind;
using platform::RowResult;

constexpr const char* k_mysql_table =
    "CREATE TABLE metadata_aspect_v2 (urn varchar(500) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT "
    "NULL, "
    "metadata longtext NOT NULL, systemmetadata longtext, createdon datetime(6) NOT NULL, createdby varchar(255) NOT "
    "NULL, createdfor varchar(255), PRIMARY KEY (urn, aspect, version), KEY timeIndex (createdon)) "
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
constexpr const char* k_postgres_table =
    "CREATE TABLE metadata_aspect_v2 (urn varchar(500) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT "
    "NULL, "
    "metadata text NOT NULL, systemmetadata text, createdon timestamp without time zone NOT NULL, "
    "createdby varchar(255) NOT NULL, createdfor varchar(255), "
    "CONSTRAINT pk_metadata_aspect_v2 PRIMARY KEY (urn, aspect, version));"
    "CREATE INDEX timeindex ON metadata_aspect_v2 (createdon)";

using Opener = std::function<std::unique_ptr<platform::Connector>(const base::Clock&)>;

std::unique_ptr<platform::Connector> open_fake(const base::Clock& clock) {
  return std::make_unique<FakeConnector>(clock);
}

// An empty aspect table in a database of its own.
std::unique_ptr<platform::Connector> open_mariadb(const base::Clock& clock) {
  MariadbServer& server = shared_mariadb();
  const std::string database = fresh_database(server);
  server.execute(k_mysql_table, database);
  return open_datahub(server.url(database), clock);
}

std::unique_ptr<platform::Connector> open_postgres(const base::Clock& clock) {
  PostgresServer& server = shared_postgres();
  const std::string database = fresh_database(server);
  server.execute(k_postgres_table, database);
  return open_datahub(server.url(database), clock);
}

struct Place {
  std::string name;
  Opener open;
};
void PrintTo(const Place& place, std::ostream* out) {
  *out << place.name;
}

class KeepingSink : public platform::RowSink {
public:
  void row(const base::RowView& row) override {
    EXPECT_TRUE(rows_.empty() || rows_.rbegin()->first < row.key) << "rows are not in key order";
    rows_.emplace_hint(rows_.end(), base::Bytes(row.key), base::to_row(row));
  }
  const RowMap& rows() const noexcept { return rows_; }

private:
  RowMap rows_;
};

RowMap rows_in(platform::Capture& capture, const base::KeyRange& range) {
  KeepingSink sink;
  capture.read(capture.collections().at(0).collection, range, sink, {});
  return sink.rows();
}

// Values that have gone wrong somewhere before: each comes back as it was.
RowMap awkward_rows() {
  RowMap out;
  const auto put = [&](base::Row row) { out.emplace(row.key, row); };
  put(aspect_row("urn:li:tag:four-bytes \xf0\x9f\x8e\x89", "status", "{\"text\":\"\xf0\x9f\x8e\x89\"}"));
  put(aspect_row("urn:li:tag:case", "status", "{}"));
  put(aspect_row("urn:li:tag:CASE", "status", "{}"));
  put(aspect_row("urn:li:tag:quotes'\"\\%_", "status", R"({"a":"it's \\ \" % _"})"));
  put(aspect_row("urn:li:tag:lines", "status", "{\n\t\"a\": 1.10,\r\n  \"a\": 1.1 }  "));
  put(aspect_row("urn:li:tag:long", "status", "{\"x\":\"" + std::string(1'500'000, 'x') + "\"}"));
  put(aspect_row("urn:li:tag:versions", "status", "{}", 0));
  put(aspect_row("urn:li:tag:versions", "status", "{}", 9'000'000'000));
  base::Row nothing = aspect_row("urn:li:tag:null", "status", "");
  nothing.columns[1] = std::nullopt;
  nothing.columns[4] = "";
  put(nothing);
  base::Row midnight = aspect_row("urn:li:tag:midnight", "status", "{}");
  midnight.columns[2] = "1999-12-31 23:59:59.000001";
  put(midnight);
  return out;
}

class EveryConnector : public testing::TestWithParam<Place> {
protected:
  EveryConnector() : connector(GetParam().open(clock)) {}

  platform::CaptureOptions three_readers() const {
    platform::CaptureOptions options;
    options.readers = 3;
    return options;
  }
  model::Collection collection() { return connector->capture({}, {})->collections().at(0).collection; }
  void write(const RowMap& rows) {
    std::vector<platform::RowChange> changes;
    for (const auto& [key, row] : rows) changes.push_back({.key = key, .before = {}, .after = row});
    for (const RowResult result : connector->writer(collection())->apply(changes)) ASSERT_EQ(result, RowResult::done);
  }
  RowMap live() { return rows_in(*connector->capture({}, {}), {}); }
  std::unique_ptr<platform::Replacement> loaded(const RowMap& rows) {
    platform::ReplaceOptions options;
    options.snapshot = "7f3c9a12";
    options.attributes = connector->capture({}, {})->attributes();
    auto replacement = connector->replace(collection(), options, 1 << 20, {});
    std::vector<base::ColumnView> columns;
    base::RowView view;
    auto next = rows.begin();
    replacement->load(
        [&]() -> const base::RowView* {
          if (next == rows.end()) return nullptr;
          view = base::to_view((next++)->second, columns);
          return &view;
        },
        {});
    replacement->build_indexes({});
    return replacement;
  }

  ManualClock clock{base::Instant{}};
  std::unique_ptr<platform::Connector> connector;
};

INSTANTIATE_TEST_SUITE_P(Platforms, EveryConnector,
                         testing::Values(Place{"memory", open_fake}, Place{"mariadb", open_mariadb},
                                         Place{"postgresql", open_postgres}),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(EveryConnector, gives_back_every_byte_that_was_written) {
  const RowMap rows = awkward_rows();
  write(rows);
  EXPECT_EQ(live(), rows);
}

TEST_P(EveryConnector, describes_its_collection_with_the_known_key) {
  const model::Collection found = collection();
  EXPECT_EQ(found.name, "aspect");
  EXPECT_EQ(found.key, aspect_collection().key);
  ASSERT_EQ(found.columns.size(), 5U);
  EXPECT_EQ(found.columns[0].name, "metadata");
  EXPECT_EQ(found.columns[0].content, model::ColumnContent::json);
  EXPECT_EQ(found.columns[2].content, model::ColumnContent::instant);
}

TEST_P(EveryConnector, cuts_ranges_that_cover_every_key_once_and_can_be_read_side_by_side) {
  const RowMap rows = some_rows(900, 3);
  write(rows);
  const auto capture = connector->capture(three_readers(), {});
  const auto ranges = capture->ranges(capture->collections().at(0).collection, 8);
  ASSERT_FALSE(ranges.empty());
  EXPECT_EQ(ranges.front().from, "");
  EXPECT_FALSE(ranges.back().to.has_value());
  for (std::size_t i = 0; i + 1 < ranges.size(); ++i) EXPECT_EQ(ranges[i].to, ranges[i + 1].from);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  RowMap all;
  base::TaskGroup group{std::stop_token()};
  for (unsigned i = 0; i < capture->readers(); ++i) {
    group.spawn([&](const std::stop_token&) {
      for (std::size_t k = next++; k < ranges.size(); k = next++) {
        RowMap part = rows_in(*capture, ranges[k]);
        const std::lock_guard lock(mutex);
        all.merge(part);
        EXPECT_TRUE(part.empty()) << "a row came twice";
      }
    });
  }
  group.wait();
  EXPECT_EQ(all, rows);
}

TEST_P(EveryConnector, reads_exactly_the_rows_of_any_range) {
  const RowMap rows = some_rows(200, 3);
  write(rows);
  const auto capture = connector->capture({}, {});
  const auto place = [&](std::size_t i) { return std::next(rows.begin(), static_cast<std::ptrdiff_t>(i)); };
  for (const auto& [from, to] : {std::pair<std::size_t, std::size_t>{0, 1}, {17, 120}, {50, 50}, {199, 200}}) {
    const base::KeyRange range{.from = place(from)->first,
                               .to = to < 200 ? std::optional(place(to)->first) : std::nullopt};
    EXPECT_EQ(rows_in(*capture, range), RowMap(place(from), place(to)));
  }
}

TEST_P(EveryConnector, shows_one_instant_however_long_it_is_open) {
  const RowMap rows = some_rows(50, 3);
  write(rows);
  const auto capture = connector->capture(three_readers(), {});
  write({{aspect_key("urn:li:zzz:late", "status"), aspect_row("urn:li:zzz:late", "status", "{}")}});
  EXPECT_EQ(rows_in(*capture, {}), rows);
  EXPECT_EQ(live().size(), rows.size() + 1);
}

TEST_P(EveryConnector, ends_a_read_that_is_told_to_stop) {
  write(some_rows(300, 3));
  const auto capture = connector->capture({}, {});
  std::stop_source stop;
  stop.request_stop();
  KeepingSink sink;
  try {
    capture->read(capture->collections().at(0).collection, {}, sink, stop.get_token());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
  EXPECT_LT(sink.rows().size(), 300U);
}

TEST_P(EveryConnector, passes_on_what_a_sink_throws_and_can_be_used_again) {
  const RowMap rows = some_rows(100, 3);
  write(rows);
  struct Refusing : platform::RowSink {
    void row(const base::RowView&) override { throw Error(ErrorKind::io, "disk full"); }
  } refusing;
  const auto capture = connector->capture({}, {});
  try {
    capture->read(capture->collections().at(0).collection, {}, refusing, {});
    FAIL() << "the sink's error was swallowed";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
  }
  EXPECT_EQ(live(), rows);
}

TEST_P(EveryConnector, writes_a_row_only_while_it_is_what_was_planned) {
  const base::Row a = aspect_row("urn:li:tag:a", "status", "1");
  const base::Row a2 = aspect_row("urn:li:tag:a", "status", "2");
  const base::Row b = aspect_row("urn:li:tag:b", "status", "1");
  const base::Row c = aspect_row("urn:li:tag:c", "status", "1");
  const base::Row c2 = aspect_row("urn:li:tag:c", "status", "2");
  write({{a.key, a}, {b.key, b}});
  const auto writer = connector->writer(collection());
  const auto results = writer->apply({{.key = a.key, .before = a, .after = a2},
                                      {.key = b.key, .before = a2, .after = a2},
                                      {.key = c.key, .before = {}, .after = c}});
  EXPECT_EQ(results, (std::vector<RowResult>{RowResult::done, RowResult::conflict, RowResult::done}));
  EXPECT_EQ(live(), (RowMap{{a.key, a2}, {b.key, b}, {c.key, c}}));
  // Again: what was done is found done.
  EXPECT_EQ(writer->apply({{.key = a.key, .before = a, .after = a2}, {.key = c.key, .before = {}, .after = c}}),
            (std::vector<RowResult>{RowResult::already, RowResult::already}));
  EXPECT_EQ(writer->apply({{.key = b.key, .before = b, .after = {}}, {.key = c.key, .before = c2, .after = {}}}),
            (std::vector<RowResult>{RowResult::done, RowResult::conflict}));
  EXPECT_EQ(writer->apply({{.key = b.key, .before = b, .after = {}}}), (std::vector<RowResult>{RowResult::already}));
  EXPECT_EQ(live(), (RowMap{{a.key, a2}, {c.key, c}}));
}

TEST_P(EveryConnector, replaces_everything_at_once) {
  write(some_rows(40, 3));
  const RowMap rows = awkward_rows();
  const auto replacement = loaded(rows);
  EXPECT_EQ(live().size(), 40U) << "the shadow shows before the swap";
  KeepingSink back;
  const std::size_t parts = replacement->read_back_parts(3);
  for (std::size_t part = 0; part < parts; ++part) replacement->read_back(part, back, {});
  EXPECT_EQ(back.rows(), rows);
  EXPECT_FALSE(replacement->swap().empty());
  EXPECT_EQ(live(), rows);
  EXPECT_TRUE(connector->holds_rows(collection()));
}

TEST_P(EveryConnector, leaves_everything_alone_without_a_swap) {
  const RowMap rows = some_rows(40, 3);
  write(rows);
  loaded(awkward_rows()).reset();
  EXPECT_EQ(live(), rows);
}

TEST_P(EveryConnector, refuses_the_swap_after_a_write_to_the_live_rows) {
  const RowMap rows = some_rows(40, 3);
  write(rows);
  const auto replacement = loaded(awkward_rows());
  const base::Row late = aspect_row("urn:li:zzz:late", "status", "{}");
  write({{late.key, late}});
  try {
    replacement->swap();
    FAIL() << "a write was lost";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
  }
  RowMap expected = rows;
  expected.emplace(late.key, late);
  EXPECT_EQ(live(), expected);
}

TEST_P(EveryConnector, admits_ordinary_rows_and_knows_whether_it_holds_any) {
  EXPECT_FALSE(connector->holds_rows(collection()));
  const auto admission = connector->admission(collection());
  base::TaskGroup group({});
  for (int i = 0; i < 3; ++i)
    group.spawn([&admission, i](std::stop_token) {
      platform::RowSink& part = admission->part();
      std::vector<base::ColumnView> columns;
      int at = 0;
      for (const auto& [key, row] : awkward_rows())
        if (at++ % 3 == i) part.row(base::to_view(row, columns));
    });
  EXPECT_NO_THROW(group.wait());
  EXPECT_NO_THROW(admission->end());
}

TEST_P(EveryConnector, says_how_it_is_without_throwing) {
  EXPECT_FALSE(connector->diagnose().empty());
  EXPECT_NO_THROW(connector->left_out());
}

// A snapshot of one platform brought into each of them.
class EveryPair : public testing::TestWithParam<std::tuple<Place, Place>> {
protected:
  repository::Snapshot backed_up(platform::Connector& from) {
    return engine::backup(*world.repository, from, "source", EngineWorld::small(), world.events, world.clock, {})
        .snapshot;
  }
  engine::CompareCounts compared(const repository::Snapshot& snapshot, platform::Connector& with) {
    return engine::compare_live(*world.repository, snapshot, with, {}, {}, world.events, {}, {});
  }
  void fill(platform::Connector& connector, const RowMap& rows) {
    std::vector<platform::RowChange> changes;
    for (const auto& [key, row] : rows) changes.push_back({.key = key, .before = {}, .after = row});
    connector.writer(connector.capture({}, {})->collections().at(0).collection)->apply(changes);
  }
  EngineWorld world;
  std::unique_ptr<platform::Connector> source = std::get<0>(GetParam()).open(world.clock);
  std::unique_ptr<platform::Connector> target = std::get<1>(GetParam()).open(world.clock);
};

INSTANTIATE_TEST_SUITE_P(
    Platforms, EveryPair,
    testing::Combine(testing::Values(Place{"mariadb", open_mariadb}, Place{"postgresql", open_postgres}),
                     testing::Values(Place{"mariadb", open_mariadb}, Place{"postgresql", open_postgres})),
    [](const auto& instance) { return std::get<0>(instance.param).name + "_to_" + std::get<1>(instance.param).name; });

TEST_P(EveryPair, brings_a_whole_snapshot_over_without_a_difference) {
  RowMap rows = some_rows(700, 3);
  rows.merge(awkward_rows());
  fill(*source, rows);
  const repository::Snapshot snapshot = backed_up(*source);
  EXPECT_EQ(world.rows_of(snapshot), rows);
  const engine::WholeResult result =
      engine::restore_whole(*world.repository, snapshot, *target, {}, world.events, world.clock, {});
  EXPECT_EQ(result.rows, rows.size());
  EXPECT_EQ(rows_in(*target->capture({}, {}), {}), rows);
  EXPECT_FALSE(compared(snapshot, *target).any());
}

TEST_P(EveryPair, brings_a_part_over_by_a_plan_whose_next_plan_is_empty) {
  RowMap rows = some_rows(300, 3);
  fill(*source, rows);
  const repository::Snapshot snapshot = backed_up(*source);
  std::mt19937_64 random(6);
  mutate(rows, 80, random);
  fill(*target, rows);
  engine::PlanOptions options;
  options.target_name = "target";
  options.existing = model::Existing::replace;
  options.removes = true;
  const auto plan = [&] {
    return engine::make_plan(*world.repository, snapshot, *target, options, world.events, world.clock, world.random,
                             {});
  };
  const model::Plan made = plan();
  EXPECT_FALSE(made.steps.empty());
  const auto journal = storage::make_memory_backend();
  const model::Collection collection = model::collection_from_json(snapshot.trees.front().schema);
  const auto result = engine::apply_plan(made, *target, collection, *journal, world.events, world.clock, {});
  EXPECT_TRUE(result.conflicts.empty());
  EXPECT_EQ(result.created + result.updated + result.removed, made.steps.size());
  EXPECT_TRUE(plan().steps.empty());
  EXPECT_FALSE(compared(snapshot, *target).any());
}

}  // namespace
}  // namespace holdfast::test
