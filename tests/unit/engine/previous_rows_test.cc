#include "engine/previous_rows.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/key.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using platform::Sweep;
using repository::Snapshot;
using test::EngineWorld;
using test::RowMap;

constexpr std::size_t k_modified = 2;  // createdon of the aspect collection
constexpr auto k_day = std::chrono::hours(24);

TEST(SnapshotRows, finds_what_the_snapshot_has_in_any_order_and_from_many_threads) {
  EngineWorld world;
  RowMap rows = test::some_rows(3000, 5);
  world.connector.set_rows(rows);
  world.backup();
  std::mt19937_64 random(3);
  test::mutate(rows, 500, random);
  world.connector.set_rows(rows);
  SnapshotRows previous(*world.repository, world.backup().snapshot, {});
  std::vector<const base::Row*> wanted;
  for (const auto& [key, row] : rows) wanted.push_back(&row);
  std::atomic<std::size_t> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const base::Row& row = *wanted[t % 2 == 0 ? i : wanted.size() - 1 - i];
        if (previous.find(test::aspect_collection(), row.key) != row) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(previous.find(test::aspect_collection(), test::aspect_key("urn:li:none:x", "status")), std::nullopt);
}

TEST(SnapshotRows, gives_nothing_of_another_collection_or_layout) {
  EngineWorld world;
  const base::Row row = test::aspect_row("urn:li:tag:a", "status", "{}");
  world.connector.put(row);
  SnapshotRows previous(*world.repository, world.backup().snapshot, {});
  model::Collection other = test::aspect_collection();
  EXPECT_EQ(previous.find(other, row.key), row);
  other.columns[0].source_type = "json";
  EXPECT_EQ(previous.find(other, row.key), row) << "what the server calls it does not matter";
  other.columns.pop_back();
  EXPECT_EQ(previous.find(other, row.key), std::nullopt);
  other = test::aspect_collection();
  other.name = "other";
  EXPECT_EQ(previous.find(other, row.key), std::nullopt);
}

TEST(SnapshotRows, gives_no_row_that_was_carried_forward) {
  EngineWorld world;
  const base::Row a = test::aspect_row("urn:li:tag:a", "status", "{}");
  const base::Row b = test::aspect_row("urn:li:tag:b", "status", "{}");
  world.connector.put(a);
  world.connector.put(b);
  world.backup();
  world.connector.make_unreadable({{"aspect", base::range_of_key(a.key), "403"}});
  SnapshotRows previous(*world.repository, world.backup().snapshot, {});
  EXPECT_EQ(previous.find(test::aspect_collection(), a.key), std::nullopt);
  EXPECT_EQ(previous.find(test::aspect_collection(), b.key), b);
}

TEST(LastSweep, is_the_snapshots_own_instant_unless_it_says_otherwise) {
  Snapshot snapshot;
  snapshot.taken = base::Instant(std::chrono::hours(24 * 20'000));
  const base::Instant swept = snapshot.taken - std::chrono::hours(30);
  for (const char* attributes : {"", "{}", "[]", R"({"last_sweep":7})", R"({"last_sweep":"long ago"})"}) {
    snapshot.attributes = attributes;
    EXPECT_EQ(last_sweep(snapshot), snapshot.taken) << attributes;
  }
  for (const char* attributes : {"{}", R"({"n":1.10, "ddl":"a } b"} )"}) {
    snapshot.attributes = with_last_sweep(attributes, swept);
    EXPECT_EQ(last_sweep(snapshot), swept) << snapshot.attributes;
  }
  EXPECT_EQ(with_last_sweep(R"({"n":1.10})", base::Instant{}), R"({"n":1.10,"last_sweep":"1970-01-01T00:00:00Z"})");
  EXPECT_THROW(with_last_sweep("no JSON", swept), base::Error);
}

class SweepTest : public testing::Test {
protected:
  SweepTest() {
    rows_ = test::some_rows(400, 5);
    world_.connector.set_rows(rows_);
    world_.connector.set_modified_column(k_modified);
  }
  // Rows that were fetched for one backup.
  std::uint64_t fetched_by(const BackupOptions& options = EngineWorld::small()) {
    const std::uint64_t before = world_.connector.fetched();
    last_ = world_.backup(options).snapshot;
    return world_.connector.fetched() - before;
  }
  void change(std::size_t number, std::string_view modified) {
    base::Row& row = std::next(rows_.begin(), static_cast<std::ptrdiff_t>(number))->second;
    row.columns[0] = fmt::format(R"({{"changed":{}}})", number);
    row.columns[k_modified] = std::string(modified);
    world_.connector.set_rows(rows_);
  }

  EngineWorld world_;
  RowMap rows_;
  Snapshot last_;
};

TEST_F(SweepTest, a_backup_fetches_what_was_modified_and_nothing_else) {
  EXPECT_EQ(fetched_by(), 400U);
  change(7, "2026-11-21 00:00:00.000000");
  change(300, "2026-11-21 00:00:00.000000");
  EXPECT_EQ(fetched_by(), 2U);
  EXPECT_EQ(world_.rows_of(last_), rows_);
  EXPECT_EQ(last_.counts.changed, 2U);
  EXPECT_EQ(last_.counts.unchanged, 398U);
}

TEST_F(SweepTest, a_sweep_finds_what_changed_behind_an_old_instant) {
  fetched_by();
  change(7, *rows_.begin()->second.columns[k_modified]);
  EXPECT_EQ(fetched_by(), 0U);
  EXPECT_NE(world_.rows_of(last_), rows_) << "the platform said that nothing was modified";
  BackupOptions options = EngineWorld::small();
  options.sweep = Sweep::everything;
  EXPECT_EQ(fetched_by(options), 400U);
  EXPECT_EQ(world_.rows_of(last_), rows_);
}

TEST_F(SweepTest, comes_round_by_age_however_often_a_backup_is_made) {
  fetched_by();
  const base::Instant first = last_.taken;
  std::size_t sweeps = 0;
  for (int day = 1; day <= 15; ++day) {
    world_.clock.advance(k_day);
    const bool swept = fetched_by() != 0;
    sweeps += swept ? 1 : 0;
    EXPECT_EQ(swept, world_.connector.last_sweep() == Sweep::everything) << day;
    EXPECT_EQ(swept, day == 7 || day == 14) << day;
    if (day < 7) {
      EXPECT_EQ(last_sweep(last_), first) << day;
    }
  }
  EXPECT_EQ(sweeps, 2U);
}

TEST_F(SweepTest, is_due_at_once_when_the_clock_was_set_back) {
  fetched_by();
  fetched_by();
  EXPECT_EQ(world_.connector.last_sweep(), Sweep::changes);
  world_.clock.advance(-3 * k_day);
  EXPECT_EQ(fetched_by(), 400U);
}

TEST_F(SweepTest, a_full_backup_is_one) {
  fetched_by();
  BackupOptions options = EngineWorld::small();
  options.full = true;
  EXPECT_EQ(fetched_by(options), 400U);
  EXPECT_EQ(last_.attributes, R"({"engine":"fake"})");
}

TEST_F(SweepTest, one_of_another_workspace_is_one) {
  fetched_by();
  BackupOptions options = EngineWorld::small();
  options.other_workspace = true;
  EXPECT_THROW(fetched_by(options), base::Error) << "none was known";
  EXPECT_EQ(world_.connector.last_sweep(), Sweep::everything);
}

TEST_F(SweepTest, a_row_that_is_stale_is_fetched_although_it_was_not_modified) {
  fetched_by();
  const base::Bytes key = std::next(rows_.begin(), 9)->first;
  world_.connector.make_unreadable({{"aspect", base::range_of_key(key), "403"}});
  EXPECT_EQ(fetched_by(), 0U);
  ASSERT_TRUE(last_.partial());
  world_.connector.make_unreadable({});
  EXPECT_EQ(fetched_by(), 1U);
  EXPECT_FALSE(last_.partial());
}

TEST_F(SweepTest, means_nothing_to_a_platform_that_always_fetches_everything) {
  world_.connector.set_modified_column(std::nullopt);
  fetched_by();
  EXPECT_EQ(fetched_by(), 400U);
  EXPECT_EQ(last_.attributes, R"({"engine":"fake"})");
  EXPECT_EQ(last_sweep(last_), last_.taken);
}

}  // namespace
}  // namespace holdfast::engine
