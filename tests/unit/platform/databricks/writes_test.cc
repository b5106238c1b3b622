// What is sent where nothing changes but what fires, to workspaces that do not show all that they have, and in which
// somebody works meanwhile.
#include "platform/databricks/writes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>

#include "base/json.h"
#include "engine/resources/apply.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/plan.h"
#include "platform/databricks/capture.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/resource_writer.h"
#include "platform/databricks/session.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"
#include "storage/memory/memory_backend.h"
#include "support/fakes.h"
#include "unit/platform/databricks/stood_workspace.h"

namespace holdfast::test {
namespace {

using model::FiringMode;
using nlohmann::json;
using Texts = std::vector<std::string>;

struct Sent {
  std::string call;  // "PATCH /api/2.0/alerts/1?update_mask=schedule"
  std::string body;
};

// Somebody else may do something right before each of our calls that write.
class Watched : public net::HttpClient {  // thread-safe
public:
  using Before = std::function<void(const Sent&)>;
  Watched(sim::databricks::StandIn& stand_in, std::vector<Sent>& sent, const Before& before)
      : inner_(stand_in), sent_(sent), before_(before) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    if (request.method != net::Method::get) {
      const std::lock_guard lock(mutex_);
      sent_.push_back({fmt::format("{} {}{}{}", net::to_string(request.method), request.url.path,
                                   request.url.query.empty() ? "" : "?", request.url.query),
                       request.body});
      if (before_) before_(sent_.back());
    }
    return inner_.send(request, std::move(stop));
  }

private:
  StandInHttp inner_;
  std::mutex mutex_;
  std::vector<Sent>& sent_;
  const Before& before_;
};

// A workspace that is fenced and activated in place.
class WritesOfFiring : public testing::Test {
protected:
  std::vector<model::Resource> capture() { return captured(session_, clock_); }
  // Returns what could not be done.
  Texts set(FiringMode mode, const std::vector<model::Resource>& wanted) {
    engine::ResourcePlanOptions options;
    options.source = options.target = "primary";
    options.firing = mode;
    const auto live = capture();
    const model::ResourcePlan plan =
        engine::plan_activation(every_kind_set(), {.wanted = wanted, .live = live}, model::IdMap("primary", "primary"),
                                options, clock_, random_);
    engine::IdMapStore ids(*state_, "primary", "primary");
    const auto row = [&](const std::string& kind, const base::Bytes& key) -> std::optional<base::Row> {
      for (const model::Resource& one : wanted)
        if (one.row.key == key && every_kind_set().at(one.kind).label() == kind) return one.row;
      return std::nullopt;
    };
    const auto result = engine::apply_resources(
        {.kinds = every_kind_set(), .plan = plan, .wanted = row, .writer = *writer_, .journal = *state_, .ids = ids},
        base::silent_events(), clock_, {});
    Texts out;
    for (const auto& one : result.outcomes) out.push_back(one.path + ": " + one.text);
    return out;
  }
  Texts fence() { return set(FiringMode::paused, capture()); }

  json call(const std::string& method, const std::string& path, const json& body) {
    return stand_in_.call(method, path, body);
  }
  std::int64_t make_job(json settings) {
    settings["name"] = "nightly";
    return call("POST", "/api/2.2/jobs/create", settings)["job_id"].get<std::int64_t>();
  }
  void change_job(std::int64_t id, const json& settings) {
    call("POST", "/api/2.2/jobs/update", {{"job_id", id}, {"new_settings", settings}});
  }
  json job(std::int64_t id) { return stand_in_.get(fmt::format("/api/2.2/jobs/get?job_id={}", id))["settings"]; }
  std::size_t count(const std::string& begin) const {
    return static_cast<std::size_t>(
        std::count_if(sent_.begin(), sent_.end(), [&](const Sent& one) { return one.call.starts_with(begin); }));
  }
  static json daily(const std::string& state) {
    return {{"quartz_cron_expression", "0 0 3 * * ?"}, {"timezone_id", "UTC"}, {"pause_status", state}};
  }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandIn stand_in_{stand_in_options(), clock_};
  std::vector<Sent> sent_;
  Watched::Before before_;

private:
  SeededRandom random_{1};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  platform::databricks::Session session_{stand_in_account(), std::make_unique<Watched>(stand_in_, sent_, before_),
                                         clock_, random_};
  std::unique_ptr<platform::ResourceWriter> writer_ =
      platform::databricks::make_resource_writer(session_.client(), clock_);
};

TEST_F(WritesOfFiring, name_nothing_but_what_fires_where_a_call_takes_that) {
  sim::databricks::seed_workspace(stand_in_, "realistic");
  const auto recorded = capture();
  EXPECT_EQ(fence(), Texts{});
  EXPECT_EQ(set(FiringMode::recorded, recorded), Texts{});
  std::set<std::string> members;
  for (const Sent& sent : sent_) {
    if (sent.call.starts_with("PATCH /api/2.0/alerts/")) {
      EXPECT_TRUE(sent.call.ends_with("?update_mask=schedule")) << sent.call;
    }
    if (sent.call != "POST /api/2.2/jobs/update") continue;
    const json body = json::parse(sent.body);
    for (const auto& [name, value] : body["new_settings"].items()) members.insert(name);
  }
  EXPECT_EQ(members, (std::set<std::string>{"continuous", "schedule", "trigger"}));
  EXPECT_EQ(count("POST /api/2.2/jobs/reset"), 0U);
  EXPECT_GT(count("PATCH /api/2.0/alerts/"), 0U);
}

// A list that some calls add to is sent with all the rest, where nothing is added.
TEST_F(WritesOfFiring, take_a_list_as_a_whole) {
  const json arrival = {{"file_arrival", {{"url", "abfss://in@account.dfs.core.windows.net/"}}}};
  const std::int64_t id = make_job({{"triggers", json::array({arrival})}});
  EXPECT_EQ(fence(), Texts{});
  EXPECT_EQ(job(id)["triggers"].size(), 1U);
  EXPECT_EQ(job(id)["triggers"][0]["pause_status"], "PAUSED");
  EXPECT_EQ(count("POST /api/2.2/jobs/update"), 0U);
}

TEST_F(WritesOfFiring, leave_what_is_not_shown_and_what_somebody_saves_meanwhile) {
  const std::int64_t id = make_job({{"schedule", daily("UNPAUSED")},
                                    {"description", "not shown"},
                                    {"deployment", {{"kind", "BUNDLE"}, {"metadata_file_path", "/b/state.json"}}}});
  stand_in_.faults().add("GET /api/2.2/jobs/get#*: hide=settings.description");
  const auto recorded = capture();
  int saved = 0;
  before_ = [&](const Sent& sent) {
    if (sent.call.find("/jobs/") != std::string::npos) change_job(id, {{"timeout_seconds", ++saved}});
  };
  EXPECT_EQ(fence(), Texts{});
  EXPECT_EQ(job(id)["schedule"]["pause_status"], "PAUSED");
  EXPECT_EQ(set(FiringMode::recorded, recorded), Texts{});
  EXPECT_EQ(job(id)["schedule"]["pause_status"], "UNPAUSED");
  EXPECT_EQ(saved, 2);
  EXPECT_EQ(job(id)["timeout_seconds"], 2) << "what was saved last";
  EXPECT_EQ(job(id)["description"], "not shown");
  EXPECT_EQ(job(id)["deployment"]["kind"], "BUNDLE");
}

TEST_F(WritesOfFiring, leave_what_is_masked) {
  const std::int64_t id = make_job({{"schedule", daily("UNPAUSED")}, {"tags", {{"key", "value"}}}});
  stand_in_.faults().add("GET /api/2.2/jobs/get#*: mask=settings.tags.key");
  EXPECT_EQ(fence(), Texts{});
  EXPECT_EQ(job(id)["schedule"]["pause_status"], "PAUSED");
  EXPECT_EQ(job(id)["tags"]["key"], "value");
}

TEST_F(WritesOfFiring, leave_the_rest_of_an_alert) {
  const std::string warehouse =
      call("POST", "/api/2.0/sql/warehouses", {{"name", "w"}, {"cluster_size", "Small"}})["id"].get<std::string>();
  const std::string path =
      "/api/2.0/alerts/" +
      call("POST", "/api/2.0/alerts",
           {{"display_name", "late"},
            {"query_text", "select 1"},
            {"warehouse_id", warehouse},
            {"evaluation", {{"comparison_operator", "GREATER_THAN"}, {"source", {{"name", "n"}}}}},
            {"schedule",
             {{"quartz_cron_schedule", "0 0 3 * * ?"}, {"timezone_id", "UTC"}, {"pause_status", "UNPAUSED"}}}})["id"]
          .get<std::string>();
  before_ = [&](const Sent& sent) {
    if (sent.call.starts_with("PATCH " + path))
      call("PATCH", path + "?update_mask=query_text", {{"query_text", "select 2"}});
  };
  EXPECT_EQ(fence(), Texts{});
  EXPECT_EQ(stand_in_.get(path)["schedule"]["pause_status"], "PAUSED");
  EXPECT_EQ(stand_in_.get(path)["query_text"], "select 2");
}

// No call takes a part of it: it goes back as it was found, and not over what is newer.
TEST_F(WritesOfFiring, send_a_pipeline_back_as_it_is_and_over_nothing_newer) {
  const std::string path =
      "/api/2.0/pipelines/" +
      call("POST", "/api/2.0/pipelines",
           {{"name", "stream"}, {"continuous", true}, {"deployment", {{"kind", "BUNDLE"}}}})["pipeline_id"]
          .get<std::string>();
  bool once = true;
  before_ = [&](const Sent& sent) {
    if (sent.call != "PUT " + path || !std::exchange(once, false)) return;
    clock_.advance(std::chrono::seconds(1));
    json spec = stand_in_.get(path)["spec"];
    spec["edition"] = "PRO";
    call("PUT", path, spec);
  };
  const Texts refused = fence();
  ASSERT_EQ(refused.size(), 1U) << testing::PrintToString(refused);
  EXPECT_NE(refused[0].find("were modified meanwhile"), std::string::npos) << refused[0];
  EXPECT_EQ(stand_in_.get(path)["spec"]["continuous"], true);
  EXPECT_EQ(fence(), Texts{});
  const json spec = stand_in_.get(path)["spec"];
  EXPECT_EQ(spec["continuous"], false);
  EXPECT_EQ(spec["edition"], "PRO");
  EXPECT_EQ(spec["deployment"]["kind"], "BUNDLE");
  EXPECT_FALSE(spec.contains("expected_last_modified"));
}

TEST_F(WritesOfFiring, change_no_schedule_of_a_dashboard_that_somebody_changed_meanwhile) {
  const std::string board =
      "/api/2.0/lakeview/dashboards/" +
      call("POST", "/api/2.0/lakeview/dashboards", {{"display_name", "Sales"}})["dashboard_id"].get<std::string>();
  json schedule = {{"display_name", "daily"},
                   {"cron_schedule", {{"quartz_cron_expression", "0 0 7 * * ?"}, {"timezone_id", "UTC"}}},
                   {"pause_status", "UNPAUSED"}};
  const std::string path =
      board + "/schedules/" + call("POST", board + "/schedules", schedule)["schedule_id"].get<std::string>();
  bool once = true;
  before_ = [&](const Sent& sent) {
    if (sent.call != "PUT " + path || !std::exchange(once, false)) return;
    schedule["display_name"] = "each day";
    schedule["etag"] = stand_in_.get(path)["etag"];
    call("PUT", path, schedule);
  };
  EXPECT_EQ(fence().size(), 1U);
  EXPECT_EQ(stand_in_.get(path)["display_name"], "each day");
  EXPECT_EQ(fence(), Texts{});
  EXPECT_EQ(stand_in_.get(path)["display_name"], "each day");
  EXPECT_EQ(stand_in_.get(path)["pause_status"], "PAUSED");
}

}  // namespace
}  // namespace holdfast::test
