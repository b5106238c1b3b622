#include "engine/cutover/newer_word.h"

#include <gtest/gtest.h>

#include "engine/cutover/snapshot_marks.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

constexpr std::size_t k_none = 99;

struct Taken {
  int minute;  // by the clock of whoever takes it
  bool marked;
};

// Of snapshots in the order in which they were taken, and a word by one of them.
struct Case {
  const char* name;
  std::vector<Taken> snapshots;
  int word;        // its minute
  std::size_t by;  // of the snapshots; k_none: another connector's
  bool newer;      // the mark
};

class NewerWord : public testing::Test {
protected:
  repository::Snapshot take(test::EngineWorld& world, int minute, const SnapshotMarks& marks) {
    world.clock.advance(begin_ + std::chrono::minutes(minute) - world.clock.now());
    BackupOptions options = test::EngineWorld::small();
    options.marks = [marks](const std::vector<repository::Tree>&) { return marks; };
    const auto connector = test::connect(account_);
    return backup(*world.repository, *connector, "one", options, world.events, world.clock, {}).snapshot;
  }
  bool is_newer_in(const Case& one, const SnapshotMarks::value_type& mark) {
    test::EngineWorld world;
    begin_ = world.clock.now();
    std::vector<std::string> names;
    for (const Taken& taken : one.snapshots)
      names.push_back(take(world, taken.minute, taken.marked ? SnapshotMarks{mark} : SnapshotMarks()).id.name());
    return is_newer(*world.repository, "one", mark,
                    {.source = "other",
                     .target = "one",
                     .active = "other",
                     .recorded = one.by == k_none ? "elsewhere" : names.at(one.by),
                     .since = begin_ + std::chrono::minutes(one.word)});
  }

  base::Instant begin_{};
  test::ManualClock clock_{base::Instant()};
  test::WorkspaceAccount account_{clock_, 1'000, "one"};
};

TEST_F(NewerWord, is_told_by_what_was_known_then_and_by_clocks_last) {
  const std::vector<Case> cases{
      {"said behind the mark", {{0, false}, {10, true}, {15, true}}, 20, k_none, false},
      {"said before the mark", {{0, false}, {10, true}, {15, true}}, 5, k_none, true},
      {"said before the mark, and before a snapshot without it", {{0, false}, {10, true}}, -5, k_none, true},
      {"the mark's clock is ahead, and the word goes by it", {{0, false}, {200, true}, {10, true}}, 20, 2, false},
      {"the same, and the word goes by nothing of it", {{0, false}, {200, true}, {10, true}}, 20, k_none, true},
      {"the word's clock is ahead, and a snapshot lies between",
       {{0, false}, {5, true}, {200, false}, {30, true}, {210, true}},
       190,
       k_none,
       true},
      {"the same, and the word goes by an earlier mark",
       {{0, false}, {5, true}, {200, false}, {30, true}, {210, true}},
       190,
       1,
       true},
      {"the word's clock is ahead, and nothing lies between", {{0, false}, {30, true}}, 190, k_none, false},
      {"the word goes by what was there before the mark", {{0, false}, {10, true}}, 20, 0, false},
      {"what lies further back than the word is older", {{300, false}, {0, false}, {10, true}}, 20, 1, false},
      {"others carried the mark on since", {{0, false}, {10, true}, {30, true}}, 20, k_none, false},
  };
  for (const Case& one : cases)
    EXPECT_EQ(is_newer_in(one, {std::string(k_took_over_mark), "other"}), one.newer) << one.name;
}

TEST_F(NewerWord, is_the_marks_where_the_states_that_it_leads_to_are_gone) {
  const Case one{"", {{0, false}, {10, true}}, 20, k_none, true};
  EXPECT_TRUE(is_newer_in(one, {std::string(k_states_mark), "0123abcd-0000000000000001"}));
}

}  // namespace
}  // namespace holdfast::engine
