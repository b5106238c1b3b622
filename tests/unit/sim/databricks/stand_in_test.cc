#include "sim/databricks/stand_in.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "base/time.h"
#include "net/http.h"
#include "net/url.h"
#include "sim/databricks/auth.h"
#include "sim/databricks/identity.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

const std::string k_me = "/api/2.0/preview/scim/v2/Me";

StandInOptions with_faults(const std::string& faults) {
  StandInOptions options;
  options.faults = {faults};
  return options;
}

TEST(StandIn, KnowsWhoAsks) {
  WorkspaceWorld world;
  EXPECT_EQ(world.get(k_me).json["userName"], "admin@example.test");
  EXPECT_EQ(world.get(k_me).header("X-Databricks-Org-Id"), "1000000000000001");
  EXPECT_EQ(world.get(k_me).header("X-Holdfast-Stand-In"), "databricks");
  world.token = "dapiwrong";
  EXPECT_EQ(world.get(k_me).status, 403);
  world.token.clear();
  EXPECT_EQ(world.get("/api/2.0/repos").status, 401);
  EXPECT_EQ(world.get("/api/2.0/repos").json["error_code"], 401);
  EXPECT_EQ(world.get("/.well-known/databricks-config").status, 200);
}

TEST(StandIn, AnswersUnknownPathsAsThePlatformDoes) {
  WorkspaceWorld world;
  const auto asked = world.get("/api/2.0/nothing");
  EXPECT_EQ(asked.status, 404);
  EXPECT_EQ(asked.code(), "ENDPOINT_NOT_FOUND");
  EXPECT_EQ(world.post("/api/2.0/workspace/mkdirs", nlohmann::json::array()).code(), "MALFORMED_REQUEST");
}

TEST(StandIn, GivesTheSameIdsForTheSameSeed) {
  WorkspaceWorld one;
  WorkspaceWorld two;
  StandInOptions other;
  other.world.seed = 2;
  WorkspaceWorld three(other);
  EXPECT_EQ(one.get(k_me).json["id"], two.get(k_me).json["id"]);
  EXPECT_NE(one.get(k_me).json["id"], three.get(k_me).json["id"]);
}

TEST(StandIn, BreaksOffBeforeOrAfterARequestTookEffect) {
  WorkspaceWorld world(
      with_faults("POST /api/2.0/workspace/mkdirs#1: reset-before; POST /api/2.0/workspace/mkdirs#2: reset-after"));
  const std::string status = "/api/2.0/workspace/get-status?path=/new";
  EXPECT_EQ(world.post("/api/2.0/workspace/mkdirs", {{"path", "/new"}}).response.delivery, Delivery::reset);
  EXPECT_EQ(world.get(status).status, 404);
  EXPECT_EQ(world.post("/api/2.0/workspace/mkdirs", {{"path", "/new"}}).response.delivery, Delivery::reset);
  EXPECT_EQ(world.get(status).status, 200);
}

TEST(StandIn, ThrottlesWithAndWithoutSayingForHowLong) {
  WorkspaceWorld world(
      with_faults("GET *#1: 429 retry-after=30; GET *#2: 429; GET *#3: 503; GET *#4: 500 feature-disabled"));
  EXPECT_EQ(world.get(k_me).header("Retry-After"), "30");
  const auto second = world.get(k_me);
  EXPECT_EQ(second.status, 429);
  EXPECT_EQ(second.header("Retry-After"), "");
  EXPECT_EQ(world.get(k_me).status, 503);
  const auto gated = world.get("/api/2.0/repos");
  EXPECT_EQ(gated.status, 500);
  EXPECT_NE(gated.json["message"].get<std::string>().find("FEATURE_DISABLED"), std::string::npos);
  EXPECT_EQ(world.get(k_me).status, 200);
}

TEST(StandIn, GivesStaleAnswersAndPagesInStead) {
  WorkspaceWorld world(with_faults("GET /api/2.0/workspace/list#2: stale"));
  const std::string list = "/api/2.0/workspace/list?path=/Shared";
  EXPECT_EQ(world.get(list).json.dump(), "{}");
  world.post("/api/2.0/workspace/mkdirs", {{"path", "/Shared/new"}});
  EXPECT_EQ(world.get(list).json.dump(), "{}");
  EXPECT_EQ(world.get(list).json["objects"].size(), 1U);
}

TEST(StandIn, HidesAndMasksWhatItHas) {
  WorkspaceWorld world(
      with_faults("GET /api/2.2/jobs/list#1: hide=jobs.settings.name; "
                  "GET /api/2.2/jobs/list#2: mask=jobs.settings.name"));
  world.post("/api/2.2/jobs/create", {{"name", "a"}});
  const std::string list = "/api/2.2/jobs/list";
  EXPECT_FALSE(world.get(list).json["jobs"][0]["settings"].contains("name"));
  EXPECT_EQ(world.get(list).json["jobs"][0]["settings"]["name"], "[REDACTED]");
  EXPECT_EQ(world.get(list).json["jobs"][0]["settings"]["name"], "a");
}

TEST(StandIn, SlowsDownByItsClock) {
  auto options = with_faults("GET *#1: slow=2s");
  options.latency = std::chrono::milliseconds(50);
  WorkspaceWorld world(options);
  const auto before = world.clock.elapsed();
  world.get(k_me);
  EXPECT_EQ(world.clock.elapsed() - before, std::chrono::milliseconds(2050));
  world.get(k_me);
  EXPECT_EQ(world.clock.elapsed() - before, std::chrono::milliseconds(2100));
}

TEST(StandIn, HoldsThePublishedLimitsWhenAskedTo) {
  StandInOptions options;
  options.rate_limits = RateLimiting::with_retry_after;
  WorkspaceWorld world(options);
  const std::string target = "/api/2.0/dbfs/list?path=/";
  int permitted = 0;
  while (world.get(target).status == 200) ++permitted;
  EXPECT_EQ(permitted, 30);
  EXPECT_EQ(world.get(target).header("Retry-After"), "1");
  EXPECT_EQ(world.get("/api/2.0/workspace/list?path=/").status, 200);
  world.clock.advance(std::chrono::seconds(1));
  permitted = 0;
  while (world.get(target).status == 200) ++permitted;
  EXPECT_EQ(permitted, 30);
}

TEST(StandIn, TakesAnOauthTokenUntilItExpires) {
  WorkspaceWorld world(with_faults("GET /api/2.0/repos#1: token-expired"));
  std::string application;
  {
    auto& inner = world.stand_in.world();
    application = add_service_principal(inner, "loads").name;
    add_client_secret(inner, application, "secret");
  }
  world.token.clear();
  const std::string form = "grant_type=client_credentials&scope=all-apis&client_id=" + application + "&client_secret=";
  EXPECT_EQ(world.ask("POST", "/oidc/v1/token", form + "wrong").status, 401);
  const auto given = world.ask("POST", "/oidc/v1/token", form + "secret");
  EXPECT_EQ(given.json["expires_in"], 3600);
  world.token = given.json["access_token"];
  EXPECT_EQ(world.get(k_me).json["applicationId"], application);
  EXPECT_EQ(world.get("/api/2.0/repos").status, 403);
  EXPECT_EQ(world.get(k_me).status, 403) << "a token that expired stays expired";
  world.token.clear();
  world.token = world.ask("POST", "/oidc/v1/token", form + "secret").json["access_token"];
  EXPECT_EQ(world.get(k_me).status, 200);
  world.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(world.get(k_me).status, 403);
}

TEST(StandIn, WritesDownWhatItWasAsked) {
  WorkspaceWorld world(with_faults("GET /api/2.0/repos#1: 503"));
  world.get(k_me);
  world.get("/api/2.0/repos?path_prefix=/a");
  const auto log = world.stand_in.log().last();
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0].caller, "admin@example.test");
  EXPECT_EQ(log[1].target, "/api/2.0/repos?path_prefix=/a");
  EXPECT_EQ(log[1].status, 503);
  EXPECT_EQ(log[1].fault, "GET /api/2.0/repos#1: 503");
  EXPECT_EQ(world.stand_in.log().counts_by_route()["GET /api/2.0/repos"], 1U);
  EXPECT_EQ(world.stand_in.log().counts_by_status()[503], 1U);
}

TEST(Server, AnswersOverTheWireUntilItBreaksOff) {
  const test::ManualClock clock(*base::parse_instant("2026-11-20T10:00:00Z"));
  Server server(with_faults("POST /api/2.0/workspace/mkdirs#1: reset-after"), {}, clock);
  const auto client = net::open_curl_client({});
  net::Request request;
  request.headers = {{"Authorization", "Bearer " + server.stand_in().token()}};
  request.method = net::Method::post;
  request.url = net::parse_url(server.url() + "/api/2.0/workspace/mkdirs");
  request.body = R"({"path": "/new"})";
  EXPECT_THROW(client->send(request, {}), net::TransportError);
  request.method = net::Method::get;
  request.url = net::parse_url(server.url() + "/api/2.0/workspace/get-status?path=/new");
  request.body.clear();
  EXPECT_EQ(client->send(request, {}).status, 200) << "it was made";
  EXPECT_EQ(server.stand_in().log().total(), 2U);
}

TEST(StandIn, DocumentsEveryRoute) {
  const WorkspaceWorld world;
  for (const auto& route : world.stand_in.router().all()) EXPECT_FALSE(route.doc.empty()) << route.pattern;
}

}  // namespace
}  // namespace holdfast::sim::databricks
