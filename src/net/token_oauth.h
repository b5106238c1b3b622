// Databricks' own machine-to-machine login: client id and secret of a service principal (OAuth 2, client credentials).
#pragma once

#include <memory>
#include <string>

#include "net/token.h"

namespace holdfast::net {

struct OAuthOptions {
  Url host{};  // of the workspace, or of the account console
  std::string client_id{};
  base::Secret client_secret{};
  std::string scope = "all-apis";
  std::string account_id{};  // set for the account console, whose login has a path of its own
};

// The login's address is asked for: /.well-known/databricks-config, then /oidc/.well-known/oauth-authorization-server;
// where neither is known it is /oidc/v1/token.  An address on another host than the one that was configured is refused
// unless it is https.
std::unique_ptr<TokenSource> open_oauth_token(OAuthOptions options, HttpClient& client, const base::Clock& clock);

}  // namespace holdfast::net
