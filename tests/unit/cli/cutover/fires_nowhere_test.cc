// What fires on the source of a planned failover, and could not on its target.
#include <gtest/gtest.h>

#include "storage/decorators/fault_backend.h"
#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class FiresNowhere : public Nights {
protected:
  // A job that fires, since the last night, and that secondary does not take.
  void refuse_own() {
    migrate();
    primary_.workspace.put("jobs", "own", job("own", "one"));
    secondary_.workspace.refusals.emplace("jobs/own", base::Error(base::ErrorKind::refused, "over the quota"));
  }
  std::string path_of(const std::string& name) const {
    return "jobs/" + name + "/" + primary_.workspace.id_of("jobs", name);
  }
  void expect_stopped(const Outcome& outcome, const Names& named) const {
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    for (const std::string& one : named)
      EXPECT_TRUE(outcome.says("fires on primary, and could not on secondary: " + path_of(one) + "\n")) << outcome.err;
    EXPECT_TRUE(outcome.says("nothing was activated: mend that and run the same again, or add --leave-paused"))
        << outcome.err;
    EXPECT_EQ(firing(secondary_), Names{});
    EXPECT_NE(pair().active, "secondary");
  }
  bool names(const Outcome& outcome, const std::string& job) const {
    return outcome.says("fired on primary, and does not on secondary: " + path_of(job) + "\n");
  }

  const Names with_own_{"own", "x", "y", "z"};
};

TEST_F(FiresNowhere, stops_a_failover_before_anything_is_paused) {
  refuse_own();
  const Outcome outcome = failover();
  expect_stopped(outcome, {"own"});
  EXPECT_TRUE(outcome.says("primary fires as before")) << outcome.err;
  EXPECT_FALSE(outcome.says(path_of("x") + "\n")) << outcome.err;
  EXPECT_EQ(firing(primary_), with_own_);
  EXPECT_FALSE(fence("primary").has_value());
  secondary_.workspace.refusals.clear();
  const Outcome again = failover();
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), with_own_);
}

TEST_F(FiresNowhere, stops_it_for_what_waits_for_something_that_could_not_be_brought) {
  migrate();
  const std::string small = primary_.workspace.put("pools", "small", pool("small", 1));
  primary_.workspace.put("jobs", "waits",
                         R"({"name":"waits","origin":"waits","pool_id":")" + small +
                             R"(","schedule":{"cron":"0 0 * * * ?","pause_status":"UNPAUSED"}})");
  secondary_.workspace.refusals.emplace("pools/small", not_now());
  expect_stopped(failover(), {"waits"});
  EXPECT_EQ(firing(primary_), (Names{"waits", "x", "y", "z"}));
}

TEST_F(FiresNowhere, stops_it_where_what_fires_in_it_could_not_be_brought) {
  migrate();
  primary_.workspace.put("jobs", "late", R"({"name":"late","origin":"late","note":"one"})");
  ASSERT_EQ(night().code, 0);
  primary_.workspace.rewrite("jobs", primary_.workspace.id_of("jobs", "late"), job("late", "one"));
  refuse(secondary_, {"late"});
  expect_stopped(failover(), {"late"});
  EXPECT_EQ(firing(primary_), (Names{"late", "x", "y", "z"}));
}

TEST_F(FiresNowhere, does_not_stop_one_that_is_told_to_leave_it_paused) {
  refuse_own();
  const Outcome outcome = failover({"--leave-paused"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(names(outcome, "own")) << outcome.err;
  EXPECT_FALSE(names(outcome, "x")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), all_);
  const Outcome again = failover();
  EXPECT_EQ(again.code, 3) << "it goes on: " << again.out << again.err;
  EXPECT_TRUE(names(again, "own")) << again.err;
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), with_own_);
}

TEST_F(FiresNowhere, does_not_stop_one_that_did_not_choose_it) {
  refuse_own();
  const Outcome outcome = failover({"--select", "name:x"});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(firing(secondary_), Names{"x"});
  // The rest of it, behind which it fires on neither side.
  const Outcome rest = failover();
  EXPECT_EQ(rest.code, 3) << rest.out << rest.err;
  EXPECT_TRUE(names(rest, "own")) << rest.err;
  EXPECT_FALSE(names(rest, "y")) << rest.err;
  EXPECT_EQ(firing(secondary_), all_);
  const Outcome again = run({"failover", "primary", "secondary"});
  EXPECT_EQ(again.code, 3) << "for as long as it is so: " << again.out << again.err;
  EXPECT_TRUE(names(again, "own")) << again.err;
  set_pause(secondary_, "y", "PAUSED");
  EXPECT_FALSE(names(failover(), "y")) << "that was somebody's will";
}

TEST_F(FiresNowhere, does_not_stop_one_from_a_source_that_is_lost) {
  refuse_own();
  must({"backup", "primary"});
  const Outcome outcome = failover({"--source-lost"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(names(outcome, "own")) << outcome.err;
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(FiresNowhere, is_told_by_a_dry_run_as_far_as_it_is_known) {
  migrate();
  secondary_.unread = {"own"};  // which they may have, or not
  primary_.workspace.put("jobs", "own", job("own", "one"));
  secondary_.workspace.put("jobs", "own", job("own", "theirs"));
  must({"backup", "primary"});
  const Outcome dry = failover({"--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.out << dry.err;
  EXPECT_TRUE(dry.says("fires on primary, and could not on secondary: " + path_of("own") + "\n")) << dry.err;
  EXPECT_TRUE(dry.says("without --leave-paused it would end here (exit 3)")) << dry.err;
  const Outcome left = failover({"--dry-run", "--leave-paused"});
  EXPECT_TRUE(left.says("could not on secondary: " + path_of("own") + "\n")) << left.err;
  EXPECT_FALSE(left.says("it would end here")) << left.err;
  secondary_.unread.clear();
  remove_job(secondary_, "own");
  EXPECT_FALSE(failover({"--dry-run"}).says("could not on secondary")) << "it would be made";
}

// Only what was seen to be paused is called so.
TEST_F(FiresNowhere, stops_one_whose_source_is_fenced_already) {
  refuse_own();
  must({"fence", "primary", "--yes"});
  const Outcome outcome = failover();
  expect_stopped(outcome, {"own"});
  EXPECT_TRUE(outcome.says("primary stays fenced")) << outcome.err;
  EXPECT_FALSE(outcome.says("primary fires as before")) << outcome.err;
}

// Somebody took the schedule away on secondary, and was let be.
TEST_F(FiresNowhere, is_named_where_nothing_on_the_target_can) {
  migrate();
  secondary_.workspace.rewrite("jobs", secondary_.workspace.id_of("jobs", "y"),
                               R"({"name":"y","origin":"y","note":"theirs"})");
  const Outcome outcome = failover({"--keep-changed"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(names(outcome, "y")) << outcome.err;
  EXPECT_FALSE(names(outcome, "x")) << outcome.err;
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
}

TEST_F(FiresNowhere, is_named_where_it_was_removed_from_the_target_while_that_was_activated) {
  migrate();
  secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;
  secondary_.workspace.interrupt = [this] { remove_job(secondary_, "z"); };
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(names(outcome, "z")) << outcome.err;
}

// Neither behind the last replicate nor behind the activation could the target be read.
TEST_F(FiresNowhere, is_nothing_that_was_given_where_no_snapshot_shows_it) {
  migrate();
  primary_.workspace.put("jobs", "own", job("own", "one"));
  const std::set<std::string> kinds{"jobs", "pools"};
  WorkspaceAccount& there = secondary_;
  there.workspace.interrupt_at = there.workspace.writes + 1;
  there.workspace.interrupt = [&] {
    there.unlisted = kinds;
    primary_.workspace.interrupt_at = primary_.workspace.writes + 1;
    primary_.workspace.interrupt = [&] {  // it is paused: the activation comes next
      there.unlisted.clear();
      there.workspace.interrupt_at = there.workspace.writes + 1;
      there.workspace.interrupt = [&] { there.unlisted = kinds; };
    };
  };
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  ASSERT_EQ(firing(secondary_), with_own_) << outcome.err;
  EXPECT_FALSE(names(outcome, "own")) << outcome.err;
  EXPECT_EQ(pair().given->size(), with_own_.size());
}

// The source answers: what does not take writes is the repository.
TEST_F(FiresNowhere, is_no_reason_to_call_a_source_lost_whose_repository_takes_no_writes) {
  migrate();
  const auto repository = storage::open_local_backend(app_.file("repository"));
  app_.composition.backends.front().open = [&](const std::string&) {
    const auto before = [&](storage::Call call, const std::string&) {
      if (call == storage::Call::put)
        throw base::Error(base::ErrorKind::io, "cannot create it: read-only file system", "Let it be written to.");
    };
    return storage::make_fault_backend(*repository, {.before = before, .after = {}}, nullptr);
  };
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 1) << outcome.out << outcome.err;
  EXPECT_FALSE(outcome.says("--source-lost")) << outcome.err;
  EXPECT_TRUE(outcome.says("hint: Nothing was written.  Let it be")) << outcome.err;
  EXPECT_EQ(firing(primary_), all_);
}

}  // namespace
}  // namespace holdfast::test
