// A run that is killed at any of its calls and records, before and after it took effect, and run again ends where an
// undisturbed one does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::FiringMode;
using test::actions_of;
using test::outcomes_of;
using test::ResourceWorld;
using test::Tripwire;
using Texts = std::vector<std::string>;

constexpr std::uint64_t k_human_comes = 12;  // in mid-run, with a cluster of the name and the body of ours

// Done to a fresh world before the run that is killed.
using Prepare = std::function<void(ResourceWorld&)>;
using MakePlan = std::function<model::ResourcePlan(ResourceWorld&)>;

void let_a_human_in(ResourceWorld& world) {
  world.target.interrupt_at = k_human_comes;
  world.target.interrupt = [&world] {
    world.target.put("clusters", "etl", R"({"name":"etl","origin":"human"})");
    world.target.put("jobs", "nightly", R"({"name":"nightly","origin":"human"})");
  };
}

struct Undisturbed {
  std::vector<std::string> state;
  std::uint64_t events = 0;
};

Undisturbed run_undisturbed(const Prepare& prepare, const MakePlan& make_plan) {
  ResourceWorld world;
  prepare(world);
  world.wire.arm(Tripwire::Strike::never);
  const ResourceApplyResult result = world.apply(make_plan(world));
  EXPECT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  return {world.target.state(), world.wire.count()};
}

// Kills the run, and the one that goes on after it as often as `again` says; the last one is left in peace.
void run_killed(const Prepare& prepare, const MakePlan& make_plan, Tripwire::Strike strike, std::uint64_t at,
                const Undisturbed& expected) {
  SCOPED_TRACE(fmt::format("killed {} event {}", strike == Tripwire::Strike::before ? "before" : "after", at));
  ResourceWorld world;
  prepare(world);
  const model::ResourcePlan plan = make_plan(world);
  world.wire.arm(strike, at);
  ASSERT_THROW((void)world.apply(plan), test::Killed);
  world.wire.arm(Tripwire::Strike::never);
  const ResourceApplyResult result = world.apply(plan);
  EXPECT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  ASSERT_EQ(world.target.state(), expected.state);
}

// Returns how many runs were killed.
std::uint64_t kill_everywhere(const Prepare& prepare, const MakePlan& make_plan) {
  const Undisturbed expected = run_undisturbed(prepare, make_plan);
  std::uint64_t kills = 0;
  for (const Tripwire::Strike strike : {Tripwire::Strike::before, Tripwire::Strike::after}) {
    for (std::uint64_t at = 1; at <= expected.events; ++at) {
      run_killed(prepare, make_plan, strike, at, expected);
      ++kills;
      if (testing::Test::HasFatalFailure()) return kills;
    }
  }
  return kills;
}

model::ResourcePlan restore(ResourceWorld& world) {
  return world.plan();
}

void migrated(ResourceWorld& world) {
  const ResourceApplyResult result = world.apply(world.plan());
  ASSERT_TRUE(result.complete());
}

TEST(ResourceKill, a_migration_ends_the_same_wherever_it_is_killed) {
  const std::uint64_t kills = kill_everywhere([](ResourceWorld&) {}, restore);
  fmt::print("a migration was killed {} times\n", kills);
  EXPECT_GT(kills, 100U);
}

TEST(ResourceKill, a_migration_with_a_human_in_mid_run_ends_the_same_wherever_it_is_killed) {
  const std::uint64_t kills = kill_everywhere(let_a_human_in, restore);
  fmt::print("a migration beside a human was killed {} times\n", kills);
  EXPECT_GT(kills, 100U);
}

TEST(ResourceKill, a_replication_that_creates_again_ends_the_same_wherever_it_is_killed) {
  const Prepare prepare = [](ResourceWorld& world) {
    migrated(world);
    const std::string id = world.source.id_of("pools", "small");
    std::string body = world.source.body("pools", id);
    body.replace(body.find("east-4"), 6, "east-8");
    world.source.rewrite("pools", id, body);
    world.source.erase("jobs", world.source.id_of("jobs", "pong"));
    world.take_snapshot();
    world.options.existing = model::Existing::replace;
    world.options.removes = true;
  };
  const std::uint64_t kills = kill_everywhere(prepare, restore);
  fmt::print("a replication was killed {} times\n", kills);
  EXPECT_GT(kills, 20U);
}

// Which is the n-th event, and how many there are, differs from run to run; what comes of it must not.
TEST(ResourceKill, a_migration_with_24_calls_at_once_ends_the_same_wherever_it_is_killed) {
  const Prepare prepare = [](ResourceWorld& world) {
    world.target.workers = 24;
    world.source.put("catalogs", "prod", R"({"name":"prod"})");
    world.source.put("schemas", "prod.sales", R"({"full_name":"prod.sales","name":"sales"})");
    world.source.put("volumes", "prod.sales.raw", R"({"full_name":"prod.sales.raw","name":"raw"})");
    world.take_snapshot();
  };
  const Undisturbed expected = run_undisturbed(prepare, restore);
  constexpr std::uint64_t k_rounds = 4;
  std::uint64_t kills = 0;
  for (std::uint64_t run = 0; run < k_rounds * expected.events; ++run) {
    const std::uint64_t at = 1 + run / k_rounds;
    SCOPED_TRACE(fmt::format("killed around event {}", at));
    ResourceWorld world;
    prepare(world);
    const model::ResourcePlan plan = world.plan();
    world.wire.arm(run % 2 == 0 ? Tripwire::Strike::after : Tripwire::Strike::before, at);
    try {
      (void)world.apply(plan);
    } catch (const test::Killed&) {
      ++kills;
    }
    world.wire.arm(Tripwire::Strike::never);
    const ResourceApplyResult result = world.apply(plan);
    ASSERT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
    ASSERT_EQ(world.target.state(), expected.state);
  }
  fmt::print("a migration with 24 calls at once was killed {} times\n", kills);
  EXPECT_GT(kills, 200U);
}

TEST(ResourceKill, an_activation_ends_the_same_wherever_it_is_killed) {
  const std::uint64_t kills =
      kill_everywhere(migrated, [](ResourceWorld& world) { return world.activation(FiringMode::recorded); });
  fmt::print("an activation was killed {} times\n", kills);
  EXPECT_GT(kills, 6U);
}

TEST(ResourceKill, a_run_may_be_killed_again_and_again) {
  const Undisturbed expected = run_undisturbed(let_a_human_in, restore);
  ResourceWorld world;
  let_a_human_in(world);
  const model::ResourcePlan plan = world.plan();
  std::uint64_t kills = 0;
  for (bool done = false; !done;) {
    world.wire.arm(kills % 2 == 0 ? Tripwire::Strike::after : Tripwire::Strike::before, 2 + kills % 3);
    try {
      EXPECT_TRUE(world.apply(plan).complete());
      done = true;
    } catch (const test::Killed&) {
      ++kills;
    }
    ASSERT_LT(kills, 1000U);
  }
  EXPECT_EQ(world.target.state(), expected.state);
  EXPECT_GT(kills, 20U);
}

// What was made, and not learnt, is found by its name; of two of one name a human has to say which it is, or the first
// plan is finished, which knows.
TEST(ResourceKill, a_new_plan_after_a_kill_makes_nothing_twice_and_the_first_one_can_be_finished_after_it) {
  const Undisturbed expected = run_undisturbed([](ResourceWorld&) {}, restore);
  std::uint64_t complete = 0;
  for (std::uint64_t at = 1; at <= expected.events; ++at) {
    SCOPED_TRACE(at);
    ResourceWorld world;
    const model::ResourcePlan first = world.plan();
    world.wire.arm(Tripwire::Strike::before, at);
    ASSERT_THROW((void)world.apply(first), test::Killed);
    world.wire.arm(Tripwire::Strike::never);
    const ResourceApplyResult second = world.apply(world.plan());
    for (const ResourceOutcome& one : second.outcomes)
      ASSERT_TRUE(one.what == ResourceOutcome::What::conflict || one.what == ResourceOutcome::What::waiting)
          << one.text;
    complete += second.complete() ? 1 : 0;
    ASSERT_TRUE(world.apply(first).complete());
    ASSERT_EQ(actions_of(world.plan()), Texts{});
    ASSERT_EQ(world.target.count("clusters"), 2U);
    ASSERT_EQ(world.target.count("jobs"), 4U);
  }
  EXPECT_GT(complete, expected.events * 9 / 10);
}

}  // namespace
}  // namespace holdfast::engine
