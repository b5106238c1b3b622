#include "cli/cutover/left_paused.h"

#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

// A failback has left something paused on primary, and primary is to be left again.
class LeftPaused : public Nights {
protected:
  // What primary refuses while it is brought back.
  void leave(const std::string& job) {
    refuse(primary_, {job});
    const Outcome outcome = fail_back({"--leave-paused"});
    ASSERT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    primary_.workspace.refusals.clear();
    ASSERT_EQ(pair().left.size(), 1U);
    ASSERT_TRUE(run({"status"}).says("primary, 1 left paused"));
  }
  void leave_y() {
    migrate();
    fail_over();
    leave("y");
    ASSERT_EQ(firing(primary_), (Names{"x", "z"}));
  }
  void leave_born() {
    migrate();
    fail_over();
    secondary_.workspace.put("jobs", "born", job("born", "one"));
    leave("born");
    ASSERT_FALSE(has_job(primary_, "born"));
  }

  const Names with_born_{"born", "x", "y", "z"};
};

TEST_F(LeftPaused, that_only_the_secondary_has_fires_there_at_the_next_failover_and_at_home_behind_it) {
  leave_born();
  EXPECT_EQ(night({"--yes"}).code, 0);
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(firing(secondary_), with_born_);
  EXPECT_FALSE(run({"status"}).says("left paused"));
  const std::uint64_t writes = secondary_.workspace.writes;
  EXPECT_EQ(run({"failover", "primary", "secondary"}).code, 0) << "it has ended";
  EXPECT_EQ(secondary_.workspace.writes, writes);
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), with_born_);
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_TRUE(pair().left.empty());
}

TEST_F(LeftPaused, that_primary_could_not_set_fires_on_the_secondary_and_at_home_behind_that) {
  leave_y();
  fail_over();
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(pair().left.size(), 1U) << "snapshots of primary show it paused";
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_TRUE(pair().left.empty());
}

TEST_F(LeftPaused, fires_where_somebody_else_is_activated_without_a_failover) {
  leave_y();
  ASSERT_EQ(run({"fence", "primary", "--yes"}).code, 0);
  const Names activate{"activate", "secondary", "--from", "primary", "--yes"};
  EXPECT_EQ(run(activate).code, 0);
  EXPECT_EQ(firing(secondary_), all_);
  set_pause(secondary_, "y", "PAUSED");
  EXPECT_EQ(run(activate).code, 0);
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"})) << "it was given that once";
}

TEST_F(LeftPaused, is_named_by_who_activates_another_snapshot) {
  migrate();
  const std::string recorded = pair().replicated->source_snapshot;
  fail_over();
  secondary_.workspace.put("jobs", "born", job("born", "one"));
  leave("born");
  const Outcome outcome = run({"activate", "secondary", "--from", "primary", "--snapshot", recorded, "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(
      outcome.says("what a failback left paused does not fire in the snapshot and stays so on secondary: jobs/"))
      << outcome.err;
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(pair().left.size(), 1U);
}

TEST_F(LeftPaused, stays_paused_where_somebody_paused_it_since) {
  leave_y();
  fail_over();
  expect_pause_of_y_counts();
}

TEST_F(LeftPaused, that_cannot_be_set_is_named_until_it_is) {
  leave_y();
  refuse(secondary_, {"y"});
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("jobs/y")) << outcome.err;
  EXPECT_TRUE(run({"status"}).says("secondary, not all of it activated"));
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
  secondary_.workspace.refusals.clear();
  EXPECT_EQ(failover().code, 0);
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(LeftPaused, is_forgotten_where_somebody_started_or_removed_it) {
  leave_y();
  set_pause(primary_, "y", "UNPAUSED");
  fail_over();
  EXPECT_TRUE(pair().left.empty());
  EXPECT_EQ(firing(secondary_), all_);
  secondary_.workspace.put("jobs", "born", job("born", "one"));
  leave("born");
  remove_job(secondary_, "born");
  ASSERT_EQ(run({"backup", "secondary"}).code, 0);
  fail_over();
  EXPECT_TRUE(pair().left.empty());
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(LeftPaused, whose_snapshot_is_gone_is_named_and_kept) {
  leave_y();
  engine::Pair gone = pair();
  gone.left.front().snapshot = std::string(gone.left.front().snapshot.size(), '0');
  keep(gone);
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = failover();
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("was left paused by a failback, and stays so: snapshot 0000")) << outcome.err;
    EXPECT_EQ(firing(secondary_), (Names{"x", "z"})) << "all else fires";
  }
  EXPECT_EQ(fail_back().code, 3);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(pair().left.size(), 1U);
}

}  // namespace
}  // namespace holdfast::test
