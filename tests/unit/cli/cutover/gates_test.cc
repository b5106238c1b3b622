#include "cli/cutover/gates.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/json.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class ManualGates : public Nights {
protected:
  static void expect_stop(const Outcome& outcome, const std::string& gate) {
    EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("recovery plan dr stops this before " + gate)) << outcome.err;
    EXPECT_TRUE(outcome.says("--pass " + gate + ".")) << outcome.err;
  }
};

TEST_F(ManualGates, stop_a_failover_before_each_phase_that_the_plan_names) {
  migrate();
  gate(R"("replicate", "fence", "activate")");
  change(primary_, "x", "two");
  expect_stop(failover(), "replicate");
  EXPECT_EQ(note_of("x"), "one") << "nothing was brought";

  const Outcome second = failover({"--pass", "replicate"});
  expect_stop(second, "fence");
  EXPECT_TRUE(second.says("primary was brought to secondary; primary fires as before.")) << second.err;
  EXPECT_TRUE(second.says("Next: the fence of primary")) << second.err;
  EXPECT_TRUE(second.says("Run the same again with --pass replicate --pass fence.")) << second.err;
  EXPECT_EQ(note_of("x"), "two");
  EXPECT_EQ(firing(primary_), all_);

  expect_stop(failover({"--pass", "replicate", "--pass", "fence"}), "activate");
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), Names{});

  expect_stop(failover({"--pass", "activate"}), "replicate");
  const Outcome last = failover({"--pass", "replicate", "--pass", "activate"});
  EXPECT_EQ(last.code, 0) << "a fence that stands is entered no more: " << last.err;
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(failover().code, 0) << "it ended, and has nothing to enter";
}

TEST_F(ManualGates, stop_a_failback_of_the_same_two) {
  migrate();
  ASSERT_EQ(failover().code, 0);
  gate(R"("fence", "activate")");
  change(secondary_, "x", "theirs");
  expect_stop(fail_back(), "fence");
  EXPECT_EQ(note_of(primary_, "x"), "theirs") << "it was brought back";
  EXPECT_EQ(firing(secondary_), all_);
  expect_stop(fail_back({"--pass", "fence"}), "activate");
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(fail_back({"--pass", "activate"}).code, 0);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(ManualGates, call_nobody_in_charge_who_is_not_yet) {
  migrate();
  gate(R"("activate")");
  expect_stop(failover(), "activate");
  EXPECT_TRUE(run({"status"}).says("primary: fenced for secondary, which is not in charge"));
  auto fence = nlohmann::json::parse(run({"status", "--json"}).out).at("fences").at(0);
  EXPECT_TRUE(fence.at("took_over").is_null());
  EXPECT_EQ(fence.at("fenced_for"), "secondary");
  ASSERT_EQ(failover({"--pass", "activate"}).code, 0);
  EXPECT_TRUE(run({"status"}).says("primary: secondary took over"));
  fence = nlohmann::json::parse(run({"status", "--json"}).out).at("fences").at(0);
  EXPECT_EQ(fence.at("took_over"), "secondary");
  expect_stop(fail_back(), "activate");
  EXPECT_TRUE(run({"status"}).says("secondary: fenced for primary, which is not in charge"));
}

// It is brought back, and fires by what the fence kept beside its snapshot.
TEST_F(ManualGates, of_a_failback_call_nothing_removed_that_was_made_behind_its_fence) {
  migrate();
  ASSERT_EQ(failover().code, 0);
  gate(R"("activate")");
  expect_stop(fail_back(), "activate");
  secondary_.workspace.put("jobs", "late", job("late", "one"));
  const Outcome outcome = fail_back({"--pass", "activate"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(fires(primary_, "late")) << outcome.out;
  EXPECT_FALSE(outcome.says("was removed from secondary")) << outcome.err;
}

TEST_F(ManualGates, hold_also_where_the_source_is_lost) {
  migrate();
  gate(R"("fence")");
  expect_stop(failover({"--source-lost"}), "fence");
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_FALSE(run({"status"}).says("open since")) << "no fence is opened either";
  EXPECT_EQ(failover({"--source-lost", "--pass", "fence"}).code, 0);
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(ManualGates, stop_an_activation_that_is_typed_by_itself) {
  migrate();
  gate(R"("fence", "activate")");
  ASSERT_EQ(run({"fence", "primary", "--yes"}).code, 0) << "which has none";
  const Outcome dry = run({"activate", "secondary", "--from", "primary", "--dry-run"});
  EXPECT_TRUE(dry.says("has a gate before activate: without --pass activate it would stop there")) << dry.err;
  EXPECT_FALSE(dry.says("a gate before fence")) << dry.err;
  const Outcome outcome = take_over();
  expect_stop(outcome, "activate");
  EXPECT_TRUE(outcome.says("Nothing was written to primary or secondary.")) << outcome.err;
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(take_over({"--pass", "fence"}).code, 2);
  EXPECT_EQ(take_over({"--pass", "activate"}).code, 0);
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(take_over().code, 0) << "it has nothing to enter";
}

TEST_F(ManualGates, are_not_asked_by_what_gives_a_fence_up) {
  migrate();
  gate(R"("activate")");
  ASSERT_EQ(run({"fence", "primary", "--yes"}).code, 0);
  EXPECT_EQ(run({"activate", "primary", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(ManualGates, are_remembered_by_nothing) {
  migrate();
  gate(R"("activate")");
  EXPECT_EQ(failover({"--pass", "activate"}).code, 0);
  expect_stop(fail_back(), "activate");
  expect_stop(fail_back(), "activate");
  EXPECT_EQ(fail_back({"--pass", "activate"}).code, 0);
  expect_stop(failover(), "activate");
  ::setenv("HOLDFAST_PASS", "activate", 1);
  const Outcome outcome = failover();
  ::unsetenv("HOLDFAST_PASS");
  EXPECT_EQ(outcome.code, 2) << outcome.err;
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(ManualGates, are_passed_by_names_that_the_plan_has) {
  migrate();
  EXPECT_EQ(failover({"--pass", "fence"}).code, 2) << "there is no recovery plan";
  gate(R"("fence")");
  const Outcome other = failover({"--pass", "activate"});
  EXPECT_EQ(other.code, 2);
  EXPECT_TRUE(other.says("there is no gate \"activate\" between primary and secondary")) << other.err;
  const Outcome odd = failover({"--pass", "fense"});
  EXPECT_EQ(odd.code, 2);
  EXPECT_TRUE(odd.says("fence")) << odd.err;
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(ManualGates, are_shown_before_anything_is_done) {
  migrate();
  gate(R"("fence", "activate")");
  const Outcome dry = run({"failover", "primary", "secondary", "--dry-run", "--pass", "fence"});
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_TRUE(dry.says("recovery plan dr has a gate before fence, which this would pass")) << dry.err;
  EXPECT_TRUE(dry.says("has a gate before activate: without --pass activate it would stop there (exit 5)")) << dry.err;
  EXPECT_TRUE(
      run({"status"})
          .says("recovery plan dr: failover and failback of primary and secondary stop before fence, activate"));
  const auto status = nlohmann::json::parse(run({"status", "--json"}).out);
  EXPECT_EQ(status.at("recoveries").at(0).at("gates").at(1), "activate");
}

TEST_F(ManualGates, stop_with_a_summary_of_their_own) {
  migrate();
  gate(R"("fence")");
  const Outcome outcome = failover({"--json"});
  EXPECT_EQ(outcome.code, 5);
  nlohmann::json last;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);)
    if (line.find("\"summary\"") != std::string::npos) last = nlohmann::json::parse(line);
  EXPECT_EQ(last.at("stopped_before"), "fence") << last;
  EXPECT_EQ(last.at("recovery_plan"), "dr");
  EXPECT_EQ(last.at("go_on"), "--pass fence");
  EXPECT_TRUE(outcome.says("\"exit_code\":5")) << outcome.err;
}

TEST_F(ManualGates, of_others_stop_nothing) {
  std::ofstream(app_.config(), std::ios::app)
      << "[connector.third]\nplatform = \"workspace\"\n"
         "[recovery.other]\nsource = \"primary\"\ntarget = \"third\"\ngates = [\"activate\"]\n";
  migrate();
  EXPECT_EQ(failover().code, 0);
}

}  // namespace
}  // namespace holdfast::test
