#include <gtest/gtest.h>

#include <atomic>

#include "base/error.h"
#include "storage/decorators/fault_backend.h"
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

TEST_F(PlansOfMigrations, are_told_from_files_that_are_no_plans) {
  std::ofstream(plan_) << "{}";
  const Outcome outcome = run({"migrate", "--plan", plan_});
  EXPECT_EQ(outcome.code, base::exit_code(base::ErrorKind::config)) << outcome.err;
  EXPECT_TRUE(outcome.says("the plan cannot be read")) << outcome.err;
  EXPECT_FALSE(outcome.says("restore --plan")) << outcome.err;
  must({"backup", "primary"});
  must({"plan", "primary/latest", "--to", "primary", "--out", plan_});
  EXPECT_TRUE(run({"migrate", "--plan", plan_}).says("Apply it with \"holdfast restore --plan\"")) << "of another kind";
}

// What lies in the repository fails from the first write to the target on.
class FullDisk : public Nights {
protected:
  FullDisk() {
    app_.composition.backends.front().open = [this](const std::string&) {
      return storage::make_fault_backend(*repository_,
                                         {.before =
                                              [this](storage::Call call, const std::string& name) {
                                                if (full_ && call == storage::Call::put)
                                                  throw base::Error(base::ErrorKind::io,
                                                                    "writing " + name + ": no space left on device");
                                              },
                                          .after = {}},
                                         nullptr);
    };
    secondary_.workspace.interrupt_at = 1;
    secondary_.workspace.interrupt = [this] { full_ = true; };
  }
  std::unique_ptr<storage::Backend> repository_ = storage::open_local_backend(app_.file("repository"));
  std::atomic<bool> full_{false};
};

TEST_F(FullDisk, behind_a_run_is_told_as_what_it_is) {
  const Outcome outcome = run({"migrate", "primary", "secondary"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(outcome.says("no snapshot of secondary could be taken behind this run")) << outcome.err;
  EXPECT_TRUE(outcome.says("no space left on device")) << outcome.err;
  full_ = false;
  EXPECT_EQ(night().code, 0) << "which makes up for it";
}

}  // namespace
}  // namespace holdfast::test
