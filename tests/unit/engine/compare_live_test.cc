#include "engine/compare_live.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <thread>

#include "base/error.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using repository::Difference;
using repository::Snapshot;
using test::EngineWorld;
using test::RowMap;

struct Seen {
  std::vector<base::Bytes> keys;
  std::map<base::Bytes, Difference::Kind> kinds;
  Visitor visitor() {
    return [this](const model::Collection&, const Difference& difference, Freshness) {
      keys.emplace_back(difference.key);
      kinds[keys.back()] = difference.kind;
    };
  }
};

CompareCounts compared(EngineWorld& world, const Snapshot& snapshot, Seen& seen, const model::Selection& selection = {},
                       std::stop_token stop = {}) {
  platform::CaptureOptions options;
  options.readers = 3;
  return compare_live(*world.repository, snapshot, world.connector, options, selection, world.events, std::move(stop),
                      seen.visitor());
}

TEST(CompareLive, finds_nothing_right_after_a_backup) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(900, 3));
  const Snapshot snapshot = world.backup().snapshot;
  Seen seen;
  EXPECT_FALSE(compared(world, snapshot, seen).any());
  EXPECT_TRUE(seen.keys.empty());
}

TEST(CompareLive, counts_the_selected_rows_of_both_sides_and_takes_none_for_a_mistake) {
  EngineWorld world;
  for (const char* name : {"stays", "goes"}) world.connector.put(test::aspect_row(name, "status", "{}"));
  const Snapshot snapshot = world.backup().snapshot;
  world.connector.erase(test::aspect_key("goes", "status"));
  world.connector.put(test::aspect_row("comes", "status", "{}"));
  Seen seen;
  EXPECT_EQ(compared(world, snapshot, seen).compared, 3U);
  EXPECT_EQ(compared(world, snapshot, seen, model::Selection({"*es"})).compared, 2U);
  EXPECT_EQ(compared(world, snapshot, seen, model::Selection({"key:stays"})).compared, 1U);
  try {
    compared(world, snapshot, seen, model::Selection({"key:stayz"}));
    FAIL() << "a mistyped selection was found to be equal";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::not_found);
    EXPECT_NE(error.message().find("'key:stayz'"), std::string::npos) << error.message();
  }
  // Each by itself, whichever side has what it is about.
  EXPECT_EQ(compared(world, snapshot, seen, model::Selection({"key:goes", "key:comes"})).compared, 2U);
  EXPECT_EQ(compared(world, snapshot, seen, model::Selection({"*es", "*es", "key:stays"})).compared, 3U);
  try {
    compared(world, snapshot, seen, model::Selection({"*es", "key:stayz"}));
    FAIL() << "a mistyped selection was found to be equal beside a good one";
  } catch (const base::Error& error) {
    EXPECT_NE(error.message().find("'key:stayz'"), std::string::npos) << error.message();
  }
  // Without a selection there is none to be wrong: an empty target may be compared with an empty snapshot.
  world.connector.set_rows({});
  const Snapshot empty = world.backup().snapshot;
  EXPECT_EQ(compared(world, empty, seen).compared, 0U);
}

TEST(CompareLive, equals_the_difference_of_the_models_in_key_order) {
  EngineWorld world;
  const RowMap before = test::some_rows(900, 3);
  world.connector.set_rows(before);
  const Snapshot snapshot = world.backup().snapshot;
  RowMap after = before;
  std::mt19937_64 random(2);
  test::mutate(after, 400, random);
  world.connector.set_rows(after);

  std::map<base::Bytes, Difference::Kind> expected;
  for (const auto& [key, row] : before) {
    const auto now = after.find(key);
    if (now == after.end()) expected[key] = Difference::Kind::removed;
    if (now != after.end() && now->second != row) expected[key] = Difference::Kind::changed;
  }
  for (const auto& [key, row] : after) {
    if (!before.contains(key)) expected[key] = Difference::Kind::added;
  }
  Seen seen;
  const CompareCounts counts = compared(world, snapshot, seen);
  EXPECT_EQ(seen.kinds, expected);
  EXPECT_TRUE(std::is_sorted(seen.keys.begin(), seen.keys.end()));
  EXPECT_EQ(counts.added + counts.changed + counts.removed, expected.size());
}

TEST(CompareLive, finds_all_of_it_gone_and_all_of_it_new) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(200, 3));
  const Snapshot full = world.backup().snapshot;
  world.connector.set_rows({});
  const Snapshot empty = world.backup().snapshot;
  Seen gone;
  EXPECT_EQ(compared(world, full, gone).removed, 200U);
  world.connector.set_rows(test::some_rows(200, 3));
  Seen fresh;
  EXPECT_EQ(compared(world, empty, fresh).added, 200U);
}

TEST(CompareLive, carries_more_differences_than_any_buffer_holds) {
  EngineWorld world;
  const Snapshot empty = world.backup().snapshot;
  RowMap rows = test::some_rows(300, 3);
  for (auto& [key, row] : rows) row.columns[0] = std::string(100'000, 'z');
  world.connector.set_rows(rows);
  Seen seen;
  EXPECT_EQ(compared(world, empty, seen).added, 300U);
  EXPECT_TRUE(std::is_sorted(seen.keys.begin(), seen.keys.end()));
}

TEST(CompareLive, looks_only_at_what_is_selected) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(400, 3));
  const Snapshot snapshot = world.backup().snapshot;
  world.connector.set_rows({});
  const model::Selection tags({"type:tag"});
  std::size_t expected = 0;
  for (const auto& [key, row] : world.rows_of(snapshot))
    expected += tags.matches(test::aspect_collection(), key) ? 1 : 0;
  ASSERT_GT(expected, 0U);
  Seen seen;
  EXPECT_EQ(compared(world, snapshot, seen, tags).removed, expected);
}

TEST(CompareLive, learns_owners_from_both_sides) {
  EngineWorld world;
  const std::string anna = R"({"owners":[{"owner":"urn:li:corpuser:anna"}]})";
  world.connector.put(test::aspect_row("urn:li:tag:was", "ownership", anna));
  world.connector.put(test::aspect_row("urn:li:tag:is", "ownership", "{}"));
  world.connector.put(test::aspect_row("urn:li:tag:never", "ownership", "{}"));
  const Snapshot snapshot = world.backup().snapshot;
  world.connector.put(test::aspect_row("urn:li:tag:was", "ownership", "{}"));
  world.connector.put(test::aspect_row("urn:li:tag:is", "ownership", anna));
  world.connector.put(test::aspect_row("urn:li:tag:never", "ownership", R"({"owners":[]})"));
  Seen seen;
  EXPECT_EQ(compared(world, snapshot, seen, model::Selection({"owner:urn:li:corpuser:anna"})).changed, 2U);
  EXPECT_FALSE(seen.kinds.contains(test::aspect_key("urn:li:tag:never", "ownership")));
}

TEST(CompareLive, matches_columns_by_name_whatever_their_order) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(200, 3));
  const Snapshot snapshot = world.backup().snapshot;
  model::Collection other = test::aspect_collection();
  std::reverse(other.columns.begin(), other.columns.end());
  world.connector.change_columns(other);
  Seen seen;
  EXPECT_FALSE(compared(world, snapshot, seen).any());
}

TEST(CompareLive, throws_what_a_reader_throws) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(200, 3));
  const Snapshot snapshot = world.backup().snapshot;
  test::FakeConnector::Hooks hooks;
  hooks.read = [](std::size_t range, std::uint64_t rows, const std::stop_token&) {
    if (range == 5 && rows == 2) throw base::Error(base::ErrorKind::unavailable, "lost connection");
  };
  world.connector.set_hooks(hooks);
  Seen seen;
  try {
    compared(world, snapshot, seen);
    FAIL() << "a comparison that could not read succeeded";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
  }
}

TEST(CompareLive, throws_what_its_visitor_throws) {
  EngineWorld world;
  const Snapshot snapshot = world.backup().snapshot;
  world.connector.set_rows(test::some_rows(200, 3));
  const Visitor visitor = [](const model::Collection&, const Difference&, Freshness) {
    throw std::runtime_error("enough");
  };
  EXPECT_THROW(compare_live(*world.repository, snapshot, world.connector, {}, {}, world.events, {}, visitor),
               std::runtime_error);
}

TEST(CompareLive, stops_when_asked) {
  EngineWorld world;
  world.connector.set_rows(test::some_rows(200, 3));
  const Snapshot snapshot = world.backup().snapshot;
  std::stop_source stop;
  test::FakeConnector::Hooks hooks;
  hooks.read = [&](std::size_t, std::uint64_t rows, const std::stop_token& token) {
    if (rows < 2) return;
    stop.request_stop();
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, token, [] { return false; });
  };
  world.connector.set_hooks(hooks);
  Seen seen;
  try {
    compared(world, snapshot, seen, {}, stop.get_token());
    FAIL() << "a stopped comparison succeeded";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::cancelled);
  }
}

}  // namespace
}  // namespace holdfast::engine
