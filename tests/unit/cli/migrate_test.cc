#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class PlansOfMigrations : public Nights {
protected:
  void keep_plan() { must({"migrate", "primary", "secondary", "--plan-out", plan_}); }
  const std::string plan_ = app_.file("p1.json");
};

TEST_F(PlansOfMigrations, applied_where_the_local_state_is_lost_say_who_is_left_alone_and_what_to_do) {
  const std::string anna = primary_.workspace.put("users", "anna", R"({"userName":"anna","origin":"anna"})");
  primary_.workspace.put("groups", "analysts",
                         R"({"displayName":"analysts","origin":"analysts","members":[{"value":")" + anna + R"("}]})");
  keep_plan();
  const Outcome first = run({"migrate", "--plan", plan_});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_FALSE(first.says("idmap import")) << first.err;
  app_.composition.state_folder = app_.file("state of another host");
  const Outcome again = run({"migrate", "--plan", plan_});
  EXPECT_EQ(again.code, 3) << again.err;
  EXPECT_TRUE(again.says("left alone: users/anna: somebody made it after the plan was made")) << again.err;
  EXPECT_TRUE(again.says("waits: groups/analysts: it needs users/anna, which was left alone")) << again.err;
  EXPECT_TRUE(again.says("knows no ids of primary and secondary")) << again.err;
  EXPECT_TRUE(again.says("\"holdfast idmap import primary secondary FILE\"")) << again.err;
  EXPECT_TRUE(again.says("\"holdfast migrate primary secondary\"")) << again.err;
  EXPECT_EQ(secondary_.workspace.count("users"), 1U);
}

}  // namespace
}  // namespace holdfast::test
