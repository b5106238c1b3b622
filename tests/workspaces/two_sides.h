// Two stand-ins of workspaces and the program between them, in one process: what a user types, and what is there then.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "platform/databricks/connector.h"
#include "sim/databricks/seeds.h"
#include "support/app_world.h"
#include "unit/platform/databricks/stand_in_http.h"

namespace holdfast::test {

using nlohmann::json;
using Names = std::vector<std::string>;

constexpr int k_partial = 3;

class TwoSides : public testing::Test {
protected:
  using Tier = sim::databricks::WorldOptions::Tier;
  // Region and tier of the second workspace; the first one is premium, in westeurope.
  struct There {
    std::string region = "northeurope";
    Tier tier = Tier::premium;
  };

  TwoSides() : TwoSides(There{}) {}
  explicit TwoSides(There there)
      : primary_(options("primary", 41, "westeurope", Tier::premium), clock_),
        secondary_(options("secondary", 42, there.region, there.tier), clock_) {
    app_.compose("databricks", platform::databricks::resource_kinds(), clock_, {"primary", "secondary"},
                 [this](const std::string& name) {
                   platform::databricks::Account account;
                   account.host = "http://127.0.0.1:8461";
                   account.token = base::Secret(k_token);
                   account.rate_share_percent = 100;
                   return platform::databricks::make_connector(
                       {.account = std::move(account),
                        .http = std::make_unique<StandInHttp>(name == "secondary" ? secondary_ : primary_),
                        .clock = clock_,
                        .random = random_});
                 });
  }

  Outcome run(const Names& arguments) {
    clock_.advance(std::chrono::minutes(10));
    return app_.run(arguments);
  }
  // With this exit code.
  Outcome must(int code, const Names& arguments) {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, code) << fmt::format("{}\n{}{}", fmt::join(arguments, " "), outcome.out, outcome.err);
    return outcome;
  }
  Outcome migrate(int code) { return must(code, {"migrate", "primary", "secondary"}); }
  void add_to_configuration(const std::string& text) const {
    std::ofstream(app_.config(), std::ios::app) << text << "\n";
  }
  static void expect_said(const Outcome& outcome, const Names& texts) {
    for (const std::string& text : texts) EXPECT_TRUE(outcome.says(text)) << text << "\nin\n" << outcome.err;
  }
  // Nothing is left to be done, and both sides are alike.
  void expect_equal() {
    must(0, {"verify", "primary/latest", "secondary", "--fields"});
    const Outcome next = must(0, {"migrate", "primary", "secondary"});
    expect_said(next, {"secondary has nothing to be done"});
  }

  // As the administrator; what is deleted is answered without a body.
  static void remove(sim::databricks::StandIn& side, const std::string& target) {
    sim::HttpRequest request = sim::parse_request_head("DELETE " + target + " HTTP/1.1\r\n");
    request.headers.emplace_back("authorization", std::string("Bearer ") + k_token);
    EXPECT_LT(side.handle(request).status, 300) << target;
  }

  // What a workspace lists, by the member that names it: sorted, and twice where it is there twice.
  static Names names(sim::databricks::StandIn& side, const std::string& target, const char* list, const char* member) {
    Names out;
    const json page = side.get(target);
    for (const json& one : page.value(list, json::array()))
      out.push_back(one.at(json::json_pointer(member)).get<std::string>());
    std::sort(out.begin(), out.end());
    return out;
  }
  static Names clusters(sim::databricks::StandIn& side) {
    return names(side, "/api/2.1/clusters/list?page_size=100", "clusters", "/cluster_name");
  }
  static Names jobs(sim::databricks::StandIn& side) {
    return names(side, "/api/2.2/jobs/list?limit=100", "jobs", "/settings/name");
  }

  ManualClock clock_{*base::parse_instant("2026-11-21T20:00:01Z")};
  SeededRandom random_{5};
  sim::databricks::StandIn primary_;
  sim::databricks::StandIn secondary_;
  AppWorld app_;

private:
  static constexpr const char* k_token = "dapi1";
  static sim::databricks::StandInOptions options(const std::string& name, std::uint64_t seed, const std::string& region,
                                                 Tier tier) {
    sim::databricks::StandInOptions out;
    out.token = k_token;
    out.world.seed = seed;
    out.world.name = name;
    out.world.region = region;
    out.world.tier = tier;
    out.world.workspace_id = fmt::format("100000000000{:04}", seed);
    return out;
  }
};

}  // namespace holdfast::test
