#include <gtest/gtest.h>

#include <tuple>

#include "engine/browse.h"
#include "engine/reference.h"
#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using repository::Snapshot;
using test::EngineWorld;
using What = HistoryEntry::What;

constexpr const char* k_tag = "urn:li:tag:x";

class History : public testing::Test {
protected:
  History() { world.connector.set_rows(test::some_rows(300, 3)); }
  Snapshot put(std::string_view metadata) {
    world.connector.put(test::aspect_row(k_tag, "status", metadata));
    return world.backup().snapshot;
  }
  using Line = std::tuple<repository::SnapshotId, What, std::string>;
  std::vector<Line> lines(std::string_view aspect = "status", std::string_view connector = {}) {
    std::vector<Line> out;
    const auto snapshots = snapshots_of(*world.repository, connector);
    history(*world.repository, snapshots, {.urn = k_tag, .aspect = aspect}, {}, [&](const HistoryEntry& entry) {
      EXPECT_EQ(entry.path, "aspect/urn:li:tag:x/status/0");
      EXPECT_EQ(entry.before == nullptr, entry.what == What::first_seen);
      EXPECT_EQ(entry.collection.name, "aspect");
      out.emplace_back(entry.snapshot.id, entry.what,
                       entry.after == nullptr ? "none" : entry.after->columns[0].value_or(""));
    });
    return out;
  }
  EngineWorld world;
};

TEST_F(History, tells_first_seen_changed_and_removed_oldest_first) {
  world.backup();
  const Snapshot a = put("1");
  world.backup();
  const Snapshot b = put("2");
  world.connector.erase(test::aspect_key(k_tag, "status"));
  const Snapshot c = world.backup().snapshot;
  const Snapshot d = put("2");
  const std::vector<Line> expected{{a.id, What::first_seen, "1"},
                                   {b.id, What::changed, "2"},
                                   {c.id, What::removed, "none"},
                                   {d.id, What::first_seen, "2"}};
  EXPECT_EQ(lines(), expected);
  EXPECT_EQ(lines(""), expected);
  EXPECT_TRUE(lines("ownership").empty());
}

TEST_F(History, ends_soon_after_a_stop_request) {
  for (const char* metadata : {"1", "2", "3"}) put(metadata);
  std::stop_source stop;
  int shown = 0;
  try {
    history(*world.repository, snapshots_of(*world.repository, {}), {.urn = k_tag, .aspect = {}}, stop.get_token(),
            [&](const HistoryEntry&) {
              ++shown;
              stop.request_stop();
            });
    FAIL() << "it went on to the end";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::cancelled);
  }
  EXPECT_EQ(shown, 1);
}

TEST_F(History, goes_on_across_a_forgotten_snapshot_and_a_full_one) {
  const Snapshot a = put("1");
  const Snapshot hidden = put("2");
  const Snapshot b = put("3");
  BackupOptions options = EngineWorld::small();
  options.full = true;
  world.backup(options);
  world.connector.put(test::aspect_row(k_tag, "status", "4"));
  const Snapshot c = world.backup(options).snapshot;
  world.repository->forget(hidden.id, "test");
  const std::vector<Line> expected{
      {a.id, What::first_seen, "1"}, {b.id, What::changed, "3"}, {c.id, What::changed, "4"}};
  EXPECT_EQ(lines(), expected);
}

TEST_F(History, keeps_connectors_apart) {
  const Snapshot a = put("1");
  test::FakeConnector other(world.clock);
  other.put(test::aspect_row(k_tag, "status", "other"));
  const Snapshot b =
      backup(*world.repository, other, "other", EngineWorld::small(), world.events, world.clock, {}).snapshot;
  const Snapshot c = put("2");
  const std::vector<Line> all{
      {a.id, What::first_seen, "1"}, {b.id, What::first_seen, "other"}, {c.id, What::changed, "2"}};
  EXPECT_EQ(lines(), all);
  const std::vector<Line> one{{b.id, What::first_seen, "other"}};
  EXPECT_EQ(lines("status", "other"), one);
}

}  // namespace
}  // namespace holdfast::engine
