#include "platform/databricks/ticks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "platform/databricks/session.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/seeds.h"
#include "support/workspace_world.h"
#include "unit/platform/databricks/stand_in_http.h"

namespace holdfast::platform::databricks {
namespace {

using Form = Timetable::Form;

const Stretch k_day{*base::parse_instant("2026-11-22T00:00:00Z"), *base::parse_instant("2026-11-23T00:00:00Z")};

Timetable of(const char* kind, const std::string& body) {
  return timetable_of(kind, body, k_day);
}
Timetable job(const std::string& settings) {
  return of("jobs", R"({"job_id": 1, "settings": {)" + settings + "}}");
}
std::string cron(const std::string& text, const std::string& more = "") {
  return R"("schedule": {"quartz_cron_expression": ")" + text + R"(", "timezone_id": "Europe/Berlin")" + more + "}";
}

TEST(TimetableOfJob, has_the_ticks_of_its_schedule) {
  const Timetable got = job(cron("0 0 2,14 * * ?"));
  EXPECT_EQ(got.form, Form::ticks);
  EXPECT_EQ(got.rule, "0 0 2,14 * * ? in Europe/Berlin");
  EXPECT_EQ(got.due, (std::vector<base::Instant>{*base::parse_instant("2026-11-22T01:00:00Z"),
                                                 *base::parse_instant("2026-11-22T13:00:00Z")}));
}

TEST(TimetableOfJob, has_a_rule_and_no_ticks_while_it_is_paused) {
  const Timetable got = job(cron("0 0 2 * * ?", R"(, "pause_status": "PAUSED")"));
  EXPECT_EQ(got.form, Form::none);
  EXPECT_EQ(got.rule, "0 0 2 * * ? in Europe/Berlin");
  EXPECT_TRUE(got.due.empty());
}

TEST(TimetableOfJob, names_what_it_does_not_understand) {
  const Timetable got = job(cron("0 0 2 31W * ?"));
  EXPECT_EQ(got.form, Form::unknown);
  EXPECT_EQ(got.why, "0 0 2 31W * ? in Europe/Berlin: '31W' is not understood as its day of month");
}

TEST(TimetableOfJob, has_no_grid_where_nothing_fixes_it) {
  EXPECT_EQ(job(R"("continuous": {"pause_status": "UNPAUSED"})").why, "it runs without end");
  EXPECT_EQ(job(R"("trigger": {"periodic": {"interval": 4, "unit": "HOURS"}})").why,
            "every 4 HOURS, counted from when it was set");
  EXPECT_EQ(job(R"("trigger": {"file_arrival": {"url": "/Volumes/a"}})").form, Form::no_grid);
  EXPECT_EQ(job(R"("trigger": {"pause_status": "PAUSED", "file_arrival": {"url": "/Volumes/a"}})").form, Form::none);
  EXPECT_EQ(job(R"("name": "by hand")").form, Form::none);
  EXPECT_EQ(of("pipelines", R"({"spec": {"continuous": true}})").form, Form::no_grid);
  EXPECT_EQ(of("instance-pools", R"({"min_idle_instances": 3})").form, Form::none);
}

TEST(TimetableOfJob, looks_at_each_of_several_triggers) {
  const std::string at_two = R"({)" + cron("0 0 2 * * ?") + "}";
  const std::string paused = R"({"pause_status": "PAUSED", "periodic": {"interval": 1, "unit": "HOURS"}})";
  EXPECT_EQ(job(R"("triggers": [)" + paused + ", " + at_two + "]").due.size(), 1U);
  EXPECT_EQ(job(R"("triggers": [)" + at_two + ", " + at_two + "]").why, "it has several triggers");
  EXPECT_EQ(job(R"("triggers": [)" + paused + "]").form, Form::none);
}

class ListedRuns : public testing::Test {
protected:
  ListedRuns() {
    sim::databricks::Seed seed(world_.stand_in);
    seed.notebook("/Shared/load", "PYTHON", "print(1)\n");
  }
  std::string make(const nlohmann::json& fires) {
    nlohmann::json settings{{"name", "a"},
                            {"tasks", {{{"task_key", "t"}, {"notebook_task", {{"notebook_path", "/Shared/load"}}}}}}};
    settings.update(fires);
    return std::to_string(world_.post("/api/2.2/jobs/create", settings).json.at("job_id").get<std::int64_t>());
  }
  OwnRuns list(base::Instant from, std::size_t most = 10'000) {
    Account account;
    account.host = "http://127.0.0.1";
    account.token = base::Secret(world_.token);
    account.limits = Account::Limits::ignored;
    const Session session(account, std::make_unique<test::StandInHttp>(world_.stand_in), world_.clock, random_);
    return list_own_runs(session.client(), {from, world_.clock.now()}, most, {});
  }
  sim::databricks::Jobs& jobs() { return world_.stand_in.world().part<sim::databricks::Jobs>(); }

  test::WorkspaceWorld world_;
  test::SeededRandom random_{1};
};

TEST_F(ListedRuns, are_those_that_nobody_asked_for_each_once_over_many_pages_and_days) {
  const std::string scheduled =
      make({{"schedule", {{"quartz_cron_expression", "0 0/10 * * * ?"}, {"timezone_id", "UTC"}}}});
  const std::string endless = make({{"continuous", {{"pause_status", "UNPAUSED"}}}});
  jobs().run_ms = 7 * 3600 * 1000;
  const base::Instant from = world_.clock.now();
  world_.clock.advance(std::chrono::hours(60));
  world_.post("/api/2.2/jobs/run-now", {{"job_id", std::stoll(scheduled)}});
  const OwnRuns got = list(from);
  EXPECT_EQ(got.kinds, std::vector<std::string>{"jobs"});
  EXPECT_EQ(got.complete_since, from);
  std::size_t skipped = 0;
  std::size_t other = 0;
  std::vector<std::pair<std::string, base::Instant>> seen;
  for (const OwnRun& run : got.runs) {
    seen.emplace_back(run.id, run.at);
    skipped += run.outcome == OwnRun::Outcome::skipped;
    other += run.cause == OwnRun::Cause::other;
    EXPECT_EQ(run.cause == OwnRun::Cause::other, run.id == endless);
  }
  std::vector<std::pair<std::string, base::Instant>> counted;
  std::size_t counted_skipped = 0;
  for (const sim::databricks::JobRun& run : jobs().runs)
    if (const base::Instant at(std::chrono::milliseconds(run.asked_ms)); run.cause != "ONE_TIME" && at > from) {
      counted.emplace_back(run.job, at);
      counted_skipped += run.skipped;
    }
  std::sort(seen.begin(), seen.end());
  std::sort(counted.begin(), counted.end());
  EXPECT_EQ(seen.size(), counted.size());
  EXPECT_EQ(seen, counted);
  EXPECT_EQ(skipped, counted_skipped);
  EXPECT_GT(skipped, 0U);
  EXPECT_GT(other, 0U);
  EXPECT_GT(seen.size(), 300U);
}

TEST_F(ListedRuns, say_from_when_on_they_are_all_where_they_are_too_many) {
  make({{"schedule", {{"quartz_cron_expression", "0 0/10 * * * ?"}, {"timezone_id", "UTC"}}}});
  const base::Instant from = world_.clock.now();
  world_.clock.advance(std::chrono::hours(100));
  const OwnRuns got = list(from, 200);
  EXPECT_EQ(got.complete_since, world_.clock.now() - std::chrono::hours(48));
  EXPECT_EQ(got.runs.size(), 288U);
}

TEST_F(ListedRuns, are_none_of_a_workspace_in_which_nothing_ran) {
  EXPECT_TRUE(list(world_.clock.now() - std::chrono::hours(30)).runs.empty());
}

}  // namespace
}  // namespace holdfast::platform::databricks
