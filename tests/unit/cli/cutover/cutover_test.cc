#include "cli/cutover/cutover.h"

#include <gtest/gtest.h>

#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

TEST_F(Nights, hold_back_what_is_changed_on_the_day_after_a_conflict) {
  migrate();
  change(secondary_, "x", "theirs");
  grow(primary_, 2);
  EXPECT_EQ(night().code, 3) << "x is in conflict, and the pool is written beside it";
  change(secondary_, "y", "theirs");
  change(primary_, "y", "two");
  const Outcome second = night();
  EXPECT_EQ(second.code, 3) << second.err;
  EXPECT_EQ(note_of("x"), "theirs");
  EXPECT_EQ(note_of("y"), "theirs");
  change(primary_, "z", "two");
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(note_of("x") + note_of("y") + note_of("z"), "theirstheirstwo") << "for as long as they differ";
}

TEST_F(Nights, excuse_nothing_by_a_plan_that_is_gone_on_with) {
  migrate();
  grow(primary_, 2);
  change(primary_, "z", "two");
  secondary_.workspace.refusals.emplace("pools/big", base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(night().code, 3) << "the pool fails, and z is written";
  secondary_.workspace.refusals.clear();
  // Of what the plan does not write, and of what it has written.
  change(secondary_, "y", "theirs");
  change(secondary_, "z", "theirs");
  const Outcome second = night();
  EXPECT_TRUE(second.says("which failed in part")) << second.err;
  EXPECT_EQ(note_of("z"), "theirs");
  change(primary_, "y", "two");
  change(primary_, "z", "three");
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(note_of("y") + note_of("z"), "theirstheirs");
}

TEST_F(Nights, go_on_with_nothing_that_became_a_task) {
  secondary_.workspace.by_hand.emplace("pools/big", "Ask for the pool.");
  migrate();
  for (int i = 0; i < 2; ++i) {
    const Outcome again = night();
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_FALSE(again.says("going on with")) << again.err;
    EXPECT_TRUE(again.says("1 to create")) << "it is tried again: " << again.out;
    EXPECT_TRUE(again.says("it is an open task")) << again.out;
    EXPECT_TRUE(again.says("secondary has nothing to be done but what is left to people")) << again.err;
    EXPECT_FALSE(again.says(" of secondary")) << "nothing was written, and nothing is read again: " << again.err;
  }
  secondary_.workspace.by_hand.clear();
  const Outcome done = night();
  EXPECT_FALSE(done.says("left to people")) << done.err;
  EXPECT_TRUE(done.says(" of secondary")) << done.err;
  EXPECT_NE(secondary_.workspace.id_of("pools", "big"), "");
  EXPECT_TRUE(night().says("secondary has nothing to be done\n"));
}

TEST_F(Nights, excuse_nothing_by_a_run_of_something_else) {
  migrate();
  change(secondary_, "x", "theirs");
  change(primary_, "x", "two");
  EXPECT_EQ(night().code, 3);
  change(secondary_, "y", "theirs");
  grow(primary_, 2);
  EXPECT_EQ(night({"--select", "kind:pools"}).code, 0);
  change(primary_, "y", "two");
  const Outcome whole = night();
  EXPECT_EQ(whole.code, 3) << whole.err;
  EXPECT_EQ(note_of("x") + note_of("y"), "theirstheirs");
}

TEST_F(Nights, hold_back_what_is_changed_while_the_plan_is_applied) {
  migrate();
  grow(primary_, 2);
  secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;
  secondary_.workspace.interrupt = [&] { change(secondary_, "y", "theirs"); };
  EXPECT_EQ(night().code, 0) << "y was read before, and has no step";
  ASSERT_EQ(note_of("y"), "theirs");
  change(primary_, "y", "two");
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(note_of("y"), "theirs");
}

TEST_F(Nights, go_on_holding_back_what_turned_out_to_be_changed_while_it_was_to_be_written) {
  migrate();
  grow(primary_, 2);
  change(primary_, "x", "two");
  secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;  // the pool's, which comes before the job's
  secondary_.workspace.interrupt = [&] { change(secondary_, "x", "theirs"); };
  const Outcome first = night();
  EXPECT_EQ(first.code, 3) << first.err;
  ASSERT_EQ(note_of("x"), "theirs");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(night().code, 3);
    EXPECT_EQ(note_of("x"), "theirs");
  }
}

TEST_F(Nights, remove_nothing_that_people_made_on_the_target) {
  migrate();
  secondary_.workspace.put("jobs", "hers", job("hers", "hers"));
  for (int most = 2; most < 5; ++most) {
    grow(primary_, most);
    const Outcome outcome = most == 3 ? night() : night({"--remove", "--yes"});
    EXPECT_EQ(outcome.code, most == 3 ? 0 : 3) << outcome.err;
    EXPECT_TRUE(has_job(secondary_, "hers"));
  }
  EXPECT_EQ(night({"--remove", "--existing", "replace", "--yes"}).code, 0);
  EXPECT_FALSE(has_job(secondary_, "hers")) << "when told to";
}

TEST_F(Nights, remove_nothing_that_people_changed_on_the_target) {
  migrate();
  change(secondary_, "x", "theirs");
  primary_.workspace.erase("jobs", primary_.workspace.id_of("jobs", "x"));
  primary_.workspace.erase("jobs", primary_.workspace.id_of("jobs", "y"));
  for (int most = 2; most < 5; ++most) {
    grow(primary_, most);
    const Outcome outcome = most == 3 ? night() : night({"--remove", "--yes"});
    EXPECT_EQ(outcome.code, most == 3 ? 0 : 3) << outcome.err;
    EXPECT_TRUE(has_job(secondary_, "x"));
    EXPECT_FALSE(has_job(secondary_, "y")) << "that was nobody's but the source's";
  }
}

TEST_F(Nights, take_nothing_for_their_own_that_was_on_the_target_before) {
  secondary_.workspace.put("pools", "team", pool("team", 7));
  migrate();
  primary_.workspace.put("pools", "team", pool("team", 1));
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = night({"--remove", "--yes"});
    EXPECT_EQ(outcome.code, 3) << outcome.out;
    EXPECT_NE(secondary_.workspace.body("pools", secondary_.workspace.id_of("pools", "team")).find(R"("max":7)"),
              std::string::npos);
  }
}

TEST_F(Nights, forget_a_conflict_that_is_none_any_more) {
  migrate();
  change(secondary_, "x", "theirs");
  grow(primary_, 2);
  EXPECT_EQ(night().code, 3);
  change(secondary_, "x", "one");
  const Names jobs{"--select", "kind:jobs"};
  EXPECT_EQ(night(jobs).code, 0);
  change(primary_, "x", "two");
  const Outcome outcome = night(jobs);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_EQ(note_of("x"), "two");
}

TEST_F(Nights, write_what_failed_when_it_can_be_written) {
  migrate();
  change(primary_, "x", "two");
  secondary_.workspace.refusals.emplace("jobs/x", base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(night().code, 3);
  EXPECT_EQ(night().code, 3) << "and so does the plan of that night";
  secondary_.workspace.refusals.clear();
  const Outcome outcome = night();
  EXPECT_EQ(outcome.code, 0) << "what nobody touched is no conflict: " << outcome.out;
  EXPECT_EQ(note_of("x"), "two");
}

TEST_F(Nights, say_what_stays_behind) {
  migrate();
  EXPECT_FALSE(night().says("no longer on primary"));
  secondary_.workspace.put("jobs", "hers", job("hers", "hers"));
  primary_.workspace.erase("jobs", primary_.workspace.id_of("jobs", "x"));
  const Outcome outcome = night();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.says("1 resource on secondary is no longer on primary: --remove removes it")) << outcome.err;
  EXPECT_EQ(night({"--remove", "--yes"}).code, 3) << "hers is not known on primary";
  EXPECT_FALSE(night().says("no longer on primary"));
}

TEST_F(Nights, end_with_a_failback_that_removes_no_original) {
  primary_.workspace.put("jobs", "own", job("own", "one"));
  secondary_.workspace.refusals.emplace("jobs/own", base::Error(base::ErrorKind::refused, "over the quota"));
  EXPECT_EQ(run({"migrate", "primary", "secondary"}).code, 3);
  EXPECT_EQ(failover({"--leave-paused"}).code, 3);
  secondary_.workspace.erase("jobs", secondary_.workspace.id_of("jobs", "x"));
  const Outcome outcome = run({"failback", "secondary", "primary", "--remove", "--yes", "-v"});
  EXPECT_TRUE(outcome.says("it was never on secondary")) << outcome.out << outcome.err;
  EXPECT_NE(primary_.workspace.id_of("jobs", "own"), "") << "it could not be brought to the secondary";
  EXPECT_EQ(primary_.workspace.id_of("jobs", "x"), "") << "that was removed there";
}

// What was changed in it since the last backup would be lost, and nobody would hear of it.
TEST_F(Nights, end_with_no_failover_of_a_source_of_which_not_all_was_read) {
  migrate();
  primary_.unread = {"big"};
  grow(primary_, 7);
  const Outcome refused = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(refused.code, 5) << refused.err;
  EXPECT_TRUE(refused.says("not all of primary could be read, and nothing was written: 1 failure: ")) << refused.err;
  EXPECT_TRUE(refused.says("--source-partial")) << refused.err;
  EXPECT_FALSE(run({"status"}).says("open since")) << "nothing was fenced";
  EXPECT_TRUE(run({"failover", "primary", "secondary", "--dry-run"}).says("takes --source-partial"));
  // It goes on as far as it can: what may fire, and was not seen, could not be seen to be paused either.
  const Outcome partly = run({"failover", "primary", "secondary", "--source-partial", "--yes"});
  EXPECT_EQ(partly.code, 5) << partly.err;
  EXPECT_TRUE(partly.says("not all pools could be read, and some may fire")) << partly.err;
  EXPECT_FALSE(run({"status"}).says("open since")) << "nothing was fenced";
  primary_.unread.clear();
  const Outcome done = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(done.says("in charge")) << done.out;
}

TEST_F(Nights, are_not_stopped_by_a_plan_that_nobody_can_go_on_with) {
  migrate();
  change(primary_, "x", "two");
  secondary_.workspace.refusals.emplace("jobs/x", base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(night().code, 3);
  secondary_.workspace.refusals.clear();
  const std::unique_ptr<storage::Backend> state = storage::open_local_backend(app_.composition.state_folder);
  engine::CutoverStore store(*state);
  ASSERT_EQ(store.begun("primary", "secondary").size(), 1U);
  const std::string begun = store.begun("primary", "secondary").front().name;
  model::ResourcePlan gone = *store.begun("primary", "secondary").front().plan;
  state->remove(begun);
  state->put(begun, "{");
  gone.id = "0123456789abcdef";
  gone.snapshot.replace(gone.snapshot.rfind('-') + 1, std::string::npos, "4000000000");
  store.begin(gone);
  const Outcome outcome = run({"failover", "primary", "secondary", "--source-lost", "--yes"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("0123456789abcdef was interrupted, and is dropped")) << outcome.err;
  EXPECT_TRUE(outcome.says(begun + " was interrupted, and is dropped")) << outcome.err;
  EXPECT_TRUE(store.begun("primary", "secondary").empty());
}

TEST_F(Nights, refuse_to_keep_and_to_overwrite_at_once) {
  const Names both{"--keep-changed", "--existing", "replace", "--yes"};
  for (const char* verb : {"migrate", "replicate", "failover", "failback"}) {
    Names arguments{verb, "primary", "secondary"};
    arguments.insert(arguments.end(), both.begin(), both.end());
    EXPECT_EQ(run(arguments).code, 2) << verb;
  }
  EXPECT_EQ(secondary_.workspace.writes, 0U);
}

}  // namespace
}  // namespace holdfast::test
