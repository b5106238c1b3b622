// Who is in charge on days on which something of what is known is missing.
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>

#include "base/bytes.h"
#include "base/file_lock.h"
#include "engine/cutover/store.h"
#include "storage/decorators/fault_backend.h"
#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

const std::vector<std::string> k_kinds{"users",    "groups", "folders", "notebooks", "pools",   "policies", "scopes",
                                       "clusters", "jobs",   "boards",  "catalogs",  "schemas", "volumes"};

class LostWords : public Nights {
protected:
  using Fence = engine::Fence;

  // Another host, or this one after its disk was lost.
  void lose_state(const std::string& other = "state of another host") {
    app_.composition.state_folder = app_.file(other);
  }
  // What the id map is brought by, without anything else.
  void keep_id_map() const {
    const auto from = storage::open_local_backend(app_.file("state"));
    const auto to = storage::open_local_backend(app_.composition.state_folder);
    Names names;
    from->list("idmap/", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
    for (const std::string& name : names) to->put(name, from->get_all(name));
  }
  bool any_plan_begun() const {
    const auto state = storage::open_local_backend(app_.composition.state_folder);
    return !engine::CutoverStore(*state).begun("primary", "secondary").empty();
  }
  Outcome activate_primary() { return run({"activate", "primary", "--from", "primary", "--yes"}); }
  // From the next write on nothing of the secondary can be read.
  void refuse_to_be_read_behind() {
    secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;
    secondary_.workspace.interrupt = [this] { secondary_.unlisted.insert(k_kinds.begin(), k_kinds.end()); };
  }
};

TEST_F(LostWords, are_asked_of_the_snapshots_before_a_second_side_fires) {
  migrate();
  fail_over();
  lose_state();
  const Outcome outcome = activate_primary();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("secondary took over from primary, as its newest snapshot says")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{});
  const Outcome status = run({"status"});
  EXPECT_TRUE(status.says("secondary, as its newest snapshot says")) << status.out;
  EXPECT_TRUE(run({"status", "--json"}).says(R"("told_by": "snapshot")"));
  EXPECT_EQ(run({"activate", "primary", "--from", "secondary", "--yes"}).code, 5) << "nor by the states of that";
  EXPECT_EQ(firing(primary_), Names{});
}

TEST_F(LostWords, of_a_takeover_outlive_that_the_backup_behind_it_was_refused) {
  migrate();
  refuse_to_be_read_behind();
  const Outcome away = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(away.code, 3) << away.out << away.err;
  ASSERT_TRUE(away.says("secondary could not be backed up behind its activation")) << away.err;
  ASSERT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
  lose_state();
  const Outcome outcome = activate_primary();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("secondary took over from primary, as its newest snapshot says")) << outcome.err;
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_TRUE(run({"status"}).says("secondary, as its newest snapshot says"));
  EXPECT_TRUE(run({"snapshots"}).says("repeated")) << "it shows nothing newer than the one before";
  EXPECT_EQ(run({"diff", "secondary/latest~1", "secondary/latest", "--exit-code"}).code, 0);
  EXPECT_EQ(run({"check", "--read-data"}).code, 0);
  keep_id_map();
  // It still shows secondary as it was before it took over.
  EXPECT_EQ(fail_back({"--source-lost"}).code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

TEST_F(LostWords, of_a_takeover_are_taken_back_where_nothing_could_be_activated) {
  migrate();
  for (const char* name : {"x", "y", "z"})
    secondary_.workspace.refusals.emplace(std::string("jobs/") + name,
                                          base::Error(base::ErrorKind::unavailable, "not now"));
  EXPECT_EQ(run({"failover", "primary", "secondary", "--yes"}).code, 3);
  ASSERT_EQ(firing(secondary_), Names{});
  lose_state();
  EXPECT_FALSE(run({"status"}).says("secondary, as its newest snapshot says"));
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

TEST_F(LostWords, of_another_host_go_before_what_was_known_here_earlier) {
  migrate();
  fail_over();
  ASSERT_EQ(fail_back().code, 0);
  lose_state();
  keep_id_map();
  fail_over();
  app_.composition.state_folder = app_.file("state");
  set_pause(secondary_, "y", "PAUSED");
  ASSERT_EQ(run({"backup", "secondary"}).code, 0) << "it says on what the newest snapshot says";
  for (const Names& verb :
       {Names{"replicate", "primary", "secondary"}, Names{"failover", "primary", "secondary", "--yes"},
        Names{"activate", "primary", "--from", "primary", "--yes"}}) {
    const Outcome outcome = run(verb);
    EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("secondary took over from primary, as its newest snapshot says")) << outcome.err;
    EXPECT_EQ(firing(secondary_), (Names{"x", "z"})) << verb.front();
    EXPECT_EQ(firing(primary_), Names{}) << verb.front();
  }
  EXPECT_TRUE(run({"status"}).says("secondary, as its newest snapshot says")) << run({"status"}).out;
  const Outcome home = fail_back({"--existing", "replace"});
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
  EXPECT_EQ(night().code, 0) << "what was known since goes before the snapshots";
  EXPECT_EQ(primary_.workspace.count("jobs"), 4U) << "nothing came twice";
}

TEST_F(LostWords, are_no_more_said_when_the_failback_has_ended) {
  migrate();
  fail_over();
  EXPECT_EQ(fail_back().code, 0);
  lose_state();
  EXPECT_FALSE(run({"status"}).says("secondary, as its newest snapshot says"));
  EXPECT_EQ(activate_primary().code, 0);
}

TEST_F(LostWords, of_a_fence_lead_to_what_was_recorded) {
  migrate();
  EXPECT_EQ(run({"fence", "primary", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), Names{});
  lose_state();
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  const Outcome outcome = activate_primary();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

TEST_F(LostWords, of_a_failover_lead_to_what_was_recorded) {
  migrate();
  fail_over();
  lose_state();
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  EXPECT_EQ(run({"fence", "secondary", "--yes"}).code, 0);
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

TEST_F(LostWords, of_how_both_parted_leave_it_to_people) {
  migrate();
  fail_over();
  change(primary_, "x", "by somebody at home");
  change(secondary_, "x", "by somebody away");
  secondary_.workspace.put("jobs", "new", job("new", "one"));
  lose_state();
  keep_id_map();
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("how primary and secondary were when they parted is not known here")) << outcome.out;
  EXPECT_EQ(note_of(primary_, "x"), "by somebody at home");
  EXPECT_EQ(fail_back({"--existing", "replace"}).code, 0);
  EXPECT_EQ(note_of(primary_, "x"), "by somebody away");
  EXPECT_EQ(firing(primary_), (Names{"new", "x", "y", "z"}));
  EXPECT_EQ(firing(secondary_), Names{});
}

TEST_F(LostWords, go_on_to_hold_while_a_failback_without_them_is_decided) {
  migrate();
  fail_over();
  set_pause(secondary_, "y", "PAUSED");
  change(primary_, "x", "by somebody at home");
  lose_state();
  keep_id_map();
  EXPECT_EQ(fail_back().code, 5);
  EXPECT_EQ(fail_back({"--keep-changed"}).code, 0) << "typed again it is the same failback";
  EXPECT_EQ(firing(primary_), (Names{"x", "z"})) << "what somebody paused since it took over stays so";
}

TEST_F(LostWords, leave_a_way_home_without_an_id_map_and_the_next_failover_open) {
  migrate();
  fail_over();
  lose_state();
  const Outcome refused = fail_back();
  EXPECT_EQ(refused.code, 5);
  EXPECT_TRUE(refused.says("holdfast fence secondary")) << refused.err;
  EXPECT_EQ(run({"fence", "secondary", "--yes"}).code, 0);
  {
    const auto held = base::FileLock::try_lock(app_.composition.state_folder + "/locks/" + base::to_hex("secondary"),
                                               base::FileLock::Mode::shared);
    ASSERT_TRUE(held.has_value());
    const Outcome beside = activate_primary();
    EXPECT_EQ(beside.code, base::exit_code(base::ErrorKind::busy)) << "its fence would be lifted" << beside.err;
    EXPECT_TRUE(fence("secondary").has_value());
  }
  const Outcome home = activate_primary();
  EXPECT_EQ(home.code, 0) << home.out << home.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  EXPECT_FALSE(fence("secondary").has_value());
  EXPECT_EQ(pair().active, "primary");
  const Outcome again = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_NE(again.code, 5) << again.out << again.err;
  EXPECT_EQ(firing(primary_), Names{});
}

TEST_F(LostWords, hold_when_what_was_left_is_kept_up_to_date) {
  migrate();
  fail_over();
  const std::string recorded = pair().recorded;
  lose_state();
  EXPECT_EQ(run({"replicate", "secondary", "primary", "--yes"}).code, 0);
  EXPECT_EQ(pair().active, "secondary");
  for (const Names& more : {Names{}, Names{"--snapshot", recorded}}) {
    Names activate{"activate", "primary", "--from", "primary", "--yes"};
    activate.insert(activate.end(), more.begin(), more.end());
    const Outcome outcome = run(activate);
    EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
    EXPECT_EQ(firing(primary_), Names{});
  }
  EXPECT_TRUE(run({"status"}).says("open since")) << "whether primary is still paused nobody knows";
  for (const char* name : {"primary", "secondary"}) EXPECT_EQ(run({"backup", name}).code, 0);
  lose_state("state of a third host");
  EXPECT_TRUE(run({"status"}).says("secondary, as its newest snapshot says"));
  EXPECT_EQ(activate_primary().code, 5);
  EXPECT_EQ(run({"fence", "secondary", "--yes"}).code, 0);
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"})) << "what its snapshots said went on to hold";
}

TEST_F(LostWords, are_asked_for_where_it_is_only_known_that_something_was_replicated) {
  migrate();
  const engine::Pair before = pair();
  fail_over();
  change(secondary_, "x", "away");
  lose_state();
  keep(before);
  keep_id_map();
  const Outcome outcome = night({"--yes"});
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_EQ(note_of("x"), "away");
  EXPECT_EQ(activate_primary().code, 5);
  const Outcome status = run({"status"});
  EXPECT_TRUE(status.says("secondary, as its newest snapshot says")) << status.out;
  EXPECT_FALSE(status.says("  primary\n")) << "and nothing that contradicts it: " << status.out;
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(note_of(primary_, "x"), "away");
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

TEST_F(LostWords, of_a_backup_that_was_refused_are_said_when_a_failback_is_typed_again) {
  migrate();
  fail_over();
  primary_.workspace.interrupt_at = primary_.workspace.writes + 3;  // the last of x, y and z
  primary_.workspace.interrupt = [this] { primary_.unlisted.insert(k_kinds.begin(), k_kinds.end()); };
  const Outcome home = fail_back();
  EXPECT_TRUE(home.says("primary could not be backed up behind its activation")) << home.err;
  ASSERT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  primary_.unlisted.clear();
  set_pause(primary_, "y", "PAUSED");
  EXPECT_EQ(fail_back().code, 0);
  lose_state();
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"})) << "its newest snapshot is not one of a paused workspace";
}

TEST_F(LostWords, of_what_an_activation_left_are_told_by_what_it_gave) {
  migrate();
  EXPECT_EQ(run({"failover", "primary", "secondary", "--select", "/jobs/x", "--yes"}).code, 0);
  engine::Pair gone = pair();
  gone.behind.clear();  // as where its backup was refused
  keep(gone);
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"})) << "y and z were never given to secondary";
}

TEST_F(LostWords, of_a_target_that_cannot_be_read_behind_a_run_are_those_of_before) {
  migrate();
  change(primary_, "x", "two");
  refuse_to_be_read_behind();
  const Outcome first = night();
  EXPECT_EQ(first.code, 0) << first.out << first.err;
  EXPECT_TRUE(first.says("no snapshot of secondary could be taken behind this run")) << first.err;
  secondary_.unlisted.clear();
  change(secondary_, "y", "theirs");
  change(primary_, "y", "two");
  change(primary_, "x", "three");
  const Outcome second = night();
  EXPECT_EQ(second.code, 3) << "it asks for nothing, and holds back what was changed: " << second.out << second.err;
  EXPECT_EQ(note_of("y"), "theirs");
  EXPECT_EQ(note_of("x"), "three") << "that was our own";
  EXPECT_TRUE(pair().replicated->written.empty()) << "from here on a snapshot shows it";
}

// Killed as by a power cut at the first write to the repository that follows a write to the secondary.
class KilledBehind : public LostWords {
protected:
  KilledBehind() {
    app_.composition.backends.front().open = [this](const std::string&) {
      return std::make_unique<TrippedBackend>(*repository_, wire_);
    };
  }
  std::unique_ptr<storage::Backend> repository_ = storage::open_local_backend(app_.file("repository"));
  Tripwire wire_;
};

TEST_F(KilledBehind, a_run_knows_again_what_it_wrote) {
  migrate();
  change(primary_, "x", "two");
  secondary_.workspace.interrupt_at = secondary_.workspace.writes + 1;
  secondary_.workspace.interrupt = [this] { wire_.arm(Tripwire::Strike::before, 1); };
  EXPECT_NE(night().code, 0);
  wire_.arm(Tripwire::Strike::never);
  ASSERT_EQ(note_of("x"), "two");
  EXPECT_TRUE(any_plan_begun());
  change(primary_, "x", "three");
  const Outcome outcome = night();
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(note_of("x"), "three") << "nobody else had touched it";
}

TEST_F(KilledBehind, a_takeover_that_was_not_said_yet_is_gone_on_with) {
  migrate();
  primary_.workspace.interrupt_at = primary_.workspace.writes + 3;  // the last of x, y and z is paused
  primary_.workspace.interrupt = [this] { wire_.arm(Tripwire::Strike::before, 1); };
  EXPECT_NE(run({"failover", "primary", "secondary", "--yes"}).code, 0);
  wire_.arm(Tripwire::Strike::never);
  ASSERT_EQ(firing(primary_), Names{});
  EXPECT_EQ(firing(secondary_), Names{}) << "nobody else would hear of it";
  fail_over();
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
}

TEST_F(LostWords, are_no_more_than_before_where_the_repository_does_not_take_them) {
  const auto repository = storage::open_local_backend(app_.file("repository"));
  bool full = false;
  app_.composition.backends.front().open = [&](const std::string&) {
    const auto before = [&](storage::Call call, const std::string&) {
      if (full && call == storage::Call::put) throw base::Error(base::ErrorKind::io, "no space is left");
    };
    return storage::make_fault_backend(*repository, {.before = before, .after = {}}, nullptr);
  };
  migrate();
  primary_.workspace.interrupt_at = primary_.workspace.writes + 3;  // the last of x, y and z is paused
  primary_.workspace.interrupt = [&] { full = true; };
  const Outcome outcome = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(outcome.code, 1) << outcome.out << outcome.err;
  EXPECT_TRUE(
      outcome.says("secondary was not activated, as no snapshot of it could say that it takes over from "
                   "primary: "))
      << outcome.err;
  EXPECT_TRUE(outcome.says("no space is left") && outcome.says("run the same again")) << outcome.err;
  EXPECT_EQ(pair().active, "");
  EXPECT_EQ(firing(secondary_), Names{});
  full = false;
  fail_over();
  EXPECT_EQ(firing(secondary_), (Names{"x", "y", "z"}));
}

// What it says of the states ends only where a snapshot shows those that are set now.
TEST_F(LostWords, of_a_fence_are_ended_by_what_is_run_again_where_no_snapshot_could_be_taken) {
  migrate();
  EXPECT_EQ(run({"fence", "primary", "--yes"}).code, 0);
  primary_.workspace.interrupt_at = primary_.workspace.writes + 1;
  primary_.workspace.interrupt = [this] { primary_.unlisted.insert(k_kinds.begin(), k_kinds.end()); };
  const Outcome refused = activate_primary();
  EXPECT_EQ(refused.code, 3) << refused.out << refused.err;
  EXPECT_TRUE(refused.says("\"holdfast activate primary --from primary\" again")) << refused.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  EXPECT_TRUE(fence("primary").has_value());
  primary_.unlisted.clear();
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_FALSE(fence("primary").has_value());
  set_pause(primary_, "y", "PAUSED");
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"})) << "paused on purpose since";
}

TEST_F(LostWords, of_a_fence_hold_for_what_was_not_chosen) {
  migrate();
  EXPECT_EQ(run({"fence", "primary", "--yes"}).code, 0);
  lose_state();
  EXPECT_EQ(run({"activate", "primary", "--from", "primary", "--select", "/jobs/x", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), Names{"x"});
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

TEST_F(KilledBehind, an_activation_in_place_is_ended_by_the_same_command) {
  migrate();
  EXPECT_EQ(run({"fence", "primary", "--yes"}).code, 0);
  lose_state();
  primary_.workspace.interrupt_at = primary_.workspace.writes + 3;
  primary_.workspace.interrupt = [this] { wire_.arm(Tripwire::Strike::before, 1); };
  EXPECT_NE(activate_primary().code, 0);
  wire_.arm(Tripwire::Strike::never);
  ASSERT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  EXPECT_EQ(activate_primary().code, 0);
  set_pause(primary_, "y", "PAUSED");
  EXPECT_EQ(run({"backup", "primary"}).code, 0);
  EXPECT_EQ(activate_primary().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"})) << "what was recorded before holds no more";
}

using Takeovers = LostWords;

TEST_F(Takeovers, activate_the_rest_when_typed_again_without_a_selection) {
  migrate();
  const Outcome part = run({"failover", "primary", "secondary", "--select", "/jobs/x", "--yes"});
  EXPECT_EQ(part.code, 0) << part.err;
  EXPECT_TRUE(part.says("2 resources that fired on primary and were not chosen")) << part.err;
  EXPECT_TRUE(
      part.says("all but 2 that fired on primary: \"holdfast failover primary secondary\" activates those that "
                "are on secondary"))
      << part.out;
  EXPECT_FALSE(part.says("as a whole")) << part.out;
  EXPECT_TRUE(run({"status"}).says("secondary, 2 of what fired on primary not activated"));
  EXPECT_TRUE(run({"status", "--json"}).says(R"("activated": "partly")"));
  EXPECT_EQ(firing(secondary_), Names{"x"});
  set_pause(secondary_, "x", "PAUSED");
  EXPECT_EQ(run({"failover", "primary", "secondary"}).code, 5) << "it is asked for";
  const Outcome whole = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(whole.code, 0) << whole.out << whole.err;
  EXPECT_TRUE(whole.says("as a whole")) << whole.out;
  EXPECT_EQ(firing(secondary_), (Names{"y", "z"})) << "and not what somebody paused since";
  EXPECT_FALSE(run({"status"}).says("not activated"));
  EXPECT_EQ(run({"failover", "primary", "secondary", "--yes"}).code, 0);
  EXPECT_EQ(firing(secondary_), (Names{"y", "z"}));
}

TEST_F(Takeovers, keep_what_a_failback_left_paused_until_it_is_activated) {
  migrate();
  fail_over();
  primary_.workspace.refusals.emplace("jobs/y", base::Error(base::ErrorKind::unavailable, "not now"));
  const Outcome outcome = fail_back({"--leave-paused"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("all but 1, left paused")) << outcome.out;
  EXPECT_FALSE(outcome.says("as a whole")) << outcome.out;
  EXPECT_TRUE(run({"status"}).says("primary, 1 left paused"));
  primary_.workspace.refusals.clear();
  ASSERT_EQ(run({"backup", "primary"}).code, 0);
  const Outcome typed = run({"failback", "secondary", "primary"});
  EXPECT_EQ(typed.code, 0) << typed.err;
  EXPECT_TRUE(typed.says("holdfast activate primary")) << typed.err;
  EXPECT_EQ(run({"activate", "primary", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
  EXPECT_TRUE(pair().left.empty());
}

TEST_F(Takeovers, say_nothing_that_contradicts_itself_where_all_is_left_paused) {
  migrate();
  fail_over();
  for (const char* name : {"x", "y", "z"})
    primary_.workspace.refusals.emplace(std::string("jobs/") + name,
                                        base::Error(base::ErrorKind::unavailable, "not now"));
  const Outcome outcome = fail_back({"--leave-paused"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_FALSE(outcome.says("is not in charge by this")) << outcome.err;
  EXPECT_TRUE(outcome.says("all but 3, left paused")) << outcome.out;
  EXPECT_EQ(pair().active, "primary");
  primary_.workspace.refusals.clear();
  EXPECT_EQ(run({"activate", "primary", "--select", "/jobs/x", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), Names{"x"});
  EXPECT_EQ(pair().left.size(), 2U);
  EXPECT_EQ(run({"activate", "primary", "--yes"}).code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "y", "z"}));
}

TEST_F(Takeovers, say_how_to_end_what_holds_a_fence_up) {
  migrate();
  // As a replicate of hours holds its source.
  const auto held =
      base::FileLock::try_lock(app_.file("state/locks/" + base::to_hex("primary")), base::FileLock::Mode::shared);
  ASSERT_TRUE(held.has_value());
  const Outcome outcome = run({"fence", "primary", "--yes"});
  EXPECT_EQ(outcome.code, base::exit_code(base::ErrorKind::busy)) << outcome.err;
  EXPECT_TRUE(outcome.says("\"kill " + std::to_string(::getpid()) + "\" ends it as Ctrl-C does")) << outcome.err;
  EXPECT_EQ(run({"backup", "primary"}).code, 0) << "which asks for the marks when it has read";
}

TEST_F(Takeovers, say_of_a_failback_that_it_has_ended) {
  migrate();
  fail_over();
  EXPECT_EQ(fail_back().code, 0);
  const Outcome outcome = run({"failback", "secondary", "primary"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.says("primary is in charge again since")) << outcome.err;
}

}  // namespace
}  // namespace holdfast::test
