// The program, where a backup that goes on from an earlier one is ended by its credentials.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "base/error.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/request_log.h"
#include "sim/databricks/seeds.h"
#include "support/app_world.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

constexpr std::uint64_t k_notebooks = 200;
// Calls that may be on their way when a run ends: 18 of notebooks a reader, of which there are four.
constexpr std::uint64_t k_under_way = 72;
constexpr std::uint64_t k_before_expiry = 9;
constexpr int k_longest_ms = 10'000;
constexpr const char* k_export = "GET /api/2.0/workspace/export";

// Ends the program as an operator does, when so many exports were asked for; 0: never.
class SignalledHttp : public StandInHttp {
public:
  SignalledHttp(sim::databricks::StandIn& stand_in, std::uint64_t ends_at) : StandInHttp(stand_in), ends_at_(ends_at) {}
  net::Response send(const net::Request& request, std::stop_token stop) override {
    if (ends_at_ != 0 && request.url.path == "/api/2.0/workspace/export") {
      const std::uint64_t number = ++seen_;
      if (number == ends_at_) (void)::kill(::getpid(), SIGTERM);
      // However late it is noticed, nobody reads on.
      for (int waited = 0; number >= ends_at_ && !stop.stop_requested() && waited < k_longest_ms; ++waited)
        base::system_clock().sleep(std::chrono::milliseconds(1), {});
    }
    return StandInHttp::send(request, std::move(stop));
  }

private:
  const std::uint64_t ends_at_;
  std::atomic<std::uint64_t> seen_{0};
};

class ResumedProgram : public testing::Test {
protected:
  ResumedProgram() {
    sim::databricks::seed_workspace(workspace_.stand_in, fmt::format("notebooks={},jobs=3", k_notebooks));
    app_.compose("databricks", platform::databricks::resource_kinds(), clock_, {"primary"}, [this](const std::string&) {
      return platform::databricks::make_connector(
          {.account = unlimited_account(),
           .http = std::make_unique<SignalledHttp>(workspace_.stand_in, ends_at_),
           .clock = clock_,
           .random = random_});
    });
  }
  Outcome backup() {
    clock_.advance(std::chrono::minutes(5));
    workspace_.stand_in.log().clear();
    return app_.run({"backup", "primary"});
  }
  // One that ends in the middle, without a snapshot.
  void end_early() {
    ends_at_ = k_notebooks / 2;
    EXPECT_EQ(backup().code, base::exit_code(base::ErrorKind::cancelled));
    ends_at_ = 0;
  }
  std::uint64_t exports() { return workspace_.stand_in.log().counts_by_route()[k_export]; }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'100'000)}};
  StoodWorkspace workspace_{clock_, 31};
  SeededRandom random_{5};
  AppWorld app_;
  std::uint64_t ends_at_ = 0;
};

TEST_F(ResumedProgram, ends_with_3_where_a_token_expires_in_the_middle_and_with_0_when_there_is_another) {
  end_early();
  workspace_.stand_in.faults().add(fmt::format("{}#{}-: token-expired", k_export, k_before_expiry + 1));
  const Outcome partial = backup();
  EXPECT_EQ(partial.code, 3) << partial.err;
  EXPECT_TRUE(partial.says("goes on: ")) << partial.err;
  workspace_.stand_in.faults().clear();
  const Outcome whole = backup();
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_LE(exports(), k_notebooks / 2 - k_before_expiry + k_under_way) << "what both have read is not asked for again";
  EXPECT_EQ(app_.run({"diff", "latest", "primary", "--exit-code"}).code, 0);
}

TEST_F(ResumedProgram, ends_with_14_where_nobody_knows_it_any_more_and_loses_nothing) {
  end_early();
  workspace_.stand_in.faults().add("* *#*: token-expired");
  const Outcome refused = backup();
  EXPECT_EQ(refused.code, base::exit_code(base::ErrorKind::auth)) << refused.err;
  EXPECT_EQ(app_.run({"snapshots"}).out.find("primary"), std::string::npos) << "there is no snapshot";
  workspace_.stand_in.faults().clear();
  const Outcome whole = backup();
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_TRUE(whole.says("goes on: ")) << whole.err;
  EXPECT_LE(exports(), k_notebooks / 2 + k_under_way);
}

}  // namespace
}  // namespace holdfast::test
