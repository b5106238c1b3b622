// No double run: two stand-ins fire their schedules by one clock while a workspace is replicated, failed over, fenced
// and failed back.  The ticks are counted by the stand-ins, and held against the wall clock.  It tries plans in the
// order of docs/design/0005-cutover.md; the verbs, which keep that order, are tried by tests/acceptance/main/takeover.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using model::FiringMode;
using sim::databricks::Json;
using Ticks = std::set<std::int64_t>;  // milliseconds since 1970

constexpr std::int64_t k_ten_minutes_ms = 600'000;

Json job(const char* name, const char* field, Json fires) {
  return {{"name", name},
          {"tasks", Json::array({{{"task_key", "t"}, {"notebook_task", {{"notebook_path", "/Shared/load"}}}}})},
          {field, std::move(fires)}};
}

Json cron(const char* pause_status) {
  return {{"quartz_cron_expression", "0 0/10 * * * ?"}, {"timezone_id", "UTC"}, {"pause_status", pause_status}};
}

class DoubleRun : public testing::Test {
protected:
  DoubleRun() {
    sim::databricks::Seed seed(primary.stand_in);
    seed.notebook("/Shared/load", "PYTHON", "print(1)\n");
    seed.post("/api/2.2/jobs/create", job("every ten minutes", "schedule", cron("UNPAUSED")));
    seed.post("/api/2.2/jobs/create", job("asleep", "schedule", cron("PAUSED")));
    seed.post("/api/2.2/jobs/create", job("without end", "continuous", {{"pause_status", "UNPAUSED"}}));
    seed.post("/api/2.2/jobs/create",
              job("every hour", "trigger",
                  {{"pause_status", "UNPAUSED"}, {"periodic", {{"interval", 1}, {"unit", "HOURS"}}}}));
  }

  std::int64_t now_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(world.clock.now().time_since_epoch()).count();
  }
  // Time passes on both sides.
  void pass(base::Duration duration) {
    world.clock.advance(duration);
    for (StoodWorkspace* side : {&primary, &secondary}) {
      const std::lock_guard lock(side->stand_in.world().mutex());
      side->stand_in.world().run_daemons();
    }
  }
  void apply(BackedUp& from, const model::ResourcePlan& plan, StoodWorkspace& target, storage::Backend& local) {
    const auto connector = target.connect();
    const auto result = from.apply(plan, *connector, {.state = local, .clock = world.clock, .threads = 4});
    EXPECT_TRUE(result.complete()) << fmt::format("{}", fmt::join(outcomes_of(result), "\n"));
  }
  void set_firing(BackedUp& from, StoodWorkspace& target, const std::string& name, FiringMode mode) {
    apply(from, from.activation(target, name, *state, mode), target, *state);
  }
  // Runs of a job that its stand-in counted, all causes and outcomes.
  static Ticks ticks(StoodWorkspace& side, const std::string& name) {
    auto& jobs = side.stand_in.world().part<sim::databricks::Jobs>();
    Ticks out;
    std::size_t runs = 0;
    for (const sim::databricks::JobRun& run : jobs.runs) {
      if (run.name != name) continue;
      out.insert(run.asked_ms);
      ++runs;
    }
    EXPECT_EQ(out.size(), runs) << name << " ran twice at one time on one side";
    return out;
  }
  static Ticks due(std::int64_t after_ms, std::int64_t until_ms) {
    Ticks out;
    for (std::int64_t at = (after_ms / k_ten_minutes_ms + 1) * k_ten_minutes_ms; at <= until_ms; at += k_ten_minutes_ms)
      out.insert(at);
    return out;
  }
  static Ticks within(const Ticks& all, std::int64_t after_ms, std::int64_t until_ms) {
    return {all.upper_bound(after_ms), all.upper_bound(until_ms)};
  }

  EngineWorld world;
  StoodWorkspace primary{world.clock, 31};
  StoodWorkspace secondary{world.clock, 32};
  std::unique_ptr<storage::Backend> state = storage::make_memory_backend();
};

Ticks both(const Ticks& a, const Ticks& b) {
  Ticks out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

Ticks either(Ticks a, const Ticks& b) {
  a.insert(b.begin(), b.end());
  return a;
}

Ticks without(const Ticks& a, const Ticks& b) {
  Ticks out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::inserter(out, out.end()));
  return out;
}

TEST_F(DoubleRun, runs_on_both_sides_between_an_outage_and_its_fence_and_never_after_it) {
  const std::int64_t began = now_ms();
  pass(std::chrono::hours(3));
  BackedUp recorded(world, primary, "primary");
  apply(recorded, recorded.plan(secondary, "secondary", *state), secondary, *state);
  pass(std::chrono::hours(3));
  for (const char* name : {"every ten minutes", "asleep", "without end", "every hour"})
    EXPECT_TRUE(ticks(secondary, name).empty()) << name << " arrived and fires";

  // The primary does not answer us, and runs on: the fence is open.
  const std::int64_t failed_over = now_ms();
  set_firing(recorded, secondary, "secondary", FiringMode::recorded);
  pass(std::chrono::hours(2));

  // It answers again: what fires there is paused, as it is there now.
  BackedUp returned(world, primary, "primary");
  set_firing(returned, primary, "primary", FiringMode::paused);
  const std::int64_t fenced = now_ms();
  pass(std::chrono::hours(2));

  // Back: nothing fires while changes are carried, then as it was recorded before all this.
  BackedUp final_state(world, secondary, "secondary");
  set_firing(final_state, secondary, "secondary", FiringMode::paused);
  const std::int64_t paused = now_ms();
  pass(std::chrono::minutes(45));
  const std::int64_t returned_home = now_ms();
  set_firing(recorded, primary, "primary", FiringMode::recorded);
  pass(std::chrono::hours(2));
  const std::int64_t ended = now_ms();

  const Ticks there = ticks(primary, "every ten minutes");
  const Ticks here = ticks(secondary, "every ten minutes");
  EXPECT_EQ(both(there, here), due(failed_over, fenced)) << "ran on both sides";
  EXPECT_EQ(without(due(began, ended), either(there, here)), due(paused, returned_home)) << "missed";
  EXPECT_EQ(within(there, fenced, returned_home), Ticks{});
  EXPECT_EQ(within(here, paused, ended), Ticks{});
  EXPECT_EQ(without(either(there, here), due(began, ended)), Ticks{}) << "ticks that no schedule asked for";
  EXPECT_GE(both(there, here).size(), 11U);
  EXPECT_GE(due(paused, returned_home).size(), 4U);
  // The others have no grid; on no side do they run when it is not its turn.
  for (const char* name : {"without end", "every hour"}) {
    EXPECT_EQ(within(ticks(primary, name), fenced, returned_home), Ticks{}) << name;
    EXPECT_EQ(within(ticks(secondary, name), paused, ended), Ticks{}) << name;
    EXPECT_FALSE(within(ticks(secondary, name), failed_over, paused).empty()) << name;
    EXPECT_FALSE(within(ticks(primary, name), returned_home, ended).empty()) << name;
  }
  EXPECT_EQ(either(ticks(primary, "asleep"), ticks(secondary, "asleep")), Ticks{});
}

TEST_F(DoubleRun, runs_every_tick_once_through_a_planned_failover) {
  const std::int64_t began = now_ms();
  pass(std::chrono::hours(1));
  BackedUp recorded(world, primary, "primary");
  apply(recorded, recorded.plan(secondary, "secondary", *state), secondary, *state);
  pass(std::chrono::hours(1));
  // First the pause, then the other side: no instant at which both fire.
  set_firing(recorded, primary, "primary", FiringMode::paused);
  const std::int64_t paused = now_ms();
  set_firing(recorded, secondary, "secondary", FiringMode::recorded);
  const std::int64_t active = now_ms();
  pass(std::chrono::hours(1));
  const Ticks there = ticks(primary, "every ten minutes");
  const Ticks here = ticks(secondary, "every ten minutes");
  EXPECT_EQ(both(there, here), Ticks{});
  EXPECT_EQ(without(due(began, now_ms()), either(there, here)), due(paused, active));
  EXPECT_FALSE(here.empty());
}

}  // namespace
}  // namespace holdfast::test
