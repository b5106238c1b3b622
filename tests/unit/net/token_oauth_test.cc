#include "net/token_oauth.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "support/errors.h"
#include "support/fakes.h"
#include "support/scripted_http.h"

namespace holdfast::net {
namespace {

using base::ErrorKind;
using test::error_of;
using test::reply;

const base::Instant k_start = *base::parse_instant("2026-11-21T12:00:00Z");
constexpr std::string_view k_token = R"({"access_token":"abc","token_type":"Bearer","expires_in":3600})";

class OAuthTest : public testing::Test {
protected:
  std::unique_ptr<TokenSource> open() {
    return open_oauth_token({.host = parse_url(host_),
                             .client_id = "id-1",
                             .client_secret = base::Secret("s3cret"),
                             .account_id = account_},
                            client_, clock_);
  }
  // Asks for a token and returns the URLs that were asked for it.
  std::vector<std::string> asked() {
    EXPECT_EQ(open()->credentials({})[0].value.reveal(), "Bearer abc");
    std::vector<std::string> out;
    for (const Request& request : client_.seen()) out.push_back(to_string(request.url));
    return out;
  }

  std::string host_ = "https://w.test";
  std::string account_;
  std::map<std::string, Response> answers_;
  test::ManualClock clock_{k_start};
  test::ScriptedHttp client_{[this](const Request& request, std::size_t) {
    const auto found = answers_.find(to_string(request.url));
    return found == answers_.end() ? reply(404) : found->second;
  }};
};

TEST_F(OAuthTest, FollowsTheDiscoveryToTheLogin) {
  answers_["https://w.test/.well-known/databricks-config"] =
      reply(200, R"({"oidc_endpoint":"https://login.test/oidc"})");
  answers_["https://login.test/oidc/.well-known/oauth-authorization-server"] =
      reply(200, R"({"token_endpoint":"https://login.test/oidc/v9/token"})");
  answers_["https://login.test/oidc/v9/token"] = reply(200, std::string(k_token));
  EXPECT_EQ(asked(), (std::vector<std::string>{"https://w.test/.well-known/databricks-config",
                                               "https://login.test/oidc/.well-known/oauth-authorization-server",
                                               "https://login.test/oidc/v9/token"}));
  const Request login = client_.seen().back();
  EXPECT_EQ(login.method, Method::post);
  EXPECT_EQ(login.body, "grant_type=client_credentials&scope=all-apis");
  ASSERT_TRUE(login.login);
  EXPECT_EQ(login.login->user, "id-1");
  EXPECT_EQ(login.login->password.reveal(), "s3cret");
}

TEST_F(OAuthTest, DiscoversOnceAndRenewsAtTheSamePlace) {
  answers_["https://w.test/oidc/v1/token"] = reply(200, std::string(k_token));
  const auto source = open();
  const Credentials first = source->credentials({});
  EXPECT_EQ(client_.seen().size(), 3U);
  clock_.advance(std::chrono::minutes(56));
  source->credentials({});
  EXPECT_EQ(client_.seen().size(), 4U);
}

TEST_F(OAuthTest, FallsBackToTheUsualPath) {
  answers_["https://w.test/oidc/v1/token"] = reply(200, std::string(k_token));
  EXPECT_EQ(asked(), (std::vector<std::string>{"https://w.test/.well-known/databricks-config",
                                               "https://w.test/oidc/.well-known/oauth-authorization-server",
                                               "https://w.test/oidc/v1/token"}));
}

TEST_F(OAuthTest, UsesTheAccountsOwnPath) {
  account_ = "acc-1";
  answers_["https://w.test/oidc/accounts/acc-1/v1/token"] = reply(200, std::string(k_token));
  EXPECT_EQ(asked(), (std::vector<std::string>{"https://w.test/oidc/accounts/acc-1/v1/token"}));
}

TEST_F(OAuthTest, SendsNoSecretToAnotherHostWithoutTls) {
  answers_["https://w.test/.well-known/databricks-config"] = reply(200, R"({"oidc_endpoint":"http://evil.test/oidc"})");
  EXPECT_EQ(error_of([&] { open()->credentials({}); }), ErrorKind::refused);
  for (const Request& request : client_.seen()) EXPECT_FALSE(request.login);
}

TEST_F(OAuthTest, TakesAStandInOnLoopbackWithoutTls) {
  host_ = "http://127.0.0.1:8080";
  answers_["http://127.0.0.1:8080/.well-known/databricks-config"] =
      reply(200, R"({"oidc_endpoint":"http://127.0.0.1:8080/oidc"})");
  answers_["http://127.0.0.1:8080/oidc/v1/token"] = reply(200, std::string(k_token));
  EXPECT_EQ(asked().back(), "http://127.0.0.1:8080/oidc/v1/token");
}

TEST_F(OAuthTest, SaysWhyTheLoginRefusesAndNeverTheSecret) {
  answers_["https://w.test/oidc/v1/token"] =
      reply(401, R"({"error":"invalid_client","error_description":"Client authentication failed\nmore"})");
  try {
    open()->credentials({});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::auth);
    EXPECT_EQ(
        error.message(),
        "POST https://w.test/oidc/v1/token: no token for client id-1: invalid_client: Client authentication failed");
    EXPECT_EQ(error.describe().find("s3cret"), std::string::npos);
  }
}

TEST_F(OAuthTest, TellsALoginThatIsAwayFromOneThatRefuses) {
  answers_["https://w.test/oidc/v1/token"] = reply(503);
  EXPECT_EQ(error_of([&] { open()->credentials({}); }), ErrorKind::unavailable);
  answers_["https://w.test/oidc/v1/token"] = reply(404);
  EXPECT_EQ(error_of([&] { open()->credentials({}); }), ErrorKind::config);
  answers_["https://w.test/.well-known/databricks-config"] = reply(500);
  EXPECT_EQ(error_of([&] { open()->credentials({}); }), ErrorKind::unavailable);
}

TEST_F(OAuthTest, RefusesAnAnswerWithoutAToken) {
  for (const char* body : {"", "[]", "{}", "nonsense", R"({"access_token":7})", R"({"access_token":""})"}) {
    answers_["https://w.test/oidc/v1/token"] = reply(200, body);
    EXPECT_EQ(error_of([&] { open()->credentials({}); }), ErrorKind::unavailable) << body;
  }
}

}  // namespace
}  // namespace holdfast::net
