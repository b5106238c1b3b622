#include "platform/databricks/runs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "platform/databricks/session.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/stand_in.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "unit/platform/databricks/scripted.h"
#include "unit/platform/databricks/stood_workspace.h"

namespace holdfast::platform::databricks {
namespace {

using nlohmann::json;
using State = ActiveRun::State;

class DatabricksRuns : public testing::Test {
protected:
  std::int64_t job(const std::string& name) {
    return stand_in_
        .call("POST", "/api/2.2/jobs/create",
              {{"name", name}, {"max_concurrent_runs", 1}, {"queue", {{"enabled", true}}}})["job_id"]
        .get<std::int64_t>();
  }
  std::string start(std::int64_t job) {
    const json answer = stand_in_.call("POST", "/api/2.2/jobs/run-now", {{"job_id", job}});
    return std::to_string(answer["run_id"].get<std::int64_t>());
  }
  std::ptrdiff_t waiting(const std::vector<ActiveRun>& runs) {
    return std::count_if(runs.begin(), runs.end(), [](const ActiveRun& one) { return one.state == State::waits; });
  }

  test::ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in_{test::stand_in_options(), clock_};
  test::SeededRandom random_{1};
  Session session_{test::stand_in_account(), std::make_unique<test::StandInHttp>(stand_in_), clock_, random_};
  JobRuns runs_{session_.client(), [](const std::stop_token&) {}};
};

TEST_F(DatabricksRuns, are_listed_on_all_pages_with_what_waits) {
  const std::int64_t busy = job("busy");
  for (int i = 0; i < 60; ++i) start(busy);
  const std::vector<ActiveRun> all = runs_.active_runs({});
  ASSERT_EQ(all.size(), 60U);
  EXPECT_EQ(waiting(all), 59);
  for (const ActiveRun& one : all) {
    EXPECT_EQ(one.kind, "jobs");
    EXPECT_EQ(one.owner, std::to_string(busy)) << "no digit of a 64-bit id is lost";
    EXPECT_EQ(one.name, "busy");
    ASSERT_TRUE(one.since);
    EXPECT_LE(clock_.now() - *one.since, std::chrono::minutes(1));
    EXPECT_LE(*one.since, clock_.now());
  }
}

TEST_F(DatabricksRuns, are_not_cancelled_where_nothing_may_be_changed) {
  const std::int64_t busy = job("busy");
  for (int i = 0; i < 2; ++i) start(busy);
  JobRuns shut(session_.client(),
               [](const std::stop_token&) { throw base::Error(base::ErrorKind::refused, "closed"); });
  const std::vector<ActiveRun> all = shut.active_runs({});
  ASSERT_EQ(waiting(all), 1);
  for (const ActiveRun& one : all) EXPECT_THROW(shut.cancel(one, {}), base::Error);
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(runs_.active_runs({}).size(), 1U) << "the one that waited has its turn";
}

TEST_F(DatabricksRuns, are_cancelled_one_by_one) {
  const std::int64_t busy = job("busy");
  const std::string first = start(busy);
  start(busy);
  start(busy);
  for (const ActiveRun& one : runs_.active_runs({}))
    if (one.state == State::waits) runs_.cancel(one, {});
  const std::vector<ActiveRun> left = runs_.active_runs({});
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].id, first);
  EXPECT_EQ(left[0].state, State::runs);
  clock_.advance(std::chrono::minutes(5));
  EXPECT_NO_THROW(runs_.cancel(left[0], {})) << "it has ended";
  EXPECT_TRUE(runs_.active_runs({}).empty());
  EXPECT_NO_THROW(runs_.cancel({.id = "12345678901"}, {})) << "it is gone";
}

TEST_F(DatabricksRuns, are_left_waiting_where_somebody_wants_to_stop) {
  const std::int64_t busy = job("busy");
  for (int i = 0; i < 2; ++i) start(busy);
  std::stop_source stop;
  stop.request_stop();
  for (const ActiveRun& one : runs_.active_runs({}))
    EXPECT_EQ(test::error_of([&] { runs_.cancel(one, stop.get_token()); }), base::ErrorKind::cancelled);
  EXPECT_EQ(runs_.active_runs({}).size(), 2U);
}

TEST_F(DatabricksRuns, wait_until_what_they_run_on_is_there) {
  stand_in_.world().part<sim::databricks::Jobs>().setup_ms = 20'000;
  start(job("cold"));
  EXPECT_EQ(waiting(runs_.active_runs({})), 1) << "it is pending";
  clock_.advance(std::chrono::seconds(21));
  EXPECT_EQ(waiting(runs_.active_runs({})), 0);
}

// What is retried has run before, and the younger API has another place for the state.
TEST(DatabricksRunStates, are_told_by_either_form) {
  test::ScriptedSession session([](const std::string&) {
    return test::answer(200, R"({"runs":[
      {"run_id":1,"job_id":7,"status":{"state":"QUEUED"}},
      {"run_id":2,"job_id":7,"state":{"life_cycle_state":"WAITING_FOR_RETRY"}},
      {"run_id":3,"state":{"life_cycle_state":"BLOCKED"}},
      {"run_id":4,"status":{"state":"TERMINATING"}},
      {"run_id":5,"state":{"life_cycle_state":"NEW_STATE"}}]})");
  });
  std::string out;
  for (const ActiveRun& one : JobRuns(session.client(), [](const std::stop_token&) {}).active_runs({}))
    out += one.id + (one.state == State::waits ? "w" : "r") + one.owner + " ";
  EXPECT_EQ(out, "1w7 2r7 3w 4r 5r ");
  EXPECT_EQ(session.asked()[0], "/api/2.2/jobs/runs/list?active_only=true&limit=25");
}

TEST(DatabricksRunStates, have_no_time_that_no_clock_tells) {
  test::ScriptedSession session([](const std::string&) {
    return test::answer(200, R"({"runs":[
      {"run_id":1,"start_time":9223372036854775807},
      {"run_id":2,"start_time":-9223372036854775808},
      {"run_id":3,"start_time":253402300800000},
      {"run_id":4,"start_time":1795000000000}]})");
  });
  std::string out;
  for (const ActiveRun& one : JobRuns(session.client(), [](const std::stop_token&) {}).active_runs({}))
    out += one.id + (one.since ? base::to_rfc3339(*one.since) : "-") + " ";
  EXPECT_EQ(out, "1- 2- 3- 42026-11-18T11:06:40Z ");
}

}  // namespace
}  // namespace holdfast::platform::databricks
