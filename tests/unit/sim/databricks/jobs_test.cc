#include "sim/databricks/jobs.h"

#include <gtest/gtest.h>

#include <chrono>

#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

std::int64_t create(WorkspaceWorld& world, const Json& settings) {
  const auto asked = world.post("/api/2.2/jobs/create", settings);
  EXPECT_EQ(asked.status, 200) << asked.response.body;
  return asked.json.value("job_id", std::int64_t{0});
}

Json settings(const char* name, Json more = Json::object()) {
  more["name"] = name;
  return more;
}

Json daily(const char* pause_status) {
  Json out = {{"quartz_cron_expression", "0 0 3 * * ?"}, {"timezone_id", "UTC"}};
  if (*pause_status != '\0') out["pause_status"] = pause_status;
  return out;
}

std::size_t runs(WorkspaceWorld& world, std::int64_t job) {
  world.get("/api/2.2/jobs/list");  // somebody looks, so the clock is seen
  return static_cast<std::size_t>(world.stand_in.world().part<Jobs>().runs_of[std::to_string(job)]);
}

TEST(Jobs, HaveIdsThatNoDoubleHolds) {
  WorkspaceWorld world;
  const auto id = create(world, settings("a"));
  EXPECT_GT(id, std::int64_t{1} << 53);
  EXPECT_EQ(world.get("/api/2.2/jobs/get?job_id=" + std::to_string(id)).json["job_id"], id);
  EXPECT_NE(create(world, settings("a")), id);  // names are not unique
}

TEST(Jobs, HandOutTheirTasksByTheHundredSince22) {
  WorkspaceWorld world;
  Json tasks = Json::array();
  for (int i = 0; i < 250; ++i) tasks.push_back({{"task_key", "t" + std::to_string(i)}});
  const auto id = std::to_string(create(world, settings("big", {{"tasks", tasks}})));
  std::string token;
  std::vector<std::size_t> parts;
  do {
    const auto part = world.get("/api/2.2/jobs/get?job_id=" + id + "&page_token=" + token).json;
    parts.push_back(part["settings"]["tasks"].size());
    token = part.value("next_page_token", "");
    EXPECT_EQ(part.value("has_more", false), !token.empty());
  } while (!token.empty());
  EXPECT_EQ(parts, (std::vector<std::size_t>{100, 100, 50}));
  EXPECT_EQ(world.get("/api/2.1/jobs/get?job_id=" + id).json["settings"]["tasks"].size(), 250U);
  const auto listed = world.get("/api/2.2/jobs/list?expand_tasks=true").json["jobs"][0];
  EXPECT_EQ(listed["settings"]["tasks"].size(), 100U);
  EXPECT_TRUE(listed["has_more"].get<bool>());
  EXPECT_FALSE(world.get("/api/2.2/jobs/list").json["jobs"][0]["settings"].contains("tasks"));
}

TEST(Jobs, AreListedByPagesByOffsetAndByName) {
  WorkspaceWorld world;
  for (const char* name : {"a", "b", "c", "B", "d"}) create(world, settings(name));
  auto page = world.get("/api/2.2/jobs/list?limit=2").json;
  std::size_t seen = page["jobs"].size();
  while (page.contains("next_page_token")) {
    EXPECT_TRUE(page["has_more"].get<bool>());
    page = world.get("/api/2.2/jobs/list?limit=2&page_token=" + page["next_page_token"].get<std::string>()).json;
    seen += page["jobs"].size();
  }
  EXPECT_EQ(seen, 5U);
  EXPECT_FALSE(page["has_more"].get<bool>());
  EXPECT_EQ(world.get("/api/2.1/jobs/list?offset=4&limit=25").json["jobs"].size(), 1U);
  EXPECT_EQ(world.get("/api/2.2/jobs/list?name=b").json["jobs"].size(), 2U);
  EXPECT_EQ(world.get("/api/2.0/jobs/list").json["jobs"].size(), 5U);
  EXPECT_EQ(world.get("/api/2.2/jobs/list?limit=101").status, 400);
}

TEST(Jobs, SpeakTheOldApiToo) {
  WorkspaceWorld world;
  const auto made =
      world.post("/api/2.0/jobs/create",
                 {{"name", "old one"}, {"existing_cluster_id", "c"}, {"notebook_task", {{"notebook_path", "/n"}}}});
  const auto id = made.json["job_id"].dump();
  const auto now = world.get("/api/2.2/jobs/get?job_id=" + id).json["settings"];
  ASSERT_EQ(now["tasks"].size(), 1U);
  EXPECT_EQ(now["tasks"][0]["task_key"], "old_one");
  EXPECT_EQ(now["tasks"][0]["existing_cluster_id"], "c");
  const auto then = world.get("/api/2.0/jobs/get?job_id=" + id).json["settings"];
  EXPECT_FALSE(then.contains("tasks"));
  EXPECT_EQ(then["notebook_task"]["notebook_path"], "/n");
}

TEST(Jobs, AnswerForUnknownOnesInTheirOwnWays) {
  WorkspaceWorld world;
  const auto get = world.get("/api/2.2/jobs/get?job_id=7");
  EXPECT_EQ(get.status, 400);
  EXPECT_EQ(get.code(), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(world.post("/api/2.2/jobs/reset", {{"job_id", 7}, {"new_settings", {{"name", "x"}}}}).status, 403);
  EXPECT_EQ(world.post("/api/2.2/jobs/delete", {{"job_id", 7}}).status, 400);
  EXPECT_EQ(world.get("/api/2.2/jobs/runs/get?run_id=7").status, 400);
}

TEST(Jobs, KeepWhoTheyRunAsThroughAReset) {
  WorkspaceWorld world;
  const Json as = {{"run_as", {{"user_name", "admin@example.test"}}}, {"tags", {{"a", "b"}}}};
  const auto id = create(world, settings("a", as));
  world.post("/api/2.2/jobs/reset", {{"job_id", id}, {"new_settings", {{"name", "b"}}}});
  const auto read = world.get("/api/2.2/jobs/get?job_id=" + std::to_string(id)).json["settings"];
  EXPECT_EQ(read["run_as"], as["run_as"]);
  EXPECT_FALSE(read.contains("tags"));
  EXPECT_EQ(world.post("/api/2.2/jobs/create", {{"run_as", {{"user_name", "nobody@example.test"}}}}).status, 400);
}

TEST(Jobs, ChangeWhatAnUpdateNames) {
  WorkspaceWorld world;
  const Json tasks = Json::array({{{"task_key", "a"}}, {{"task_key", "b"}, {"max_retries", 1}}});
  const auto id = create(world, settings("a", {{"tasks", tasks}, {"schedule", daily("PAUSED")}}));
  world.post(
      "/api/2.2/jobs/update",
      {{"job_id", id},
       {"fields_to_remove", {"schedule", "tasks/a"}},
       {"new_settings", {{"tasks", Json::array({{{"task_key", "b"}, {"max_retries", 2}}, {{"task_key", "c"}}})}}}});
  const auto read = world.get("/api/2.2/jobs/get?job_id=" + std::to_string(id)).json["settings"];
  ASSERT_EQ(read["tasks"].size(), 2U);
  EXPECT_EQ(read["tasks"][0]["max_retries"], 2);
  EXPECT_EQ(read["tasks"][1]["task_key"], "c");
  EXPECT_FALSE(read.contains("schedule"));
  EXPECT_EQ(read["name"], "a");
}

TEST(Jobs, HaveExactlyOneOwner) {
  WorkspaceWorld world;
  const auto id = std::to_string(create(world, settings("a")));
  const auto put =
      world.put("/api/2.0/permissions/jobs/" + id,
                {{"access_control_list", Json::array({{{"group_name", "users"}, {"permission_level", "CAN_VIEW"}}})}});
  EXPECT_EQ(put.status, 400);
  EXPECT_EQ(world.get("/api/2.0/permissions/jobs/" + id).json["object_type"], "job");
}

TEST(Jobs, RefuseTriggersThatAreNone) {
  WorkspaceWorld world;
  const auto refused = [&](Json more) {
    return world.post("/api/2.2/jobs/create", settings("x", std::move(more))).status;
  };
  EXPECT_EQ(refused({{"schedule", {{"quartz_cron_expression", "0 0 5 * * *"}, {"timezone_id", "UTC"}}}}), 400);
  EXPECT_EQ(refused({{"schedule", {{"quartz_cron_expression", "0 0 5 * * ?"}, {"timezone_id", "Mars"}}}}), 400);
  EXPECT_EQ(refused({{"schedule", daily("RESTING")}}), 400);
  EXPECT_EQ(refused({{"schedule", daily("PAUSED")}, {"continuous", {{"pause_status", "PAUSED"}}}}), 400);
  EXPECT_EQ(refused({{"tasks", Json::array({{{"task_key", "a"}}, {{"task_key", "a"}}})}}), 400);
  EXPECT_EQ(
      refused({{"tasks", Json::array({{{"task_key", "a"}, {"depends_on", Json::array({{{"task_key", "z"}}})}}})}}),
      400);
}

TEST(JobTriggers, FireByTheClockUnlessTheyArePaused) {
  WorkspaceWorld world;
  const auto awake = create(world, settings("awake", {{"schedule", daily("UNPAUSED")}}));
  const auto unsaid = create(world, settings("unsaid", {{"schedule", daily("")}}));
  const auto paused = create(world, settings("paused", {{"schedule", daily("PAUSED")}}));
  const auto often =
      create(world, settings("often", {{"trigger", {{"periodic", {{"interval", 6}, {"unit", "HOURS"}}}}}}));
  world.clock.advance(std::chrono::hours(3 * 24));
  EXPECT_EQ(runs(world, awake), 3U);
  EXPECT_EQ(runs(world, unsaid), 3U);
  EXPECT_EQ(runs(world, paused), 0U);
  EXPECT_EQ(runs(world, often), 12U);
  const auto first = world.get("/api/2.2/jobs/runs/list?job_id=" + std::to_string(awake)).json["runs"][2];
  EXPECT_EQ(first["trigger"], "PERIODIC");
  EXPECT_EQ(first["state"]["result_state"], "SUCCESS");
  EXPECT_EQ(first["start_time"], 1795230000000);  // 2026-11-21T03:00:00Z
}

TEST(JobTriggers, StopAtTheInstantOfThePause) {
  WorkspaceWorld world;
  const auto id = create(world, settings("a", {{"schedule", daily("UNPAUSED")}}));
  world.clock.advance(std::chrono::hours(24));
  world.post("/api/2.2/jobs/update", {{"job_id", id}, {"new_settings", {{"schedule", daily("PAUSED")}}}});
  world.clock.advance(std::chrono::hours(10 * 24));
  EXPECT_EQ(runs(world, id), 1U);
  world.post("/api/2.2/jobs/update", {{"job_id", id}, {"new_settings", {{"schedule", daily("UNPAUSED")}}}});
  EXPECT_EQ(runs(world, id), 1U);  // what was missed is not made up for
  world.post("/api/2.2/jobs/delete", {{"job_id", id}});
  world.clock.advance(std::chrono::hours(24));
  EXPECT_EQ(runs(world, id), 1U);
}

TEST(JobTriggers, BeginAContinuousJobAgainWhenItEnds) {
  WorkspaceWorld world;
  const auto id = create(world, settings("a", {{"continuous", {{"pause_status", "UNPAUSED"}}}}));
  const auto guarded = create(world, settings("b", {{"continuous", Json::object()}, {"max_concurrent_runs", 0}}));
  world.clock.advance(std::chrono::minutes(10));
  EXPECT_EQ(runs(world, id), 11U);
  EXPECT_EQ(runs(world, guarded), 11U);
  const auto skipped = world.get("/api/2.2/jobs/runs/list?job_id=" + std::to_string(guarded)).json["runs"][0];
  EXPECT_EQ(skipped["state"]["life_cycle_state"], "SKIPPED");
}

TEST(JobTriggers, FireWhenAFileOrATableComes) {
  WorkspaceWorld world;
  const auto files =
      create(world, settings("f", {{"trigger", {{"file_arrival", {{"url", "abfss://in@lake.test/"}}}}}}));
  const auto tables = create(world, settings("t", {{"trigger", {{"table_update", {{"table_names", {"main.s.t"}}}}}}}));
  file_arrived(world.stand_in.world(), "abfss://in@lake.test/new.csv");
  file_arrived(world.stand_in.world(), "abfss://elsewhere@lake.test/new.csv");
  EXPECT_EQ(runs(world, files), 1U);
  EXPECT_EQ(runs(world, tables), 0U);
  table_updated(world.stand_in.world(), "main.s.t");
  EXPECT_EQ(runs(world, tables), 1U);
}

TEST(JobRuns, AreSkippedOrWaitWhenThereAreTooMany) {
  WorkspaceWorld world;
  const auto one = create(world, settings("one"));
  const auto queue = create(world, settings("queue", {{"queue", {{"enabled", true}}}}));
  const auto life = [&](std::int64_t job) {
    const auto run = world.post("/api/2.2/jobs/run-now", {{"job_id", job}}).json["run_id"].dump();
    return world.get("/api/2.2/jobs/runs/get?run_id=" + run).json["state"]["life_cycle_state"].get<std::string>();
  };
  EXPECT_EQ(life(one), "RUNNING");
  EXPECT_EQ(life(one), "SKIPPED");
  EXPECT_EQ(life(queue), "RUNNING");
  EXPECT_EQ(life(queue), "QUEUED");
  world.post("/api/2.2/jobs/runs/cancel-all", {{"job_id", queue}, {"all_queued_runs", true}});
  EXPECT_EQ(world.get("/api/2.2/jobs/runs/list?active_only=true&job_id=" + std::to_string(queue)).json["runs"].size(),
            1U);
  world.post("/api/2.2/jobs/runs/cancel-all", {{"job_id", queue}});
  EXPECT_FALSE(
      world.get("/api/2.2/jobs/runs/list?active_only=true&job_id=" + std::to_string(queue)).json.contains("runs"));
}

TEST(JobRuns, HappenOncePerIdempotencyToken) {
  WorkspaceWorld world;
  const auto id = create(world, settings("a"));
  const Json request = {{"job_id", id}, {"idempotency_token", "t"}};
  const auto first = world.post("/api/2.2/jobs/run-now", request).json;
  EXPECT_EQ(world.post("/api/2.2/jobs/run-now", request).json, first);
  EXPECT_EQ(runs(world, id), 1U);
}

}  // namespace
}  // namespace holdfast::sim::databricks
