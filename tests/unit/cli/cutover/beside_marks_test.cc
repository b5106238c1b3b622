// What a fence pauses beside its snapshot, where the local state that knew it is lost: snapshots say it, too.
#include <gtest/gtest.h>

#include <string>

#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class BesideMarks : public Nights {
protected:
  // Fenced again behind what somebody made and started there since.
  void fence_twice() {
    migrate();
    must({"fence", "primary", "--yes"});
    go_on_working("weekly");
    must({"fence", "primary"});
    EXPECT_EQ(firing(primary_), Names{});
  }
  void go_on_working(const std::string& made) {
    primary_.workspace.put("jobs", made, job(made, "one"));
    set_pause(primary_, "asleep", "UNPAUSED");
  }
  // From here on another host works, which has only the id map.
  void lose_state() {
    const auto from = storage::open_local_backend(app_.composition.state_folder);
    app_.composition.state_folder = app_.file("state of host " + std::to_string(++hosts_));
    const auto to = storage::open_local_backend(app_.composition.state_folder);
    Names names;
    from->list("idmap/", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
    for (const std::string& name : names) to->put(name, from->get_all(name));
  }

  const Names everything_{"asleep", "weekly", "x", "y", "z"};

private:
  int hosts_ = 1;
};

TEST_F(BesideMarks, let_another_host_activate_it_in_place) {
  fence_twice();
  lose_state();
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), everything_);
  set_pause(primary_, "weekly", "PAUSED");
  must({"backup", "primary"});
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"asleep", "x", "y", "z"})) << "the mark has ended";
}

TEST_F(BesideMarks, let_another_host_fail_over_and_back) {
  fence_twice();
  lose_state();
  must({"backup", "primary"});  // which carries them on
  must({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(firing(secondary_), everything_);
  EXPECT_EQ(firing(primary_), Names{});
  lose_state();
  must({"failback", "secondary", "primary", "--keep-changed", "--yes"});
  EXPECT_EQ(firing(primary_), everything_);
}

TEST_F(BesideMarks, let_another_host_take_over) {
  fence_twice();
  must({"replicate", "primary", "secondary"});
  lose_state();
  must({"activate", "secondary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(secondary_), everything_);
}

TEST_F(BesideMarks, are_taken_up_by_a_fence_of_another_host) {
  fence_twice();
  lose_state();
  must({"fence", "primary", "--yes"});
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), everything_);
}

TEST_F(BesideMarks, of_another_host_stay_where_an_older_fence_stands) {
  migrate();
  must({"fence", "primary", "--yes"});
  const std::string first = app_.composition.state_folder;
  lose_state();
  go_on_working("weekly");
  must({"fence", "primary", "--yes"});
  app_.composition.state_folder = first;
  must({"backup", "primary"});
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), everything_);
}

// Killed when its last backup was taken, and before it lifted its fence: that backup says nothing of them any more.
TEST_F(BesideMarks, are_kept_with_a_fence_that_is_only_opened) {
  fence_twice();
  lose_state();
  gate("\"activate\"");
  EXPECT_EQ(failover({"--source-lost"}).code, 5) << "nobody took over";
  const engine::Fence stands = *fence("primary");
  EXPECT_EQ(stands.beside.size(), 2U);
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), everything_);
  keep(stands);
  const Outcome again = run({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(firing(primary_), everything_);
}

TEST_F(BesideMarks, name_what_a_snapshot_that_is_named_does_not_show) {
  fence_twice();
  const std::string before = pair().replicated->source_snapshot;
  lose_state();
  const Outcome outcome = run({"activate", "primary", "--from", "primary", "--snapshot", before, "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(outcome.says("was paused by the fence of primary and stays so: jobs/weekly")) << outcome.err;
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(BesideMarks, say_how_much_does_not_fit) {
  const std::string long_name(40'000, 'w');
  migrate();
  must({"fence", "primary", "--yes"});
  go_on_working(long_name);
  const Outcome fenced = run({"fence", "primary"});
  EXPECT_EQ(fenced.code, 0) << fenced.err;
  EXPECT_TRUE(fenced.says("1 of the 2 values that the fence of primary keeps beside its snapshot")) << fenced.err;
  lose_state();
  // Who fences again knows what else was paused by then, and never what the first host alone knows.
  must({"fence", "primary", "--yes"});
  primary_.workspace.put("jobs", "weekly", job("weekly", "one"));
  must({"fence", "primary"});
  lose_state();
  const Outcome outcome = run({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("1 value that the fence of primary paused beside its snapshot")) << outcome.err;
  EXPECT_EQ(firing(primary_), everything_);
  EXPECT_FALSE(fires(primary_, long_name));
  must({"activate", "primary", "--from", "primary", "--yes"});  // it was said, and the mark has ended
}

TEST_F(BesideMarks, leave_nothing_out_where_the_local_state_knows_it_all) {
  const std::string long_name(40'000, 'w');
  migrate();
  must({"fence", "primary", "--yes"});
  go_on_working(long_name);
  must({"fence", "primary"});
  must({"activate", "primary", "--yes"});
  EXPECT_TRUE(fires(primary_, long_name));
}

TEST_F(BesideMarks, say_at_a_takeover_how_much_does_not_fit) {
  const std::string long_name(40'000, 'w');
  migrate();
  must({"fence", "primary", "--yes"});
  go_on_working(long_name);
  must({"fence", "primary"});
  lose_state();
  const Outcome over = failover();
  EXPECT_EQ(over.code, 3) << over.out << over.err;
  EXPECT_TRUE(over.says("1 value that the fence of primary paused beside its snapshot")) << over.err;
  EXPECT_EQ(firing(secondary_), (Names{"asleep", "x", "y", "z"}));
  const Outcome back = fail_back();
  EXPECT_EQ(back.code, 3) << back.out << back.err;
  EXPECT_TRUE(back.says("1 value that the fence of primary paused beside its snapshot")) << back.err;
  EXPECT_EQ(firing(primary_), (Names{"asleep", "x", "y", "z"}));
}

}  // namespace
}  // namespace holdfast::test
