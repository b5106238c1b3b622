// A takeover whose fence could not be confirmed: where that is known before it pauses anything, nothing is paused.
#include <gtest/gtest.h>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class Unconfirmed : public Nights {
protected:
  // Nothing on `fenced` was paused, nothing on the other one activated, and what to do is said.
  void expect_stopped(const Outcome& outcome, const WorkspaceAccount& fenced, const std::string& name,
                      const std::string& why) const {
    EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says(name + ": " + why)) << outcome.err;
    EXPECT_TRUE(outcome.says("a fence of " + name + " would not be confirmed, so nothing on it was paused"))
        << outcome.err;
    EXPECT_TRUE(outcome.says(name + " fires as before")) << outcome.err;
    EXPECT_TRUE(outcome.says("--source-lost")) << outcome.err;
    EXPECT_EQ(firing(fenced), all_);
    EXPECT_FALSE(fence(name).has_value());
  }
  // What cannot be paused is seen behind the pause only.
  static void keep_firing(WorkspaceAccount& on, const std::string& job) {
    on.workspace.refusals.emplace("jobs/" + job, base::Error(base::ErrorKind::refused, "not allowed"));
  }

  const std::string no_administrator_ = "the account is no administrator";
};

TEST_F(Unconfirmed, stops_a_failover_by_who_does_not_see_all_before_anything_is_written) {
  migrate();
  change(primary_, "x", "two");
  primary_.administrator = false;
  const std::uint64_t writes = secondary_.workspace.writes;
  expect_stopped(failover(), primary_, "primary", no_administrator_);
  EXPECT_EQ(secondary_.workspace.writes, writes);
  EXPECT_EQ(firing(secondary_), Names{});
  primary_.administrator = true;
  fail_over();
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(Unconfirmed, is_told_by_a_dry_run_with_the_same_exit) {
  migrate();
  EXPECT_EQ(failover({"--dry-run"}).code, 0);
  primary_.administrator = false;  // since the newest snapshot
  expect_stopped(failover({"--dry-run"}), primary_, "primary", no_administrator_);
  EXPECT_EQ(failover({"--dry-run", "--source-lost"}).code, 0) << "nothing of it is fenced";
  primary_.administrator = true;
  fail_over();
  secondary_.administrator = false;
  expect_stopped(fail_back({"--dry-run"}), secondary_, "secondary", no_administrator_);
}

TEST_F(Unconfirmed, stops_a_failback_before_anything_is_brought_back) {
  migrate();
  fail_over();
  change(secondary_, "x", "away");
  secondary_.administrator = false;
  const std::uint64_t writes = primary_.workspace.writes;
  expect_stopped(fail_back(), secondary_, "secondary", no_administrator_);
  EXPECT_EQ(primary_.workspace.writes, writes);
  secondary_.administrator = true;
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(Unconfirmed, does_not_stop_who_says_that_the_source_is_lost) {
  migrate();
  primary_.administrator = false;
  must({"backup", "primary"});
  EXPECT_EQ(failover({"--source-lost"}).code, 0);
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(Unconfirmed, stops_it_for_what_may_fire_and_was_not_read) {
  migrate();
  primary_.unread = {"asleep"};
  expect_stopped(failover({"--source-partial"}), primary_, "primary", "not all jobs could be read");
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(Unconfirmed, stops_it_where_what_fired_is_gone_all_at_once) {
  migrate();
  primary_.blank = {{"jobs", 1}};
  expect_stopped(failover(), primary_, "primary", "there are no jobs any more");
  EXPECT_EQ(failover().code, 0) << "they are listed again";
}

TEST_F(Unconfirmed, says_what_stays_as_it_was_of_one_that_is_fenced) {
  migrate();
  must({"fence", "primary", "--yes"});
  primary_.administrator = false;
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("primary stays fenced")) << outcome.err;
}

// Nobody may take it for running.
TEST_F(Unconfirmed, says_behind_the_pause_that_neither_side_fires_and_what_leads_back) {
  migrate();
  keep_firing(primary_, "x");
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("secondary was not activated: what was paused fires on neither side")) << outcome.err;
  EXPECT_TRUE(outcome.says("\"holdfast activate primary --from primary\"")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{"x"});
  EXPECT_EQ(firing(secondary_), Names{});
  primary_.workspace.refusals.clear();
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_FALSE(fence("primary").has_value());
  fail_over();
  keep_firing(secondary_, "x");
  const Outcome back = fail_back();
  EXPECT_EQ(back.code, 5) << back.out << back.err;
  EXPECT_TRUE(back.says("primary was not activated: what was paused fires on neither side")) << back.err;
  EXPECT_TRUE(back.says("\"holdfast activate secondary --from secondary\"")) << back.err;
  EXPECT_EQ(firing(secondary_), Names{"x"});
  secondary_.workspace.refusals.clear();
  must({"activate", "secondary", "--from", "secondary", "--yes"});
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(firing(primary_), Names{});
}

}  // namespace
}  // namespace holdfast::test
