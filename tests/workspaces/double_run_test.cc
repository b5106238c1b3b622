// No double run: two stand-ins fire their schedules by one clock while the verbs put the one or the other in charge.
// The ticks are counted by the stand-ins, and held against the wall clock.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/seeds.h"
#include "support/app_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

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
    sim::databricks::Seed seed(primary_.stand_in);
    seed.notebook("/Shared/load", "PYTHON", "print(1)\n");
    seed.post("/api/2.2/jobs/create", job("every ten minutes", "schedule", cron("UNPAUSED")));
    seed.post("/api/2.2/jobs/create", job("asleep", "schedule", cron("PAUSED")));
    seed.post("/api/2.2/jobs/create", job("without end", "continuous", {{"pause_status", "UNPAUSED"}}));
    seed.post("/api/2.2/jobs/create",
              job("every hour", "trigger",
                  {{"pause_status", "UNPAUSED"}, {"periodic", {{"interval", 1}, {"unit", "HOURS"}}}}));
    app_.compose("databricks", platform::databricks::resource_kinds(), clock_, {"primary", "secondary"},
                 [this](const std::string& name) {
                   if (lost_.contains(name)) throw base::Error(base::ErrorKind::unavailable, name + " does not answer");
                   return (name == "secondary" ? secondary_ : primary_).connect();
                 });
    pass(std::chrono::hours(1));
    must({"migrate", "primary", "secondary"});
    pass(std::chrono::hours(1));
    for (const char* name : {"every ten minutes", "asleep", "without end", "every hour"})
      EXPECT_TRUE(ticks(secondary_, name).empty()) << name << " arrived and fires";
  }

  std::int64_t now_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch()).count();
  }
  // Time passes on both sides, until a little behind a tick.
  void pass(base::Duration least) {
    const std::int64_t until =
        now_ms() + std::chrono::duration_cast<std::chrono::milliseconds>(least).count() + k_ten_minutes_ms;
    const std::int64_t left = until / k_ten_minutes_ms * k_ten_minutes_ms + 1'000 - now_ms();
    clock_.advance(std::chrono::milliseconds(left));
    for (StoodWorkspace* side : {&primary_, &secondary_}) {
      const std::lock_guard lock(side->stand_in.world().mutex());
      side->stand_in.world().run_daemons();
    }
  }
  // When it had ended.  It takes no tick's time, so that none may be missed by it.
  std::int64_t must(const std::vector<std::string>& arguments) {
    const std::int64_t before = now_ms();
    const Outcome outcome = app_.run(arguments);
    EXPECT_EQ(outcome.code, 0) << fmt::format("{}", fmt::join(arguments, " ")) << ": " << outcome.out << outcome.err;
    EXPECT_EQ(before / k_ten_minutes_ms, now_ms() / k_ten_minutes_ms) << "it waited past a tick";
    return now_ms();
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
  Ticks here() { return ticks(primary_, "every ten minutes"); }
  Ticks there() { return ticks(secondary_, "every ten minutes"); }
  // The others have no grid; where it is not their turn they do not run.
  void expect_others(std::int64_t after_ms, std::int64_t until_ms, StoodWorkspace& run, StoodWorkspace& wait) {
    for (const char* name : {"without end", "every hour"}) {
      EXPECT_FALSE(within(ticks(run, name), after_ms, until_ms).empty()) << name;
      EXPECT_EQ(within(ticks(wait, name), after_ms, until_ms), Ticks{}) << name;
    }
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

  ManualClock clock_{*base::parse_instant("2026-11-21T20:00:01Z")};
  const std::int64_t began_ = now_ms();
  StoodWorkspace primary_{clock_, 31};
  StoodWorkspace secondary_{clock_, 32};
  std::set<std::string> lost_;  // connectors that do not answer
  AppWorld app_;
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

TEST_F(DoubleRun, runs_every_tick_once_through_a_planned_failover_and_back) {
  const std::int64_t over = must({"failover", "primary", "secondary", "--yes"});
  pass(std::chrono::hours(2));
  const std::int64_t before = now_ms();
  const std::int64_t home = must({"failback", "secondary", "primary", "--yes"});
  pass(std::chrono::hours(2));
  EXPECT_EQ(both(here(), there()), Ticks{}) << "ran on both sides";
  EXPECT_EQ(either(here(), there()), due(began_, now_ms())) << "none is missed, and none is too much";
  EXPECT_EQ(there(), due(over, before));
  EXPECT_GE(there().size(), 12U);
  EXPECT_GE(within(here(), home, now_ms()).size(), 12U);
  expect_others(over, before, secondary_, primary_);
  expect_others(home, now_ms(), primary_, secondary_);
  EXPECT_EQ(either(ticks(primary_, "asleep"), ticks(secondary_, "asleep")), Ticks{});
}

TEST_F(DoubleRun, runs_on_both_sides_between_an_outage_and_its_fence_and_never_after_it) {
  lost_ = {"primary"};
  const std::int64_t over = must({"failover", "primary", "secondary", "--source-lost", "--yes"});
  pass(std::chrono::hours(2));
  lost_.clear();
  const std::int64_t fenced = must({"fence", "primary", "--yes"});
  pass(std::chrono::hours(2));
  const std::int64_t before = now_ms();
  const std::int64_t home = must({"failback", "secondary", "primary", "--yes"});
  pass(std::chrono::hours(2));
  EXPECT_EQ(both(here(), there()), due(over, fenced)) << "ran on both sides";
  EXPECT_GE(both(here(), there()).size(), 12U);
  EXPECT_EQ(either(here(), there()), due(began_, now_ms())) << "none is missed, and none is too much";
  EXPECT_EQ(within(here(), fenced, home), Ticks{});
  EXPECT_EQ(within(there(), before, now_ms()), Ticks{});
  expect_others(fenced, before, secondary_, primary_);
  expect_others(home, now_ms(), primary_, secondary_);
  EXPECT_EQ(either(ticks(primary_, "asleep"), ticks(secondary_, "asleep")), Ticks{});
}

TEST_F(DoubleRun, runs_on_both_sides_while_what_took_over_is_lost_and_never_after_its_fence) {
  const std::int64_t over = must({"failover", "primary", "secondary", "--yes"});
  pass(std::chrono::hours(1));
  lost_ = {"secondary"};
  const std::int64_t home = must({"failback", "secondary", "primary", "--source-lost", "--yes"});
  pass(std::chrono::hours(1));
  lost_.clear();
  const std::int64_t fenced = must({"fence", "secondary", "--yes"});
  pass(std::chrono::hours(1));
  EXPECT_EQ(both(here(), there()), due(home, fenced)) << "ran on both sides";
  EXPECT_EQ(either(here(), there()), due(began_, now_ms())) << "none is missed, and none is too much";
  EXPECT_EQ(within(here(), over, home), Ticks{});
  EXPECT_EQ(within(there(), fenced, now_ms()), Ticks{});
  expect_others(fenced, now_ms(), primary_, secondary_);
}

}  // namespace
}  // namespace holdfast::test
