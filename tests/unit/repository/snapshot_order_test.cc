#include "repository/snapshot_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace holdfast::repository {
namespace {

base::Instant at(int minute) {
  return base::Instant(std::chrono::minutes(minute));
}

Snapshot made(SnapshotId id, int minute, std::optional<SnapshotId> parent = std::nullopt,
              const std::string& connector = "catalog") {
  Snapshot out;
  out.id = id;
  out.taken = at(minute);
  out.parent = parent;
  out.connector = connector;
  return out;
}

std::vector<SnapshotId> ids_of(const std::vector<Snapshot>& snapshots) {
  std::vector<SnapshotId> out;
  for (const Snapshot& snapshot : snapshots) out.push_back(snapshot.id);
  return out;
}

std::vector<SnapshotId> newest_first(const std::vector<Snapshot>& all, const std::string& connector) {
  std::map<std::uint32_t, std::vector<SnapshotId>> ids;
  for (const Snapshot& snapshot : all) ids[snapshot.id.writer].push_back(snapshot.id);
  for (auto& [writer, its] : ids) std::sort(its.begin(), its.end());
  NewestFirst order(ids, connector, [&](const SnapshotId& id) -> std::optional<Snapshot> {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Snapshot& one) { return one.id == id; });
    return found == all.end() ? std::nullopt : std::optional(*found);
  });
  std::vector<SnapshotId> out;
  while (const auto next = order.next()) out.push_back(next->id);
  return out;
}

TEST(SnapshotOrder, is_by_the_instant_then_by_writer_then_by_sequence) {
  const std::vector<Snapshot> all{made({2, 1}, 10), made({1, 7}, 20), made({3, 1}, 20),
                                  made({2, 2}, 30), made({1, 8}, 40), made({1, 9}, 40)};
  std::vector<Snapshot> shuffled(all.rbegin(), all.rend());
  EXPECT_EQ(ids_of(in_order(shuffled)), ids_of(all));
}

TEST(SnapshotOrder, puts_none_before_the_one_that_it_builds_on_whatever_the_clocks_say) {
  const std::vector<Snapshot> all{made({5, 1}, 30), made({1, 1}, 10, SnapshotId{5, 1}), made({3, 1}, 40)};
  EXPECT_EQ(ids_of(in_order({all[2], all[1], all[0]})), ids_of(all));
  // Through snapshots of the same writer too.
  const std::vector<Snapshot> chain{made({5, 1}, 30), made({1, 1}, 5, SnapshotId{5, 1}),
                                    made({1, 2}, 10, SnapshotId{1, 1})};
  EXPECT_EQ(ids_of(in_order({chain[2], chain[1], chain[0]})), ids_of(chain));
}

TEST(SnapshotOrder, keeps_the_numbers_of_one_writer_and_connector_when_its_clock_was_set_back) {
  const std::vector<Snapshot> all{made({1, 1}, 100), made({1, 2}, 50), made({2, 1}, 60)};
  EXPECT_EQ(ids_of(in_order({all[2], all[1], all[0]})), ids_of(all));
}

TEST(SnapshotOrder, loses_none_where_parents_lead_in_a_circle) {
  const std::vector<Snapshot> all{made({1, 1}, 10, SnapshotId{2, 2}), made({1, 2}, 20),
                                  made({2, 1}, 30, SnapshotId{1, 2}), made({2, 2}, 40, SnapshotId{2, 1})};
  EXPECT_EQ(in_order(all).size(), all.size());
  EXPECT_EQ(newest_first(all, "catalog").size(), all.size());
}

// latest and latest~N find one by one what the list shows at once.
TEST(SnapshotOrder, from_its_newest_end_is_the_same_as_of_all_at_once) {
  std::mt19937 random(17);
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  for (int round = 0; round < 300; ++round) {
    std::vector<Snapshot> all;
    std::map<std::uint32_t, std::uint64_t> sequences;
    for (int i = 0; i < 14; ++i) {
      const auto writer = static_cast<std::uint32_t>(1 + draw(3));
      const std::string connector = draw(4) == 0 ? "other" : "catalog";
      std::optional<SnapshotId> parent;
      if (!all.empty() && draw(3) != 0) {
        const Snapshot& chosen = all[static_cast<std::size_t>(draw(static_cast<int>(all.size())))];
        if (chosen.connector == connector) parent = chosen.id;
      }
      all.push_back(made({writer, ++sequences[writer]}, draw(20), parent, connector));
    }
    for (const std::string connector : {"catalog", "other"}) {
      std::vector<Snapshot> listed = in_order(all);
      std::erase_if(listed, [&](const Snapshot& one) { return one.connector != connector; });
      std::reverse(listed.begin(), listed.end());
      ASSERT_EQ(newest_first(all, connector), ids_of(listed)) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace holdfast::repository
