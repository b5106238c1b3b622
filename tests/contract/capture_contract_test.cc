// What every connector's captures are like, whatever is behind them: the connector in memory, DataHub's SQL store on a
// real MariaDB and a real PostgreSQL, a Databricks workspace.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/task_group.h"
#include "engine/backup.h"
#include "model/json_text.h"
#include "repository/tree.h"
#include "support/datahub.h"
#include "support/engine_world.h"
#include "support/fake_connector.h"
#include "support/servers.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_rows = 300;

// A platform with something in it.
class Subject {
public:
  virtual ~Subject() = default;
  virtual platform::Connector& connector() = 0;
  // From now on something in it, or all, cannot be read, at least by captures with these options.
  virtual void hinder(platform::CaptureOptions& options) = 0;
  // The same platform to somebody whom it refuses everything.
  virtual std::unique_ptr<platform::Connector> refused() = 0;
};

class InMemory : public Subject {
public:
  explicit InMemory(EngineWorld& world) : world_(world), connector_(world.clock) {
    connector_.set_rows(some_rows(k_rows, 3));
  }
  platform::Connector& connector() override { return connector_; }
  void hinder(platform::CaptureOptions&) override {
    const base::Bytes half = std::next(connector_.rows().begin(), k_rows / 2)->first;
    connector_.make_unreadable({{.collection = "aspect", .keys = {.from = half, .to = {}}, .reason = "403 no"}});
  }
  std::unique_ptr<platform::Connector> refused() override {
    auto out = std::make_unique<FakeConnector>(world_.clock);
    out->set_hooks({.read = {},
                    .capture = [] { throw Error(ErrorKind::auth, "access denied"); },
                    .before_apply = {},
                    .after_apply = {},
                    .load = {},
                    .index = {},
                    .swap = {}});
    return out;
  }

private:
  EngineWorld& world_;
  FakeConnector connector_;
};

constexpr const char* k_columns =
    "urn varchar(500) NOT NULL, aspect varchar(200) NOT NULL, version bigint NOT NULL, metadata {0} NOT NULL, "
    "systemmetadata {0}, createdon {1} NOT NULL, createdby varchar(255) NOT NULL, createdfor varchar(255), "
    "PRIMARY KEY (urn, aspect, version)";

template <typename Server>
class Sql : public Subject {
public:
  Sql(EngineWorld& world, Server& server, const std::string& table)
      : world_(world), database_(fresh_database(server)), server_(server) {
    server.execute(table, database_);
    connector_ = open_datahub(server.url(database_), world.clock);
    std::vector<platform::RowChange> changes;
    for (const auto& [key, row] : some_rows(k_rows, 3)) changes.push_back({.key = key, .before = {}, .after = row});
    connector_->writer(connector_->capture({}, {})->collections().at(0).collection)->apply(changes);
  }
  platform::Connector& connector() override { return *connector_; }
  // An instant that may not be held open at all.
  void hinder(platform::CaptureOptions& options) override { options.max_snapshot_age = base::Duration{}; }
  std::unique_ptr<platform::Connector> refused() override {
    return open_datahub(server_.url("no_such_database"), world_.clock);
  }

private:
  EngineWorld& world_;
  std::string database_;
  Server& server_;
  std::unique_ptr<platform::Connector> connector_;
};

class Workspace : public Subject {
public:
  explicit Workspace(EngineWorld& world)
      : world_(world), still_(world.clock.now()), workspace_(world.clock, 41, still_) {
    seed_every_kind(workspace_.stand_in);
    connector_ = workspace_.connect();
  }
  platform::Connector& connector() override { return *connector_; }
  void hinder(platform::CaptureOptions&) override {
    for (const char* path : {"/api/2.0/workspace/list", "/api/2.2/jobs/get", "/api/2.1/clusters/list"})
      workspace_.stand_in.faults().add(fmt::format("GET {}#*: 403", path));
  }
  std::unique_ptr<platform::Connector> refused() override {
    refusing_ = std::make_unique<StoodWorkspace>(world_.clock, 42);
    refusing_->stand_in.faults().add("* *#*: 403");
    return refusing_->connect();
  }

private:
  EngineWorld& world_;
  // What waits for a limit moves the world's clock, and clusters there start and stop by theirs.
  ManualClock still_;
  StoodWorkspace workspace_;
  std::unique_ptr<StoodWorkspace> refusing_;
  std::unique_ptr<platform::Connector> connector_;
};

std::unique_ptr<Subject> make_subject(const std::string& name, EngineWorld& world) {
  const auto table = [](const char* text, const char* instant) {
    return fmt::format("CREATE TABLE metadata_aspect_v2 ({})", fmt::format(fmt::runtime(k_columns), text, instant));
  };
  if (name == "mariadb")
    return std::make_unique<Sql<MariadbServer>>(
        world, shared_mariadb(), table("longtext", "datetime(6)") + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
  if (name == "postgresql")
    return std::make_unique<Sql<PostgresServer>>(world, shared_postgres(),
                                                 table("text", "timestamp without time zone"));
  if (name == "databricks") return std::make_unique<Workspace>(world);
  return std::make_unique<InMemory>(world);
}

class OrderedSink : public platform::RowSink {
public:
  explicit OrderedSink(base::KeyRange range = {}) : range_(std::move(range)) {}
  void row(const base::RowView& row) override {
    EXPECT_TRUE(rows.empty() || rows.rbegin()->first < row.key) << "rows are not in key order";
    EXPECT_TRUE(range_.contains(row.key)) << "a row outside of its range";
    rows.emplace_hint(rows.end(), base::Bytes(row.key), base::to_row(row));
  }
  RowMap rows;

private:
  base::KeyRange range_;
};

RowMap rows_in(platform::Capture& capture, const model::Collection& collection, const base::KeyRange& range) {
  OrderedSink sink(range);
  capture.read(collection, range, sink, {});
  return sink.rows;
}

using Trees = std::map<std::string, RowMap>;  // by collection

Trees stored(EngineWorld& world, const repository::Snapshot& snapshot) {
  Trees out;
  for (const repository::Tree& tree : snapshot.trees)
    for (repository::TreeCursor cursor(world.repository->blocks(), tree); cursor.valid(); cursor.next())
      out[tree.name].emplace(base::Bytes(cursor.current().key), base::to_row(cursor.current()));
  return out;
}

class EveryCapture : public testing::TestWithParam<const char*> {
protected:
  EngineWorld world;
  std::unique_ptr<Subject> subject = make_subject(GetParam(), world);

  std::unique_ptr<platform::Capture> capture(unsigned readers = 3) {
    platform::CaptureOptions options;
    options.readers = readers;
    return subject->connector().capture(options, {});
  }
};

INSTANTIATE_TEST_SUITE_P(Platforms, EveryCapture, testing::Values("memory", "mariadb", "postgresql", "databricks"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST_P(EveryCapture, gives_every_row_once_and_in_order_over_ranges_that_cover_all_keys) {
  const auto open = capture();
  ASSERT_FALSE(open->collections().empty());
  EXPECT_GE(open->readers(), 1U);
  for (const platform::CollectionEstimate& estimate : open->collections()) {
    SCOPED_TRACE(estimate.collection.name);
    const auto ranges = open->ranges(estimate.collection, 8);
    ASSERT_FALSE(ranges.empty());
    EXPECT_EQ(ranges.front().from, "");
    EXPECT_FALSE(ranges.back().to.has_value());
    for (std::size_t i = 0; i + 1 < ranges.size(); ++i) EXPECT_EQ(ranges[i].to, ranges[i + 1].from);
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    RowMap all;
    base::TaskGroup group{std::stop_token()};
    for (unsigned i = 0; i < open->readers(); ++i) {
      group.spawn([&](const std::stop_token&) {
        for (std::size_t k = next++; k < ranges.size(); k = next++) {
          RowMap part = rows_in(*open, estimate.collection, ranges[k]);
          const std::lock_guard lock(mutex);
          all.merge(part);
          EXPECT_TRUE(part.empty()) << "a row came twice";
        }
      });
    }
    group.wait();
    EXPECT_EQ(all, rows_in(*open, estimate.collection, {}));
  }
}

TEST_P(EveryCapture, reads_exactly_the_rows_of_any_range) {
  const auto open = capture();
  std::size_t cut = 0;
  for (const platform::CollectionEstimate& estimate : open->collections()) {
    SCOPED_TRACE(estimate.collection.name);
    const RowMap rows = rows_in(*open, estimate.collection, {});
    if (rows.size() < 2) continue;
    const auto middle = std::next(rows.begin(), static_cast<std::ptrdiff_t>(rows.size() / 2));
    const base::Bytes key = middle->first;
    EXPECT_EQ(rows_in(*open, estimate.collection, {.from = {}, .to = key}), RowMap(rows.begin(), middle));
    EXPECT_EQ(rows_in(*open, estimate.collection, {.from = key, .to = {}}), RowMap(middle, rows.end()));
    EXPECT_EQ(rows_in(*open, estimate.collection, base::range_of_key(key)).size(), 1U);
    EXPECT_TRUE(rows_in(*open, estimate.collection, {.from = key, .to = key}).empty());
    ++cut;
  }
  EXPECT_GE(cut, 1U);
}

TEST_P(EveryCapture, gives_rows_of_as_many_columns_as_it_describes_and_keys_of_as_many_parts) {
  const auto open = capture();
  for (const platform::CollectionEstimate& estimate : open->collections()) {
    SCOPED_TRACE(estimate.collection.name);
    EXPECT_FALSE(estimate.collection.key.empty());
    for (const auto& [key, row] : rows_in(*open, estimate.collection, {})) {
      EXPECT_EQ(row.columns.size(), estimate.collection.columns.size());
      for (std::size_t i = 0; i < row.columns.size(); ++i)
        EXPECT_TRUE(row.columns[i].has_value() || estimate.collection.columns[i].nullable)
            << estimate.collection.columns[i].name;
    }
  }
}

TEST_P(EveryCapture, ends_a_read_within_two_seconds_of_being_told_to) {
  struct Stopping : platform::RowSink {
    explicit Stopping(std::stop_source source) : stop(std::move(source)) {}
    void row(const base::RowView&) override {
      ++rows;
      stop.request_stop();
      told = base::system_clock().elapsed();
    }
    std::stop_source stop;
    std::size_t rows = 0;
    base::Duration told{};
  };
  const auto open = capture();
  std::size_t all = 0;
  std::size_t given = 0;
  for (const platform::CollectionEstimate& estimate : open->collections()) {
    const std::size_t rows = rows_in(*open, estimate.collection, {}).size();
    if (rows == 0) continue;
    all += rows;
    Stopping sink{std::stop_source()};
    try {
      open->read(estimate.collection, {}, sink, sink.stop.get_token());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::cancelled) << error.message();
    }
    EXPECT_LT(base::system_clock().elapsed() - sink.told, std::chrono::seconds(2)) << estimate.collection.name;
    given += sink.rows;
  }
  EXPECT_GE(given, 1U);
  EXPECT_LE(given, all);
}

TEST_P(EveryCapture, reads_nothing_whole_that_is_stopped_before_it_begins) {
  const auto open = capture();
  std::stop_source stop;
  stop.request_stop();
  for (const platform::CollectionEstimate& estimate : open->collections()) {
    const std::size_t rows = rows_in(*open, estimate.collection, {}).size();
    if (rows == 0) continue;
    OrderedSink sink;
    try {
      open->read(estimate.collection, {}, sink, stop.get_token());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::cancelled) << error.message();
    }
    EXPECT_LT(sink.rows.size(), rows) << estimate.collection.name;
  }
}

TEST_P(EveryCapture, passes_on_what_a_sink_throws_and_can_be_read_again) {
  struct Refusing : platform::RowSink {
    void row(const base::RowView&) override { throw Error(ErrorKind::io, "disk full"); }
  } refusing;
  const auto open = capture();
  for (const platform::CollectionEstimate& estimate : open->collections()) {
    SCOPED_TRACE(estimate.collection.name);
    const RowMap rows = rows_in(*open, estimate.collection, {});
    if (rows.empty()) continue;
    try {
      open->read(estimate.collection, {}, refusing, {});
      ADD_FAILURE() << "the sink's error was swallowed";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io) << error.message();
    }
  }
  const auto again = capture();
  EXPECT_FALSE(rows_in(*again, again->collections().at(0).collection, {}).empty());
}

TEST_P(EveryCapture, says_where_it_is_in_words_that_stay_the_same) {
  const auto first = capture();
  const auto second = capture();
  EXPECT_FALSE(subject->connector().platform().empty());
  const model::JsonText a(first->attributes());
  const model::JsonText b(second->attributes());
  const auto text = [](const model::JsonText& json, std::string_view name) {
    const auto id = json.member(model::JsonText::k_root, name);
    return id == model::JsonText::k_none ? std::string() : std::string(json.raw(id));
  };
  for (const std::string_view name : {platform::k_workspace_attribute, platform::k_host_attribute})
    EXPECT_EQ(text(a, name), text(b, name)) << name;
  ASSERT_EQ(first->collections().size(), second->collections().size());
  for (std::size_t i = 0; i < first->collections().size(); ++i)
    EXPECT_EQ(first->collections()[i].collection.name, second->collections()[i].collection.name);
  EXPECT_EQ(subject->connector().kinds().empty(), text(a, platform::k_workspace_attribute).empty())
      << "what has kinds can be told from another of its kind";
}

TEST_P(EveryCapture, is_the_same_backup_twice_where_nothing_changed) {
  const auto options = EngineWorld::small();
  const auto first =
      engine::backup(*world.repository, subject->connector(), "one", options, world.events, world.clock, {});
  EXPECT_FALSE(first.snapshot.partial()) << fmt::format("{}", fmt::join(first.snapshot.outcomes, "\n"));
  const auto second =
      engine::backup(*world.repository, subject->connector(), "one", options, world.events, world.clock, {});
  EXPECT_FALSE(second.snapshot.partial());
  EXPECT_EQ(stored(world, first.snapshot), stored(world, second.snapshot));
}

TEST_P(EveryCapture, counts_nothing_as_deleted_that_it_could_not_read_and_names_it) {
  auto options = EngineWorld::small();
  const auto first =
      engine::backup(*world.repository, subject->connector(), "one", options, world.events, world.clock, {});
  const Trees before = stored(world, first.snapshot);
  subject->hinder(options.capture);
  std::optional<engine::BackupResult> made;
  try {
    made = engine::backup(*world.repository, subject->connector(), "one", options, world.events, world.clock, {});
  } catch (const Error& error) {
    // Nothing at all could be read: there is no second snapshot.
    EXPECT_EQ(error.kind(), ErrorKind::unavailable) << error.message();
    EXPECT_EQ(world.repository->snapshots().size(), 1U);
    return;
  }
  const engine::BackupResult& second = *made;
  EXPECT_TRUE(second.snapshot.partial());
  EXPECT_GE(second.failures, 1U);
  ASSERT_FALSE(second.snapshot.outcomes.empty());
  for (const std::string& line : second.snapshot.outcomes) EXPECT_NE(line.find(": "), std::string::npos) << line;
  const Trees after = stored(world, second.snapshot);
  for (const auto& [name, rows] : before) {
    ASSERT_TRUE(after.contains(name)) << name;
    for (const auto& [key, row] : rows) EXPECT_TRUE(after.at(name).contains(key)) << name << " lost a row";
  }
}

TEST_P(EveryCapture, says_how_it_is_where_everything_is_refused_and_throws_nothing_but_errors) {
  EXPECT_FALSE(subject->connector().diagnose().empty());
  const auto refused = subject->refused();
  std::vector<platform::Diagnosis> said;
  EXPECT_NO_THROW(said = refused->diagnose());
  EXPECT_FALSE(said.empty());
  try {
    (void)refused->left_out();
    const auto open = refused->capture({}, {});
    for (const platform::CollectionEstimate& estimate : open->collections()) {
      OrderedSink sink;
      for (const base::KeyRange& range : open->ranges(estimate.collection, 1))
        open->read(estimate.collection, range, sink, {});
      EXPECT_TRUE(sink.rows.empty()) << estimate.collection.name;
    }
  } catch (const Error& error) {
    EXPECT_FALSE(error.message().empty());
  }
}

}  // namespace
}  // namespace holdfast::test
