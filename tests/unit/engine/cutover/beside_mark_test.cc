#include "engine/cutover/beside_mark.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/previous_rows.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

PausedState state(const std::string& id, const std::string& value = R"("UNPAUSED")") {
  return {"jobs", id, "jobs/nightly/" + id, "body", "settings.schedule.pause_status", R"({"cron":"0 0 1 * * ?"})",
          value};
}
// No mark has room for it.
PausedState large(const std::string& id) {
  return state(id, std::string(k_beside_mark_max, 'w'));
}

repository::Snapshot saying(const std::string& text) {
  repository::Snapshot out;
  out.attributes = with_mark("{}", k_beside_mark, text);
  return out;
}

TEST(BesideMark, says_what_fits) {
  PausedBeside all{.values = {state("1"), large("2"), state("3")}, .left_out = 2};
  EXPECT_EQ(said_beside(saying(beside_mark(all))), (PausedBeside{{state("1"), state("3")}, 3}));
  EXPECT_EQ(without_room(all.values), 1U);
  EXPECT_EQ(said_beside(saying(beside_mark({.left_out = 2}))), (PausedBeside{{}, 2}));
  EXPECT_EQ(beside_mark({}), "") << "there is no mark";
  EXPECT_EQ(said_beside(saying("")), PausedBeside());
}

TEST(BesideMark, takes_no_more_room_than_it_may) {
  PausedBeside all;
  for (int i = 0; i < 1'000; ++i) all.values.push_back(state(std::to_string(i)));
  const std::string text = beside_mark(all);
  EXPECT_LE(text.size(), k_beside_mark_max);
  EXPECT_GT(text.size(), k_beside_mark_max - 200) << "and as much as there is";
  const PausedBeside said = said_beside(saying(text));
  EXPECT_EQ(said.values.size() + said.left_out, all.values.size());
  EXPECT_EQ(without_room(all.values), said.left_out);
}

TEST(BesideMark, is_refused_where_it_is_none) {
  for (const char* text : {"none", "[]", R"({"values":[]})", R"({"values":1,"left_out":0})", R"({"left_out":0})",
                           R"({"values":[["jobs","1"]],"left_out":0})", R"({"values":[],"left_out":"1"})",
                           R"({"values":[],"left_out":-1})", R"({"values":[],"left_out":1e30})",
                           R"({"values":[["1","2","3","4","5","6",7]],"left_out":0})"}) {
    try {
      said_beside(saying(text));
      ADD_FAILURE() << text;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption) << text;
    }
  }
}

class KeptBeside : public testing::Test {
protected:
  KeptBeside() {
    account_.workspace.put("jobs", "job", R"({"name":"job","origin":"job"})");
    recorded_ = take().id.name();
  }
  repository::Snapshot take(const SnapshotMarks& marks = {}) {
    world_.clock.advance(std::chrono::minutes(1));
    BackupOptions options = test::EngineWorld::small();
    options.marks = [&](const auto&) { return marks; };
    const auto connector = test::connect(account_);
    return backup(*world_.repository, *connector, "primary", options, world_.events, world_.clock, {}).snapshot;
  }
  void say(const PausedBeside& beside) {
    take({{std::string(k_beside_mark), beside_mark(beside)}, {std::string(k_states_mark), recorded_}});
  }
  void stand(const PausedBeside& beside) {
    store_.save(Fence{.connector = "primary",
                      .snapshot = recorded_,
                      .since = world_.clock.now(),
                      .beside = beside.values,
                      .left_out = beside.left_out});
  }
  PausedBeside kept(const std::string& recorded) {
    return kept_beside(store_, *world_.repository, "primary", recorded);
  }

  test::EngineWorld world_;
  test::WorkspaceAccount account_{world_.clock, 1'000, "one"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  CutoverStore store_{*state_};
  std::string recorded_;
};

TEST_F(KeptBeside, is_what_a_fence_and_its_mark_know) {
  struct Case {
    const char* what;
    PausedBeside fence, said, kept;
  };
  const std::vector<Case> cases{
      {"nothing", {}, {}, {}},
      {"no mark yet", {{state("1")}}, {}, {{state("1")}}},
      {"the fence of another host", {}, {{state("1")}, 2}, {{state("1")}, 2}},
      {"what it took up", {{state("1")}, 2}, {{state("1")}, 2}, {{state("1")}, 2}},
      {"what it took up and has paused since",
       {{state("1"), state("2")}, 1},
       {{state("1")}, 1},
       {{state("1"), state("2")}, 1}},
      {"its own, without room for all", {{large("1"), state("2")}}, {{state("2")}, 1}, {{state("2"), large("1")}}},
      {"each knows something", {{state("1")}}, {{state("2")}}, {{state("2"), state("1")}}},
      {"it fired otherwise since", {{state("1", "3")}}, {{state("1", "2")}}, {{state("1", "3")}}},
  };
  for (const Case& one : cases) {
    stand(one.fence);
    say(one.said);
    EXPECT_EQ(kept(recorded_), one.kept) << one.what;
    // What is said by it, is said for good.
    const SnapshotMarks marks = marks_of(store_, *world_.repository, "primary");
    EXPECT_EQ(said_by(take(marks)), marks) << one.what;
    EXPECT_EQ(marks_of(store_, *world_.repository, "primary"), marks) << one.what;
    EXPECT_EQ(kept(recorded_).left_out, one.kept.left_out) << one.what;
  }
}

TEST_F(KeptBeside, is_that_of_one_snapshot) {
  stand({{state("1")}, 1});
  say({{state("2")}, 2});
  EXPECT_EQ(kept(""), PausedBeside());
  EXPECT_EQ(kept("another"), PausedBeside());
  store_.lift("primary");
  EXPECT_EQ(kept(recorded_), (PausedBeside{{state("2")}, 2}));
  take();
  EXPECT_EQ(kept(recorded_), PausedBeside()) << "nothing leads there any more";
}

TEST_F(KeptBeside, goes_with_the_states_that_it_belongs_to) {
  say({{state("1")}, 1});
  const auto names = [&] {
    std::vector<std::string> out;
    for (const auto& [name, value] : marks_of(store_, *world_.repository, "primary")) out.push_back(name);
    return out;
  };
  EXPECT_EQ(names(), (std::vector<std::string>{std::string(k_beside_mark), std::string(k_states_mark)}));
  store_.save(Pair{.source = "primary", .target = "third", .active = "primary", .since = world_.clock.now()});
  EXPECT_TRUE(names().empty()) << "it was activated since";
  store_.save(Fence{.connector = "primary", .snapshot = "another", .since = world_.clock.now()});
  EXPECT_EQ(names(), (std::vector<std::string>{std::string(k_states_mark)})) << "of another fence";
}

TEST_F(KeptBeside, ends_where_what_fires_now_is_read) {
  stand({{state("1")}});
  const auto own = marks_while_read(*state_, *world_.repository, "primary", test::workspace_kinds(), MarkedStates::own);
  EXPECT_EQ(own({}), SnapshotMarks());
}

// Some of it was read while it was held paused.
TEST_F(KeptBeside, is_carried_on_where_the_fence_is_lifted_while_a_backup_reads) {
  stand({{state("1")}});
  const auto begun = marks_while_read(*state_, *world_.repository, "primary", test::workspace_kinds());
  const SnapshotMarks marks = marks_of(store_, *world_.repository, "primary");
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(begun({}).size(), 2U) << "each stands there once";
  store_.lift("primary");
  store_.save(Pair{.source = "primary", .target = "third", .active = "primary", .since = world_.clock.now()});
  EXPECT_EQ(said_by(take(begun({}))), marks);
}

}  // namespace
}  // namespace holdfast::engine
