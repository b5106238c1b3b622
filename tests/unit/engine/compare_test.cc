#include "engine/compare.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "storage/decorators/fault_backend.h"
#include "support/engine_world.h"
#include "support/errors.h"

namespace holdfast::engine {
namespace {

using repository::Difference;
using repository::Snapshot;
using repository::Values;
using test::EngineWorld;
using test::RowMap;

struct Change {
  std::optional<base::Row> before;
  std::optional<base::Row> after;
  friend bool operator==(const Change&, const Change&) = default;
};
using Changes = std::map<base::Bytes, Change>;

Changes model_difference(const RowMap& before, const RowMap& after) {
  Changes out;
  for (const auto& [key, row] : before) out[key].before = row;
  for (const auto& [key, row] : after) out[key].after = row;
  std::erase_if(out, [](const auto& entry) { return entry.second.before == entry.second.after; });
  return out;
}

// Collects what a visitor sees, and insists on key order.
struct Collector {
  Changes changes;
  base::Bytes last;
  void operator()(const model::Collection&, const Difference& difference, Freshness freshness) {
    EXPECT_EQ(freshness, Freshness::fresh);
    EXPECT_LT(last, difference.key);
    last = base::Bytes(difference.key);
    Change& change = changes[last];
    if (difference.before) change.before = base::to_row(*difference.before);
    if (difference.after) change.after = base::to_row(*difference.after);
    EXPECT_EQ(difference.kind == Difference::Kind::added, !change.before.has_value());
    EXPECT_EQ(difference.kind == Difference::Kind::removed, !change.after.has_value());
  }
};

Changes compared(EngineWorld& world, const Snapshot& a, const Snapshot& b, const model::Selection& selection = {}) {
  Collector collector;
  const CompareCounts counts =
      compare_snapshots(*world.repository, {a, b, selection, Values::yes}, {}, std::ref(collector));
  EXPECT_EQ(counts.added + counts.changed + counts.removed, collector.changes.size());
  return collector.changes;
}

TEST(CompareSnapshots, takes_a_selection_that_neither_has_a_row_of_for_a_mistake) {
  EngineWorld world;
  for (const char* name : {"changes", "stays"}) world.connector.put(test::aspect_row(name, "status", "{}"));
  const Snapshot before = world.backup().snapshot;
  world.connector.put(test::aspect_row("changes", "status", "{\"v\":1}"));
  const Snapshot after = world.backup().snapshot;
  EXPECT_EQ(compared(world, before, after, model::Selection({"key:changes"})).size(), 1U);
  for (const auto& pair : {std::pair(before, after), std::pair(after, before), std::pair(after, after)}) {
    const Snapshot& first = pair.first;
    const Snapshot& second = pair.second;
    EXPECT_TRUE(compared(world, first, second, model::Selection({"key:stays"})).empty());
    EXPECT_EQ(compared(world, first, second, model::Selection({"key:stays", "key:changes"})).size(),
              first.id == second.id ? 0U : 1U);
    EXPECT_EQ(test::error_of([&] {
                compared(world, first, second, model::Selection({"key:changes", "key:none"}));
              }),
              base::ErrorKind::not_found);
    try {
      compared(world, first, second, model::Selection({"owner:nobody"}));
      FAIL() << "a mistyped selection was found to be equal";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::not_found);
    }
  }
}

TEST(CompareSnapshots, any_two_of_a_chain_differ_as_their_models_do_both_ways) {
  EngineWorld world;
  std::mt19937_64 random(21);
  RowMap rows = test::some_rows(700, 3);
  std::vector<std::pair<Snapshot, RowMap>> made;
  for (int i = 0; i < 8; ++i) {
    world.connector.set_rows(rows);
    made.emplace_back(world.repository->snapshot(world.backup().snapshot.id), rows);
    if (i == 4) {
      rows = made.front().second;  // what returns to an old value is no difference to it
    } else {
      test::mutate(rows, 60, random);
    }
  }
  for (std::size_t a = 0; a < made.size(); ++a) {
    for (std::size_t b = 0; b < made.size(); ++b) {
      EXPECT_EQ(compared(world, made[a].first, made[b].first), model_difference(made[a].second, made[b].second))
          << a << " to " << b;
    }
  }
}

TEST(CompareSnapshots, of_different_connectors_merges_whole_trees) {
  EngineWorld world;
  const RowMap ours = test::some_rows(300, 3);
  RowMap theirs = ours;
  std::mt19937_64 random(5);
  test::mutate(theirs, 50, random);
  world.connector.set_rows(ours);
  const Snapshot a = world.backup().snapshot;
  test::FakeConnector other(world.clock);
  other.set_rows(theirs);
  const Snapshot b =
      backup(*world.repository, other, "other", EngineWorld::small(), world.events, world.clock, {}).snapshot;
  EXPECT_EQ(compared(world, a, b), model_difference(ours, theirs));
}

TEST(CompareSnapshots, shows_only_what_is_selected) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(300, 3));
  const Snapshot a = world.backup().snapshot;
  RowMap rows = world.connector.rows();
  std::mt19937_64 random(5);
  test::mutate(rows, 150, random);
  world.connector.set_rows(rows);
  const Snapshot b = world.backup().snapshot;
  const model::Selection datasets({"type:dataset"});
  const model::Collection collection = test::aspect_collection();
  Changes expected = model_difference(world.rows_of(a), world.rows_of(b));
  std::erase_if(expected, [&](const auto& entry) { return !datasets.matches(collection, entry.first); });
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(compared(world, a, b, datasets), expected);
}

TEST(CompareSnapshots, finds_objects_by_an_owner_that_only_their_rows_name) {
  EngineWorld world;
  const std::string anna = R"({"owners":[{"owner":"urn:li:corpuser:anna"}]})";
  world.connector.put(test::aspect_row("urn:li:tag:hers", "ownership", anna));
  world.connector.put(test::aspect_row("urn:li:tag:hers", "status", "{}"));
  world.connector.put(test::aspect_row("urn:li:tag:other", "status", "{}"));
  const Snapshot a = world.backup().snapshot;
  world.connector.put(test::aspect_row("urn:li:tag:hers", "status", R"({"removed":true})"));
  world.connector.put(test::aspect_row("urn:li:tag:other", "status", R"({"removed":true})"));
  const Snapshot b = world.backup().snapshot;
  const Changes changes = compared(world, a, b, model::Selection({"owner:urn:li:corpuser:anna"}));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes.begin()->first, test::aspect_key("urn:li:tag:hers", "status"));
}

TEST(CompareSnapshots, of_neighbours_reads_only_what_differs) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(4000, 3));
  const Snapshot a = world.backup().snapshot;
  world.connector.put(test::aspect_row("urn:li:tag:new", "status", "{}"));
  const Snapshot b = world.backup().snapshot;
  storage::CallCounts counts;
  const auto counted = storage::make_fault_backend(*world.backend, {}, &counts);
  const auto repository = world.open(*counted);
  const std::uint64_t before = counts.gets;
  const CompareCounts found = compare_snapshots(*repository, {a, b, {}, Values::yes}, {}, {});
  EXPECT_EQ(found.added, 1U);
  EXPECT_LE(counts.gets - before, 8U);
}

TEST(CompareSnapshots, ends_soon_after_a_stop_request) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(2000, 3));
  const Snapshot a = world.backup().snapshot;
  RowMap rows = world.connector.rows();
  for (auto& [key, row] : rows) row.columns[0] = "{}";
  world.connector.set_rows(rows);
  const Snapshot b = world.backup().snapshot;
  for (const Values values : {Values::no, Values::yes}) {
    std::stop_source stop;
    std::size_t shown = 0;
    try {
      compare_snapshots(*world.repository, {a, b, {}, values}, stop.get_token(),
                        [&](const model::Collection&, const Difference&, Freshness) {
                          if (++shown == 3) stop.request_stop();
                        });
      FAIL() << "it went on to the end";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::cancelled);
    }
    EXPECT_EQ(shown, 3U);
  }
}

TEST(CompareSnapshots, tells_differences_in_stale_ranges_apart) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(160, 3));
  const Snapshot a = world.backup().snapshot;
  RowMap rows = world.connector.rows();
  for (auto& [key, row] : rows) row.columns[0] = "{}";
  world.connector.set_rows(rows);
  const Snapshot b = world.backup().snapshot;
  test::FakeConnector::Hooks hooks;
  hooks.read = [](std::size_t range, std::uint64_t, const std::stop_token&) {
    if (range == 3) throw base::Error(base::ErrorKind::unavailable, "gone");
  };
  world.connector.set_hooks(hooks);
  const Snapshot c = world.backup().snapshot;
  ASSERT_TRUE(c.partial());
  const CompareCounts counts = compare_snapshots(*world.repository, {a, c, {}, Values::no}, {}, {});
  EXPECT_GT(counts.stale, 0U);
  EXPECT_EQ(counts.stale + counts.changed,
            compare_snapshots(*world.repository, {a, b, {}, Values::no}, {}, {}).changed);
}

}  // namespace
}  // namespace holdfast::engine
