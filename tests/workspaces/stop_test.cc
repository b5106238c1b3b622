// A restore that is told to stop while the other side takes its time.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "engine/resources/restore.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/errors.h"
#include "support/resource_world.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "workspaces/documents.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

constexpr const char* k_orders = "/api/2.1/unity-catalog/tables/main.sales.orders";

void seed_schema(StoodWorkspace& workspace) {
  sim::databricks::Seed seed(workspace.stand_in);
  seed.post("/api/2.1/unity-catalog/catalogs", {{"name", "main"}});
  seed.post("/api/2.1/unity-catalog/schemas", {{"name", "sales"}, {"catalog_name", "main"}});
}

TEST(StoppedRestore, does_not_wait_for_a_warehouse_and_the_next_one_finds_what_came_of_it) {
  EngineWorld world;
  StoodWorkspace primary(world.clock, 1);
  StoodWorkspace secondary(world.clock, 2);
  seed_schema(primary);
  seed_schema(secondary);
  sim::databricks::Seed(primary.stand_in)
      .post("/api/2.1/unity-catalog/tables", {{"name", "orders"},
                                              {"catalog_name", "main"},
                                              {"schema_name", "sales"},
                                              {"table_type", "EXTERNAL"},
                                              {"data_source_format", "DELTA"},
                                              {"storage_location", "abfss://landing@lake.test/orders"}});
  sim::databricks::Seed seed(secondary.stand_in);
  const std::string warehouse =
      seed.post("/api/2.0/sql/warehouses", {{"name", "wh"}, {"cluster_size", "Small"}}).at("id").get<std::string>();
  secondary.opt_ins.sql_warehouse = "wh";
  BackedUp backup(world, primary, "primary");
  const auto state = storage::make_memory_backend();
  const model::ResourcePlan plan = backup.plan(secondary, "secondary", *state);

  // It rests, so that the statement has to wait for it.
  seed.post(fmt::format("/api/2.0/sql/warehouses/{}/stop", warehouse), nlohmann::json::object());
  std::stop_source stop;
  std::optional<base::Duration> asked;
  PowerSwitch power;
  const auto connector = secondary.connect(power, [&](const net::Request& request) {
    if (asked || !request.url.path.starts_with("/api/2.0/sql/statements/")) return;
    asked = world.clock.elapsed();
    stop.request_stop();
  });
  const engine::ResourceRestore restore{
      .repository = *world.repository, .snapshot = backup.snapshot(), .target = *connector, .state = *state};
  EXPECT_EQ(error_of([&] {
              (void)engine::apply_resource_restore(restore, plan, base::silent_events(), world.clock, stop.get_token());
            }),
            base::ErrorKind::cancelled);
  ASSERT_TRUE(asked);
  EXPECT_LT(world.clock.elapsed() - *asked, std::chrono::seconds(2));

  // The statement goes on.
  world.clock.advance(std::chrono::minutes(1));
  const auto next = secondary.connect();
  const auto result = backup.apply(plan, *next, {.state = *state, .clock = world.clock});
  EXPECT_TRUE(result.complete()) << testing::PrintToString(outcomes_of(result));
  EXPECT_EQ(result.adopted, 1U);
  EXPECT_EQ(secondary.stand_in.get(k_orders).at("name"), "orders");
}

// Somebody wants to stop while one of the calls is under way.
class StoppedHttp : public net::HttpClient {
public:
  using At = std::function<bool(const net::Request& request, std::uint64_t number)>;
  enum class Answer { usual, throttled };

  StoppedHttp(StoodWorkspace& workspace, const base::Clock& clock, At at, Answer answer)
      : inner_(workspace.stand_in), clock_(clock), at_(std::move(at)), answer_(answer) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    if (!at_(request, ++number_) || met_.exchange(true)) return inner_.send(request, std::move(stop));
    asked_ = clock_.elapsed();
    stop_.request_stop();
    if (answer_ == Answer::usual) return inner_.send(request, std::move(stop));
    return {.status = 429, .headers = {{"retry-after", "60"}}, .body = {}};
  }
  std::stop_token stop() const { return stop_.get_token(); }
  std::optional<base::Duration> asked() const { return asked_; }

private:
  StandInHttp inner_;
  const base::Clock& clock_;
  const At at_;
  const Answer answer_;
  std::stop_source stop_;
  std::atomic<std::uint64_t> number_ = 0;
  std::atomic<bool> met_ = false;
  std::optional<base::Duration> asked_;
};

// An empty workspace, and the local state of the machine that restores into it.
struct Target {
  Target() : workspace(clock, 22), state(storage::make_memory_backend()) {
    bring_account_group(workspace.stand_in);
    bring_warehouse(workspace.stand_in);
    workspace.opt_ins.sql_warehouse = k_warehouse;
  }
  ManualClock clock{base::Instant{std::chrono::seconds(1'795'100'000)}};
  StoodWorkspace workspace;
  std::unique_ptr<storage::Backend> state;
};

class StoppedCalls : public testing::Test {
protected:
  using Answer = StoppedHttp::Answer;

  StoppedCalls() : source_(world_.clock, 11) {
    seed_every_kind(source_.stand_in);
    backup_.emplace(world_, source_, "primary");
    Target target;
    plan_ = backup_->plan(target.workspace, "secondary", *target.state);
    const base::Duration before = target.clock.elapsed();
    std::atomic<std::uint64_t> last = 0;
    const auto count = [&](const net::Request& request, std::uint64_t number) {
      if (!has_to_follow(request)) last = number;
      return false;
    };
    const auto connector =
        target.workspace.connect(std::make_unique<StoppedHttp>(target.workspace, target.clock, count, Answer::usual));
    outcomes_ = outcomes_of(backup_->apply(plan_, *connector, {.state = *target.state, .clock = target.clock}));
    calls_ = last;
    took_ = target.clock.elapsed() - before;
    documents_ = documents_of(target.workspace.stand_in);
  }

  void expect_to_end_soon(Target& target, const StoppedHttp::At& at, Answer answer) {
    auto http = std::make_unique<StoppedHttp>(target.workspace, target.clock, at, answer);
    const StoppedHttp& seen = *http;
    const auto connector = target.workspace.connect(std::move(http));
    EXPECT_EQ(error_of([&] {
                (void)backup_->apply(plan_, *connector,
                                     {.state = *target.state, .clock = target.clock, .stop = seen.stop()});
              }),
              base::ErrorKind::cancelled);
    ASSERT_TRUE(seen.asked());
    EXPECT_LT(target.clock.elapsed() - *seen.asked(), std::chrono::seconds(2));
  }
  // And to wait for nothing that came of no call.
  void expect_the_next_run_to_end_it(Target& target) {
    const base::Duration before = target.clock.elapsed();
    const auto connector = target.workspace.connect();
    const auto result = backup_->apply(plan_, *connector, {.state = *target.state, .clock = target.clock});
    EXPECT_EQ(outcomes_of(result), outcomes_);
    EXPECT_EQ(difference(documents_, documents_of(target.workspace.stand_in)), "");
    EXPECT_LT(target.clock.elapsed() - before, took_ + std::chrono::seconds(30));
  }
  // What switches off what was made by the call before, or puts a file into the place that was cleared for it.
  static bool has_to_follow(const net::Request& request) {
    const std::string& path = request.url.path;
    if (request.method == net::Method::patch)
      return path.starts_with("/api/2.0/ip-access-lists/") || path.starts_with("/api/2.1/unity-catalog/");
    return path == "/api/2.1/clusters/delete" || path == "/api/2.0/dbfs/move" ||
           (path.starts_with("/api/2.0/sql/warehouses/") && path.ends_with("/stop"));
  }
  static std::size_t jobs_in(Target& target) {
    return target.workspace.stand_in.get("/api/2.2/jobs/list").value("jobs", nlohmann::json::array()).size();
  }
  static bool makes_a_job(const net::Request& request, std::uint64_t) { return request.url.path == k_make_job; }

  static constexpr const char* k_make_job = "/api/2.2/jobs/create";
  EngineWorld world_;
  StoodWorkspace source_;
  std::optional<BackedUp> backup_;
  model::ResourcePlan plan_;
  // Of a run that nobody stops.
  std::vector<std::string> outcomes_;
  std::vector<std::string> documents_;
  std::uint64_t calls_ = 0;  // up to the last one that need not be made
  base::Duration took_{};
};

TEST_F(StoppedCalls, do_not_wait_where_they_are_throttled_and_the_next_run_makes_nothing_twice) {
  ASSERT_GT(calls_, 100U);
  for (std::uint64_t at = 1; at <= calls_ && !HasFailure(); at += stride(5)) {
    SCOPED_TRACE(fmt::format("call {} of {}", at, calls_));
    Target target;
    expect_to_end_soon(
        target,
        [&](const net::Request& request, std::uint64_t number) { return number >= at && !has_to_follow(request); },
        Answer::throttled);
    expect_the_next_run_to_end_it(target);
  }
}

// What several may be called is looked for where it may have been made.
TEST_F(StoppedCalls, that_were_never_taken_are_not_looked_for) {
  Target target;
  expect_to_end_soon(target, makes_a_job, Answer::throttled);
  EXPECT_EQ(jobs_in(target), 0U);
  expect_the_next_run_to_end_it(target);
}

TEST_F(StoppedCalls, that_make_something_are_waited_for) {
  Target target;
  expect_to_end_soon(target, makes_a_job, Answer::usual);
  EXPECT_EQ(jobs_in(target), 1U);
  expect_the_next_run_to_end_it(target);
}

// Nothing is left on until somebody runs it again.
TEST_F(StoppedCalls, switch_off_first_what_they_have_made) {
  for (const char* path : {"/api/2.0/ip-access-lists", "/api/2.1/clusters/create", "/api/2.0/sql/warehouses"}) {
    SCOPED_TRACE(path);
    Target target;
    sim::databricks::StandIn& there = target.workspace.stand_in;
    const auto warehouses = [&] { return there.get("/api/2.0/sql/warehouses").at("warehouses"); };
    const std::size_t before = warehouses().size();
    expect_to_end_soon(
        target,
        [&](const net::Request& request, std::uint64_t) {
          return request.method == net::Method::post && request.url.path == path;
        },
        Answer::usual);
    std::size_t made = warehouses().size() - before;
    for (const auto& one : warehouses())
      if (one.at("name") != k_warehouse) {
        EXPECT_NE(one.at("state"), "RUNNING") << one;
      }
    const auto clusters = there.get("/api/2.1/clusters/list").value("clusters", nlohmann::json::array());
    for (const auto& one : clusters) EXPECT_TRUE(one.at("state").get<std::string>().starts_with("TERMINAT")) << one;
    const auto lists = there.get("/api/2.0/ip-access-lists").value("ip_access_lists", nlohmann::json::array());
    for (const auto& one : lists) EXPECT_EQ(one.at("enabled"), false) << one;
    made += clusters.size() + lists.size();
    EXPECT_GE(made, 1U);
    expect_the_next_run_to_end_it(target);
  }
}

}  // namespace
}  // namespace holdfast::test
