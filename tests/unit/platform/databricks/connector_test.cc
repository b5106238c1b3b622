#include "platform/databricks/connector.h"

#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <mutex>

#include "platform/outside.h"
#include "platform/runs.h"
#include "sim/databricks/seeds.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "support/scripted_http.h"
#include "unit/platform/databricks/settings.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::platform::databricks {
namespace {

TEST(DatabricksConnector, writes_to_no_workspace_whose_setting_does_not_say_so_and_switches_nothing_by_less) {
  test::ManualClock clock{base::Instant{}};
  test::SeededRandom random(1);
  const auto opened = [&](std::optional<Writing> writing) {
    Account account;
    account.host = "https://adb-1.2.azuredatabricks.test";
    return make_connector({.name = "primary",
                           .account = account,
                           .http = std::make_unique<test::ScriptedHttp>(nullptr),
                           .clock = clock,
                           .random = random,
                           .opt_ins = {.writing = writing}});
  };
  const auto closed = opened(std::nullopt);
  EXPECT_EQ(test::error_of([&] { (void)closed->resource_writer(); }), base::ErrorKind::refused);
  EXPECT_EQ(test::error_of([&] { closed->runs()->cancel({.id = "7"}, {}); }), base::ErrorKind::refused)
      << "nobody was asked: there is no answer";
  EXPECT_FALSE(closed->kinds().empty()) << "it can be planned for";
  EXPECT_THROW((void)closed->writer({}), base::Error) << "there are no rows to be written";
  const auto filled = opened(Writing::resources);
  EXPECT_NE(filled->resource_writer(), nullptr);
  EXPECT_EQ(test::error_of([&] { filled->require_writing({.what = Writing::cutover}, {}); }), base::ErrorKind::refused);
  EXPECT_EQ(test::error_of([&] { filled->runs()->cancel({.id = "7"}, {}); }), base::ErrorKind::refused)
      << "a run that waits is as good as what fires";
  opened(Writing::cutover)->require_writing({.what = Writing::cutover}, {});
}

// What else a workspace tells may be away for long, and a failover waits.
TEST(DatabricksConnector, asks_only_who_is_there_before_it_is_written_to) {
  test::ManualClock clock{base::Instant{}};
  test::SeededRandom random(1);
  Account account;
  account.host = "http://127.0.0.1:8461";
  auto http = std::make_unique<test::ScriptedHttp>([](const net::Request& request, std::size_t) {
    const bool me = request.url.path.ends_with("/Me");
    return test::reply(200, me ? R"({"userName":"anna"})" : R"({"workspace_id":"7"})",
                       {{"content-type", "application/json"}, {"x-holdfast-stand-in", "databricks"}});
  });
  const test::ScriptedHttp& asked = *http;
  const auto workspace = make_connector(
      {.name = "primary", .account = account, .http = std::move(http), .clock = clock, .random = random});
  workspace->require_writing({.what = Writing::cutover, .workspace = "7"}, {});
  EXPECT_EQ(test::error_of([&] { workspace->require_writing({.workspace = "8"}, {}); }), base::ErrorKind::refused);
  std::vector<std::string> paths;
  for (const net::Request& request : asked.seen()) paths.push_back(request.url.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"/api/2.0/preview/scim/v2/Me", "/.well-known/databricks-config"}));
}

TEST(DatabricksConnector, tells_what_it_knows_of_outside_and_its_kinds_before_one_is_opened) {
  test::ManualClock clock{base::Instant{}};
  test::SeededRandom random(1);
  Account account;
  account.host = "https://adb-1.2.azuredatabricks.test";
  const auto workspace = make_connector(
      {.account = account, .http = std::make_unique<test::ScriptedHttp>(nullptr), .clock = clock, .random = random});
  ASSERT_NE(workspace->outside(), nullptr);
  EXPECT_FALSE(workspace->outside()->outside_fields().empty());
  const Platform platform = databricks_platform(random);
  ASSERT_FALSE(platform.kinds.empty());
  ASSERT_EQ(platform.kinds.size(), workspace->kinds().size());
  for (std::size_t i = 0; i < platform.kinds.size(); ++i)
    EXPECT_EQ(platform.kinds[i].collection.name, workspace->kinds()[i].collection.name);
}

// A notebook takes three calls, one after the other, of three families.
constexpr unsigned k_of_each_family = 24;
constexpr unsigned k_of_all = 3 * k_of_each_family;

// Lets just so many of the first calls pass that the others can be under way together, and holds those until all are.
class Gate {
public:
  void pass(const std::string& path) {
    const std::array<std::string_view, 3> stages{"/api/2.0/workspace/get-status", "/api/2.0/workspace/export",
                                                 "/api/2.0/permissions/notebooks/"};
    for (std::size_t stage = 0; stage < stages.size(); ++stage)
      if (path.starts_with(stages.at(stage))) wait(stage);
  }
  unsigned held() const noexcept { return held_; }

private:
  void wait(std::size_t stage) {
    std::unique_lock lock(mutex_);
    if (open_ || came_.at(stage)++ < (2 - stage) * k_of_each_family) return;
    open_ = ++held_ == k_of_all;
    changed_.notify_all();
    // Only what goes wrong waits for so long.
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return open_; });
    open_ = true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::size_t, 3> came_{};
  unsigned held_ = 0;
  bool open_ = false;
};

TEST(DatabricksConnector, has_under_way_what_the_families_of_notebooks_let_through_together) {
  test::SeededRandom random(1);
  sim::databricks::StandIn stand_in({.world = {}, .token = "dapi1"}, base::system_clock());
  sim::databricks::seed_workspace(stand_in, "notebooks=100");
  Gate gate;
  const sim::HttpListener listener({}, base::system_clock(), [&](const sim::HttpRequest& request) {
    gate.pass(request.path);
    return stand_in.handle(request);
  });
  const test::WrittenSettings settings({{"host", listener.url()}, {"token", "dapi1"}, {"ignore_rate_limits", "true"}});
  const auto connector = databricks_platform(random).open("a", settings, base::system_clock(), base::silent_events());
  const auto capture = connector->capture({}, {});
  test::Rows rows;
  capture->read(test::collection("notebooks"), {}, rows, {});
  EXPECT_EQ(rows.rows.size(), 100U);
  EXPECT_EQ(gate.held(), k_of_all) << "too few threads, connections, or threads of the stand-in";
}

}  // namespace
}  // namespace holdfast::platform::databricks
