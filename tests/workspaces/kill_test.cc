// A migration through the platform's writer that is killed at any of its calls or records, before and after it took
// effect, and run again, ends where an undisturbed one does: the stand-in's own documents say so.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "platform/databricks/kinds.h"
#include "platform/databricks/writes.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/documents.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using Lines = std::vector<std::string>;
using Strike = PowerSwitch::Strike;

constexpr std::uint64_t k_source_seed = 11;
constexpr std::uint64_t k_target_seed = 22;

// Before an event is after the one before it: each second one, struck both ways, leaves out no state that a kill can
// leave behind.
constexpr std::uint64_t k_each_second = 2;

class Source {
public:
  Source() : workspace(world.clock, k_source_seed) {
    seed_every_kind(workspace.stand_in);
    backup = std::make_unique<BackedUp>(world, workspace, "primary");
  }
  EngineWorld world;
  StoodWorkspace workspace;
  std::unique_ptr<BackedUp> backup;
};

Source& source() {
  static Source one;
  return one;
}

// An empty target, and the local state of the machine that restores into it.
class Target {
public:
  Target() : workspace(clock, k_target_seed), state(storage::make_memory_backend()) {
    let_human_in(workspace.stand_in);
    bring_account_group(workspace.stand_in);
    bring_warehouse(workspace.stand_in);
    workspace.opt_ins.sql_warehouse = k_warehouse;
  }
  model::ResourcePlan plan() { return source().backup->plan(workspace, "secondary", *state); }
  model::ResourcePlan activation() {
    return source().backup->activation(workspace, "secondary", *state, model::FiringMode::recorded);
  }
  // In a process of its own, until the power goes.
  engine::ResourceApplyResult apply(const model::ResourcePlan& plan, unsigned threads = 1) {
    SwitchedBackend journal(*state, power);
    const auto connector = workspace.connect(power, [this](const net::Request& request) { meet(request); });
    return source().backup->apply(plan, *connector, {.state = journal, .clock = clock, .threads = threads});
  }

  ManualClock clock{base::Instant{std::chrono::seconds(1'795'100'000)}};
  StoodWorkspace workspace;
  std::unique_ptr<storage::Backend> state;
  PowerSwitch power;
  bool human = false;  // comes when the first cluster is made

private:
  void meet(const net::Request& request) {
    if (!human || !request.url.path.ends_with("/clusters/create")) return;
    human = false;
    human_makes_namesakes(workspace.stand_in);
  }
};

using Prepare = std::function<void(Target&)>;
using MakePlan = std::function<model::ResourcePlan(Target&)>;

struct Undisturbed {
  model::ResourcePlan plan;
  Lines documents;
  Lines outcomes;
  std::uint64_t events = 0;
};

Undisturbed run_undisturbed(const Prepare& prepare, const MakePlan& make_plan) {
  Target target;
  prepare(target);
  Undisturbed out;
  out.plan = make_plan(target);
  target.power.arm(Strike::never, 0);
  out.outcomes = outcomes_of(target.apply(out.plan));
  out.events = target.power.count();
  out.documents = documents_of(target.workspace.stand_in);
  return out;
}

void run_killed(const Prepare& prepare, const Undisturbed& expected, Strike strike, std::uint64_t at) {
  SCOPED_TRACE(fmt::format("killed {} event {}", strike == Strike::before ? "before" : "after", at));
  Target target;
  prepare(target);
  target.power.arm(strike, at);
  ASSERT_THROW((void)target.apply(expected.plan), PowerCut);
  target.power.arm(Strike::never, 0);
  target.clock.advance(std::chrono::minutes(2));
  ASSERT_EQ(outcomes_of(target.apply(expected.plan)), expected.outcomes);
  ASSERT_EQ(difference(expected.documents, documents_of(target.workspace.stand_in)), "");
}

// Returns how many runs were killed.
std::uint64_t kill_at_each(const Prepare& prepare, const Undisturbed& expected, std::uint64_t step) {
  std::uint64_t kills = 0;
  for (const Strike strike : {Strike::before, Strike::after}) {
    for (std::uint64_t at = 1; at <= expected.events; at += step) {
      run_killed(prepare, expected, strike, at);
      ++kills;
      if (testing::Test::HasFailure()) return kills;
    }
  }
  return kills;
}

void nothing(Target&) {}

void a_human_comes(Target& target) {
  target.human = true;
}

model::ResourcePlan restore(Target& target) {
  return target.plan();
}

void migrated(Target& target) {
  static const model::ResourcePlan plan = Target().plan();
  for (const std::string& line : outcomes_of(target.apply(plan))) ASSERT_TRUE(line.starts_with("manual ")) << line;
}

TEST(WorkspaceKill, has_something_of_every_kind_that_can_be_written) {
  const auto counts = source().backup->counts();
  for (const auto& entry : platform::databricks::all_kinds()) {
    const std::string& name = entry.kind.collection.name;
    if (platform::databricks::find_writes(name) != nullptr) {
      EXPECT_TRUE(counts.contains(name)) << name;
    }
  }
}

TEST(WorkspaceKill, an_undisturbed_migration_is_complete_and_its_next_plan_is_empty) {
  Target target;
  const engine::ResourceApplyResult result = target.apply(target.plan());
  EXPECT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  target.clock.advance(std::chrono::hours(1));
  const model::ResourcePlan next = target.plan();
  Lines steps;
  for (const model::ResourceStep& step : next.steps)
    if (step.writes() || step.action == model::ResourceAction::conflict) {
      std::string fields;
      for (const model::FieldChange& field : step.fields)
        fields +=
            fmt::format(" {}: {} -> {}", field.path, field.before.value_or("nothing"), field.after.value_or("nothing"));
      steps.push_back(fmt::format("{} {}: {}{}", model::to_string(step.action), step.path, step.reason, fields));
    }
  EXPECT_EQ(steps, Lines{});
}

TEST(WorkspaceKill, a_migration_ends_the_same_wherever_it_is_killed) {
  const Undisturbed expected = run_undisturbed(nothing, restore);
  const std::uint64_t kills = kill_at_each(nothing, expected, stride(k_each_second));
  fmt::print("a migration of {} events was killed {} times\n", expected.events, kills);
  EXPECT_GT(expected.events, 250U);
}

TEST(WorkspaceKill, a_migration_beside_a_human_ends_the_same_wherever_it_is_killed) {
  const Undisturbed expected = run_undisturbed(a_human_comes, restore);
  EXPECT_EQ(std::count_if(expected.outcomes.begin(), expected.outcomes.end(),
                          [](const std::string& line) { return line.starts_with("conflict registered-models/churn"); }),
            1);
  const std::uint64_t kills = kill_at_each(a_human_comes, expected, stride(k_each_second));
  fmt::print("a migration of {} events beside a human was killed {} times\n", expected.events, kills);
}

// As many calls at once as the writer makes: which is the k-th differs from run to run, what comes of it must not.
TEST(WorkspaceKill, a_migration_with_24_calls_at_once_ends_the_same_wherever_it_is_killed) {
  constexpr unsigned k_threads = 24;
  const Undisturbed expected = run_undisturbed(nothing, restore);
  std::uint64_t kills = 0;
  for (std::uint64_t at = 1; at <= expected.events; at += stride(12)) {
    SCOPED_TRACE(at);
    Target target;
    target.power.arm(kills % 2 == 0 ? Strike::after : Strike::before, at);
    try {
      (void)target.apply(expected.plan, k_threads);
    } catch (const PowerCut&) {
      ++kills;
    }
    target.power.arm(Strike::never, 0);
    ASSERT_EQ(outcomes_of(target.apply(expected.plan, k_threads)), expected.outcomes);
    ASSERT_EQ(difference(expected.documents, documents_of(target.workspace.stand_in)), "");
  }
  fmt::print("a migration with {} calls at once was killed {} times\n", k_threads, kills);
  EXPECT_GT(kills, 5U);
}

TEST(WorkspaceKill, an_activation_ends_the_same_wherever_it_is_killed) {
  const Undisturbed expected = run_undisturbed(migrated, [](Target& target) { return target.activation(); });
  EXPECT_EQ(expected.outcomes, Lines{});
  EXPECT_GE(expected.plan.steps.size(), 6U);
  const std::uint64_t kills = kill_at_each(migrated, expected, stride(k_each_second));
  fmt::print("an activation of {} events was killed {} times\n", expected.events, kills);
}

}  // namespace
}  // namespace holdfast::test
