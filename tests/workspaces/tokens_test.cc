// The program, where people make on a workspace that takes over what no API can: their tokens.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "base/json.h"
#include "engine/resources/tasks.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/seeds.h"
#include "support/app_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using sim::databricks::Seed;
using Words = std::vector<std::string>;

constexpr const char* k_task = "make a new token";

class TokensOfBothSides : public testing::Test {
protected:
  TokensOfBothSides() {
    Seed seed(primary_.stand_in);
    seed.notebook("/Shared/load", "PYTHON", "print(1)\n");
    seed.post("/api/2.2/jobs/create",
              {{"name", "hourly"},
               {"schedule",
                {{"quartz_cron_expression", "0 15 * * * ?"}, {"timezone_id", "UTC"}, {"pause_status", "UNPAUSED"}}}});
    make_token(primary_, "builds");
    app_.compose("databricks", platform::databricks::resource_kinds(), clock_, {"primary", "secondary"},
                 [this](const std::string& name) { return (name == "primary" ? primary_ : secondary_).connect(); });
  }
  static void make_token(StoodWorkspace& on, const char* comment) {
    Seed(on.stand_in).post("/api/2.0/token/create", {{"comment", comment}});
  }
  Outcome must(const Words& arguments) {
    clock_.advance(std::chrono::minutes(10));
    Outcome outcome = app_.run(arguments);
    EXPECT_EQ(outcome.code, 0) << fmt::format("{}\n{}{}", fmt::join(arguments, " "), outcome.out, outcome.err);
    return outcome;
  }
  // That took over, and people made there what was asked for, and more.
  void fail_over() {
    EXPECT_TRUE(must({"failover", "primary", "secondary", "--yes"}).says(k_task));
    for (const char* comment : {"builds", "of the night shift", "of a trial"}) make_token(secondary_, comment);
  }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'100'000)}};
  StoodWorkspace primary_{clock_, 51};
  StoodWorkspace secondary_{clock_, 52};
  AppWorld app_;
};

TEST_F(TokensOfBothSides, are_not_asked_for_on_the_way_home) {
  fail_over();
  const Outcome home = must({"failback", "secondary", "primary", "--yes"});
  EXPECT_FALSE(home.says(k_task)) << home.out;
  const Outcome tasks = must({"tasks", "primary"});
  EXPECT_FALSE(tasks.says(k_task)) << tasks.out;
}

TEST_F(TokensOfBothSides, are_asked_for_there_where_somebody_chooses_them) {
  fail_over();
  EXPECT_TRUE(must({"replicate", "secondary", "primary", "--select", "/tokens/**", "--yes"}).says(k_task));
  // Which nobody asks for any more.
  must({"failback", "secondary", "primary", "--yes"});
  const Outcome tasks = must({"tasks", "primary"});
  EXPECT_FALSE(tasks.says(k_task)) << tasks.out;
}

// Of other kinds that only people can make, what was made on the one side is missing on the other.
TEST_F(TokensOfBothSides, are_of_the_few_kinds_that_each_side_has_for_itself) {
  Words found;
  for (std::size_t i = 0; i < databricks_kinds().size(); ++i)
    if (engine::of_its_side_only(databricks_kinds().at(i))) found.push_back(databricks_kinds().at(i).label());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (Words{"git-credentials", "legacy-dashboards", "tokens"}));
}

}  // namespace
}  // namespace holdfast::test
