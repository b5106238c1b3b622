// A connector that must not be written to: every verb that would write says so at once.
#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class Unwritable : public Nights {
protected:
  Unwritable() { migrate(); }
  // Neither a backup was taken for it nor anything written.
  void expect_refused(const Names& arguments) {
    const std::string before = run({"snapshots"}).out;
    const std::uint64_t writes = primary_.workspace.writes + secondary_.workspace.writes;
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 5) << testing::PrintToString(arguments) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("is not written to")) << testing::PrintToString(arguments) << outcome.err;
    EXPECT_EQ(run({"snapshots"}).out, before) << testing::PrintToString(arguments);
    EXPECT_EQ(primary_.workspace.writes + secondary_.workspace.writes, writes) << testing::PrintToString(arguments);
  }
};

TEST_F(Unwritable, target_is_refused_by_every_verb_before_anything_is_read) {
  const std::string plan = app_.file("plan.json");
  change(primary_, "x", "two");
  secondary_.writable = false;
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--plan-out", plan}).code, 0) << "which changes nothing there";
  for (const Names& verb :
       {Names{"migrate", "primary", "secondary"}, Names{"migrate", "--plan", plan},
        Names{"replicate", "primary", "secondary"}, Names{"failover", "primary", "secondary"},
        Names{"failover", "primary", "secondary", "--source-lost"}, Names{"fence", "secondary"},
        Names{"activate", "secondary", "--from", "primary"}, Names{"failback", "primary", "secondary"},
        Names{"restore", "primary/latest", "--to", "secondary"}}) {
    Names arguments = verb;
    if (verb[1] != "--plan") arguments.push_back("--yes");
    expect_refused(arguments);
  }
  expect_refused({"restore", "--plan", plan});
  EXPECT_EQ(run({"replicate", "primary", "secondary", "--dry-run"}).code, 0);
  EXPECT_EQ(run({"plan", "primary/latest", "--to", "secondary"}).code, 0);
  EXPECT_EQ(run({"backup", "secondary"}).code, 0);
}

TEST_F(Unwritable, target_that_is_only_filled_is_switched_by_no_verb) {
  const std::string plan = app_.file("plan.json");
  change(primary_, "x", "two");
  secondary_.switchable = false;
  for (const Names& verb :
       {Names{"failover", "primary", "secondary"}, Names{"failover", "primary", "secondary", "--source-lost"},
        Names{"fence", "secondary"}, Names{"activate", "secondary", "--from", "primary"},
        Names{"activate", "secondary", "--from", "secondary"}, Names{"failback", "primary", "secondary"}}) {
    Names arguments = verb;
    arguments.push_back("--yes");
    expect_refused(arguments);
  }
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(run({"migrate", "primary", "secondary", "--plan-out", plan}).code, 0);
  EXPECT_EQ(run({"migrate", "--plan", plan}).code, 0);
  EXPECT_EQ(run({"restore", "primary/latest", "--to", "secondary", "--yes"}).code, 0);
  EXPECT_FALSE(fires(secondary_, "x"));
}

TEST_F(Unwritable, source_is_not_fenced_by_a_replicate_either) {
  EXPECT_EQ(run({"failover", "primary", "secondary", "--source-lost", "--yes"}).code, 0);
  primary_.switchable = false;
  expect_refused({"replicate", "primary", "secondary", "--yes"});
  EXPECT_TRUE(fires(primary_, "x"));
}

TEST_F(Unwritable, source_is_not_fenced_so_that_only_what_is_lost_is_failed_over) {
  primary_.writable = false;
  EXPECT_EQ(night().code, 0) << "nothing of it is changed";
  expect_refused({"failover", "primary", "secondary", "--yes"});
  EXPECT_TRUE(fires(primary_, "x"));
  EXPECT_EQ(run({"failover", "primary", "secondary", "--source-lost", "--yes"}).code, 0);
  EXPECT_TRUE(fires(secondary_, "x"));
  expect_refused({"failback", "secondary", "primary", "--yes"});
  primary_.writable = true;
  secondary_.writable = false;
  expect_refused({"failback", "secondary", "primary", "--yes"});
  EXPECT_TRUE(fires(secondary_, "x"));
}

}  // namespace
}  // namespace holdfast::test
