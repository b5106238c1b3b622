// What is said, and what is refused, while a fence is not what its name says.
#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class OpenFence : public Nights {};

TEST_F(OpenFence, is_named_by_a_failover_that_nobody_calls_lost_any_more) {
  migrate();
  ASSERT_EQ(failover({"--source-lost"}).code, 0);
  ASSERT_TRUE(fence("primary"));
  EXPECT_EQ(fence("primary")->state, engine::Fence::State::open);
  const Outcome again = failover();
  EXPECT_EQ(again.code, 3) << again.out << again.err;
  EXPECT_TRUE(again.says("may run beside secondary: \"holdfast fence primary\" pauses it")) << again.err;
  EXPECT_EQ(failover({"--source-lost"}).code, 0);
  must({"fence", "primary"});
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(failover().code, 0);
}

TEST_F(OpenFence, keeps_a_replicate_from_taking_what_fires_for_changes) {
  migrate();
  ASSERT_EQ(failover({"--source-lost"}).code, 0);
  const std::uint64_t writes = primary_.workspace.writes;
  const Outcome outcome = run({"replicate", "secondary", "primary"});
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("Pause it first with \"holdfast fence primary\"")) << outcome.err;
  EXPECT_EQ(primary_.workspace.writes, writes);
}

TEST_F(OpenFence, of_a_failover_that_stopped_says_what_leads_on) {
  gate("\"activate\"");
  migrate();
  ASSERT_EQ(failover().code, 5);
  ASSERT_EQ(firing(primary_), Names{});
  const Outcome backup = run({"backup", "primary"});
  EXPECT_TRUE(backup.says("which did not take over yet")) << backup.err;
  EXPECT_FALSE(backup.says("secondary took over")) << backup.err;
  const Outcome back = fail_back();
  EXPECT_EQ(back.code, 5);
  EXPECT_TRUE(back.says("give it up with \"holdfast activate primary --from primary\"")) << back.err;
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

}  // namespace
}  // namespace holdfast::test
