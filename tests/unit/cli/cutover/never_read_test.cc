// What can never be read, such as a job that only its owner sees: nothing of it is in any snapshot, nor did a run make
// it, so no state of it can be one of ours.  It is named, and stops nobody for good.
#include <gtest/gtest.h>

#include <optional>

#include "engine/cutover/store.h"
#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class NeverRead : public Nights {
protected:
  // Somebody keeps a job for himself, which fires.
  static void hide(WorkspaceAccount& on, const std::string& name) {
    if (!has_job(on, name)) on.workspace.put("jobs", name, job(name, "one"));
    on.unread.insert(name);
  }
  // What could not be read once may be so tomorrow.
  void back_up_twice(const std::string& name) {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(run({"backup", name}).code, 3);
  }
  Outcome fail_back() { return run({"failback", "secondary", "primary", "--yes"}); }
  Outcome lose_primary() { return run({"failover", "primary", "secondary", "--source-lost", "--yes"}); }
  std::optional<engine::Fence> fence(const std::string& name) const {
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    return engine::CutoverStore(*state).fence(name);
  }
  static void expect_named(const Outcome& outcome, const std::string& connector, const std::string& job) {
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("never read on " + connector + ", and may fire there: jobs/" + job + "/")) << outcome.err;
    EXPECT_TRUE(outcome.says("(403 PERMISSION_DENIED)")) << outcome.err;
  }

  const Names all_{"x", "y", "z"};
};

TEST_F(NeverRead, on_the_side_that_gives_up_does_not_stop_a_failback) {
  migrate();
  fail_over();
  change(secondary_, "x", "away");
  hide(secondary_, "own");
  back_up_twice("secondary");
  expect_named(fail_back(), "secondary", "own");
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(note_of(primary_, "x"), "away");
  EXPECT_EQ(firing(secondary_), Names{"own"});
  EXPECT_FALSE(fence("primary") || fence("secondary")) << "it has ended";
  expect_named(run({"failover", "primary", "secondary", "--yes"}), "secondary", "own");
  EXPECT_EQ(firing(secondary_), (Names{"own", "x", "y", "z"}));
  EXPECT_EQ(firing(primary_), Names{});
}

TEST_F(NeverRead, is_what_could_not_be_read_twice) {
  migrate();
  fail_over();
  hide(secondary_, "own");
  const Outcome once = fail_back();
  EXPECT_EQ(once.code, 5) << once.out << once.err;
  EXPECT_TRUE(once.says("not all jobs of secondary could be read")) << once.err;
  EXPECT_EQ(firing(primary_), Names{});
  expect_named(fail_back(), "secondary", "own");
  EXPECT_EQ(firing(primary_), all_);
}

// The id map says so, whatever the snapshots do not have.
TEST_F(NeverRead, is_not_what_a_run_made_there) {
  secondary_.unread = {"x"};
  migrate();
  EXPECT_EQ(failover({"--leave-paused"}).code, 3);
  back_up_twice("secondary");
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("not all jobs of secondary could be read")) << outcome.err;
  secondary_.unread.clear();
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(NeverRead, is_not_what_some_snapshot_has) {
  migrate();
  fail_over();
  secondary_.workspace.put("jobs", "own", job("own", "one"));
  EXPECT_EQ(run({"backup", "secondary"}).code, 0);
  hide(secondary_, "own");
  back_up_twice("secondary");
  EXPECT_EQ(fail_back().code, 5);
}

TEST_F(NeverRead, on_what_was_lost_does_not_stop_the_way_back) {
  migrate();
  EXPECT_EQ(lose_primary().code, 0);
  hide(primary_, "own");
  back_up_twice("primary");
  expect_named(fail_back(), "primary", "own");
  EXPECT_EQ(firing(primary_), (Names{"own", "x", "y", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(NeverRead, of_a_source_that_is_left_is_named_where_its_fence_is_confirmed) {
  hide(primary_, "own");
  EXPECT_EQ(run({"migrate", "primary", "secondary"}).code, 3);
  EXPECT_EQ(run({"backup", "primary"}).code, 3);
  expect_named(run({"failover", "primary", "secondary", "--source-partial", "--yes"}), "primary", "own");
  EXPECT_EQ(firing(secondary_), all_);
  ASSERT_TRUE(fence("primary").has_value());
  EXPECT_EQ(fence("primary")->state, engine::Fence::State::confirmed);
  expect_named(run({"fence", "primary"}), "primary", "own");
}

// Whether what nobody sees was made behind the activation, or before, its newest snapshot shows all that we could know.
TEST_F(NeverRead, lets_a_failover_go_by_the_newest_snapshot) {
  migrate();
  fail_over();
  hide(primary_, "own");
  EXPECT_EQ(fail_back().code, 3);
  set_pause(primary_, "y", "PAUSED");
  back_up_twice("primary");
  const Outcome lost = lose_primary();
  EXPECT_FALSE(lost.says("this goes by what it was given then")) << lost.err;
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
}

// Brought home, and never seen there: what the newest snapshot shows is not all that fires by us.
TEST_F(NeverRead, is_not_what_a_failback_made) {
  migrate();
  fail_over();
  secondary_.workspace.put("jobs", "away", job("away", "one"));
  primary_.workspace.interrupt_at = primary_.workspace.writes + 5;  // it, and the last of those that are activated
  primary_.workspace.interrupt = [this] { hide(primary_, "away"); };
  EXPECT_EQ(fail_back().code, 3);
  back_up_twice("primary");
  EXPECT_TRUE(lose_primary().says("this goes by what it was given then"));
  EXPECT_EQ(firing(secondary_), (Names{"away", "x", "y", "z"}));
}

// A mark that what nobody can read would hold leads to the states of long ago.
TEST_F(NeverRead, does_not_hold_a_mark_for_good) {
  migrate();
  EXPECT_EQ(run({"fence", "primary", "--yes"}).code, 0);
  hide(primary_, "own");
  back_up_twice("primary");
  const Outcome outcome = run({"activate", "primary", "--yes"});
  expect_named(outcome, "primary", "own");
  EXPECT_FALSE(fence("primary").has_value());
  set_pause(primary_, "y", "PAUSED");
  EXPECT_EQ(run({"backup", "primary"}).code, 3);
  (void)lose_primary();
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
}

}  // namespace
}  // namespace holdfast::test
