// A profile or a tunnel that leads a connector to another workspace than yesterday.
#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class Elsewhere : public Nights {
protected:
  std::string snapshots() { return run({"snapshots"}).out; }
  void expect_refused(const Names& verb) {
    const std::string before = snapshots();
    const std::uint64_t writes = primary_.workspace.writes + secondary_.workspace.writes;
    const Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 5) << testing::PrintToString(verb) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("leads to workspace three, and its newest snapshot is of workspace one")) << outcome.err;
    EXPECT_TRUE(outcome.says("--other-workspace")) << outcome.err;
    EXPECT_EQ(snapshots(), before) << testing::PrintToString(verb);
    EXPECT_EQ(primary_.workspace.writes + secondary_.workspace.writes, writes) << testing::PrintToString(verb);
  }
};

TEST_F(Elsewhere, is_not_backed_up_for_what_the_connector_was_before) {
  migrate();
  primary_.id = "three";
  expect_refused({"backup", "primary"});
  expect_refused({"backup", "primary", "--full"});
  expect_refused({"backup", "primary", "--dry-run"});
  expect_refused({"migrate", "primary", "secondary"});
  expect_refused({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(firing(secondary_), Names{});
  primary_.id = "one";
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
}

TEST_F(Elsewhere, is_where_the_connector_leads_from_then_on_when_that_is_said) {
  migrate();
  primary_.id = "three";
  primary_.absent = {"pools"};
  const Outcome moved = run({"backup", "primary", "--other-workspace"});
  EXPECT_EQ(moved.code, 0) << moved.out << moved.err;
  EXPECT_FALSE(run({"ls", "primary/latest"}).says("pools")) << "nothing is carried over from the other one";
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  primary_.id = "one";
  EXPECT_EQ(run({"backup", "primary"}).code, 5);
}

TEST_F(Elsewhere, nothing_was_paused_of_what_the_connector_leads_to_from_then_on) {
  migrate();
  fail_over();
  ASSERT_EQ(fence("primary")->state, engine::Fence::State::confirmed);
  primary_.id = "three";
  set_pause(primary_, "x", "UNPAUSED");
  EXPECT_EQ(run({"backup", "primary", "--other-workspace", "--dry-run"}).code, 0);
  EXPECT_EQ(fence("primary")->state, engine::Fence::State::confirmed);
  const Outcome moved = run({"backup", "primary", "--other-workspace"});
  EXPECT_EQ(moved.code, 0) << moved.out << moved.err;
  EXPECT_TRUE(moved.says("\"holdfast fence primary\" pauses what fires on this one")) << moved.err;
  EXPECT_EQ(fence("primary")->state, engine::Fence::State::open);
  EXPECT_FALSE(run({"snapshots", "--json"}).says("states_recorded_in"));
  const std::uint64_t writes = primary_.workspace.writes + secondary_.workspace.writes;
  const Outcome back = fail_back({"--existing", "replace"});
  EXPECT_EQ(back.code, 5) << back.out << back.err;
  EXPECT_TRUE(back.says("primary led to workspace one when secondary took over from it, and leads to three now"));
  EXPECT_EQ(primary_.workspace.writes + secondary_.workspace.writes, writes) << "what fires on either side stays so";
  must({"fence", "primary"});
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
}

TEST_F(Elsewhere, nothing_fills_what_could_not_be_read_there) {
  migrate();
  primary_.id = "three";
  primary_.unlisted = {"jobs"};
  const Outcome moved = run({"backup", "primary", "--other-workspace"});
  EXPECT_EQ(moved.code, 3) << moved.out << moved.err;
  EXPECT_FALSE(run({"ls", "primary/latest", "jobs"}).says("x"));
}

TEST_F(Elsewhere, is_no_word_for_the_workspace_that_it_is) {
  const Names elsewhere{"backup", "primary", "--other-workspace"};
  EXPECT_TRUE(run(elsewhere).says("no snapshot of primary says to which workspace it led"));
  migrate();
  const std::string before = snapshots();
  const Outcome outcome = run(elsewhere);
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("primary leads to workspace one, and its newest snapshot is of workspace one"));
  EXPECT_EQ(snapshots(), before);
}

TEST_F(Elsewhere, is_seen_in_the_plan_for_what_was_never_backed_up) {
  const std::string plan = app_.file("plan.json");
  const Names first{"migrate", "primary", "secondary", "--plan-out", plan};
  EXPECT_TRUE(run(first).says("secondary leads to workspace two, and no snapshot of it says whether it shall"));
  migrate();
  EXPECT_FALSE(run(first).says("leads to workspace"));
}

class PlannedElsewhere : public Elsewhere {
protected:
  void keep_plan() { ASSERT_EQ(run({"migrate", "primary", "secondary", "--plan-out", plan_}).code, 0); }
  void expect_plan_refused(const Names& verb) {
    const std::uint64_t writes = primary_.workspace.writes + secondary_.workspace.writes;
    const Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("secondary leads to another workspace than two, for which the plan was made"))
        << outcome.err;
    EXPECT_EQ(primary_.workspace.writes + secondary_.workspace.writes, writes);
  }
  const std::string plan_ = app_.file("plan.json");
};

// The first flow of all: of the target there is no snapshot that says where it leads.
TEST_F(PlannedElsewhere, is_not_written_to_by_a_plan_that_was_made_for_another_one) {
  keep_plan();
  for (const char* other : {"one", "three", ""}) {
    secondary_.id = other;
    expect_plan_refused({"migrate", "--plan", plan_});
    expect_plan_refused({"restore", "--plan", plan_});
  }
  secondary_.id = "two";
  must({"migrate", "--plan", plan_});
  EXPECT_EQ(secondary_.workspace.count("jobs"), 4U);
}

TEST_F(PlannedElsewhere, leaves_nothing_behind_of_a_plan_that_is_refused) {
  keep_plan();
  secondary_.id = "three";
  expect_plan_refused({"migrate", "--plan", plan_});
  const Outcome outcome = run({"migrate", "primary", "secondary"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(outcome.says("going on with plan")) << outcome.err;
}

TEST_F(PlannedElsewhere, is_gone_on_with_only_where_it_was_begun) {
  keep_plan();
  refuse(secondary_, {"y"});
  EXPECT_EQ(run({"migrate", "--plan", plan_}).code, 3);
  must({"forget", "secondary/latest", "--reason", "nothing says where it led"});
  secondary_.workspace.refusals.clear();
  secondary_.id = "three";
  expect_plan_refused({"migrate", "primary", "secondary"});
  EXPECT_EQ(run({"backup", "secondary"}).code, 0);
  const Outcome outcome = run({"migrate", "primary", "secondary", "--dry-run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const Outcome anew = run({"migrate", "primary", "secondary", "--yes"});
  EXPECT_TRUE(anew.says("is dropped: secondary led to workspace two then")) << anew.err;
  EXPECT_EQ(anew.code, 0) << anew.err;
}

TEST_F(Elsewhere, is_known_behind_a_snapshot_that_does_not_say_which_it_is) {
  migrate();
  primary_.id = "";
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  primary_.id = "three";
  expect_refused({"backup", "primary"});
}

}  // namespace
}  // namespace holdfast::test
