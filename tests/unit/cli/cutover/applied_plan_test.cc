// A plan file that is applied once more.
#include <gtest/gtest.h>

#include "cli/resource_view.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class AppliedPlan : public Nights {
protected:
  AppliedPlan() { must({"migrate", "primary", "secondary", "--plan-out", plan_}); }
  void expect_refused(const Names& verb) {
    const Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("was applied whole already")) << outcome.err;
    EXPECT_TRUE(outcome.says("Make a new plan")) << outcome.err;
  }
  const std::string plan_ = app_.file("plan.json");
};

// What was lost since it would count as there.
TEST_F(AppliedPlan, vouches_for_nothing) {
  must({"migrate", "--plan", plan_});
  remove_job(secondary_, "x");
  expect_refused({"migrate", "--plan", plan_});
  expect_refused({"restore", "--plan", plan_});
  must({"migrate", "primary", "secondary", "--plan-out", plan_});
  must({"migrate", "--plan", plan_});
  EXPECT_TRUE(has_job(secondary_, "x"));
}

TEST_F(AppliedPlan, in_part_goes_on_and_says_what_it_does_not_look_at) {
  refuse(secondary_, {"y"});
  EXPECT_EQ(run({"migrate", "--plan", plan_}).code, 3);
  secondary_.workspace.refusals.clear();
  const Outcome again = run({"migrate", "--plan", plan_});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(again.says("what an earlier run of this plan wrote is not looked at again")) << again.err;
  EXPECT_TRUE(has_job(secondary_, "y"));
  expect_refused({"migrate", "--plan", plan_});
}

TEST_F(AppliedPlan, in_place_is_refused_as_well) {
  remove_job(primary_, "x");
  must({"plan", "primary/latest", "--to", "primary", "--out", plan_});
  must({"restore", "--plan", plan_});
  remove_job(primary_, "x");
  expect_refused({"restore", "--plan", plan_});
}

// Killed while what it wrote is read, it has to come to its end.
TEST_F(AppliedPlan, is_gone_on_with_until_what_it_wrote_is_known) {
  must({"migrate", "--plan", plan_});
  {
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    engine::CutoverStore(*state).begin(*cli::read_resource_plan(plan_));
  }
  must({"migrate", "--plan", plan_});
  expect_refused({"migrate", "--plan", plan_});
}

TEST_F(AppliedPlan, that_has_nothing_to_do_is_refused_by_nobody) {
  must({"migrate", "--plan", plan_});
  must({"migrate", "primary", "secondary", "--plan-out", plan_});
  must({"migrate", "--plan", plan_});
  must({"migrate", "--plan", plan_});
}

class PlanWithConflicts : public AppliedPlan {
protected:
  PlanWithConflicts() {
    for (int i = 0; i < 2; ++i) secondary_.workspace.put("jobs", "x", job("x", "theirs"));
    must({"migrate", "primary", "secondary", "--plan-out", plan_});
    EXPECT_EQ(run({"migrate", "--plan", plan_}).code, 3);
    EXPECT_TRUE(has_job(secondary_, "y"));
  }
};

// "Mend it, and run the same command again" is what the manual says of exit 3.
TEST_F(PlanWithConflicts, says_them_again_and_writes_nothing) {
  remove_job(secondary_, "y");
  const std::uint64_t writes = secondary_.workspace.writes;
  for (const char* verb : {"migrate", "restore"}) {
    const Outcome again = run({verb, "--plan", plan_});
    EXPECT_EQ(again.code, 3) << again.err;
    EXPECT_TRUE(again.says(": several are called so")) << again.err;
    EXPECT_TRUE(again.says("what it left in conflict takes a new plan, also where that was mended since")) << again.err;
  }
  EXPECT_EQ(secondary_.workspace.writes, writes);
  EXPECT_FALSE(has_job(secondary_, "y"));
  while (has_job(secondary_, "x")) remove_job(secondary_, "x");
  EXPECT_EQ(run({"migrate", "--plan", plan_}).code, 3) << "it is what it was when it was made";
  EXPECT_FALSE(has_job(secondary_, "x"));
  must({"migrate", "primary", "secondary", "--yes"});
  EXPECT_TRUE(has_job(secondary_, "x") && has_job(secondary_, "y"));
}

TEST_F(PlanWithConflicts, that_failed_in_part_says_that_they_take_a_new_one) {
  remove_job(secondary_, "y");
  refuse(secondary_, {"y"});
  must({"migrate", "primary", "secondary", "--plan-out", plan_});
  EXPECT_EQ(run({"migrate", "--plan", plan_}).code, 3);
  secondary_.workspace.refusals.clear();
  const Outcome again = run({"migrate", "--plan", plan_});
  EXPECT_EQ(again.code, 3) << again.err;
  EXPECT_TRUE(again.says("what it left in conflict takes a new plan")) << again.err;
  EXPECT_TRUE(has_job(secondary_, "y"));
}

TEST_F(PlanWithConflicts, takes_nothing_for_its_own_that_it_wrote_long_ago) {
  EXPECT_EQ(night().code, 3);  // another plan
  change(secondary_, "z", "theirs");
  EXPECT_EQ(run({"migrate", "--plan", plan_}).code, 3);
  change(primary_, "z", "two");
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(note_of("z"), "theirs");
}

}  // namespace
}  // namespace holdfast::test
