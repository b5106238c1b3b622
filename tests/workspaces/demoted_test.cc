// The program, where the account that it reads a workspace with is an administrator, loses that right, and gets it
// back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/json.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/auth.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/seeds.h"
#include "support/app_world.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using sim::databricks::Seed;
using Words = std::vector<std::string>;
using Counts = std::map<std::string, std::size_t>;

constexpr const char* k_keeper = "keeper@example.test";
constexpr const char* k_keeper_token = "dapi-keeper";

// The account may use what everybody may, a job that it made, and what was shared with the people of the seed.
class Demoted : public testing::Test {
protected:
  Demoted() {
    seed_every_kind(primary_.stand_in);
    // It reads a view that only a warehouse makes, and would wait for it each night.
    primary_.stand_in.call("DELETE", "/api/2.1/unity-catalog/functions/sales.raw.average", json());
    bring_account_group(secondary_.stand_in);
    bring_warehouse(secondary_.stand_in);
    Seed(primary_.stand_in).user(k_keeper, "Some", "Keeper");
    add_token(primary_.stand_in.world(), k_keeper_token, principal_of(keeper()));
    promote();
    app_.compose(
        "databricks", platform::databricks::resource_kinds(), clock_, {"primary", "secondary"},
        [this](const std::string& name) {
          platform::databricks::Account account = unlimited_account();
          if (name == "primary") account.token = base::Secret(k_keeper_token);
          return platform::databricks::make_connector(
              {.account = std::move(account),
               .http = std::make_unique<StandInHttp>(name == "primary" ? primary_.stand_in : secondary_.stand_in),
               .clock = clock_,
               .random = random_});
        });
  }

  const sim::databricks::Identity& keeper() { return *find_user(primary_.stand_in.world(), k_keeper); }
  std::string administrators() { return find_group(primary_.stand_in.world(), "admins")->id; }
  void promote() { add_member(primary_.stand_in.world(), administrators(), keeper().id); }
  void demote() { remove_member(primary_.stand_in.world(), administrators(), keeper().id); }

  Outcome run(const Words& arguments) {
    clock_.advance(std::chrono::minutes(10));
    return app_.run(arguments);
  }
  void expect(int code, const Words& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code) << fmt::format("{}\n{}{}", fmt::join(arguments, " "), outcome.out, outcome.err);
  }
  Outcome replicate() { return run({"replicate", "primary", "secondary", "--remove", "--yes", "--keep-changed"}); }
  // What waits for the people and groups of the first run comes with the second.
  void bring_all() {
    (void)replicate();
    const Outcome outcome = replicate();
    EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  }
  static std::size_t count(StoodWorkspace& in, const std::string& list, const char* items) {
    return in.stand_in.get(list).value(items, json::array()).size();
  }
  static Counts counts(StoodWorkspace& in) {
    return {{"jobs", count(in, "/api/2.2/jobs/list?limit=100", "jobs")},
            {"clusters", count(in, "/api/2.1/clusters/list?page_size=100", "clusters")},
            {"pools", count(in, "/api/2.0/instance-pools/list", "instance_pools")},
            {"policies", count(in, "/api/2.0/policies/clusters/list", "policies")},
            {"warehouses", count(in, "/api/2.0/sql/warehouses", "warehouses")},
            {"queries", count(in, "/api/2.0/sql/queries?page_size=100", "results")},
            {"dashboards", count(in, "/api/2.0/lakeview/dashboards?page_size=100", "dashboards")},
            {"users", count(in, "/api/2.0/preview/scim/v2/Users", "Resources")},
            {"groups", count(in, "/api/2.0/preview/scim/v2/Groups", "Resources")},
            {"scripts", count(in, "/api/2.0/global-init-scripts", "scripts")},
            {"notebooks", count(in, "/api/2.0/workspace/list?path=/Shared/team", "objects")}};
  }
  std::size_t jobs_that_are_seen(const std::string& token) {
    sim::HttpRequest request = sim::parse_request_head("GET /api/2.2/jobs/list?limit=100 HTTP/1.1\r\nHost: w.test\r\n");
    request.headers.emplace_back("authorization", "Bearer " + token);
    return json::parse(primary_.stand_in.handle(request).body).value("jobs", json::array()).size();
  }
  void remove_one_job() {
    Seed seed(primary_.stand_in);
    const json found = seed.get("/api/2.2/jobs/list?name=reports");
    seed.post("/api/2.2/jobs/delete", {{"job_id", found.at("jobs").at(0).at("job_id")}});
  }

  ManualClock clock_{base::Instant{std::chrono::seconds(1'795'100'000)}};
  StoodWorkspace primary_{clock_, 41};
  StoodWorkspace secondary_{clock_, 42};
  SeededRandom random_{5};
  AppWorld app_;
};

TEST_F(Demoted, takes_nothing_that_it_does_not_see_any_more_for_deleted) {
  expect(0, {"backup", "primary"});
  demote();
  ASSERT_EQ(jobs_that_are_seen(k_keeper_token), 0U);
  for (int night = 0; night < 2; ++night) {
    const Outcome outcome = run({"backup", "primary"});
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    EXPECT_TRUE(outcome.says("jobs: 5 of the last backup are not listed to an account that is no administrator"))
        << outcome.err;
  }
  // A row without its name would stand for somebody whom others name.
  const Outcome changes = run({"diff", "primary/latest~2", "primary/latest", "--exit-code"});
  EXPECT_EQ(changes.code, 0) << changes.out << changes.err;
  promote();
  expect(0, {"backup", "primary"});
}

// Nor does a run that removes, however often the account reads, and one job is gone indeed.
TEST_F(Demoted, removes_nothing_on_the_other_side_until_an_administrator_reads_again) {
  bring_all();
  Counts there = counts(secondary_);
  remove_one_job();
  demote();
  for (int night = 0; night < 2; ++night) {
    const Outcome outcome = replicate();
    EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
    EXPECT_TRUE(
        outcome.says("was read by an account that is no administrator: what it lacks may be there, and is not "
                     "removed"))
        << outcome.err;
    EXPECT_EQ(counts(secondary_), there);
  }
  promote();
  const Outcome whole = replicate();
  EXPECT_EQ(whole.code, 0) << whole.out << whole.err;
  --there["jobs"];
  EXPECT_EQ(counts(secondary_), there);
}

// Nor where the snapshot lacks it all, since somebody said that it shall leave the backup.
TEST_F(Demoted, removes_nothing_either_where_a_full_backup_has_let_go_of_it) {
  bring_all();
  const Counts there = counts(secondary_);
  demote();
  expect(3, {"backup", "primary", "--full"});
  const Outcome outcome = replicate();
  EXPECT_EQ(outcome.code, 3) << outcome.out << outcome.err;
  EXPECT_TRUE(outcome.says("no administrator: what it lacks may be there, and is not removed")) << outcome.err;
  EXPECT_EQ(counts(secondary_), there);
}

}  // namespace
}  // namespace holdfast::test
