#include "engine/resources/task_run.h"

#include <gtest/gtest.h>

#include <chrono>

#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"

namespace holdfast::engine {
namespace {

using model::ResourceAction;
using model::ResourcePlan;
using model::ResourceStep;
using State = ManualTask::State;
using Way = ManualTask::Way;
using Texts = std::vector<std::string>;

// The user bob and the board sales are to be brought; eve is no user of the source any more.
class TaskRun : public testing::Test {
protected:
  TaskRun() {
    source_.workspace.put("users", "bob", R"({"userName":"bob"})");
    source_.workspace.put("boards", "sales", R"({"name":"sales"})");
    world_.clock.advance(std::chrono::hours(10));
    made_ = world_.clock.now();
  }

  std::string id_of(const std::string& path) const {
    const std::size_t slash = path.find('/');
    const std::string id = source_.workspace.id_of(path.substr(0, slash), path.substr(slash + 1));
    return id.empty() ? "gone" : id;
  }
  ManualTask task(const std::string& path, Way way, const std::string& text = "Do it.") const {
    const std::string kind = path.substr(0, path.find('/'));
    return {.id = task_id("secondary", kind, path, text),
            .kind = kind,
            .path = path,
            .source_id = id_of(path),
            .text = text,
            .way = way};
  }
  // Opened an hour before the plan was made, and settled so long behind that.
  TaskStore with(const ManualTask& task, State state = State::open, base::Duration after = std::chrono::minutes(-30)) {
    state_ = storage::make_memory_backend();
    TaskStore out = store();
    out.open({task}, made_ - std::chrono::hours(1));
    if (state != State::open) out.settle({.state = state, .ids = {task.id}, .at = made_ + after, .who = "anna"});
    return out;
  }
  TaskStore store() { return {*state_, "primary", "secondary"}; }

  ResourceStep step(const std::string& path, ResourceAction action, Texts tasks = {}) const {
    ResourceStep out;
    out.kind = path.substr(0, path.find('/'));
    out.path = path;
    out.action = action;
    out.source_id = id_of(path);
    out.tasks = std::move(tasks);
    return out;
  }
  ResourcePlan plan(std::vector<ResourceStep> steps = {}, const std::string& selection = {}) const {
    ResourcePlan out;
    out.source = "primary";
    out.target = "secondary";
    out.selection = selection;
    out.made = made_;
    out.steps = std::move(steps);
    return out;
  }
  static ResourceApplyResult by_hand(const std::string& path, const std::string& text) {
    ResourceApplyResult out;
    out.outcomes.push_back({ResourceOutcome::What::manual, path, text});
    return out;
  }
  repository::Snapshot take() {
    const auto connector = test::connect(source_);
    return backup(*world_.repository, *connector, "primary", test::EngineWorld::small(), world_.events, world_.clock,
                  {})
        .snapshot;
  }
  Texts closed(const TaskStore& store, const ResourcePlan& plan, const ResourceApplyResult& result = {}) {
    if (!snapshot_) snapshot_ = take();
    return no_longer_asked(*world_.repository, test::workspace_kind_set(), store, {plan, result, *snapshot_}, {});
  }

  test::EngineWorld world_;
  test::WorkspaceAccount source_{world_.clock, 1'000, "one"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  std::optional<repository::Snapshot> snapshot_;
  base::Instant made_{};
};

TEST_F(TaskRun, is_one_that_brings_contents) {
  ResourcePlan plan = this->plan();
  EXPECT_TRUE(brings_contents(plan));
  plan.firing = model::FiringMode::kept;
  EXPECT_TRUE(brings_contents(plan));
  plan.firing = model::FiringMode::recorded;
  EXPECT_FALSE(brings_contents(plan)) << "an activation";
  plan.target = plan.source;
  EXPECT_FALSE(brings_contents(plan)) << "in place";
  plan.firing = model::FiringMode::paused;
  EXPECT_FALSE(brings_contents(plan)) << "a fence";
  plan.firing = model::FiringMode::kept;
  EXPECT_TRUE(brings_contents(plan)) << "a restore in place";
}

TEST_F(TaskRun, opens_what_the_plan_lists_unless_somebody_settled_it) {
  const base::Duration before = std::chrono::minutes(-30);
  const base::Duration after = std::chrono::minutes(30);
  struct Case {
    const char* what;
    Way way;
    std::optional<State> state;
    base::Duration settled;
    bool opens;
  };
  const std::vector<Case> cases{
      {"nobody knows it", Way::instead, std::nullopt, before, true},
      {"nobody knows it", Way::beside, std::nullopt, before, true},
      {"it is open", Way::instead, State::open, before, false},
      {"it is open", Way::beside, State::open, before, false},
      {"it was closed", Way::instead, State::closed, before, true},
      {"it was closed", Way::beside, State::closed, before, true},
      {"it was waived", Way::instead, State::waived, before, false},
      {"it was waived", Way::beside, State::waived, before, false},
      {"it was ticked off", Way::instead, State::done, before, false},
      {"it was ticked off, and is made anew", Way::beside, State::done, before, true},
      {"it was ticked off after the plan was made", Way::beside, State::done, after, false},
      {"it was closed after the plan was made", Way::beside, State::closed, after, true},
  };
  for (const Case& one : cases) {
    const ManualTask task = this->task("users/bob", one.way);
    state_ = storage::make_memory_backend();
    const TaskStore known = one.state ? with(task, *one.state, one.settled) : store();
    const ResourceAction action = one.way == Way::instead ? ResourceAction::manual : ResourceAction::update;
    const std::vector<ManualTask> opened = tasks_of_plan(known, plan({step("users/bob", action, {"Do it."})}));
    ASSERT_EQ(opened.size(), one.opens ? 1U : 0U) << one.what;
    if (!one.opens) continue;
    EXPECT_EQ(opened.front().id, task.id) << one.what;
    EXPECT_EQ(opened.front().way, one.way) << one.what;
    EXPECT_EQ(opened.front().source_id, id_of("users/bob")) << one.what;
  }
}

TEST_F(TaskRun, opens_what_turned_out_to_be_left_by_a_write) {
  const auto opened = [&](ResourceAction action, const ResourceApplyResult& result) {
    state_ = storage::make_memory_backend();
    Texts out;
    for (const ManualTask& one : tasks_of_result(store(), plan({step("users/bob", action, {"Do it."})}), result))
      out.push_back(one.text + (one.way == Way::removal ? " (removal)" : ""));
    return out;
  };
  EXPECT_EQ(opened(ResourceAction::create, by_hand("users/bob", "Make it.")), Texts{"Make it."});
  EXPECT_EQ(opened(ResourceAction::remove, by_hand("users/bob", "Drop it.")), Texts{"Drop it. (removal)"});
  EXPECT_EQ(opened(ResourceAction::update, by_hand("users/bob", "Do it.")), Texts{}) << "the plan had listed it";
  EXPECT_EQ(opened(ResourceAction::manual, by_hand("users/bob", "Make it.")), Texts{}) << "nothing was written";
  EXPECT_EQ(opened(ResourceAction::create, by_hand("users/eve", "Make it.")), Texts{}) << "no step is of that";
  ResourceApplyResult failed = by_hand("users/bob", "Make it.");
  failed.outcomes.front().what = ResourceOutcome::What::failed;
  EXPECT_EQ(opened(ResourceAction::create, failed), Texts{});
  const TaskStore waived = with(task("users/bob", Way::instead, "Make it."), State::waived);
  EXPECT_TRUE(
      tasks_of_result(waived, plan({step("users/bob", ResourceAction::create)}), by_hand("users/bob", "Make it."))
          .empty());
}

TEST_F(TaskRun, closes_what_nothing_asks_for_any_more) {
  struct Case {
    const char* what;
    const char* path;
    Way way;
    State state;
    const char* selection;
    bool removes, closes;
  };
  const std::vector<Case> cases{
      {"it is not listed", "users/bob", Way::instead, State::open, "", false, true},
      {"it was ticked off, and is not listed", "users/bob", Way::instead, State::done, "", false, true},
      {"its resource is gone", "users/eve", Way::instead, State::open, "", false, true},
      {"it was waived", "users/bob", Way::instead, State::waived, "", false, false},
      {"it is closed", "users/bob", Way::instead, State::closed, "", false, false},
      {"it is selected", "users/bob", Way::instead, State::open, "kind:users", false, true},
      {"something else is selected", "users/bob", Way::instead, State::open, "kind:boards", false, false},
      {"of what is gone nobody knows whether it is selected", "users/eve", Way::instead, State::open, "kind:users",
       false, false},
      {"nobody can tell what was selected", "users/bob", Way::instead, State::open, "odd:x", false, false},
      {"what stands beside a write is not listed again", "boards/sales", Way::beside, State::open, "", false, false},
      {"and goes with its resource", "boards/gone", Way::beside, State::open, "", false, true},
      {"once, when it was ticked off", "boards/gone", Way::beside, State::done, "", false, false},
      {"and by a whole run only", "boards/gone", Way::beside, State::open, "kind:boards", false, false},
      {"also where it is selected", "boards/sales", Way::beside, State::open, "kind:boards", false, false},
      {"the run removes nothing", "users/eve", Way::removal, State::open, "", false, false},
      {"the run removes, and does not list it", "users/eve", Way::removal, State::open, "", true, true},
      {"the run removes what was selected", "users/bob", Way::removal, State::open, "kind:users", true, false},
  };
  for (const Case& one : cases) {
    const ManualTask task = this->task(one.path, one.way);
    ResourcePlan plan = this->plan({}, one.selection);
    plan.removes = one.removes;
    EXPECT_EQ(closed(with(task, one.state), plan), one.closes ? Texts{task.id} : Texts{}) << one.what;
  }
}

TEST_F(TaskRun, closes_nothing_that_it_did_not_decide) {
  const ManualTask task = this->task("users/bob", Way::instead);
  const auto closes = [&](const ResourceStep& step, std::optional<StepEnd> end, ResourceApplyResult result = {}) {
    if (end) result.ends = {*end};
    return !closed(with(task), plan({step}), result).empty();
  };
  EXPECT_FALSE(closes(step("users/bob", ResourceAction::manual, {"Do it."}), StepEnd::open)) << "it is listed";
  EXPECT_TRUE(closes(step("users/bob", ResourceAction::manual, {"Do that."}), StepEnd::open)) << "another one is";
  const ResourceStep update = step("users/bob", ResourceAction::update);
  EXPECT_TRUE(closes(update, StepEnd::done));
  EXPECT_TRUE(closes(update, StepEnd::already));
  EXPECT_FALSE(closes(update, StepEnd::open)) << "it failed";
  EXPECT_FALSE(closes(update, StepEnd::conflict));
  EXPECT_FALSE(closes(update, std::nullopt)) << "it was never tried";
  EXPECT_FALSE(closes(update, StepEnd::open, by_hand("users/bob", "Do it."))) << "it turned out to be left again";
  EXPECT_TRUE(closes(update, StepEnd::open, by_hand("users/bob", "Do that."))) << "something else did";
  EXPECT_TRUE(closes(step("users/eve", ResourceAction::update), StepEnd::open)) << "of another one";
}

TEST_F(TaskRun, closes_nothing_by_a_plan_that_is_older_or_by_a_snapshot_that_lacks_rows) {
  const ManualTask task = this->task("users/bob", Way::instead);
  source_.unlisted = {"pools"};
  EXPECT_EQ(closed(with(task), plan()), Texts{}) << "what was never read may ask for anything";
  source_.unlisted.clear();
  snapshot_ = take();
  EXPECT_EQ(closed(with(task), plan()), Texts{task.id});
  ResourcePlan old = plan();
  old.made = made_ - std::chrono::minutes(61);
  EXPECT_EQ(closed(with(task), old), Texts{});
  old.made = made_ - std::chrono::minutes(60);
  EXPECT_EQ(closed(with(task), old), Texts{task.id});
}

// What is not in its snapshot may be there all the same.
TEST_F(TaskRun, closes_nothing_of_what_the_source_may_not_have_shown) {
  const ManualTask there = task("users/bob", Way::instead);
  const ManualTask not_there = task("users/eve", Way::instead);
  const ManualTask beside = task("boards/gone", Way::beside);
  const ManualTask removal = task("users/eve", Way::removal);
  ResourcePlan removes = plan();
  removes.removes = true;
  source_.administrator = false;
  EXPECT_EQ(closed(with(there), plan()), Texts{there.id}) << "the run looked at it";
  EXPECT_EQ(closed(with(not_there), plan()), Texts{});
  EXPECT_EQ(closed(with(beside), plan()), Texts{});
  EXPECT_EQ(closed(with(removal), removes), Texts{}) << "nothing is removed by such a snapshot";
  source_.administrator = true;
  source_.not_seen = R"([{"kind":"users","paths":["/e*"],"reason":"left out"}])";
  snapshot_.reset();
  EXPECT_EQ(closed(with(there), plan()), Texts{there.id});
  EXPECT_EQ(closed(with(not_there), plan()), Texts{});
  EXPECT_EQ(closed(with(removal), removes), Texts{});
  EXPECT_EQ(closed(with(beside), plan()), Texts{beside.id}) << "of other kinds all was seen";
  source_.not_seen = "[]";
  snapshot_.reset();
  EXPECT_EQ(closed(with(not_there), plan()), Texts{not_there.id});
  EXPECT_EQ(closed(with(removal), removes), Texts{removal.id});
}

}  // namespace
}  // namespace holdfast::engine
