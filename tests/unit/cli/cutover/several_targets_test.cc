// One source with two targets, and one workspace with two names: whoever is in charge, nothing fires twice.
#include <gtest/gtest.h>

#include <filesystem>

#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

const std::vector<std::string> k_names{"primary", "secondary", "tertiary", "alias", "tilt"};

class SeveralTargets : public Nights {
protected:
  // "alias" leads to the workspace of primary, "tilt" to that of secondary.
  SeveralTargets() {
    app_.composition.platforms.front().open = [this](const std::string& name, const platform::Settings&,
                                                     const base::Clock&, base::Events&) {
      if (name == "tertiary") return connect(tertiary_);
      return connect(name == "secondary" || name == "tilt" ? secondary_ : primary_);
    };
    app_.configure("workspace", k_names);
  }

  void migrate_both() {
    migrate();
    must({"migrate", "primary", "tertiary"});
  }
  // As an older version let it be: both took over, and the fence is tertiary's.  Who has not secondary in its
  // configuration does not hear of it.
  void put_both_in_charge() {
    migrate_both();
    copy_state();
    fail_over();
    const std::string here = app_.composition.state_folder;
    lose_state();
    app_.configure("workspace", {"primary", "tertiary"});
    must({"failover", "primary", "tertiary", "--yes"});
    const engine::Pair both = pair("primary", "tertiary");
    const std::optional<engine::Fence> held = fence("primary");
    app_.composition.state_folder = here;
    app_.configure("workspace", k_names);
    keep(both);
    keep(*held);
    ASSERT_EQ(held->active, "tertiary");
  }
  // Of tertiary, where t fires, as well.
  void put_secondary_in_charge_of_both() {
    tertiary_.workspace.put("jobs", "t", job("t", "one"));
    for (const char* source : {"primary", "tertiary"}) must({"migrate", source, "secondary", "--yes"});
    for (const char* source : {"primary", "tertiary"}) must({"failover", source, "secondary", "--yes"});
    ASSERT_EQ(firing(secondary_), (Names{"t", "x", "y", "z"}));
  }
  void copy_state() const {
    const auto from = storage::open_local_backend(app_.composition.state_folder);
    const auto to = storage::open_local_backend(app_.file("state of another host"));
    Names names;
    for (const char* folder : {"idmap/", "cutover/"})
      from->list(folder, [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
    for (const std::string& name : names) to->put(name, from->get_all(name));
  }

  Outcome expect_refused(const Names& verb, const Names& texts) {
    const std::uint64_t writes = all_writes();
    Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 5) << testing::PrintToString(verb) << outcome.out << outcome.err;
    for (const std::string& text : texts)
      EXPECT_TRUE(outcome.says(text)) << testing::PrintToString(verb) << text << outcome.err;
    EXPECT_EQ(all_writes(), writes) << testing::PrintToString(verb);
    return outcome;
  }
  std::uint64_t all_writes() const {
    return primary_.workspace.writes + secondary_.workspace.writes + tertiary_.workspace.writes;
  }
  void lose_state() { app_.composition.state_folder = app_.file("state of another host"); }

  WorkspaceAccount tertiary_{clock_, 9'000, "three"};
};

TEST_F(SeveralTargets, do_not_take_over_from_one_source_both) {
  migrate_both();
  fail_over();
  for (const Names& verb :
       {Names{"failover", "primary", "tertiary", "--yes"}, Names{"failover", "primary", "tertiary", "--dry-run"},
        Names{"failover", "primary", "tertiary", "--yes", "--source-lost"},
        Names{"failover", "primary", "tertiary", "--yes", "--select", "/jobs/x"},
        Names{"activate", "tertiary", "--from", "primary", "--yes"}})
    expect_refused(verb, {"secondary took over from primary", "\"holdfast failback secondary primary\"",
                          "\"holdfast failover secondary tertiary\""});
  EXPECT_EQ(firing(tertiary_), Names{});
  EXPECT_EQ(fence("primary")->active, "secondary");
  EXPECT_EQ(run({"replicate", "primary", "tertiary"}).code, 0) << "it is kept up to date";
  must({"failback", "secondary", "primary", "--yes"});
  must({"failover", "primary", "tertiary", "--yes"});
  EXPECT_EQ(firing(tertiary_), all_);
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(SeveralTargets, take_over_one_behind_the_other) {
  migrate_both();
  fail_over();
  must({"failover", "secondary", "tertiary", "--yes", "--existing", "replace"});
  EXPECT_EQ(firing(tertiary_), all_);
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(run({"replicate", "tertiary", "secondary", "--yes"}).code, 0) << "what was replaced is a standby";
  expect_refused({"failback", "secondary", "primary", "--yes"}, {"failback tertiary secondary"});
  must({"failback", "tertiary", "secondary", "--yes"});
  must({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(firing(tertiary_), Names{});
}

TEST_F(SeveralTargets, hear_of_a_takeover_on_another_host) {
  migrate_both();
  fail_over();
  lose_state();
  expect_refused({"failover", "primary", "tertiary", "--yes"}, {"secondary took over from primary"});
  expect_refused({"activate", "tertiary", "--from", "primary", "--yes"}, {"secondary took over from primary"});
  EXPECT_EQ(firing(tertiary_), Names{});
}

TEST_F(SeveralTargets, of_which_both_took_over_come_home_one_behind_the_other) {
  put_both_in_charge();
  ASSERT_EQ(firing(secondary_), all_);
  ASSERT_EQ(firing(tertiary_), all_);
  expect_refused({"failback", "secondary", "primary", "--yes"},
                 {"tertiary took over from primary, too", "\"holdfast fence tertiary\""});
  expect_refused({"failback", "tertiary", "primary", "--yes"},
                 {"secondary took over from primary, too", "\"holdfast fence secondary\""});
  ASSERT_EQ(firing(primary_), Names{});
  must({"fence", "tertiary", "--yes"});
  must({"failback", "secondary", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(firing(tertiary_), Names{});
  expect_refused({"failover", "primary", "secondary", "--yes"}, {"failback tertiary primary"});
  must({"failback", "tertiary", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(firing(tertiary_), Names{});
  fail_over();
}

TEST_F(SeveralTargets, in_charge_are_not_written_to_by_another_name_of_their_source) {
  migrate();
  must({"replicate", "alias", "secondary", "--yes"});
  fail_over();
  change(secondary_, "x", "weeks of work");
  for (const Names& verb :
       {Names{"replicate", "alias", "secondary", "--yes"}, Names{"migrate", "alias", "secondary", "--dry-run"},
        Names{"failover", "alias", "secondary", "--yes"}, Names{"failover", "alias", "tertiary", "--yes"},
        Names{"restore", "alias/latest", "--to", "secondary", "--yes"},
        Names{"activate", "secondary", "--from", "alias", "--yes"},
        Names{"activate", "alias", "--from", "alias", "--yes"}})
    expect_refused(verb, {"which leads to the same workspace as alias", "call it primary again"});
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(note_of("x"), "weeks of work");
  EXPECT_EQ(run({"failback", "secondary", "primary", "--yes"}).code, 0);
}

TEST_F(SeveralTargets, in_charge_are_not_written_to_from_another_standby_nor_by_another_name_of_their_own) {
  migrate_both();
  fail_over();
  for (const Names& verb :
       {Names{"replicate", "tertiary", "secondary", "--yes"}, Names{"migrate", "tertiary", "secondary", "--yes"},
        Names{"failover", "tertiary", "secondary", "--yes"},
        Names{"restore", "tertiary/latest", "--to", "secondary", "--yes"}})
    expect_refused(verb, {"secondary is in charge in place of primary", "failback secondary primary"});
  // It was never backed up by that name.
  for (const Names& verb :
       {Names{"replicate", "primary", "tilt", "--yes"}, Names{"replicate", "tertiary", "tilt", "--yes"}})
    expect_refused(verb, {"tilt leads to the same workspace as secondary, which is in charge in place of primary"});
  EXPECT_EQ(firing(secondary_), all_);
  must({"replicate", "secondary", "tertiary", "--yes"});
}

TEST_F(SeveralTargets, in_charge_are_not_restored_into_by_a_name_that_was_never_backed_up) {
  migrate();
  fail_over();
  change(secondary_, "x", "weeks of work");
  const std::string file = app_.file("plan.json");
  must({"plan", "primary/latest", "--to", "tilt", "--out", file});
  for (const Names& verb :
       {Names{"restore", "primary/latest", "--to", "tilt", "--yes"}, Names{"restore", "--plan", file}})
    expect_refused(verb, {"tilt leads to the same workspace as secondary, which is in charge in place of primary"});
  EXPECT_EQ(note_of("x"), "weeks of work");
}

TEST_F(SeveralTargets, of_two_lost_workspaces_may_be_one) {
  must({"migrate", "primary", "secondary"});
  must({"migrate", "tertiary", "secondary", "--yes"});
  must({"failover", "primary", "secondary", "--yes", "--source-lost"});
  must({"failover", "tertiary", "secondary", "--yes", "--source-lost"});
  EXPECT_EQ(pair("primary", "secondary").active, "secondary");
  EXPECT_EQ(pair("tertiary", "secondary").active, "secondary");
}

// What the other one gave it is no work of theirs, and is to fire again.
TEST_F(SeveralTargets, of_two_workspaces_may_be_one_that_brings_home_one_and_says_what_it_pauses_of_the_other) {
  put_secondary_in_charge_of_both();
  set_pause(secondary_, "y", "PAUSED");
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 3) << home.out << home.err;
  EXPECT_TRUE(home.says("1 resource that secondary has from tertiary was paused by its fence")) << home.err;
  EXPECT_TRUE(home.says("what was brought to secondary from tertiary stays there")) << home.err;
  EXPECT_TRUE(home.says("1 resource that secondary has from tertiary fires on secondary, and is paused by its fence"))
      << home.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_FALSE(has_job(primary_, "t"));
  const Outcome again = fail_back();
  EXPECT_EQ(again.code, 3) << "t rests still";
  EXPECT_TRUE(again.says("\"holdfast activate secondary --from tertiary\" lets fire there")) << again.err;
  must({"activate", "secondary", "--from", "tertiary", "--yes"});
  EXPECT_EQ(firing(secondary_), Names{"t"});
  EXPECT_EQ(fail_back().code, 0);
  change(secondary_, "t", "away");
  must({"failback", "secondary", "tertiary", "--yes"});
  EXPECT_EQ(firing(tertiary_), Names{"t"});
  EXPECT_EQ(note_of(tertiary_, "t"), "away");
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_FALSE(has_job(tertiary_, "x"));
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

// It would work nowhere without.
TEST_F(SeveralTargets, of_two_workspaces_may_be_one_that_brings_home_what_is_used_of_the_other) {
  for (const char* name : {"theirs", "unused"}) tertiary_.workspace.put("pools", name, pool(name, 1));
  put_secondary_in_charge_of_both();
  std::string uses = job("x", "away");
  uses.insert(1, R"("pool_id":")" + secondary_.workspace.id_of("pools", "theirs") + R"(",)");
  secondary_.workspace.rewrite("jobs", secondary_.workspace.id_of("jobs", "x"), uses);
  EXPECT_EQ(fail_back().code, 3);
  const std::string pool_id = primary_.workspace.id_of("pools", "theirs");
  EXPECT_FALSE(pool_id.empty());
  EXPECT_NE(body_of(primary_, "x").find(pool_id), std::string::npos) << body_of(primary_, "x");
  EXPECT_EQ(primary_.workspace.id_of("pools", "unused"), "");
  EXPECT_FALSE(has_job(primary_, "t"));
}

// Nothing can be asked of it any more.
TEST_F(SeveralTargets, of_which_one_is_configured_no_more_are_left_to_people) {
  put_secondary_in_charge_of_both();
  app_.configure("workspace", {"primary", "secondary"});
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 3) << home.out << home.err;
  EXPECT_TRUE(home.says("was paused by its fence: set by hand on secondary what of it shall fire")) << home.err;
}

TEST_F(SeveralTargets, of_two_workspaces_may_be_one_that_brings_home_one_though_the_repository_was_lost) {
  put_secondary_in_charge_of_both();
  std::filesystem::remove_all(app_.file("repository"));
  app_.init();
  for (const char* name : {"primary", "secondary", "tertiary"}) must({"backup", name});
  const Outcome home = fail_back({"--existing", "replace"});
  EXPECT_EQ(home.code, 3) << home.out << home.err;
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_FALSE(has_job(primary_, "t"));
  EXPECT_FALSE(fence("primary") || fence("secondary")) << home.out << home.err;
}

TEST_F(SeveralTargets, go_home_by_the_name_of_the_takeover) {
  migrate();
  must({"backup", "alias"});
  fail_over();
  expect_refused({"failback", "secondary", "alias", "--yes"}, {"call it primary again"});
}

TEST_F(SeveralTargets, go_by_another_name_where_nobody_took_over) {
  migrate();
  EXPECT_EQ(run({"replicate", "alias", "secondary", "--yes"}).code, 0) << "the connector was renamed";
  EXPECT_EQ(run({"failover", "alias", "secondary", "--yes"}).code, 0);
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(firing(primary_), Names{});
  expect_refused({"failover", "primary", "tertiary", "--yes"}, {"call it alias again"});
}

class BegunFailback : public Nights {};

TEST_F(BegunFailback, is_named_by_whoever_meets_the_fence_of_either_side) {
  gate("\"activate\"");
  migrate();
  ASSERT_EQ(failover({"--pass", "activate"}).code, 0);
  ASSERT_EQ(fail_back().code, 5) << "behind both fences";
  const Outcome backup = run({"backup", "secondary"});
  EXPECT_TRUE(backup.says("\"holdfast failback secondary primary\" goes on with it")) << backup.err;
  EXPECT_TRUE(backup.says("\"holdfast activate secondary\" gives it up")) << backup.err;
  EXPECT_FALSE(backup.says("failover secondary primary")) << backup.err;
  const Outcome away = failover();
  EXPECT_EQ(away.code, 5);
  EXPECT_TRUE(away.says("\"holdfast failback secondary primary\" goes on with it, \"holdfast activate secondary\""))
      << away.err;
  ASSERT_EQ(fail_back({"--pass", "activate"}).code, 0);
  EXPECT_FALSE(run({"backup", "secondary"}).says("goes on"));
}

TEST_F(BegunFailback, is_not_given_up_once_what_fired_was_set) {
  migrate();
  fail_over();
  refuse(primary_, {"y"});
  ASSERT_EQ(fail_back().code, 3);
  const Outcome backup = run({"backup", "secondary"});
  EXPECT_TRUE(backup.says("\"holdfast failback secondary primary\" goes on with it")) << backup.err;
  EXPECT_FALSE(backup.says("gives it up")) << backup.err;
  EXPECT_EQ(run({"activate", "secondary"}).code, 5) << "nor can it be";
  EXPECT_TRUE(run({"backup", "primary"}).says("\"holdfast failback secondary primary\" goes on with it"));
}

}  // namespace
}  // namespace holdfast::test
