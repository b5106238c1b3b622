#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "base/file_lock.h"
#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

using engine::Fence;

// The days on which somebody else is put in charge, and not all of it goes well.
class BadDays : public Nights {
protected:
  bool confirmed(const std::string& name) const { return fence(name) && fence(name)->state == Fence::State::confirmed; }
};

TEST_F(BadDays, end_with_what_fired_at_home_and_what_was_decided_away) {
  migrate();
  fail_over();
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
  set_pause(secondary_, "y", "PAUSED");
  set_pause(secondary_, "asleep", "UNPAUSED");
  secondary_.workspace.put("jobs", "new", job("new", "one"));
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"asleep", "new", "x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(primary_.workspace.count("jobs"), 5U);
  EXPECT_FALSE(fence("primary") || fence("secondary"));
}

TEST_F(BadDays, stop_where_the_platform_does_not_say_what_may_fire) {
  migrate();
  fail_over();
  app_.composition.platforms.front().kinds.clear();
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, base::exit_code(base::ErrorKind::internal)) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("the kinds of the platform workspace are not known")) << outcome.err;
  EXPECT_TRUE(confirmed("primary")) << "as nothing was activated";
}

TEST_F(BadDays, tell_what_could_not_be_read_from_what_is_not_there) {
  migrate();
  must({"fence", "primary", "--yes"});
  secondary_.unread = {"y"};
  const Outcome outcome = take_over();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("the target did not let us read all jobs: see whether it is there")) << outcome.out;
  EXPECT_FALSE(outcome.says("the target does not have it")) << outcome.out;
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
  secondary_.unread.clear();
  EXPECT_EQ(take_over().code, 0);
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(BadDays, end_with_a_status_although_no_row_can_be_read) {
  migrate();
  ASSERT_EQ(failover({"--select", "/jobs/x"}).code, 0);
  ASSERT_NE(std::filesystem::remove_all(app_.file("repository/packs")), 0U);
  const Outcome outcome = run({"status"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("primary: secondary took over")) << outcome.out;
  EXPECT_TRUE(outcome.says("whether all that fired on primary was activated on secondary is not known")) << outcome.err;
}

TEST_F(BadDays, leave_the_secondary_waiting_where_nothing_of_it_could_be_activated) {
  migrate();
  refuse(secondary_, {"x", "y", "z"});
  const Outcome outcome = failover();
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_TRUE(outcome.says("nothing could be activated, so secondary is not in charge by this")) << outcome.err;
  EXPECT_EQ(pair().active, "") << "what was known before";
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_TRUE(confirmed("primary"));
  secondary_.workspace.refusals.clear();
  fail_over();
  EXPECT_EQ(pair().active, "secondary");
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"})) << "as it was before the first attempt paused it";
  EXPECT_EQ(firing(primary_), Names{});
}

TEST_F(BadDays, go_on_with_an_activation_where_it_ended) {
  migrate();
  refuse(secondary_, {"y"});
  EXPECT_EQ(failover().code, 3);
  EXPECT_EQ(pair().active, "secondary");
  EXPECT_FALSE(pair().complete);
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
  EXPECT_EQ(run({"failover", "primary", "secondary"}).code, 5) << "it is asked for again";
  change(primary_, "x", "of a workspace that is not in charge");
  secondary_.workspace.refusals.clear();
  const std::uint64_t writes = secondary_.workspace.writes;
  fail_over();
  EXPECT_TRUE(pair().complete);
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
  EXPECT_EQ(secondary_.workspace.writes, writes + 1) << "only the one that was left";
  fail_over();
  EXPECT_EQ(secondary_.workspace.writes, writes + 1) << "it has ended";
}

TEST_F(BadDays, keep_the_fences_until_all_is_activated_at_home) {
  migrate();
  fail_over();
  refuse(primary_, {"y"});
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("not everything was activated on primary, so the fences stand")) << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_TRUE(fence("primary") && !confirmed("primary")) << "it fires";
  EXPECT_TRUE(confirmed("secondary"));
  primary_.workspace.refusals.clear();
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  EXPECT_FALSE(fence("primary") || fence("secondary"));
}

TEST_F(BadDays, do_not_say_that_nobody_is_in_charge_of_what_fires) {
  migrate();
  fail_over();
  refuse(primary_, {"y"});
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = fail_back();
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    EXPECT_FALSE(outcome.says("is not in charge by this")) << outcome.err;
    EXPECT_EQ(pair().active, "primary");
    EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  }
}

TEST_F(BadDays, lift_the_fences_with_something_left_paused_when_told_to) {
  migrate();
  fail_over();
  refuse(primary_, {"y"});
  const Outcome outcome = fail_back({"--leave-paused"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_EQ(pair().active, "primary");
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_FALSE(fence("primary") || fence("secondary"));
  primary_.workspace.refusals.clear();
  EXPECT_EQ(failover().code, 0) << "and nothing of it stands in the way of the next time";
  EXPECT_EQ(firing(primary_), Names{});
}

// What the secondary has and the primary did not get is nowhere else.
TEST_F(BadDays, write_nothing_over_what_was_not_brought_home) {
  migrate();
  fail_over();
  change(secondary_, "x", "away");
  refuse(primary_, {"x"});
  EXPECT_EQ(fail_back().code, 3);
  EXPECT_TRUE(confirmed("primary")) << "without being told to it stays as it is";
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
  EXPECT_EQ(fail_back({"--leave-paused"}).code, 3);
  EXPECT_EQ(pair().active, "primary");
  primary_.workspace.refusals.clear();
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = night({"--yes"});
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("the run before left it as it is on secondary")) << outcome.out;
    EXPECT_EQ(note_of("x"), "away");
  }
  EXPECT_EQ(night({"--existing", "replace", "--yes"}).code, 0);
  EXPECT_EQ(note_of("x"), "one") << "when told to";
  EXPECT_EQ(night().code, 0);
}

TEST_F(BadDays, remove_nothing_that_was_not_brought_home) {
  migrate();
  fail_over();
  remove_job(primary_, "x");
  refuse(primary_, {"x"});
  const Outcome home = fail_back({"--existing", "replace", "--leave-paused"});
  EXPECT_EQ(home.code, 3) << home.out << home.err;
  ASSERT_FALSE(has_job(primary_, "x"));
  const Outcome outcome = night({"--remove", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(has_job(secondary_, "x")) << "it is the only one";
}

TEST_F(BadDays, write_nothing_over_what_was_skipped_on_the_way_home) {
  migrate();
  fail_over();
  change(secondary_, "x", "away");
  EXPECT_EQ(fail_back({"--existing", "skip"}).code, 0);
  EXPECT_EQ(note_of(primary_, "x"), "one");
  EXPECT_EQ(night({"--yes"}).code, 3);
  EXPECT_EQ(note_of("x"), "away");
}

TEST_F(BadDays, bring_home_everything_or_nothing) {
  migrate();
  fail_over();
  change(secondary_, "x", "away");
  EXPECT_EQ(fail_back({"--select", "/jobs/y"}).code, 2);
  EXPECT_EQ(pair().active, "secondary");
  EXPECT_EQ(run({"replicate", "secondary", "primary", "--select", "/jobs/y"}).code, 0) << "a part is brought by this";
  EXPECT_EQ(note_of(primary_, "x"), "one");
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(note_of(primary_, "x"), "away");
}

// Where how it left the primary is not known, nothing is held against the next night.
TEST_F(BadDays, lift_no_fence_over_what_is_kept_nowhere) {
  migrate();
  fail_over();
  engine::Pair unknown = pair();
  unknown.replicated->source_snapshot.clear();
  keep(unknown);
  change(secondary_, "x", "away");
  refuse(primary_, {"x"});
  grow(secondary_, 7);
  primary_.workspace.interrupt_at = primary_.workspace.writes + 1;
  primary_.workspace.interrupt = [this] { primary_.unlisted = {"jobs", "pools", "users", "groups", "folders"}; };
  const Outcome outcome = fail_back({"--existing", "replace", "--leave-paused"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("run it again when primary can be read")) << outcome.err;
  EXPECT_EQ(pair().active, "secondary");
  EXPECT_TRUE(confirmed("primary"));
}

TEST_F(BadDays, bring_to_a_standby_what_is_made_where_it_is_in_charge) {
  migrate();
  fail_over();
  const Names standby{"replicate", "secondary", "primary"};
  change(secondary_, "x", "two");
  secondary_.workspace.put("jobs", "new", job("new", "one"));
  const Outcome outcome = run(standby);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(note_of(primary_, "x"), "two");
  ASSERT_TRUE(has_job(primary_, "new"));
  EXPECT_EQ(firing(primary_), Names{}) << "it waits";
  const std::uint64_t writes = primary_.workspace.writes;
  EXPECT_EQ(run(standby).code, 0);
  EXPECT_EQ(primary_.workspace.writes, writes) << "nothing was changed since";
  change(primary_, "y", "of a workspace that waits");
  change(secondary_, "y", "two");
  EXPECT_EQ(run(standby).code, 3) << "changed on both sides";
  EXPECT_EQ(note_of(primary_, "y"), "of a workspace that waits");
  EXPECT_EQ(night().code, 5) << "what is in charge is not written over";
  EXPECT_EQ(fail_back().code, 5) << "somebody has to decide";
  EXPECT_EQ(firing(secondary_), (Names{"new", "x", "y", "z"})) << "until then it stays as it is";
  EXPECT_EQ(fail_back({"--existing", "replace"}).code, 0);
  EXPECT_EQ(firing(primary_), (Names{"new", "x", "y", "z"}));
  EXPECT_EQ(note_of(primary_, "y"), "two");
  EXPECT_EQ(primary_.workspace.count("jobs"), 5U) << "nothing came twice";
  EXPECT_EQ(night().code, 0) << "and the nights go on";
  EXPECT_EQ(secondary_.workspace.count("jobs"), 5U);
}

TEST_F(BadDays, say_what_stays_paused_as_it_is_gone_on_the_other_side) {
  migrate();
  fail_over();
  remove_job(secondary_, "x");
  const Outcome outcome = fail_back();
  EXPECT_TRUE(outcome.says("stays paused on primary: jobs/x")) << outcome.err;
  EXPECT_TRUE(outcome.says("was removed from secondary meanwhile")) << outcome.err;
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(has_job(primary_, "x")) << "removed only when told to";
  EXPECT_EQ(firing(primary_), (Names{"y", "z"}));
}

TEST_F(BadDays, let_fire_at_home_what_was_lost_there_and_is_made_anew) {
  migrate();
  fail_over();
  for (const char* name : {"x", "y", "z"}) remove_job(primary_, name);
  set_pause(secondary_, "y", "PAUSED");
  change(secondary_, "z", "two");
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_FALSE(fence("primary") || fence("secondary"));
  fail_over();
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(primary_.workspace.count("jobs"), 4U) << "nothing came twice";
}

TEST_F(BadDays, end_in_part_where_nothing_fires_on_either_side) {
  migrate();
  fail_over();
  for (const char* name : {"x", "y", "z"}) set_pause(secondary_, name, "PAUSED");
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("fired before, and nothing fires on either side now: jobs/x")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_TRUE(fence("primary").has_value()) << "it knows what fired there";
}

TEST_F(BadDays, activate_as_the_snapshot_says_that_is_named) {
  migrate();
  const std::string before = pair().replicated->source_snapshot;
  set_pause(primary_, "x", "PAUSED");
  ASSERT_EQ(night().code, 0);
  const Names activate{"activate", "secondary", "--from", "primary", "--yes"};
  Names as_before = activate;
  as_before.insert(as_before.end(), {"--snapshot", before});
  EXPECT_EQ(run(activate).code, 0);
  EXPECT_EQ(firing(secondary_), (Names{"y", "z"}));
  const Outcome outcome = run(as_before);
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
  EXPECT_EQ(firing(primary_), (Names{"y", "z"})) << "that is for its fence";
}

TEST_F(BadDays, write_nothing_where_somebody_else_is_writing) {
  migrate();
  change(primary_, "x", "two");
  ASSERT_EQ(run({"backup", "primary"}).code, 0);
  const std::uint64_t writes = secondary_.workspace.writes;
  const Names restore{"restore", "primary/latest", "--to", "secondary", "--existing", "update", "--yes"};
  {
    const auto held = base::FileLock::try_lock(app_.file("state/locks/" + base::to_hex("secondary")),
                                               base::FileLock::Mode::exclusive);
    ASSERT_TRUE(held.has_value());
    const Names verbs[] = {restore,
                           {"replicate", "primary", "secondary"},
                           {"failover", "primary", "secondary", "--yes"},
                           {"activate", "secondary", "--from", "primary", "--yes"}};
    for (const Names& verb : verbs) {
      const Outcome outcome = run(verb);
      EXPECT_EQ(outcome.code, base::exit_code(base::ErrorKind::busy)) << verb.front() << outcome.err;
      EXPECT_TRUE(outcome.says("another holdfast works on secondary")) << outcome.err;
    }
  }
  {
    const auto held =
        base::FileLock::try_lock(app_.file("state/locks/" + base::to_hex("primary")), base::FileLock::Mode::exclusive);
    ASSERT_TRUE(held.has_value());
    const std::string ids = app_.file("ids.csv");
    std::ofstream(ids) << "kind,source_id,target_id\njobs,1,2\n";
    const Names verbs[] = {{"activate", "secondary", "--from", "primary", "--yes"},
                           {"idmap", "import", "primary", "secondary", ids}};
    for (const Names& verb : verbs) {
      const Outcome outcome = run(verb);
      EXPECT_EQ(outcome.code, base::exit_code(base::ErrorKind::busy)) << verb.front() << outcome.err;
      EXPECT_TRUE(outcome.says("another holdfast works on primary")) << outcome.err;
    }
  }
  EXPECT_EQ(secondary_.workspace.writes, writes);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  EXPECT_EQ(run(restore).code, 0);
  EXPECT_EQ(note_of("x"), "two");
}

}  // namespace
}  // namespace holdfast::test
