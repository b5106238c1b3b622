#include "engine/cutover/replication.h"

#include <gtest/gtest.h>

#include <utility>

#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

using model::ResourceAction;

std::string job(const std::string& name, const std::string& note, bool paused = true) {
  return R"({"name":")" + name + R"(","origin":")" + name + R"(","note":")" + note +
         R"(","schedule":{"cron":"0 0 * * * ?","pause_status":")" + (paused ? "" : "UN") + R"(PAUSED"}})";
}

// A target that a run left, and what became of it until the next one ended; the source has its jobs under other ids.
class RunBehind : public testing::Test {
protected:
  RunBehind() {
    for (const char* name : {"a", "b", "c"}) {
      source_.workspace.put("jobs", name, job(name, "one"));
      target_.workspace.put("jobs", name, job(name, "one"));
      ids_.add({.kind = "jobs",
                .source_id = source_.workspace.id_of("jobs", name),
                .target_id = id(name),
                .source_name = name,
                .target_name = name});
    }
    plan_.id = "this";
    before_.plan = "other";
    split_ = take(target_, "secondary");
    plan_.made = world_.clock.now();
  }

  repository::Snapshot take(test::WorkspaceAccount& account, const std::string& name) {
    world_.clock.advance(std::chrono::minutes(1));
    const auto connector = test::connect(account);
    return backup(*world_.repository, *connector, name, test::EngineWorld::small(), world_.events, world_.clock, {})
        .snapshot;
  }
  std::string id(const std::string& name) const { return target_.workspace.id_of("jobs", name); }
  void change(const std::string& name, const std::string& note, bool paused = true) {
    target_.workspace.rewrite("jobs", id(name), job(name, note, paused));
  }
  void step(const std::string& name, ResourceAction action, StepEnd end) {
    model::ResourceStep& one = plan_.steps.emplace_back();
    one.kind = "jobs";
    one.path = "jobs/" + name;
    one.action = action;
    one.fields = {{.path = "note", .before = "x", .after = "y"}};
    one.source_id = source_.workspace.id_of("jobs", name);
    if (action != ResourceAction::create) one.target_id = id(name);
    result_.ends.push_back(end);
  }
  void left_before(const std::string& name) {
    before_.differed.push_back({"jobs", source_.workspace.id_of("jobs", name), id(name)});
  }
  // The names of what counts as changed.
  std::string changed(bool first = false) {
    const repository::Snapshot source = take(source_, "primary");
    const repository::Snapshot now = take(target_, "secondary");
    const FinishedRun run{.plan = plan_,
                          .result = result_,
                          .source = source,
                          .target = &now,
                          .ids = ids_,
                          .before = first ? nullptr : &before_,
                          .split = first ? nullptr : &split_};
    std::string out;
    for (const LeftAlone& one : left_alone(*world_.repository, test::workspace_kind_set(), run, {})) {
      const model::IdEntry* entry = ids_.by_target(one.kind, one.target_id);
      EXPECT_EQ(one.source_id, entry ? entry->source_id : "");
      out += (out.empty() ? "" : " ") + (entry ? entry->source_name : one.kind);
    }
    return out;
  }

  test::EngineWorld world_;
  test::WorkspaceAccount source_{world_.clock, 1'000, "one"};
  test::WorkspaceAccount target_{world_.clock, 5'000, "two"};
  model::IdMap ids_{"primary", "secondary"};
  model::ResourcePlan plan_;
  ResourceApplyResult result_;
  LastRun before_;
  repository::Snapshot split_;
};

TEST_F(RunBehind, tells_what_was_not_brought_where_nobody_tries_again) {
  step("a", ResourceAction::update, StepEnd::done);
  step("a", ResourceAction::update, StepEnd::already);
  step("b", ResourceAction::update, StepEnd::open);
  step("c", ResourceAction::skip, StepEnd::open);
  source_.workspace.put("jobs", "new", job("new", "one"));
  step("new", ResourceAction::create, StepEnd::open);
  step("new", ResourceAction::conflict, StepEnd::conflict);
  // Nothing differs that is known: what no API makes, and the target has not.
  step("b", ResourceAction::manual, StepEnd::open);
  step("new", ResourceAction::manual, StepEnd::open);
  for (std::size_t i : {6U, 7U}) plan_.steps[i].fields.clear();
  plan_.steps.back().source_id = "never brought";
  std::string out;
  for (const LeftAlone& one : not_brought(plan_, result_, ids_)) {
    const model::IdEntry* entry = ids_.by_source(one.kind, one.source_id);
    EXPECT_EQ(one.target_id, entry ? entry->target_id : "");
    out += (entry ? entry->source_name : "new") + " ";
  }
  EXPECT_EQ(out, "b c new new b ");
}

TEST_F(RunBehind, excuses_what_it_wrote_and_nothing_else) {
  step("a", ResourceAction::update, StepEnd::done);
  change("a", "two");
  change("b", "theirs");
  change("c", "one", false);  // that it fires does not count
  target_.workspace.put("jobs", "made", job("made", "theirs"));
  EXPECT_EQ(changed(), "b jobs");
}

TEST_F(RunBehind, excuses_what_it_made) {
  target_.workspace.put("jobs", "new", job("new", "one"));
  source_.workspace.put("jobs", "new", job("new", "one"));
  step("new", ResourceAction::create, StepEnd::done);
  ids_.add({.kind = "jobs",
            .source_id = source_.workspace.id_of("jobs", "new"),
            .target_id = id("new"),
            .source_name = "new",
            .target_name = "new"});
  EXPECT_EQ(changed(), "");
}

TEST_F(RunBehind, keeps_the_snapshot_of_before_where_the_target_could_not_be_read) {
  step("a", ResourceAction::update, StepEnd::done);
  step("b", ResourceAction::update, StepEnd::open);
  before_.target_snapshot = split_.id.name();
  before_.written = {{"jobs", source_.workspace.id_of("jobs", "c"), id("c")}};
  const repository::Snapshot source = take(source_, "primary");
  const FinishedRun run{.plan = plan_,
                        .result = result_,
                        .source = source,
                        .target = nullptr,
                        .ids = ids_,
                        .before = &before_,
                        .split = &split_};
  const LastRun last = last_run(*world_.repository, test::workspace_kind_set(), run, {});
  EXPECT_EQ(last.target_snapshot, split_.id.name());
  ASSERT_EQ(last.written.size(), 2U) << "by this run and by those before it";
  EXPECT_EQ(last.written.front().target_id, id("a"));
  EXPECT_EQ(last.written.back().target_id, id("c"));
}

TEST_F(RunBehind, excuses_what_was_written_since_the_last_snapshot) {
  before_.written = {{"jobs", source_.workspace.id_of("jobs", "a"), id("a")}};
  change("a", "two");
  change("b", "two");
  EXPECT_EQ(changed(), "b");
}

TEST_F(RunBehind, excuses_what_an_earlier_run_of_the_plan_wrote_only_once) {
  step("a", ResourceAction::update, StepEnd::already);
  change("a", "two");
  EXPECT_EQ(changed(), "") << "that run was killed before it could say so";
  before_.plan = "this";
  EXPECT_EQ(changed(), "a") << "the snapshot behind that run has what it wrote";
}

TEST_F(RunBehind, excuses_nothing_that_an_earlier_run_of_the_plan_wrote_before_another_one) {
  step("a", ResourceAction::update, StepEnd::already);
  change("a", "theirs");
  EXPECT_EQ(changed(), "");
  plan_.made -= std::chrono::hours(1);
  EXPECT_EQ(changed(), "a");
}

TEST_F(RunBehind, counts_what_failed_only_where_somebody_touched_it) {
  step("a", ResourceAction::update, StepEnd::open);
  step("b", ResourceAction::update, StepEnd::open);
  step("c", ResourceAction::update, StepEnd::conflict);
  change("b", "theirs");
  EXPECT_EQ(changed(), "b c");
}

TEST_F(RunBehind, counts_all_that_differs_and_stayed_so_where_there_was_no_run_before) {
  step("a", ResourceAction::update, StepEnd::done);
  step("b", ResourceAction::update, StepEnd::open);
  step("c", ResourceAction::skip, StepEnd::open);
  EXPECT_EQ(changed(true), "b c");
}

TEST_F(RunBehind, counts_what_was_found_by_its_name_and_stayed_as_it_was) {
  step("a", ResourceAction::conflict, StepEnd::open);
  step("b", ResourceAction::conflict, StepEnd::open);
  plan_.matches.push_back(*ids_.by_target("jobs", id("b")));
  EXPECT_EQ(changed(), "b") << "a was as it shall be, and is nobody's change";
}

TEST_F(RunBehind, takes_what_the_platform_brings_along_for_nobodys_change) {
  target_.workspace.put("groups", "admins", R"({"displayName":"admins","origin":"admins"})");
  target_.workspace.put("groups", "ours", R"({"displayName":"ours","origin":"ours"})");
  EXPECT_EQ(changed(), "groups");
}

TEST_F(RunBehind, goes_on_counting_what_was_left_alone_until_it_is_written_or_gone) {
  for (const char* name : {"a", "b", "c"}) left_before(name);
  step("a", ResourceAction::conflict, StepEnd::open);
  step("b", ResourceAction::update, StepEnd::done);
  target_.workspace.erase("jobs", id("c"));
  EXPECT_EQ(changed(), "a");
}

TEST_F(RunBehind, drops_what_it_found_equal) {
  for (const char* name : {"a", "b", "c"}) left_before(name);
  change("c", "theirs");  // after it was found equal
  source_.workspace.erase("jobs", source_.workspace.id_of("jobs", "b"));
  EXPECT_EQ(changed(), "b c") << "of b there is nothing that it could have been compared with";
}

TEST_F(RunBehind, drops_what_became_equal_since_the_run_before) {
  left_before("a");
  left_before("b");
  change("a", "two");
  change("b", "three");
  source_.workspace.rewrite("jobs", source_.workspace.id_of("jobs", "a"), job("a", "two", false));
  EXPECT_EQ(changed(), "b");
}

TEST_F(RunBehind, drops_nothing_that_it_was_not_about) {
  left_before("a");
  plan_.selection = "kind:pools | kind:users";
  EXPECT_EQ(changed(), "a");
  plan_.selection = "kind:pools | kind:jobs";
  EXPECT_EQ(changed(), "");
  plan_.selection = "kind:pools | nonsense:of another version";
  EXPECT_EQ(changed(), "a");
}

TEST_F(RunBehind, drops_nothing_that_could_not_be_looked_at) {
  left_before("a");
  step("a", ResourceAction::conflict, StepEnd::open);
  plan_.steps.front().target_id.clear();  // the target did not let us read it
  plan_.steps.front().fields.clear();
  EXPECT_EQ(changed(), "a");
}

}  // namespace
}  // namespace holdfast::engine
