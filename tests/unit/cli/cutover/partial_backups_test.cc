// Backups that do not read what fires, at moments at which somebody else is put in charge: what they have of that is
// how it was held paused, and nobody's will.
#include <gtest/gtest.h>

#include <optional>

#include "storage/local/local_backend.h"
#include "unit/cli/cutover/nights.h"

namespace holdfast::test {
namespace {

class PartialBackups : public Nights {
protected:
  // From the last of the writes on, by which x, y and z are set, nobody lists jobs there.
  static void hide_jobs_behind_activation(WorkspaceAccount& on) {
    on.workspace.interrupt_at = on.workspace.writes + 3;
    on.workspace.interrupt = [&on] { on.unlisted.insert("jobs"); };
  }
  // By a newest snapshot that is partial with exit 3, as what it lacks is brought as it was before.
  Outcome lose_primary(int code = 0) {
    Outcome outcome = run({"failover", "primary", "secondary", "--source-lost", "--yes"});
    EXPECT_EQ(outcome.code, code) << outcome.out << outcome.err;
    return outcome;
  }
};

TEST_F(PartialBackups, behind_an_activation_in_place_leave_its_fence_and_what_that_recorded) {
  migrate();
  must({"fence", "primary", "--yes"});
  must({"backup", "primary"});
  hide_jobs_behind_activation(primary_);
  const Outcome outcome = run({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("not all jobs of primary could be read behind its activation")) << outcome.err;
  EXPECT_TRUE(outcome.says("\"holdfast activate primary --from primary\" again")) << outcome.err;
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_TRUE(fence("primary").has_value());
  lose_primary(3);
  EXPECT_EQ(firing(secondary_), all_);
  primary_.unlisted.clear();
  must({"fence", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), Names{});
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(PartialBackups, behind_an_activation_in_place_are_made_up_for_by_the_same_command) {
  migrate();
  must({"fence", "primary", "--yes"});
  hide_jobs_behind_activation(primary_);
  EXPECT_EQ(run({"activate", "primary", "--from", "primary", "--yes"}).code, 3);
  primary_.unlisted.clear();
  must({"activate", "primary", "--from", "primary", "--yes"});
  EXPECT_FALSE(fence("primary").has_value());
  set_pause(primary_, "y", "PAUSED");
  must({"backup", "primary"});
  lose_primary();
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"})) << "its newest snapshot is one of its own states";
}

TEST_F(PartialBackups, behind_a_failover_do_not_say_how_it_was_left) {
  migrate();
  hide_jobs_behind_activation(secondary_);
  const Outcome outcome = run({"failover", "primary", "secondary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("\"holdfast backup secondary\"")) << outcome.err;
  EXPECT_EQ(firing(secondary_), all_);
  EXPECT_EQ(pair().behind, "");
  secondary_.unlisted.clear();
  set_pause(secondary_, "y", "PAUSED");  // on purpose
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

TEST_F(PartialBackups, of_a_secondary_that_is_lost_say_nothing_of_what_fires_at_home) {
  migrate();
  hide_jobs_behind_activation(secondary_);
  EXPECT_EQ(run({"failover", "primary", "secondary", "--yes"}).code, 3);
  EXPECT_EQ(run({"backup", "secondary"}).code, 3);
  EXPECT_EQ(run({"failback", "secondary", "primary", "--source-lost", "--leave-paused", "--yes"}).code, 3);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(PartialBackups, of_what_is_told_by_snapshots_only_do_not_say_how_it_was_left) {
  migrate();
  hide_jobs_behind_activation(secondary_);
  EXPECT_EQ(run({"failover", "primary", "secondary", "--yes"}).code, 3);
  secondary_.unlisted.clear();
  set_pause(secondary_, "y", "PAUSED");
  const auto from = storage::open_local_backend(app_.file("state"));
  app_.composition.state_folder = app_.file("state of another host");
  const auto to = storage::open_local_backend(app_.composition.state_folder);
  Names names;
  from->list("idmap/", [&](const storage::ObjectInfo& info) { names.push_back(info.name); });
  for (const std::string& name : names) to->put(name, from->get_all(name));
  const Outcome outcome = run({"failback", "secondary", "primary", "--keep-changed", "--yes"});
  EXPECT_EQ(outcome.code, 3) << "what rests there may be nobody's will: " << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("nor is it known what it was given")) << outcome.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

TEST_F(PartialBackups, behind_a_failback_let_the_next_failover_go_by_what_was_given) {
  migrate();
  fail_over();
  set_pause(secondary_, "y", "PAUSED");
  primary_.workspace.interrupt_at = primary_.workspace.writes + 2;
  primary_.workspace.interrupt = [this] { primary_.unlisted.insert("jobs"); };
  const Outcome home = fail_back();
  EXPECT_EQ(home.code, 3) << home.out << home.err;
  EXPECT_TRUE(home.says("\"holdfast backup primary\"")) << home.err;
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  EXPECT_EQ(run({"backup", "primary"}).code, 3);
  EXPECT_EQ(fail_back().code, 3) << "it has ended, and there is still nothing to go by";
  EXPECT_TRUE(lose_primary(3).says("this goes by what it was given then"));
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
}

TEST_F(PartialBackups, behind_a_failback_are_made_up_for_by_the_next_one) {
  migrate();
  fail_over();
  hide_jobs_behind_activation(primary_);
  EXPECT_EQ(fail_back().code, 3);
  primary_.unlisted.clear();
  set_pause(primary_, "y", "PAUSED");
  must({"backup", "primary"});
  EXPECT_EQ(fail_back().code, 0);
  lose_primary();
  EXPECT_EQ(firing(secondary_), (Names{"x", "z"}));
}

// Nothing is paused by what it would not be given back by.
TEST_F(PartialBackups, are_no_record_of_what_a_fence_pauses) {
  must({"backup", "primary"});
  set_pause(primary_, "y", "PAUSED");
  primary_.unlisted = {"jobs"};
  const Outcome outcome = run({"fence", "primary", "--yes"});
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("not all jobs of primary could be read")) << outcome.err;
  ASSERT_TRUE(fence("primary").has_value());
  EXPECT_EQ(fence("primary")->snapshot, "");
  primary_.unlisted.clear();
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
  must({"fence", "primary", "--yes"});
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), (Names{"x", "z"}));
}

TEST_F(PartialBackups, are_taken_for_a_record_where_somebody_says_so_or_took_over) {
  migrate();
  primary_.unread = {"asleep"};
  EXPECT_EQ(run({"fence", "primary", "--yes"}).code, 3);
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_EQ(run({"fence", "primary", "--source-partial"}).code, 3) << "not all was seen to be paused";
  EXPECT_EQ(firing(primary_), Names{});
  must({"activate", "primary", "--yes"});
  EXPECT_EQ(firing(primary_), all_);
  EXPECT_FALSE(fence("primary").has_value()) << "what it recorded knew no more than the snapshot behind it";
  lose_primary(3);
  EXPECT_EQ(run({"fence", "primary"}).code, 3);
  EXPECT_EQ(firing(primary_), Names{}) << "what fires on both sides is not waited for";
}

TEST_F(PartialBackups, of_a_secondary_end_a_failback_before_anything_is_written) {
  migrate();
  fail_over();
  change(secondary_, "x", "away");
  secondary_.unlisted = {"jobs"};
  const std::uint64_t writes = primary_.workspace.writes;
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, 5) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("not all jobs of secondary could be read")) << outcome.err;
  EXPECT_EQ(primary_.workspace.writes, writes);
  secondary_.unlisted = {"users"};
  EXPECT_EQ(fail_back().code, 3) << "no user fires, and what was changed in one would be given up";
  EXPECT_EQ(firing(primary_), Names{});
  secondary_.unlisted.clear();
  EXPECT_EQ(fail_back().code, 0);
  EXPECT_EQ(firing(primary_), all_);
}

TEST_F(PartialBackups, leave_the_fence_open_where_nothing_can_be_read) {
  for (const model::Kind& kind : workspace_kinds()) primary_.unlisted.insert(kind.collection.name);
  EXPECT_NE(run({"fence", "primary", "--source-partial", "--yes"}).code, 0);
  EXPECT_TRUE(fence("primary").has_value()) << "so that everybody is told of it";
}

// Only no answer may mean that it is lost.
TEST_F(PartialBackups, are_not_what_a_wrong_configuration_is_taken_for) {
  migrate();
  fail_over();
  app_.composition.platforms.front().open = [this](const std::string& name, const platform::Settings&,
                                                   const base::Clock&, base::Events&) {
    if (name == "secondary")
      throw base::Error(base::ErrorKind::config, "the secret of secondary is not set", "Set it.");
    return connect(primary_);
  };
  const Outcome outcome = fail_back();
  EXPECT_EQ(outcome.code, base::exit_code(base::ErrorKind::config)) << outcome.err;
  EXPECT_FALSE(outcome.says("--source-lost")) << outcome.err;
}

}  // namespace
}  // namespace holdfast::test
