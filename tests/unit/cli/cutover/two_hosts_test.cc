// Two hosts share a repository, and each one remembers for itself: what one of them ended the other one hears of.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class TwoHosts : public Nights {
protected:
  void on_first() { app_.composition.state_folder = app_.file("state"); }
  // Which knows the id map, and nothing else, when it is first used.
  void on_second() {
    app_.composition.state_folder = app_.file("state of another host");
    const auto from = storage::open_local_backend(app_.file("state"));
    const auto to = storage::open_local_backend(app_.composition.state_folder);
    Names names;
    from->list("idmap/", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
    for (const std::string& name : names)
      if (!to->stat(name)) to->put(name, from->get_all(name));
  }
  Outcome activate_primary() { return run({"activate", "primary", "--from", "primary", "--yes"}); }

  // The first one failed over and the second one back; somebody has paused y since.
  void come_home_on_second() {
    migrate();
    fail_over();
    on_second();
    const Outcome home = fail_back({"--existing", "replace"});
    ASSERT_EQ(home.code, 0) << home.out << home.err;
    ASSERT_EQ(firing(primary_), all_);
    set_pause(primary_, "y", "PAUSED");
    on_first();
  }
  // The first one fenced primary and the second one let it fire again; somebody has paused y since.
  void lift_on_second() {
    migrate();
    must({"fence", "primary", "--yes"});
    on_second();
    ASSERT_EQ(activate_primary().code, 0);
    set_pause(primary_, "y", "PAUSED");
    on_first();
  }
  void expect_refused(const Names& verb, const std::string& why) {
    const Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 5) << verb.front() << ": " << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says(why)) << outcome.err;
  }
};

TEST_F(TwoHosts, hear_that_a_failback_has_ended_before_what_is_in_charge_is_paused) {
  come_home_on_second();
  EXPECT_TRUE(run({"status"}).says("primary, as the newest snapshot of secondary says"));
  expect_refused({"replicate", "secondary", "primary", "--yes"}, "primary is in charge");
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  const Outcome status = run({"status"});
  EXPECT_FALSE(status.says("took over") || status.says("confirmed")) << "written down by now: " << status.out;
  EXPECT_EQ(night({"--yes"}).code, 0);
}

TEST_F(TwoHosts, do_not_say_again_that_a_side_took_over_when_another_one_came_home) {
  come_home_on_second();
  must({"backup", "secondary"});
  on_second();
  EXPECT_FALSE(run({"status"}).says("as its newest snapshot says"));
  EXPECT_EQ(night().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

TEST_F(TwoHosts, do_not_mark_backups_by_a_fence_that_another_one_lifted) {
  come_home_on_second();
  const Outcome backup = run({"backup", "primary"});
  EXPECT_EQ(backup.code, 0);
  EXPECT_FALSE(backup.says("is fenced")) << backup.err;
  on_second();
  const Outcome away = failover({"--source-lost"});
  EXPECT_EQ(away.code, 0) << away.out << away.err;
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"})) << "y was paused on purpose";
}

TEST_F(TwoHosts, do_not_fail_over_by_a_fence_that_another_one_lifted) {
  lift_on_second();
  const Outcome away = failover();
  EXPECT_EQ(away.code, 0) << away.out << away.err;
  EXPECT_TRUE(away.says("the fence of primary was lifted, on another host")) << away.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"})) << "y was paused on purpose";
}

TEST_F(TwoHosts, do_not_activate_in_place_by_a_fence_that_another_one_lifted) {
  lift_on_second();
  must({"backup", "primary"});
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_FALSE(fence("primary").has_value());
}

TEST_F(TwoHosts, fail_over_anew_where_another_one_came_home_from_what_was_not_activated_as_a_whole) {
  migrate();
  refuse(secondary_, {"y"});
  EXPECT_EQ(failover().code, 3);
  secondary_.workspace.refusals.clear();
  on_second();
  ASSERT_EQ(fail_back({"--existing", "replace"}).code, 0);
  ASSERT_EQ(firing(primary_), all_);
  set_pause(primary_, "z", "PAUSED");
  on_first();
  const Outcome away = failover();
  EXPECT_EQ(away.code, 0) << away.out << away.err;
  EXPECT_EQ(firing(primary_), Names{}) << "not on both sides";
  EXPECT_EQ(firing(secondary_), (Names{"x", "y"}));
}

TEST_F(TwoHosts, fail_over_anew_where_another_one_came_home_from_what_was_chosen) {
  migrate();
  ASSERT_EQ(failover({"--select", "/jobs/x"}).code, 0);
  on_second();
  ASSERT_EQ(fail_back({"--existing", "replace"}).code, 0);
  ASSERT_EQ(firing(primary_), all_);
  on_first();
  const Outcome away = failover();
  EXPECT_EQ(away.code, 0) << away.out << away.err;
  EXPECT_EQ(firing(primary_), Names{}) << "not on both sides";
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(TwoHosts, do_not_ask_whose_states_where_the_fence_is_gone_by_now) {
  lift_on_second();
  must({"backup", "primary"});
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

// A dry run writes nothing down.
TEST_F(TwoHosts, hear_it_in_a_dry_run) {
  lift_on_second();
  must({"backup", "primary"});
  const Outcome dry = run({"activate", "primary", "--from", "primary", "--dry-run"});
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_FALSE(dry.says("jobs/y")) << dry.out;
  EXPECT_TRUE(fence("primary").has_value());
}

TEST_F(TwoHosts, keep_a_fence_while_what_another_one_set_could_not_be_read) {
  migrate();
  must({"fence", "primary", "--yes"});
  on_second();
  primary_.workspace.interrupt_at = primary_.workspace.writes + 3;
  primary_.workspace.interrupt = [this] { primary_.unlisted.insert("jobs"); };
  ASSERT_EQ(activate_primary().code, 3);
  primary_.unlisted.clear();
  on_first();
  must({"replicate", "primary", "secondary"});
  EXPECT_TRUE(run({"status"}).says("confirmed since")) << "no snapshot says anything else";
}

// Whose backup shows nothing of what fires, but says who is in charge no more.
TEST_F(TwoHosts, hear_of_a_failback_behind_which_what_fires_could_not_be_read) {
  migrate();
  fail_over();
  on_second();
  primary_.workspace.interrupt_at = primary_.workspace.writes + 3;
  primary_.workspace.interrupt = [this] { primary_.unlisted.insert("jobs"); };
  ASSERT_EQ(fail_back({"--existing", "replace"}).code, 3);
  ASSERT_EQ(firing(primary_), all_);
  primary_.unlisted.clear();
  set_pause(primary_, "y", "PAUSED");
  on_first();
  const Outcome away = failover();
  EXPECT_EQ(away.code, 0) << away.out << away.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
}

// Of one that is lost there is no snapshot to say so.
TEST_F(TwoHosts, leave_it_to_people_where_only_one_side_says_that_a_failback_has_ended) {
  migrate();
  fail_over();
  on_second();
  ASSERT_EQ(fail_back({"--source-lost", "--existing", "replace"}).code, 0);
  ASSERT_EQ(firing(primary_), all_);
  set_pause(primary_, "y", "PAUSED");
  on_first();
  for (const Names& verb :
       {Names{"replicate", "secondary", "primary", "--yes"}, Names{"failover", "primary", "secondary", "--yes"},
        Names{"failback", "secondary", "primary", "--yes"}})
    expect_refused(verb, "who is in charge is not clear");
  expect_refused({"activate", "primary", "--from", "primary", "--yes"}, "secondary took over from primary");
  EXPECT_TRUE(run({"status"}).says("primary was set to fire since"));
  EXPECT_TRUE(run({"status", "--json"}).says(R"("doubted": true)"));
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  must({"backup", "primary"});
  EXPECT_EQ(run({"fence", "primary"}).code, 5) << "it is asked for";
  must({"fence", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), Names{});
  const Outcome home = fail_back({"--existing", "replace"});
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), all_) << "as it did when secondary took over, which stayed in charge";
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(TwoHosts, hear_of_a_takeover_by_one_whose_clock_is_behind) {
  migrate();
  fail_over();
  ASSERT_EQ(fail_back().code, 0);
  on_second();
  clock_.advance(-std::chrono::minutes(25));
  fail_over();
  clock_.advance(std::chrono::minutes(25));
  on_first();
  expect_refused({"replicate", "primary", "secondary"},
                 "secondary took over from primary, as its newest snapshot says");
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(TwoHosts, go_by_what_is_known_here_where_the_snapshots_that_said_it_are_forgotten) {
  lift_on_second();
  must({"forget", "primary/latest", "--reason", "by mistake"});
  EXPECT_TRUE(run({"status"}).says("confirmed since"));
}

// Which the other one does not know of.
TEST_F(TwoHosts, go_on_to_know_what_a_failback_of_theirs_left_paused) {
  migrate();
  fail_over();
  refuse(primary_, {"y"});
  ASSERT_EQ(fail_back({"--leave-paused"}).code, 3);
  primary_.workspace.refusals.clear();
  on_second();
  fail_over();
  ASSERT_EQ(firing(secondary_), (Names{"x", "z"}));
  on_first();
  const Outcome home = fail_back({"--existing", "replace"});
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_TRUE(pair().left.empty());
}

TEST_F(TwoHosts, know_of_one_another_what_is_in_charge_again_and_again) {
  come_home_on_second();
  fail_over();  // on the first
  ASSERT_EQ(firing(secondary_), (Names{"x", "z"}));
  on_second();
  expect_refused({"replicate", "primary", "secondary"}, "secondary took over from primary");
  must({"backup", "primary"});
  const Outcome home = fail_back({"--existing", "replace"});
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  on_first();
  expect_refused({"replicate", "secondary", "primary", "--yes"}, "primary is in charge");
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(TwoHosts, hear_nothing_of_a_failback_that_did_not_activate_everything) {
  migrate();
  fail_over();
  on_second();
  refuse(primary_, {"y"});
  ASSERT_EQ(fail_back({"--existing", "replace"}).code, 3);
  on_first();
  must({"backup", "primary"});
  must({"backup", "secondary"});
  expect_refused({"replicate", "primary", "secondary"}, "secondary took over from primary");
  on_second();
  primary_.workspace.refusals.clear();
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), all_);
  on_first();
  expect_refused({"replicate", "secondary", "primary", "--yes"}, "primary is in charge");
}

TEST_F(TwoHosts, do_not_end_a_takeover_behind_a_failback_of_one_whose_clock_is_ahead) {
  migrate();
  fail_over();
  on_second();
  clock_.advance(std::chrono::hours(3));
  ASSERT_EQ(fail_back({"--existing", "replace"}).code, 0);
  clock_.advance(-std::chrono::hours(3));
  on_first();
  fail_over();
  on_second();
  clock_.advance(std::chrono::hours(3));
  must({"backup", "secondary"});
  must({"backup", "primary"});
  clock_.advance(-std::chrono::hours(3));
  on_first();
  expect_refused({"replicate", "primary", "secondary"}, "secondary took over from primary");
  EXPECT_EQ(fence("primary")->state, engine::Fence::State::confirmed);
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), all_);
}

TEST_F(TwoHosts, come_home_from_a_takeover_by_one_whose_clock_is_ahead) {
  migrate();
  clock_.advance(std::chrono::hours(3));
  fail_over();
  clock_.advance(-std::chrono::hours(3));
  on_second();
  const Outcome home = fail_back({"--existing", "replace"});
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(night().code, 0) << "primary is in charge";
  on_first();
  clock_.advance(std::chrono::hours(3));
  expect_refused({"replicate", "secondary", "primary", "--yes"}, "primary is in charge");
}

}  // namespace
}  // namespace holdfast::test
