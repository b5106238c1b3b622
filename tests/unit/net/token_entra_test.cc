#include "net/token_entra.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

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

// Answers with the resource as the token.
Response echo_resource(const Request& request, std::size_t) {
  const std::string& text = request.body.empty() ? request.url.query : request.body;
  const std::size_t begin = text.find("resource=") + 9;
  const std::string resource = text.substr(begin, text.find('&', begin) - begin);
  // Azure's v1 login writes its numbers as text.
  return reply(200, R"({"access_token":"for )" + resource + R"(","expires_in":"3599","expires_on":"1795266000"})");
}

EntraOptions options(EntraTarget target) {
  return {.login = parse_url("https://login.test"),
          .tenant = "tenant-1",
          .client_id = "app-1",
          .client_secret = base::Secret("s3cret"),
          .target = std::move(target)};
}

TEST(EntraToken, IsAskedForAtTheTenantsV1Login) {
  test::ManualClock clock(k_start);
  test::ScriptedHttp client(echo_resource);
  const auto source = open_entra_token(options({.resource = "2ff814a6"}), client, clock);
  const Credentials credentials = source->credentials({});
  ASSERT_EQ(credentials.size(), 1U);
  EXPECT_EQ(credentials[0].value.reveal(), "Bearer for 2ff814a6");
  const Request seen = client.seen().at(0);
  EXPECT_EQ(describe(seen), "POST https://login.test/tenant-1/oauth2/token");
  EXPECT_EQ(seen.body, "grant_type=client_credentials&client_id=app-1&client_secret=s3cret&resource=2ff814a6");
}

TEST(EntraToken, BringsTheManagementTokenForAWorkspaceWhereWeAreNoUser) {
  test::ManualClock clock(k_start);
  test::ScriptedHttp client(echo_resource);
  const auto source =
      open_entra_token(options({.resource = "2ff814a6", .workspace_resource_id = "/subscriptions/s/w"}), client, clock);
  const Credentials credentials = source->credentials({});
  ASSERT_EQ(credentials.size(), 3U);
  EXPECT_EQ(credentials[1].name, "X-Databricks-Azure-SP-Management-Token");
  EXPECT_EQ(credentials[1].value.reveal(), "for https%3A%2F%2Fmanagement.core.windows.net%2F");
  EXPECT_EQ(credentials[2].name, "X-Databricks-Azure-Workspace-Resource-Id");
  EXPECT_EQ(credentials[2].value.reveal(), "/subscriptions/s/w");
  // After a refusal both are asked for again.
  EXPECT_TRUE(source->refused(credentials));
  source->credentials({});
  EXPECT_EQ(client.seen().size(), 4U);
}

TEST(EntraToken, NeverShowsTheSecretInAnError) {
  test::ManualClock clock(k_start);
  test::ScriptedHttp client([](const Request&, std::size_t) {
    return reply(401,
                 R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."})");
  });
  try {
    open_entra_token(options({.resource = "r"}), client, clock)->credentials({});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::auth);
    EXPECT_NE(error.message().find("AADSTS7000215"), std::string::npos);
    EXPECT_EQ(error.describe().find("s3cret"), std::string::npos);
  }
}

TEST(ManagedIdentity, AsksTheMachinesOwnEndpoint) {
  test::ManualClock clock(k_start);
  test::ScriptedHttp client(echo_resource);
  const auto source =
      open_managed_identity({.endpoint = parse_url("http://169.254.169.254/metadata/identity/oauth2/token"),
                             .client_id = "user-assigned",
                             .target = {.resource = "2ff814a6"}},
                            client, clock);
  EXPECT_EQ(source->credentials({})[0].value.reveal(), "Bearer for 2ff814a6");
  const Request seen = client.seen().at(0);
  EXPECT_EQ(to_string(seen.url),
            "http://169.254.169.254/metadata/identity/oauth2/"
            "token?api-version=2018-02-01&resource=2ff814a6&client_id=user-assigned");
  EXPECT_EQ(seen.headers.at(0).name, "Metadata");
  EXPECT_EQ(seen.headers.at(0).value, "true");
}

class AzureCliTest : public testing::Test {
protected:
  // A program in place of az; $* is what it was called with.
  std::unique_ptr<TokenSource> open(const std::string& script, const std::string& tenant = {}) {
    const std::string path = folder_.path() + "/az";
    std::ofstream(path) << "#!/bin/sh\n" << script;
    ::chmod(path.c_str(), 0755);
    return open_azure_cli_token(
        {.command = {path, "account", "get-access-token"}, .tenant = tenant, .target = {.resource = "2ff814a6"}},
        clock_);
  }

  test::TempFolder folder_;
  test::ManualClock clock_{k_start};
};

TEST_F(AzureCliTest, TakesTheTokenThatTheCommandPrints) {
  const auto source = open(R"(printf '{"accessToken":"%s","expires_on":1795266000}' "$*")", "t-1");
  EXPECT_EQ(source->credentials({})[0].value.reveal(),
            "Bearer account get-access-token --resource 2ff814a6 --tenant t-1");
}

TEST_F(AzureCliTest, TakesLocalTimeFromAnOlderCommand) {
  const auto source = open(R"(echo '{"accessToken":"a","expiresOn":"2026-11-23 12:00:00.000000"}')");
  EXPECT_EQ(source->credentials({})[0].value.reveal(), "Bearer a");
  // In whichever time zone this runs, that is between one and three days ahead.
  clock_.advance(std::chrono::hours(72));
  EXPECT_EQ(error_of([&] { source->credentials({}); }), ErrorKind::auth);
}

TEST_F(AzureCliTest, SaysWhatTheCommandComplainsOf) {
  const auto source = open("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
  try {
    source->credentials({});
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::auth);
    EXPECT_NE(error.message().find("exit code 1: ERROR: Please run 'az login'"), std::string::npos) << error.message();
  }
}

TEST_F(AzureCliTest, RefusesWhatIsNoToken) {
  for (const char* output :
       {"", "nonsense", "{}", R"({"accessToken":"a"})", R"({"accessToken":"a","expiresOn":"soon"})",
        R"({"accessToken":"","expires_on":1795266000})"})
    EXPECT_EQ(error_of([&] { open(std::string("printf '%s' '") + output + "'")->credentials({}); }), ErrorKind::auth)
        << output;
}

}  // namespace
}  // namespace holdfast::net
