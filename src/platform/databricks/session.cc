#include "platform/databricks/session.h"

#include "net/token_entra.h"
#include "net/token_oauth.h"
#include "platform/databricks/azure_cloud.h"
#include "platform/databricks/errors.h"

namespace holdfast::platform::databricks {

namespace {

// The platform as an application of Entra, in every cloud.
constexpr const char* k_resource = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
constexpr const char* k_identity_endpoint = "http://169.254.169.254/metadata/identity/oauth2/token";

// Whoever starts a command with a wrong host shall not wait for ten minutes to be told.
constexpr base::Duration k_first_patience = std::chrono::seconds(15);

std::unique_ptr<net::TokenSource> open_azure(const Account& account, const net::EntraTarget& target,
                                             net::HttpClient& http, net::HttpClient* direct, const base::Clock& clock) {
  if (account.auth == AuthKind::entra)
    return net::open_entra_token({.login = net::parse_url(addresses_of(account.cloud).login),
                                  .tenant = account.tenant_id,
                                  .client_id = account.client_id,
                                  .client_secret = account.client_secret,
                                  .target = target},
                                 http, clock);
  if (account.auth == AuthKind::managed_identity)
    return net::open_managed_identity(
        {.endpoint = net::parse_url(k_identity_endpoint), .client_id = account.client_id, .target = target}, *direct,
        clock);
  if (account.auth == AuthKind::azure_cli)
    return net::open_azure_cli_token({.tenant = account.tenant_id, .target = target}, clock);
  return nullptr;
}

std::unique_ptr<net::TokenSource> open_tokens(const Account& account, net::HttpClient& http, net::HttpClient* direct,
                                              const base::Clock& clock) {
  const net::EntraTarget target{.resource = k_resource,
                                .workspace_resource_id = account.resource_id,
                                .management = addresses_of(account.cloud).management_audience};
  if (auto tokens = open_azure(account, target, http, direct, clock)) return tokens;
  if (account.auth == AuthKind::oauth)
    return net::open_oauth_token({.host = net::parse_url(account.host),
                                  .client_id = account.client_id,
                                  .client_secret = account.client_secret,
                                  .account_id = {}},
                                 http, clock);
  return net::open_fixed_token(account.token);
}

std::vector<net::Family> families_of(const Account& account) {
  std::vector<net::Family> out = families();
  if (account.limits == Account::Limits::ignored)
    for (net::Family& family : out) family.requests = 0;
  return out;
}

}  // namespace

std::unique_ptr<net::HttpClient> open_direct(const Account& account) {
  if (account.auth != AuthKind::managed_identity) return nullptr;
  net::ClientOptions options;
  options.proxy = base::Secret("");
  return net::open_curl_client(options);
}

std::unique_ptr<net::TokenSource> open_azure_tokens(const Account& account, const std::string& resource,
                                                    net::HttpClient& http, net::HttpClient* direct,
                                                    const base::Clock& clock) {
  return open_azure(account, {.resource = resource}, http, direct, clock);
}

Session::Session(const Account& account, std::unique_ptr<net::HttpClient> http, const base::Clock& clock,
                 base::Random& random, base::Events& events)
    : http_(std::move(http)),
      direct_(open_direct(account)),
      tokens_(open_tokens(account, *http_, direct_.get(), clock)),
      budget_(families_of(account), account.rate_share_percent / 100.0, clock),
      notices_(events, clock),
      api_({.client = *http_, .tokens = *tokens_, .budget = budget_, .clock = clock, .random = random},
           {.first_patience = k_first_patience,
            .refine = refine,
            .retrying = [this](const net::Retry& retry) { notices_(retry); }}),
      hasty_api_({.client = *http_, .tokens = *tokens_, .budget = budget_, .clock = clock, .random = random},
                 {.patience = std::chrono::seconds(15), .refine = refine}),
      client_(api_, net::parse_url(account.host)),
      hasty_client_(hasty_api_, net::parse_url(account.host)) {}

}  // namespace holdfast::platform::databricks
