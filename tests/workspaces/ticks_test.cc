// What fence, failover and failback say of ticks, held against what the stand-ins counted.  A third workspace, from
// which nobody takes over, says which ticks there were.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/json.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/jobs.h"
#include "sim/databricks/seeds.h"
#include "support/app_world.h"
#include "support/fakes.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using sim::databricks::Json;
using Tick = std::pair<std::string, std::string>;  // job, when
using TickSet = std::set<Tick>;

// Every call takes its time, in which all workspaces go on.
class SlowHttp : public net::HttpClient {
public:
  SlowHttp(std::unique_ptr<net::HttpClient> inner, std::function<void()> before)
      : inner_(std::move(inner)), before_(std::move(before)) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    before_();
    return inner_->send(request, std::move(stop));
  }

private:
  const std::unique_ptr<net::HttpClient> inner_;
  const std::function<void()> before_;
};

class Takeovers : public testing::Test {
protected:
  explicit Takeovers(const std::string& begin = "2026-10-24T15:00:00Z") : clock_(*base::parse_instant(begin)) {
    for (StoodWorkspace* one : {&primary_, &control_}) seed(*one);
    app_.compose("databricks", platform::databricks::resource_kinds(), clock_, {"primary", "secondary"},
                 [this](const std::string& name) { return connect(name == "primary" ? primary_ : secondary_); });
    run({"migrate", "primary", "secondary"});
  }
  static void make(sim::databricks::Seed& seed, const char* name, const char* field, Json fires) {
    seed.post("/api/2.2/jobs/create",
              {{"name", name},
               {"tasks", Json::array({{{"task_key", "t"}, {"notebook_task", {{"notebook_path", "/Shared/load"}}}}})},
               {field, std::move(fires)}});
  }
  static Json cron(const char* text, const char* zone) {
    return {{"quartz_cron_expression", text}, {"timezone_id", zone}, {"pause_status", "UNPAUSED"}};
  }
  static void seed(StoodWorkspace& workspace) {
    sim::databricks::Seed seed(workspace.stand_in);
    seed.notebook("/Shared/load", "PYTHON", "print(1)\n");
    make(seed, "often", "schedule", cron("0 0/10 * * * ?", "UTC"));
    make(seed, "hourly", "schedule", cron("0 15 * * * ?", "Europe/Berlin"));
    make(seed, "nightly", "schedule", cron("0 30 2 * * ?", "Europe/Berlin"));
    make(seed, "periodic", "trigger",
         {{"pause_status", "UNPAUSED"}, {"periodic", {{"interval", 1}, {"unit", "HOURS"}}}});
  }

  std::unique_ptr<platform::Connector> connect(StoodWorkspace& to) {
    return platform::databricks::make_connector(
        {.account = unlimited_account(),
         .http = std::make_unique<SlowHttp>(std::make_unique<StandInHttp>(to.stand_in),
                                            [this] { clock_.advance(call_takes_); }),
         .clock = clock_,
         .random = random_});
  }

  // The report that the command ends with; null where it has none.
  Json run(std::vector<std::string> arguments, int code = 0) {
    arguments.emplace_back("--json");
    const Outcome got = app_.run(arguments);
    EXPECT_EQ(got.code, code) << fmt::format("{}", fmt::join(arguments, " ")) << got.err << got.out;
    std::istringstream out(got.out);
    Json report;
    for (std::string line; std::getline(out, line);) {
      if (!line.starts_with("{\"type\"")) continue;
      Json event = Json::parse(line);
      if (event["type"] == "summary" && event["verb"] == "ticks") report = std::move(event);
    }
    return report;
  }

  // Time passes everywhere.
  void pass(base::Duration duration) {
    clock_.advance(duration);
    look();
  }
  void look() {
    for (StoodWorkspace* side : {&primary_, &secondary_, &control_}) {
      const std::lock_guard lock(side->stand_in.world().mutex());
      side->stand_in.world().run_daemons();
    }
  }
  // Nothing ran on the primary since time began to pass; from here on it fires again.
  void primary_sleeps(base::Duration duration) {
    look();
    clock_.advance(duration);
    sim::databricks::World& world = primary_.stand_in.world();
    const std::lock_guard lock(world.mutex());
    std::vector<std::string> jobs;
    for (const auto& [id, due] : world.part<sim::databricks::Jobs>().due_of) jobs.push_back(id);
    for (const std::string& id : jobs) sim::databricks::arm_job(world, id, world.now_ms());
  }

  TickSet counted(StoodWorkspace& side) {
    look();
    TickSet out;
    for (const sim::databricks::JobRun& run : side.stand_in.world().part<sim::databricks::Jobs>().runs)
      if (run.name != "periodic")
        out.emplace(run.name, base::to_rfc3339(base::Instant(std::chrono::milliseconds(run.asked_ms))));
    return out;
  }
  // Ticks that are in neither, or in both, within what the report looked at.
  TickSet ran_on_both(const Json& report) {
    TickSet out;
    const TickSet there = counted(secondary_);
    for (const Tick& one : counted(primary_))
      if (there.contains(one) && within(report, one)) out.insert(one);
    return out;
  }
  TickSet ran_on_neither(const Json& report) {
    TickSet out;
    const TickSet here = counted(primary_);
    const TickSet there = counted(secondary_);
    for (const Tick& one : counted(control_))
      if (!here.contains(one) && !there.contains(one) && within(report, one)) out.insert(one);
    return out;
  }
  // Texts of instants without fractions and with sort by time.
  static bool within(const Json& report, const Tick& one) {
    const base::Instant at = *base::parse_instant(one.second);
    return at > *base::parse_instant(report.at("from").get<std::string>()) &&
           at <= *base::parse_instant(report.at("until").get<std::string>());
  }
  static TickSet told(const Json& list) {
    TickSet out;
    for (const Json& one : list) {
      const std::string path = one.at("path");
      const bool first = out.emplace(path.substr(5, path.find('/', 5) - 5), one.at("due").get<std::string>()).second;
      EXPECT_TRUE(first) << "told twice: " << one;
    }
    return out;
  }
  void expect_as_counted(const Json& report) {
    ASSERT_TRUE(report.is_object()) << "nothing was told";
    EXPECT_EQ(told(report.at("ran_on_both")), ran_on_both(report));
    TickSet neither = told(report.at("ran_on_neither"));
    neither.merge(told(report.at("due_just_now")));
    EXPECT_EQ(neither, ran_on_neither(report));
  }

  AppWorld app_;
  ManualClock clock_;
  base::Duration call_takes_{};
  SeededRandom random_{5};
  StoodWorkspace primary_{clock_, 31};
  StoodWorkspace secondary_{clock_, 32};
  StoodWorkspace control_{clock_, 33};
};

TEST_F(Takeovers, of_a_lost_source_tell_what_ran_twice_and_what_was_missed_once_it_is_fenced) {
  pass(std::chrono::hours(3));
  run({"replicate", "primary", "secondary"});
  pass(std::chrono::hours(2));
  primary_sleeps(std::chrono::minutes(95));
  EXPECT_TRUE(run({"failover", "primary", "secondary", "--source-lost", "--yes"}).is_null())
      << "while the primary does not answer nobody knows what it runs";
  primary_sleeps(std::chrono::hours(1));  // it is down for longer than that
  // The clocks of Europe go back in this night: 02:30 comes twice.
  pass(std::chrono::hours(7));
  call_takes_ = std::chrono::seconds(3);
  const Json report = run({"fence", "primary", "--yes"});
  expect_as_counted(report);
  EXPECT_GT(report.at("ran_on_both").size(), 40U);
  EXPECT_GT(report.at("ran_on_neither").size(), 8U);
  const TickSet both = told(report.at("ran_on_both"));
  EXPECT_TRUE(both.contains({"nightly", "2026-10-25T00:30:00Z"})) << "the first of the two";
  EXPECT_FALSE(both.contains({"nightly", "2026-10-25T01:30:00Z"}));
  const Json& not_reckoned = report.at("not_reckoned");
  ASSERT_EQ(not_reckoned.size(), 1U) << not_reckoned;
  EXPECT_EQ(not_reckoned[0].at("why"), "every 1 HOURS, counted from when it was set");
  EXPECT_GE(not_reckoned[0].at("runs").at("primary").get<int>(), 6);
  EXPECT_GE(not_reckoned[0].at("runs").at("secondary").get<int>(), 7);

  call_takes_ = {};
  pass(std::chrono::hours(2));
  const Json again = run({"fence", "primary", "--yes"});
  expect_as_counted(again);
  EXPECT_EQ(told(again.at("ran_on_both")), both) << "no tick runs on both sides behind the fence";

  pass(std::chrono::hours(1));
  call_takes_ = std::chrono::seconds(10);
  const Json back = run({"failback", "secondary", "primary", "--yes"});
  expect_as_counted(back);
  EXPECT_TRUE(back.at("ran_on_both").empty());
  EXPECT_FALSE(told(back.at("ran_on_neither")).empty()) << "between the pause of one and the activation of the other";
}

TEST_F(Takeovers, that_are_planned_tell_what_was_missed_meanwhile) {
  pass(std::chrono::hours(1));
  call_takes_ = std::chrono::seconds(10);
  const Json report = run({"failover", "primary", "secondary", "--yes"});
  expect_as_counted(report);
  EXPECT_TRUE(report.at("ran_on_both").empty());
  EXPECT_FALSE(told(report.at("ran_on_neither")).empty());
}

TEST_F(Takeovers, tell_it_too_where_replicate_or_failback_is_the_first_to_meet_the_source) {
  pass(std::chrono::hours(1));
  run({"failover", "primary", "secondary", "--source-lost", "--yes"});
  pass(std::chrono::hours(5));
  const Json report = run({"replicate", "primary", "secondary"}, 5);
  expect_as_counted(report);
  EXPECT_GT(report.at("ran_on_both").size(), 30U);
}

TEST_F(Takeovers, do_not_reckon_by_a_schedule_that_was_changed) {
  pass(std::chrono::hours(1));
  run({"failover", "primary", "secondary", "--source-lost", "--yes"});
  pass(std::chrono::hours(1));
  const std::string id = secondary_.stand_in.get("/api/2.2/jobs/list?name=often").at("jobs")[0].at("job_id").dump();
  secondary_.stand_in.call("POST", "/api/2.2/jobs/update",
                           {{"job_id", std::stoll(id)}, {"new_settings", {{"schedule", cron("0 5 * * * ?", "UTC")}}}});
  run({"backup", "secondary"});
  pass(std::chrono::hours(3));
  const Json report = run({"fence", "primary", "--yes"});
  std::string why;
  for (const Json& one : report.at("not_reckoned"))
    if (one.at("path").get<std::string>().starts_with("jobs/often/")) why = one.at("why");
  EXPECT_EQ(why, "its schedule is 0 5 * * * ? in UTC on secondary by now");
  for (const char* list : {"ran_on_both", "ran_on_neither"})
    for (const Tick& one : told(report.at(list))) EXPECT_NE(one.first, "often") << list;
}

class SpringTakeovers : public Takeovers {
protected:
  SpringTakeovers() : Takeovers("2026-03-28T20:00:00Z") {}
};

TEST_F(SpringTakeovers, tell_ticks_of_an_hour_that_the_clock_leaps_over_when_they_run) {
  pass(std::chrono::hours(1));
  run({"failover", "primary", "secondary", "--source-lost", "--yes"});
  pass(std::chrono::hours(8));
  const Json report = run({"fence", "primary", "--yes"});
  expect_as_counted(report);
  EXPECT_TRUE(told(report.at("ran_on_both")).contains({"nightly", "2026-03-29T01:30:00Z"}));
}

}  // namespace
}  // namespace holdfast::test
