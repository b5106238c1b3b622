// What fires by itself, from one workspace to another: nothing runs before it is activated, and then what was recorded.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "base/json.h"
#include "engine/resources/apply.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/plan.h"
#include "model/resource_text.h"
#include "platform/databricks/capture.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/resource_writer.h"
#include "platform/databricks/session.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/settings.h"
#include "sim/databricks/stand_in.h"
#include "storage/memory/memory_backend.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "unit/platform/databricks/stood_workspace.h"

namespace holdfast::test {
namespace {

using model::FiringMode;
using nlohmann::json;
using Texts = std::vector<std::string>;

struct Sent {
  std::string call;  // "POST /api/2.2/jobs/create"
  std::string body;
};

class Recorder : public net::HttpClient {  // thread-safe
public:
  Recorder(sim::databricks::StandIn& stand_in, std::vector<Sent>& sent) : inner_(stand_in), sent_(sent) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    if (request.method != net::Method::get) {
      const std::lock_guard lock(mutex_);
      sent_.push_back({fmt::format("{} {}", net::to_string(request.method), request.url.path), request.body});
    }
    return inner_.send(request, std::move(stop));
  }

private:
  StandInHttp inner_;
  std::mutex mutex_;
  std::vector<Sent>& sent_;
};

class Workspace {
public:
  explicit Workspace(ManualClock& given)
      : clock(given),
        stand_in(stand_in_options(), clock),
        session(stand_in_account(), std::make_unique<Recorder>(stand_in, sent), clock, random_),
        writer(platform::databricks::make_resource_writer(session.client(), clock)) {}

  std::vector<model::Resource> capture() { return captured(session, clock); }

  ManualClock& clock;
  sim::databricks::StandIn stand_in;
  std::vector<Sent> sent;  // of what writes

  SeededRandom random_{1};
  platform::databricks::Session session;
  std::unique_ptr<platform::ResourceWriter> writer;
};

// Two workspaces, the first of which is a company's.
class Migration {
public:
  Migration() {
    sim::databricks::seed_workspace(source.stand_in, "realistic");
    wanted = source.capture();
  }
  engine::ResourcePlanOptions options(FiringMode mode) const {
    engine::ResourcePlanOptions out;
    out.source = "primary";
    out.target = "secondary";
    out.firing = mode;
    return out;
  }
  model::IdMap ids() { return engine::IdMapStore(*state_, "primary", "secondary").snapshot(); }
  engine::ResourceApplyResult apply(const model::ResourcePlan& plan) {
    engine::IdMapStore store(*state_, "primary", "secondary");
    const auto row = [&](const std::string& kind, const base::Bytes& key) -> std::optional<base::Row> {
      for (const model::Resource& one : wanted)
        if (one.row.key == key && every_kind_set().at(one.kind).label() == kind) return one.row;
      return std::nullopt;
    };
    return engine::apply_resources({.kinds = every_kind_set(),
                                    .plan = plan,
                                    .wanted = row,
                                    .writer = *target.writer,
                                    .journal = *state_,
                                    .ids = store},
                                   base::silent_events(), clock, {});
  }
  engine::ResourceApplyResult migrate() {
    const auto live = target.capture();
    return apply(engine::plan_resources(every_kind_set(), {.wanted = wanted, .live = live}, ids(),
                                        options(FiringMode::paused), clock, random));
  }
  engine::ResourceApplyResult activate(FiringMode mode) {
    const auto live = target.capture();
    return apply(engine::plan_activation(every_kind_set(), {.wanted = wanted, .live = live}, ids(), options(mode),
                                         clock, random));
  }

  ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};
  Workspace source{clock};
  Workspace target{clock};
  std::vector<model::Resource> wanted;

  SeededRandom random{7};

private:
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
};

// "jobs nightly settings.schedule.pause_status = "UNPAUSED"", for all that fires; of kinds that hold several, in order.
Texts states(const std::vector<model::Resource>& resources) {
  Texts out;
  for (const model::Resource& one : resources) {
    const model::ReadyKind& kind = every_kind_set().at(one.kind);
    for (const model::ReadyDocument& document : kind.documents) {
      if (document.firing.empty() || !one.row.columns[document.column]) continue;
      for (const auto& value : model::firing_values(model::JsonText(*one.row.columns[document.column]), document))
        out.push_back(fmt::format("{} {} {} = {}", kind.label(), one.name, value.where, value.value));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool is_running(const std::string& state) {
  return state.ends_with("= \"UNPAUSED\"") || state.ends_with("= true") || state.ends_with("= \"true\"") ||
         (state.find("min_idle_instances") != std::string::npos && !state.ends_with("= 0"));
}

// Members, at any depth, that start something.
void find_fires(const json& value, const std::string& where, Texts& out) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      const bool fires = (name == "pause_status" && member != "PAUSED") ||
                         (name == "continuous" && member.is_boolean() && member.get<bool>()) ||
                         (name == "min_idle_instances" && member != 0) ||
                         (name == "enableIpAccessLists" && member != "false");
      if (fires) out.push_back(where + "." + name);
      find_fires(member, where + "." + name, out);
    }
  } else if (value.is_array()) {
    for (const json& item : value) find_fires(item, where + "[]", out);
  } else if (value == "UNPAUSED") {
    out.push_back(where);
  }
}

// Members that say that something is paused.
std::size_t paused_in(const json& value) {
  std::size_t out = value == "PAUSED" ? 1 : 0;
  if (value.is_structured())
    for (const json& child : value) out += paused_in(child);
  return out;
}

TEST(DatabricksFiring, is_switched_off_in_everything_that_a_migration_sends) {
  Migration world;
  (void)world.migrate();
  Texts fires;
  std::size_t paused = 0;
  bool schedules = false;
  for (const Sent& sent : world.target.sent) {
    const json body = json::parse(sent.body, nullptr, false);
    if (body.is_discarded()) continue;
    find_fires(body, sent.call, fires);
    paused += paused_in(body);
    schedules = schedules || (sent.call.starts_with("POST /api/2.0/lakeview/") && sent.call.ends_with("/schedules"));
    const bool switched =
        sent.call.find("init-scripts") != std::string::npos || sent.call.find("ip-access-lists") != std::string::npos;
    if (switched && body.value("enabled", false)) fires.push_back(sent.call + ".enabled");
  }
  // A list of addresses is switched on by being created, whatever is sent: it has to be off in the end.
  for (const std::string& state : states(world.target.capture()))
    if (is_running(state)) fires.push_back(state);
  EXPECT_EQ(fires, Texts{});
  EXPECT_TRUE(schedules) << "the schedule of a dashboard did not come along";
  EXPECT_GT(paused, 8U);
}

TEST(DatabricksFiring, is_as_it_was_recorded_once_it_is_activated) {
  Migration world;
  (void)world.migrate();
  const Texts recorded = states(world.wanted);
  ASSERT_NE(states(world.target.capture()), recorded);
  const auto result = world.activate(FiringMode::recorded);
  Texts outcomes;
  for (const auto& one : result.outcomes) outcomes.push_back(one.path + ": " + one.text);
  EXPECT_EQ(outcomes, Texts{});
  EXPECT_EQ(states(world.target.capture()), recorded);
}

// A source of which the doors are shut to some; nobody's office, so that the stand-in goes on letting us in.
struct Guarded : Migration {
  Guarded() {
    offices = list_called("offices")["list_id"].get<std::string>();
    source.stand_in.call("PATCH", "/api/2.0/ip-access-lists/" + offices, {{"enabled", false}});
    source.stand_in.world().part<sim::databricks::WorkspaceConf>().values["enableIpAccessLists"] = "true";
    wanted = source.capture();
  }
  json list_called(const std::string& label) {
    const json all = source.stand_in.get("/api/2.0/ip-access-lists");
    for (const json& one : all["ip_access_lists"])
      if (one["label"] == label) return one;
    return json::object();
  }
  Texts outcomes(const engine::ResourceApplyResult& result) {
    Texts out;
    for (const auto& one : result.outcomes) out.push_back(one.path + ": " + one.text);
    return out;
  }
  std::string offices;
};

Texts guards_of(Texts states) {
  std::erase_if(states, [](const std::string& one) {
    return !one.starts_with("ip-access-lists ") && !one.starts_with("workspace-conf ") &&
           !one.starts_with("global-init-scripts ");
  });
  return states;
}

TEST(DatabricksFiring, leaves_what_guards_to_activations) {
  Guarded world;
  (void)world.migrate();
  const Texts guards = guards_of(states(world.wanted));
  ASSERT_EQ(std::count_if(guards.begin(), guards.end(), is_running), 3) << "a list, the switch and a script";
  for (const std::string& state : guards_of(states(world.target.capture())))
    EXPECT_FALSE(is_running(state)) << state << " arrived switched on";
  EXPECT_EQ(world.outcomes(world.activate(FiringMode::recorded)), Texts{});
  EXPECT_EQ(guards_of(states(world.target.capture())), guards);

  // A fence: all else is paused, and the doors stay shut meanwhile.
  world.target.sent.clear();
  EXPECT_EQ(world.outcomes(world.activate(FiringMode::paused)), Texts{});
  EXPECT_FALSE(world.target.sent.empty());
  for (const Sent& sent : world.target.sent) {
    EXPECT_EQ(sent.call.find("ip-access-lists"), std::string::npos) << sent.call;
    EXPECT_EQ(sent.call.find("init-scripts"), std::string::npos) << sent.call;
    EXPECT_EQ(sent.call.find("workspace-conf"), std::string::npos) << sent.call;
  }
  const Texts fenced = states(world.target.capture());
  EXPECT_EQ(guards_of(fenced), guards);
  EXPECT_EQ(std::count_if(fenced.begin(), fenced.end(), is_running), 3) << testing::PrintToString(fenced);
  const auto live = world.target.capture();
  const model::ResourcePlan plan =
      engine::plan_activation(every_kind_set(), {.wanted = world.wanted, .live = live}, world.ids(),
                              world.options(FiringMode::recorded), world.clock, world.random);
  for (const model::ResourceStep& step : plan.steps)
    EXPECT_EQ(guards_of({step.kind + " "}), Texts{}) << step.path << ": " << step.reason;
}

// What is brought again is not switched off on its way: replicated or brought back, the target is guarded as it was.
TEST(DatabricksFiring, keeps_what_guards_as_it_stands_when_it_is_written_again) {
  Guarded world;
  (void)world.migrate();
  (void)world.activate(FiringMode::recorded);
  const json blocked = world.list_called("blocked");
  world.source.stand_in.world().part<sim::databricks::WorkspaceConf>().values["enableIpAccessLists"] = "false";
  world.source.stand_in.call("PATCH", "/api/2.0/ip-access-lists/" + blocked["list_id"].get<std::string>(),
                             {{"ip_addresses", {"203.0.113.0/25"}}});
  world.source.stand_in.call("PATCH", "/api/2.0/ip-access-lists/" + world.offices,
                             {{"enabled", true}, {"ip_addresses", {"192.0.2.0/25"}}});
  world.wanted = world.source.capture();
  world.target.sent.clear();
  (void)world.migrate();
  std::size_t written = 0;
  for (const Sent& sent : world.target.sent) {
    if (sent.call.find("ip-access-lists") == std::string::npos) continue;
    ++written;
    const json body = json::parse(sent.body);
    EXPECT_EQ(body["enabled"], body["label"] == "blocked") << sent.body;
  }
  EXPECT_EQ(written, 2U);
  const Texts there = states(world.target.capture());
  EXPECT_EQ(std::count(there.begin(), there.end(), "workspace-conf enableIpAccessLists enableIpAccessLists = \"true\""),
            1)
      << testing::PrintToString(guards_of(there));
}

// A dashboard with schedules, and somebody who gets one of them by mail.
class DashboardSchedules : public testing::Test {
protected:
  DashboardSchedules() {
    base_ =
        "/api/2.0/lakeview/dashboards/" +
        workspace_.stand_in.call("POST", "/api/2.0/lakeview/dashboards", {{"display_name", "Sales"}})["dashboard_id"]
            .get<std::string>();
  }
  static json schedule(const std::string& name, const std::string& cron, const std::string& state) {
    return {{"display_name", name},
            {"cron_schedule", {{"quartz_cron_expression", cron}, {"timezone_id", "UTC"}}},
            {"pause_status", state}};
  }
  std::string add(const json& schedule) {
    return workspace_.stand_in.call("POST", base_ + "/schedules", schedule)["schedule_id"].get<std::string>();
  }
  void subscribe(const std::string& id) {
    workspace_.stand_in.call("POST", base_ + "/schedules/" + id + "/subscriptions",
                             {{"subscriber", {{"user_subscriber", {{"user_id", 1}}}}}});
  }
  std::size_t subscriptions(const std::string& id) {
    return workspace_.stand_in.get(base_ + "/schedules/" + id + "/subscriptions")
        .value("subscriptions", json::array())
        .size();
  }
  void write(const json& schedules) {
    workspace_.writer->set_column(platform::databricks::find_kind("dashboards")->kind,
                                  base_.substr(base_.rfind('/') + 1), "schedules",
                                  json({{"schedules", schedules}}).dump());
  }
  Texts calls() {
    Texts out;
    for (const Sent& sent : workspace_.sent)
      out.push_back(sent.call.substr(0, sent.call.find(' ')) + sent.call.substr(sent.call.find(base_) + base_.size()));
    return out;
  }
  json there(const std::string& id) { return workspace_.stand_in.get(base_ + "/schedules/" + id); }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'000'000)}};
  Workspace workspace_{clock_};
  std::string base_;
};

TEST_F(DashboardSchedules, are_changed_where_they_differ_and_keep_their_subscriptions) {
  const std::string daily = add(schedule("daily", "0 0 7 * * ?", "PAUSED"));
  const std::string weekly = add(schedule("weekly", "0 0 7 ? * MON", "PAUSED"));
  const std::string hourly = add(schedule("hourly", "0 0 * * * ?", "PAUSED"));
  const std::string gone = add(schedule("gone", "0 5 5 * * ?", "UNPAUSED"));
  for (const std::string& id : {daily, weekly, hourly}) subscribe(id);
  write(json::array({schedule("hourly", "0 0 * * * ?", "PAUSED"), schedule("weekly", "0 0 7 ? * MON", "UNPAUSED"),
                     schedule("each day", "0 0 7 * * ?", "PAUSED"), schedule("new", "0 1 1 * * ?", "PAUSED")}));
  EXPECT_EQ(calls(),
            (Texts{"PUT/schedules/" + weekly, "PUT/schedules/" + daily, "POST/schedules", "DELETE/schedules/" + gone}));
  EXPECT_EQ(there(weekly)["pause_status"], "UNPAUSED");
  EXPECT_EQ(there(daily)["display_name"], "each day");
  for (const std::string& id : {daily, weekly, hourly}) EXPECT_EQ(subscriptions(id), 1U) << id;
  EXPECT_EQ(workspace_.stand_in.get(base_ + "/schedules")["schedules"].size(), 4U);
}

// As a fence names them, and an activation.
TEST_F(DashboardSchedules, that_are_named_by_their_ids_are_changed_alone) {
  json daily = there(add(schedule("daily", "0 0 7 * * ?", "UNPAUSED")));
  json edited = there(add(schedule("edited", "0 0 8 * * ?", "UNPAUSED")));
  json gone = there(add(schedule("gone", "0 0 9 * * ?", "UNPAUSED")));
  const std::string added = add(schedule("added", "0 0 7 * * ?", "UNPAUSED"));
  for (json* one : {&daily, &edited, &gone}) (*one)["pause_status"] = "PAUSED";
  const std::string of_gone = base_ + "/schedules/" + gone["schedule_id"].get<std::string>();
  workspace_.stand_in.call("DELETE", of_gone, json::object());
  write(json::array({daily, gone}));
  EXPECT_EQ(there(daily["schedule_id"])["pause_status"], "PAUSED");
  EXPECT_EQ(there(added)["pause_status"], "UNPAUSED") << "it was not there when they were read";
  EXPECT_EQ(calls(), Texts{"PUT/schedules/" + daily["schedule_id"].get<std::string>()});
  json theirs = there(edited["schedule_id"]);
  theirs["cron_schedule"]["quartz_cron_expression"] = "0 0 10 * * ?";
  workspace_.stand_in.call("PUT", base_ + "/schedules/" + edited["schedule_id"].get<std::string>(), theirs);
  EXPECT_TRUE(error_of([&] { write(json::array({edited})); }).has_value()) << "somebody edited it since it was read";
  EXPECT_EQ(there(edited["schedule_id"])["cron_schedule"]["quartz_cron_expression"], "0 0 10 * * ?");
}

TEST_F(DashboardSchedules, are_seen_on_all_pages) {
  json all = json::array();
  for (int i = 0; i < 130; ++i) {
    all.push_back(schedule(fmt::format("s{}", i), fmt::format("0 {} {} * * ?", i % 60, i / 60), "PAUSED"));
    add(all.back());
  }
  write(all);
  EXPECT_EQ(calls(), Texts{});
}

TEST_F(DashboardSchedules, stay_when_a_new_one_is_refused) {
  const std::string old = add(schedule("old", "0 0 7 * * ?", "PAUSED"));
  EXPECT_EQ(error_of([&] { write(json::array({schedule("bad", "no cron", "PAUSED")})); }),
            base::ErrorKind::unsupported);
  EXPECT_EQ(there(old)["display_name"], "old");
}

TEST_F(DashboardSchedules, come_with_no_credentials_of_whoever_restores) {
  workspace_.writer->set_column(platform::databricks::find_kind("dashboards")->kind, base_.substr(base_.rfind('/') + 1),
                                "published", R"({"warehouse_id":"w","embed_credentials":true})");
  EXPECT_EQ(workspace_.stand_in.get(base_ + "/published")["embed_credentials"], false);
  EXPECT_EQ(workspace_.stand_in.get(base_ + "/published")["warehouse_id"], "w");
}

TEST(DatabricksFiring, leaves_tasks_for_credentials_and_subscriptions) {
  ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};
  Workspace source{clock};
  Workspace target{clock};
  const auto published = [&](const char* name, bool embed) {
    const std::string base =
        "/api/2.0/lakeview/dashboards/" +
        source.stand_in.call("POST", "/api/2.0/lakeview/dashboards", {{"display_name", name}})["dashboard_id"]
            .get<std::string>();
    source.stand_in.call("POST", base + "/published", {{"embed_credentials", embed}});
  };
  published("embedded", true);
  published("own", false);
  const auto wanted = source.capture();
  const auto live = target.capture();
  SeededRandom random(1);
  engine::ResourcePlanOptions options;
  options.source = "primary";
  options.target = "secondary";
  const model::ResourcePlan plan = engine::plan_resources(every_kind_set(), {.wanted = wanted, .live = live},
                                                          model::IdMap("primary", "secondary"), options, clock, random);
  Texts tasks;
  for (const model::ResourceStep& step : plan.steps)
    if (step.kind == "dashboards")
      for (const std::string& task : step.tasks) tasks.push_back(task.substr(0, task.find(" with")));
  EXPECT_EQ(tasks, Texts{"Publish the dashboard embedded"});
}

}  // namespace
}  // namespace holdfast::test
