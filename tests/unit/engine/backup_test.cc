#include "engine/backup.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <set>
#include <thread>

#include "base/error.h"
#include "engine/compare.h"
#include "storage/decorators/fault_backend.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using base::Error;
using base::ErrorKind;
using repository::Snapshot;
using test::EngineWorld;
using test::RowMap;

// What a reader throws when its server is gone.
[[noreturn]] void lose_connection() {
  throw Error(ErrorKind::unavailable, "lost connection to the server");
}

test::FakeConnector::Hooks failing_in(std::size_t range, std::uint64_t after_rows) {
  test::FakeConnector::Hooks hooks;
  hooks.read = [=](std::size_t number, std::uint64_t rows, const std::stop_token&) {
    if (number == range && rows >= after_rows) lose_connection();
  };
  return hooks;
}

TEST(Backup, the_first_one_holds_every_row_byte_for_byte) {
  EngineWorld world;
  const RowMap rows = test::some_rows(3000, 7);
  world.connector.set_rows(rows);
  const BackupResult result = world.backup();
  EXPECT_EQ(world.rows_of(result.snapshot), rows);
  EXPECT_EQ(result.snapshot.counts.added, rows.size());
  EXPECT_EQ(result.snapshot.connector, "catalog");
  EXPECT_EQ(result.snapshot.platform, "fake");
  EXPECT_EQ(result.snapshot.attributes, R"({"engine":"fake"})");
  EXPECT_EQ(result.snapshot.taken, world.clock.now());
  EXPECT_FALSE(result.snapshot.partial());
  EXPECT_LE(world.connector.most_readers(), 2U);
  EXPECT_EQ(world.events.last_progress().rows, rows.size());
  EXPECT_EQ(world.events.last_progress().rows_total, rows.size());
}

TEST(Backup, increments_follow_random_changes_exactly) {
  EngineWorld world;
  std::mt19937_64 random(11);
  RowMap rows = test::some_rows(1500, 3);
  std::vector<std::pair<Snapshot, RowMap>> made;
  for (int i = 0; i < 12; ++i) {
    world.connector.set_rows(rows);
    made.emplace_back(world.backup().snapshot, rows);
    test::mutate(rows, i % 3 == 0 ? 5 : 150, random);
  }
  for (const auto& [snapshot, expected] : made) {
    const Snapshot stored = world.repository->snapshot(snapshot.id);
    EXPECT_EQ(world.rows_of(stored), expected) << snapshot.id.name();
    EXPECT_EQ(stored.trees.front().rows, expected.size());
  }
}

TEST(Backup, counts_what_is_new_changed_gone_and_unchanged) {
  EngineWorld world;
  RowMap rows;
  for (int i = 0; i < 10; ++i) {
    const auto row = test::aspect_row(fmt::format("urn:li:tag:{}", i), "status", "{}");
    rows.emplace(row.key, row);
  }
  world.connector.set_rows(rows);
  world.backup();
  world.connector.erase(test::aspect_key("urn:li:tag:3", "status"));
  world.connector.put(test::aspect_row("urn:li:tag:4", "status", R"({"removed":true})"));
  world.connector.put(test::aspect_row("urn:li:tag:x", "status", "{}"));
  const auto counts = world.backup().snapshot.counts;
  EXPECT_EQ(counts.added, 1U);
  EXPECT_EQ(counts.changed, 1U);
  EXPECT_EQ(counts.gone, 1U);
  EXPECT_EQ(counts.unchanged, 8U);
}

TEST(Backup, of_nothing_new_adds_at_most_64_kib) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(4000, 5));
  world.backup();
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  world.repository = world.open(*counted);
  const BackupResult again = world.backup();
  EXPECT_EQ(again.snapshot.counts.unchanged, 4000U);
  EXPECT_LE(again.snapshot.bytes_added_stored, 64U * 1024);
  EXPECT_LE(counts.bytes_written.load(), 64U * 1024);
  EXPECT_EQ(world.rows_of(again.snapshot), world.connector.rows());
  world.repository = world.open(*world.backend);
}

TEST(Backup, a_full_one_compares_with_nothing_and_equals_the_incremental_one) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(800, 5));
  const Snapshot first = world.backup().snapshot;
  BackupOptions options = EngineWorld::small();
  options.full = true;
  const Snapshot full = world.backup(options).snapshot;
  EXPECT_EQ(full.counts.added, 800U);
  EXPECT_EQ(full.trees.front().content, first.trees.front().content);
  EXPECT_EQ(full.parent, first.id);
  EXPECT_FALSE(full.trees.front().delta.has_value());
}

TEST(Backup, a_dry_run_counts_and_writes_nothing) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(500, 5));
  world.backup();
  world.connector.put(test::aspect_row("urn:li:tag:new", "status", "{}"));
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  world.repository = world.open(*counted);
  BackupOptions options = EngineWorld::small();
  options.dry_run = true;
  const BackupResult result = world.backup(options);
  EXPECT_EQ(result.snapshot.counts.added, 1U);
  EXPECT_EQ(result.snapshot.counts.unchanged, 500U);
  EXPECT_GT(result.snapshot.bytes_added_raw, 0U);
  EXPECT_EQ(counts.puts.load(), 0U);
  EXPECT_EQ(world.repository->snapshots().size(), 1U);
  world.repository = world.open(*world.backend);
}

TEST(Backup, keeps_the_block_size_of_its_parent_for_life) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(600, 5));
  const auto shape = world.backup().snapshot.trees.front().shape;
  RowMap rows = world.connector.rows();
  for (auto& [key, row] : rows) row.columns[0] = std::string(4000, 'y');
  world.connector.set_rows(rows);
  EXPECT_EQ(world.backup().snapshot.trees.front().shape, shape);
}

TEST(Backup, starts_a_new_base_when_columns_change) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(300, 5));
  const Snapshot before = world.backup().snapshot;
  model::Collection wider = test::aspect_collection();
  wider.columns.push_back({"extra", "text", model::ColumnContent::text, true});
  world.connector.change_columns(wider);
  const Snapshot after = world.backup().snapshot;
  EXPECT_EQ(world.rows_of(after), world.connector.rows());
  EXPECT_EQ(after.trees.front().shape.columns, 6U);
  EXPECT_FALSE(after.trees.front().delta.has_value());
  EXPECT_EQ(after.trees.front().layers.size(), 1U);
  // A column that is NULL everywhere is no difference.
  const auto counts = compare_snapshots(*world.repository, {before, after, {}, repository::Values::no}, {}, {});
  EXPECT_FALSE(counts.any());
}

void expect_that_a_dying_reader_deletes_nothing(const BackupOptions& options) {
  for (std::size_t range = 0; range < 16; ++range) {
    EngineWorld world(range + 1);
    const RowMap before = test::some_rows(320, 9);
    world.connector.set_rows(before);
    world.backup();
    RowMap now = before;
    std::mt19937_64 random(range);
    test::mutate(now, 120, random);
    world.connector.set_rows(now);
    world.connector.set_hooks(failing_in(range, 5));
    const Snapshot partial = world.backup(options).snapshot;
    ASSERT_TRUE(partial.partial()) << range;
    EXPECT_NE(partial.outcomes.front().find("lost connection"), std::string::npos);
    EXPECT_EQ(world.events.warnings(), partial.outcomes);
    const repository::Tree& tree = partial.trees.front();
    ASSERT_FALSE(tree.stale.empty());
    EXPECT_TRUE(std::all_of(tree.stale.begin(), tree.stale.end(), [](const auto& each) { return each.last_good; }));
    const RowMap stored = world.rows_of(partial);
    const auto stale = [&](const base::Bytes& key) {
      return std::any_of(tree.stale.begin(), tree.stale.end(),
                         [&](const auto& each) { return each.range.contains(key); });
    };
    // In what was read the snapshot is the new state, in what was not the old one: nothing else is possible.
    std::set<base::Bytes> keys;
    for (const RowMap* each : {&before, static_cast<const RowMap*>(&now), &stored}) {
      for (const auto& [key, row] : *each) keys.insert(key);
    }
    for (const base::Bytes& key : keys) {
      const RowMap& truth = stale(key) ? before : now;
      const auto expected = truth.find(key);
      const auto found = stored.find(key);
      ASSERT_EQ(found == stored.end(), expected == truth.end());
      if (found == stored.end()) continue;
      EXPECT_EQ(found->second, expected->second);
    }
    world.connector.set_hooks({});
    const Snapshot healed = world.backup().snapshot;
    EXPECT_FALSE(healed.partial());
    EXPECT_TRUE(healed.trees.front().stale.empty());
    EXPECT_EQ(world.rows_of(healed), now);
  }
}

TEST(Backup, a_reader_that_dies_in_any_range_deletes_nothing_and_the_next_backup_heals) {
  expect_that_a_dying_reader_deletes_nothing(EngineWorld::small());
}

TEST(Backup, a_full_one_whose_reader_dies_carries_forward_what_it_could_not_read) {
  BackupOptions options = EngineWorld::small();
  options.full = true;
  expect_that_a_dying_reader_deletes_nothing(options);
}

TEST(Backup, reads_first_what_the_last_one_could_not) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(320, 9));
  world.backup();
  world.connector.set_hooks(failing_in(9, 0));
  ASSERT_TRUE(world.backup().snapshot.partial());
  test::FakeConnector::Hooks hooks;
  std::mutex mutex;
  std::vector<std::size_t> order;
  hooks.read = [&](std::size_t range, std::uint64_t rows, const std::stop_token&) {
    if (rows != 0) return;
    const std::lock_guard lock(mutex);
    order.push_back(range);
  };
  world.connector.set_hooks(hooks);
  BackupOptions options = EngineWorld::small();
  options.capture.readers = 1;
  world.connector.set_rows(world.connector.rows());
  world.backup(options);
  ASSERT_FALSE(order.empty());
  // One reader cuts half as many ranges: number 9 of 16 lies in number 4 of 8.
  EXPECT_EQ(order.front(), 4U);
}

TEST(Backup, in_which_nothing_could_be_read_fails_and_leaves_no_snapshot) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(100, 9));
  test::FakeConnector::Hooks hooks;
  hooks.read = [](std::size_t, std::uint64_t, const std::stop_token&) { lose_connection(); };
  world.connector.set_hooks(hooks);
  try {
    world.backup();
    FAIL() << "a backup without a row succeeded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unavailable);
  }
  EXPECT_TRUE(world.repository->snapshots().empty());
}

TEST(Backup, names_a_row_that_is_too_large_keeps_what_it_was_and_stores_the_others) {
  EngineWorld world;
  RowMap rows = test::some_rows(50, 7);
  base::Row grown = test::aspect_row("urn:li:corpuser:anna", "corpUserInfo", "{}");
  rows[grown.key] = grown;
  world.connector.set_rows(rows);
  world.backup();
  const RowMap before = rows;
  grown.columns[0] = std::string(repository::k_value_bytes_max + 1, 'x');
  const base::Row fits =
      test::aspect_row("urn:li:corpuser:bert", "corpUserInfo", std::string(repository::k_value_bytes_max, 'x'));
  rows[grown.key] = grown;
  rows[fits.key] = fits;
  world.connector.set_rows(rows);
  const Snapshot snapshot = world.backup().snapshot;
  RowMap expected = before;
  expected[fits.key] = fits;
  EXPECT_TRUE(world.rows_of(snapshot) == expected) << "16 MiB are not worth printing";
  ASSERT_EQ(snapshot.outcomes.size(), 1U);
  EXPECT_NE(snapshot.outcomes[0].find("urn:li:corpuser:anna/corpUserInfo"), std::string::npos) << snapshot.outcomes[0];
  EXPECT_NE(snapshot.outcomes[0].find("16777217 bytes"), std::string::npos) << snapshot.outcomes[0];
}

TEST(Backup, of_an_empty_platform_is_an_empty_snapshot) {
  EngineWorld world;
  const Snapshot snapshot = world.backup().snapshot;
  EXPECT_EQ(snapshot.trees.front().rows, 0U);
  EXPECT_TRUE(world.rows_of(snapshot).empty());
}

TEST(Backup, ends_soon_after_a_stop_request_without_a_snapshot) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(400, 9));
  test::FakeConnector::Hooks hooks;
  std::atomic<bool> reading{false};
  // A server that does not answer any more: the reader only comes back when it is told to stop.
  hooks.read = [&](std::size_t, std::uint64_t rows, const std::stop_token& stop) {
    if (rows < 3) return;
    reading = true;
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
  };
  world.connector.set_hooks(hooks);
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  std::jthread impatient([&] {
    while (!reading) std::this_thread::yield();
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  try {
    world.backup(EngineWorld::small(), stop.get_token());
    FAIL() << "a stopped backup succeeded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
  impatient.join();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(2));
  EXPECT_TRUE(world.repository->snapshots().empty());
}

TEST(Backup, a_store_that_breaks_ends_the_backup_with_the_stores_error) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(400, 9));
  storage::FaultPlan plan;
  plan.before = [](storage::Call call, const std::string& name) {
    if (call == storage::Call::put && name.starts_with("packs/")) throw Error(ErrorKind::io, "no space left on device");
  };
  const auto full = storage::make_fault_backend(*world.backend, plan, nullptr);
  world.repository = world.open(*full);
  try {
    world.backup();
    FAIL() << "a backup onto a full disk succeeded";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
  }
  world.repository = world.open(*world.backend);
  EXPECT_TRUE(world.repository->snapshots().empty());
  EXPECT_EQ(world.rows_of(world.backup().snapshot), world.connector.rows());
}

TEST(Backup, killed_at_every_storage_call_leaves_old_snapshots_whole_and_the_next_one_works) {
  EngineWorld world;
  RowMap rows = test::some_rows(200, 9);
  world.connector.set_rows(rows);
  const Snapshot first = world.backup().snapshot;
  const RowMap before = rows;
  std::mt19937_64 random(4);
  test::mutate(rows, 40, random);
  world.connector.set_rows(rows);
  bool finished = false;
  for (std::uint64_t k = 0; !finished; ++k) {
    ASSERT_LT(k, 300U) << "a small backup makes too many storage calls";
    std::atomic<std::uint64_t> calls{0};
    storage::FaultPlan plan;
    // From the k-th call on every call fails: the process is gone.
    plan.before = [&](storage::Call, const std::string&) {
      if (calls++ >= k) throw Error(ErrorKind::unavailable, "killed");
    };
    const auto dying = storage::make_fault_backend(*world.backend, plan, nullptr);
    try {
      const auto repository = world.open(*dying);
      backup(*repository, world.connector, "catalog", EngineWorld::small(), world.events, world.clock, {});
      finished = true;
    } catch (const Error&) {
      finished = false;
    }
    const auto repository = world.open(*world.backend);
    std::vector<std::string> damaged;
    const std::vector<Snapshot> all = repository->snapshots(&damaged);
    EXPECT_TRUE(damaged.empty()) << k;
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all.front().id, first.id);
    EXPECT_EQ(world.rows_of(*repository, all.front()), before) << k;
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_EQ(world.rows_of(*repository, all[i]), rows) << k;
  }
  world.repository = world.open(*world.backend);
  EXPECT_EQ(world.rows_of(world.backup().snapshot), rows);
}

TEST(Backup, two_at_once_both_succeed) {
  EngineWorld world;
  const RowMap rows = test::some_rows(600, 9);
  world.connector.set_rows(rows);
  test::FakeConnector other(world.clock);
  const RowMap other_rows = test::some_rows(500, 10);
  other.set_rows(other_rows);
  const auto second = world.open(*world.backend);
  std::optional<BackupResult> theirs;
  std::jthread thread(
      [&] { theirs = backup(*second, other, "other", EngineWorld::small(), base::silent_events(), world.clock, {}); });
  const BackupResult ours = world.backup();
  thread.join();
  ASSERT_TRUE(theirs.has_value());
  EXPECT_NE(ours.snapshot.id, theirs->snapshot.id);
  world.repository = world.open(*world.backend);
  EXPECT_EQ(world.repository->snapshots().size(), 2U);
  EXPECT_EQ(world.rows_of(ours.snapshot), rows);
  EXPECT_EQ(world.rows_of(theirs->snapshot), other_rows);
  EXPECT_EQ(world.repository->latest("other")->id, theirs->snapshot.id);
}

TEST(Backup, builds_on_nothing_when_its_parent_was_forgotten) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(100, 9));
  const Snapshot first = world.backup().snapshot;
  world.repository->forget(first.id, "test");
  const Snapshot second = world.backup().snapshot;
  EXPECT_EQ(second.parent, std::nullopt);
  EXPECT_EQ(second.counts.added, 100U);
}

}  // namespace
}  // namespace holdfast::engine
