// A profile or a tunnel that leads a connector to another workspace than yesterday.
#include <gtest/gtest.h>

#include "unit/cli/nights.h"

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
    EXPECT_TRUE(outcome.says("primary leads to workspace three, and its newest snapshot is of workspace one"))
        << outcome.err;
    EXPECT_TRUE(outcome.says("holdfast backup primary --other-workspace")) << outcome.err;
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

TEST_F(Elsewhere, is_seen_in_the_plan_for_what_was_never_backed_up) {
  const std::string plan = app_.file("plan.json");
  const Names first{"migrate", "primary", "secondary", "--plan-out", plan};
  EXPECT_TRUE(run(first).says("secondary leads to workspace two, and no snapshot of it says whether it shall"));
  migrate();
  EXPECT_FALSE(run(first).says("leads to workspace"));
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
