// What was gone from the primary comes back there under another id: whoever speaks of it by the one that it had is
// understood.
#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class MadeAnewAtHome : public Nights {
protected:
  void SetUp() override { migrate(); }
  // From the n-th write on primary on.
  void refuse_from(std::uint64_t write, const Names& jobs) {
    primary_.workspace.interrupt_at = primary_.workspace.writes + write;
    primary_.workspace.interrupt = [this, jobs] { refuse(primary_, jobs); };
  }
  // It is made on primary, and then refused what it fires by.
  void leave_y() {
    fail_over();
    remove_job(primary_, "y");
    refuse_from(2, {"y"});
    const Outcome outcome = fail_back({"--leave-paused"});
    ASSERT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    primary_.workspace.refusals.clear();
    ASSERT_TRUE(has_job(primary_, "y"));
    ASSERT_EQ(firing(primary_), (Names{"x", "z"}));
    ASSERT_EQ(pair().left.size(), 1U);
  }
  // Before the second one is made.
  void kill_at_second_create(const Names& verb) {
    primary_.workspace.interrupt_at = primary_.workspace.writes + 2;
    primary_.workspace.interrupt = [] { throw Killed{}; };
    EXPECT_NE(run(verb).code, 0);
    ASSERT_NE(has_job(primary_, "x"), has_job(primary_, "y")) << "one of the two is there";
  }
  void lose_x_and_y() {
    fail_over();
    remove_job(primary_, "x");
    remove_job(primary_, "y");
  }
  void expect_home(const Names& more = {}) {
    const Outcome home = fail_back(more);
    EXPECT_EQ(home.code, 0) << home.out << home.err;
    EXPECT_EQ(firing(primary_), all_);
    EXPECT_EQ(firing(secondary_), Names{});
    EXPECT_TRUE(pair().left.empty());
    EXPECT_EQ(primary_.workspace.count("jobs"), 4U) << "nothing came twice";
  }
  void expect_away() {
    const Outcome away = failover();
    EXPECT_EQ(away.code, 0) << away.out << away.err;
    EXPECT_EQ(firing(secondary_), all_);
    EXPECT_EQ(firing(primary_), Names{});
  }

  const Names replicate_home_{"replicate", "secondary", "primary", "--yes"};
  const Names failback_{"failback", "secondary", "primary", "--yes"};
};

TEST_F(MadeAnewAtHome, and_left_paused_fires_on_the_secondary_and_at_home_behind_that) {
  leave_y();
  expect_away();
  expect_home();
}

TEST_F(MadeAnewAtHome, and_left_paused_is_given_to_the_secondary_once) {
  leave_y();
  expect_away();
  expect_pause_of_y_counts();
}

TEST_F(MadeAnewAtHome, and_left_paused_is_set_in_place) {
  leave_y();
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_TRUE(pair().left.empty());
}

TEST_F(MadeAnewAtHome, and_left_paused_is_forgotten_where_somebody_started_it) {
  leave_y();
  set_pause(primary_, "y", "UNPAUSED");
  expect_away();
  EXPECT_TRUE(pair().left.empty());
}

TEST_F(MadeAnewAtHome, and_left_paused_fires_at_home_when_it_was_made_once_more) {
  leave_y();
  expect_away();
  remove_job(primary_, "y");
  expect_home();
}

TEST_F(MadeAnewAtHome, twice_fires_at_home) {
  fail_over();
  for (int i = 0; i < 2; ++i) {
    remove_job(primary_, "y");
    must(replicate_home_);
    ASSERT_TRUE(has_job(primary_, "y"));
  }
  expect_home();
}

TEST_F(MadeAnewAtHome, while_the_secondary_was_not_activated_as_a_whole_fires_there_when_it_can) {
  refuse(secondary_, {"y"});
  ASSERT_EQ(failover().code, 3);
  secondary_.workspace.refusals.clear();
  remove_job(primary_, "y");
  must(replicate_home_);
  expect_away();
}

TEST_F(MadeAnewAtHome, and_not_chosen_before_fires_on_the_secondary_with_the_rest) {
  ASSERT_EQ(failover({"--select", "/jobs/x"}).code, 0);
  remove_job(primary_, "y");
  must(replicate_home_);
  expect_away();
}

// It was made behind the snapshot of the fence, and paused by that all the same.
TEST_F(MadeAnewAtHome, that_was_paused_beside_a_snapshot_fires_at_home) {
  must({"fence", "primary", "--yes"});
  primary_.workspace.put("jobs", "late", job("late", "one"));
  must({"fence", "primary"});
  must({"failover", "primary", "secondary", "--yes"});
  ASSERT_EQ(firing(secondary_), (Names{"late", "x", "y", "z"}));
  remove_job(primary_, "late");
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), (Names{"late", "x", "y", "z"}));
}

TEST_F(MadeAnewAtHome, by_a_failback_that_was_killed_is_known_to_the_next_one) {
  lose_x_and_y();
  kill_at_second_create(failback_);
  expect_home();
  expect_away();
}

TEST_F(MadeAnewAtHome, by_a_replicate_that_was_killed_is_known_to_the_failback) {
  lose_x_and_y();
  kill_at_second_create(replicate_home_);
  must(replicate_home_);
  expect_home();
}

TEST_F(MadeAnewAtHome, by_a_failback_that_was_killed_is_known_behind_one_that_left_the_rest_to_people) {
  lose_x_and_y();
  kill_at_second_create(failback_);
  change(primary_, "z", "two");
  change(secondary_, "z", "three");
  const Outcome asks = fail_back();
  ASSERT_EQ(asks.code, 5) << asks.out << asks.err;
  expect_home({"--existing", "replace"});
}

}  // namespace
}  // namespace holdfast::test
