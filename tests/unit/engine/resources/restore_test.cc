#include "engine/resources/restore.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/cutover/pause.h"
#include "engine/cutover/snapshot_marks.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/errors.h"
#include "support/fake_workspace_connector.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::ResourceAction;

constexpr std::size_t k_nightly = 2;  // so many jobs are called "nightly"

class ResourceRestoring : public testing::Test {
protected:
  ResourceRestoring() {
    test::fill_workspace(source_.workspace);
    test::fill_workspace(target_.workspace);
  }
  void take_snapshot() {
    const auto connector = test::connect(source_);
    snapshot_ =
        backup(*world_.repository, *connector, "primary", backup_options(), world_.events, world_.clock, {}).snapshot;
  }
  BackupOptions backup_options() const {
    BackupOptions out = test::EngineWorld::small();
    out.marks = [this](const std::vector<repository::Tree>&) { return marks_; };
    out.full = full_;
    return out;
  }
  void back_up_target() {
    const auto connector = test::connect(target_);
    (void)backup(*world_.repository, *connector, "secondary", backup_options(), world_.events, world_.clock, {});
  }
  model::ResourcePlan plan(bool removes) {
    const auto connector = test::connect(target_);
    ResourceRestoreOptions options;
    options.target = "secondary";
    options.removes = removes;
    options.mapping = mapping_;
    return plan_resource_restore(
        {.repository = *world_.repository, .snapshot = snapshot_, .target = *connector, .state = *state_}, options,
        world_.events, world_.clock, world_.random, {});
  }
  ResourceApplyResult repair() {
    const auto connector = test::connect(source_);
    const ResourceRestore restore{*world_.repository, snapshot_, *connector, *state_};
    ResourceRestoreOptions options;
    options.target = "primary";
    const model::ResourcePlan plan =
        plan_resource_restore(restore, options, world_.events, world_.clock, world_.random, {});
    return apply_resource_restore(restore, plan, world_.events, world_.clock, {});
  }
  static std::size_t count(const model::ResourcePlan& plan, const std::string& kind, ResourceAction action) {
    return static_cast<std::size_t>(std::count_if(plan.steps.begin(), plan.steps.end(), [&](const auto& step) {
      return step.kind == kind && step.action == action;
    }));
  }

  test::EngineWorld world_;
  test::WorkspaceAccount source_{world_.clock, 1'000, "one"};
  test::WorkspaceAccount target_{world_.clock, 5'000, "two"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  repository::Snapshot snapshot_;
  SnapshotMarks marks_;
  bool full_ = false;
  model::Mapping mapping_;
};

TEST_F(ResourceRestoring, removes_nothing_of_a_kind_that_the_snapshot_does_not_have) {
  source_.absent = {"jobs"};
  take_snapshot();
  target_.workspace.put("pools", "extra", R"({"name":"extra","origin":"extra"})");
  const model::ResourcePlan got = plan(true);
  EXPECT_EQ(count(got, "jobs", ResourceAction::remove), 0U);
  EXPECT_EQ(count(got, "jobs", ResourceAction::skip), target_.workspace.count("jobs"));
  EXPECT_EQ(count(got, "pools", ResourceAction::remove), 1U) << "of others it does";
}

// Others may have kept it for themselves.
TEST_F(ResourceRestoring, removes_nothing_that_a_snapshot_of_no_administrator_lacks) {
  source_.administrator = false;
  take_snapshot();
  target_.workspace.put("pools", "extra", R"({"name":"extra","origin":"extra"})");
  const model::ResourcePlan got = plan(true);
  EXPECT_EQ(got.count(ResourceAction::remove), 0U);
  EXPECT_EQ(count(got, "pools", ResourceAction::skip), 1U);
  const std::vector<std::string> warnings = world_.events.warnings();
  EXPECT_EQ(std::count_if(warnings.begin(), warnings.end(),
                          [](const std::string& line) { return line.find("no administrator") != line.npos; }),
            1);
}

// What somebody leaves out of the backups of a side may be there.
TEST_F(ResourceRestoring, removes_nothing_of_what_the_snapshot_left_out) {
  source_.not_seen = R"([{"kind":"notebooks","paths":["/big","/tmp/*.bin"],"reason":"left out"}])";
  take_snapshot();
  for (const char* path : {"/big/x", "/tmp/y.bin", "/tmp/z", "/bigger"})
    target_.workspace.put("notebooks", path, fmt::format(R"({{"path":"{}"}})", path));
  const auto actions = [](const model::ResourcePlan& plan) {
    std::map<std::string, ResourceAction> out;
    for (const model::ResourceStep& step : plan.steps)
      if (step.kind == "notebooks") out[step.target_name] = step.action;
    return out;
  };
  auto got = actions(plan(true));
  EXPECT_EQ(got["/big/x"], ResourceAction::skip);
  EXPECT_EQ(got["/tmp/y.bin"], ResourceAction::skip);
  EXPECT_EQ(got["/tmp/z"], ResourceAction::remove);
  EXPECT_EQ(got["/bigger"], ResourceAction::remove);
  mapping_.paths["workspace"] = {{"/there", "/here"}};
  got = actions(plan(true));
  EXPECT_EQ(got["/tmp/z"], ResourceAction::skip) << "what it was called there is not known";
}

TEST_F(ResourceRestoring, creates_nothing_of_what_the_target_left_out) {
  source_.workspace.put("notebooks", "/big/n", R"({"path":"/big/n"})");
  take_snapshot();
  target_.not_seen = R"([{"kind":"notebooks","paths":["/big"],"reason":"left out"}])";
  const model::ResourcePlan got = plan(false);
  EXPECT_EQ(count(got, "notebooks", ResourceAction::create), 0U);
  EXPECT_EQ(count(got, "notebooks", ResourceAction::conflict), 1U);
}

// What others keep for themselves is not listed to who is no administrator: it would be made a second time.
TEST_F(ResourceRestoring, creates_nothing_that_the_target_has_and_does_not_show_to_the_account) {
  for (test::WorkspaceAccount* side : {&source_, &target_})
    side->workspace.put("pools", "extra", R"({"name":"extra","origin":"extra"})");
  take_snapshot();
  back_up_target();
  target_.hidden = {"nightly", "extra"};
  EXPECT_EQ(count(plan(false), "jobs", ResourceAction::create), k_nightly) << "an administrator sees everything";
  target_.administrator = false;
  const auto expect_left_alone = [&](const char* what) {
    const model::ResourcePlan got = plan(false);
    EXPECT_EQ(count(got, "jobs", ResourceAction::create), 0U) << what;
    const auto left = std::count_if(got.steps.begin(), got.steps.end(), [](const model::ResourceStep& step) {
      return step.kind == "jobs" && step.reason.starts_with("the target may have it");
    });
    EXPECT_EQ(static_cast<std::size_t>(left), k_nightly) << what;
    EXPECT_EQ(count(got, "pools", ResourceAction::create), 0U) << what;
  };
  expect_left_alone("an administrator saw it");
  back_up_target();
  expect_left_alone("what is carried forward is not what this account saw");
}

TEST_F(ResourceRestoring, says_of_what_it_creates_that_the_account_may_not_be_shown_it) {
  for (test::WorkspaceAccount* side : {&source_, &target_})
    side->workspace.put("pools", "extra", R"({"name":"extra","origin":"extra"})");
  take_snapshot();
  target_.hidden = {"nightly", "extra"};
  target_.administrator = false;
  const auto expect_said = [&](const char* what) {
    const model::ResourcePlan got = plan(false);
    EXPECT_EQ(count(got, "jobs", ResourceAction::create), k_nightly) << what;
    for (const model::ResourceStep& step : got.steps) {
      const bool said = step.reason.find("no administrator") != step.reason.npos;
      EXPECT_EQ(said, step.action == ResourceAction::create && step.kind == "jobs") << step.path << what;
    }
  };
  expect_said(": no snapshot shows the target, and the platform has no two pools of one name");
  back_up_target();
  expect_said(": it saw no more then");
}

TEST_F(ResourceRestoring, creates_nothing_of_a_kind_that_the_target_does_not_offer) {
  take_snapshot();
  target_.absent = {"jobs"};
  const model::ResourcePlan got = plan(false);
  EXPECT_EQ(count(got, "jobs", ResourceAction::create), 0U);
  EXPECT_EQ(count(got, "jobs", ResourceAction::conflict), source_.workspace.count("jobs"));
}

// A list that is answered empty is no proof that there is nothing: the ids are asked for before anything is made.
TEST_F(ResourceRestoring, makes_nothing_a_second_time_in_place_where_a_list_came_empty) {
  take_snapshot();
  const std::size_t jobs = source_.workspace.count("jobs");
  source_.blank = {{"jobs", 1}};
  const ResourceApplyResult result = repair();
  EXPECT_EQ(source_.workspace.count("jobs"), jobs);
  EXPECT_EQ(result.created, 0U);
  std::size_t told = 0;
  for (const ResourceOutcome& one : result.outcomes)
    told += one.what == ResourceOutcome::What::conflict && one.text.find("is there after all") != std::string::npos;
  EXPECT_GT(told, 0U) << "what needs one of them waits";
}

TEST_F(ResourceRestoring, makes_again_in_place_what_is_gone) {
  take_snapshot();
  const std::size_t jobs = source_.workspace.count("jobs");
  source_.workspace.erase("jobs", source_.workspace.id_of("jobs", "nightly"));
  const ResourceApplyResult result = repair();
  EXPECT_TRUE(result.complete());
  EXPECT_EQ(result.created, 1U);
  EXPECT_EQ(source_.workspace.count("jobs"), jobs);
}

// What a fence cannot see it does not confirm.
class Fencing : public ResourceRestoring {
protected:
  std::string unread() {
    const auto connector = test::connect(source_);
    const ResourcePause pause = plan_resource_pause({*world_.repository, snapshot_, *connector, *state_}, {},
                                                    world_.events, world_.clock, world_.random, {});
    return fmt::format("{}", fmt::join(pause.unread, "; "));
  }
};

// Whoever made the plan, and by whichever verb it is applied.
TEST_F(Fencing, is_not_applied_to_what_may_only_be_filled) {
  take_snapshot();
  const auto connector = test::connect(source_);
  const ResourceRestore restore{*world_.repository, snapshot_, *connector, *state_};
  const auto pause = [&] {
    return plan_resource_pause(restore, {}, world_.events, world_.clock, world_.random, {}).plan;
  };
  source_.switchable = false;
  const std::uint64_t writes = source_.workspace.writes;
  EXPECT_EQ(test::error_of([&] { apply_resource_restore(restore, pause(), world_.events, world_.clock, {}); }),
            base::ErrorKind::refused);
  EXPECT_EQ(source_.workspace.writes, writes);
  EXPECT_EQ(repair().updated, 0U) << "what switches nothing is let through";
  source_.switchable = true;
  EXPECT_NE(apply_resource_restore(restore, pause(), world_.events, world_.clock, {}).paused, 0U);
}

TEST_F(Fencing, is_confirmed_where_all_is_seen) {
  take_snapshot();
  EXPECT_EQ(unread(), "");
}

TEST_F(Fencing, is_not_confirmed_by_an_account_that_does_not_see_all) {
  take_snapshot();
  source_.administrator = false;
  EXPECT_NE(unread().find("run the fence as an administrator"), std::string::npos) << unread();
}

TEST_F(Fencing, is_not_confirmed_where_a_list_is_empty_all_at_once) {
  for (int i = 0; i < 10; ++i) source_.workspace.put("jobs", fmt::format("job-{}", i), R"({"name":"x","origin":"x"})");
  take_snapshot();
  source_.blank = {{"jobs", 1}};
  EXPECT_NE(unread().find("there are no jobs any more, which is hard to believe of 1"), std::string::npos);
  EXPECT_EQ(unread(), "") << "they are listed again";
}

// The price of a wrong answer is a job that runs on both sides.
TEST_F(Fencing, is_not_confirmed_where_what_fired_is_gone_all_at_once_however_few_there_were) {
  take_snapshot();
  ASSERT_LT(source_.workspace.count("jobs"), 10U);
  source_.blank = {{"jobs", 1}};
  const std::string why = unread();
  EXPECT_NE(why.find("there are no jobs any more, and "), std::string::npos) << why;
  EXPECT_NE(why.find("take a backup with --full"), std::string::npos) << why;
  EXPECT_EQ(unread(), "") << "they are listed again";
}

TEST_F(Fencing, does_not_believe_the_backup_that_it_takes_itself_either) {
  take_snapshot();
  source_.blank = {{"jobs", 3}};
  take_snapshot();
  EXPECT_NE(unread().find("there are no jobs any more"), std::string::npos);
  // Run again, what it took the first time still records the states.
  marks_ = {{std::string(k_states_mark), snapshot_.id.name()}};
  source_.blank = {{"jobs", 4}};
  take_snapshot();
  EXPECT_NE(unread().find("there are no jobs any more"), std::string::npos);
  // Whoever removed them all says so.
  full_ = true;
  take_snapshot();
  EXPECT_EQ(unread(), "");
}

TEST_F(Fencing, is_confirmed_where_what_is_gone_never_fired) {
  source_.workspace.put("boards", "quiet", R"({"name":"quiet","origin":"quiet"})");
  take_snapshot();
  source_.blank = {{"boards", 1}};
  EXPECT_EQ(unread(), "") << "it has no schedule";
}

TEST_F(Fencing, is_not_confirmed_where_a_kind_is_refused_that_was_never_seen) {
  source_.absent = {"jobs"};
  take_snapshot();
  EXPECT_EQ(unread(), "") << "what is not offered now was not offered then";
  source_.absent = {};
  source_.unlisted = {"jobs"};
  EXPECT_TRUE(unread().starts_with("not all jobs could be read")) << unread();
  source_.unlisted = {"folders"};
  EXPECT_EQ(unread(), "") << "no folder fires";
}

}  // namespace
}  // namespace holdfast::engine
