// Journals of plans in the local state: each is kept as long as somebody may go on with its plan, and no longer.
#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class KeptJournals : public Nights {
protected:
  Names records() const {
    Names out;
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    state->list("resources/", [&](const storage::ObjectInfo& one) { out.push_back(one.name); });
    return out;
  }
  const std::string plan_ = app_.file("plan.json");
};

TEST_F(KeptJournals, of_nights_with_an_open_task_are_none) {
  secondary_.workspace.by_hand.emplace("pools/big", "Make the pool big.");
  migrate();
  for (int night = 0; night < 10; ++night) {
    change(primary_, "x", std::to_string(night));
    EXPECT_EQ(this->night().code, 0);
  }
  EXPECT_EQ(note_of("x"), "9");
  EXPECT_EQ(records(), Names{});
}

TEST_F(KeptJournals, of_nights_in_which_nothing_is_to_be_done_are_none) {
  migrate();
  for (int night = 0; night < 3; ++night) EXPECT_EQ(this->night().code, 0);
  EXPECT_EQ(records(), Names{});
}

TEST_F(KeptJournals, of_a_night_that_failed_in_part_are_there_for_the_next) {
  refuse(secondary_, {"y"});
  EXPECT_EQ(night().code, 3);
  EXPECT_NE(records(), Names{});
  EXPECT_EQ(night().code, 3) << "that ends the plan, and tries once more";
  secondary_.workspace.refusals.clear();
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(records(), Names{});
}

TEST_F(KeptJournals, of_what_is_fenced_and_activated_are_none) {
  migrate();
  fail_over();
  EXPECT_EQ(fail_back().code, 0);
  must({"fence", "primary", "--yes"});
  must({"activate", "primary", "--yes"});
  remove_job(primary_, "x");
  must({"restore", "primary/latest", "--to", "primary", "--select", "/jobs/x"});
  EXPECT_EQ(records(), Names{});
}

// Whoever has the file may apply it again.
TEST_F(KeptJournals, of_a_plan_in_a_file_stay_also_where_a_night_has_ended_it) {
  must({"migrate", "primary", "secondary", "--plan-out", plan_});
  refuse(secondary_, {"y"});
  EXPECT_EQ(run({"migrate", "--plan", plan_}).code, 3);
  EXPECT_EQ(night().code, 3);
  remove_job(secondary_, "x");
  const Outcome again = run({"migrate", "--plan", plan_});
  EXPECT_EQ(again.code, 3) << again.err;
  EXPECT_TRUE(again.says("what an earlier run of this plan wrote is not looked at again")) << again.err;
  EXPECT_FALSE(has_job(secondary_, "x")) << "it is written there";
}

}  // namespace
}  // namespace holdfast::test
