// Who is who: personal access tokens, the OAuth endpoints of service principals, discovery.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "sim/databricks/call.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct AccessToken {
  std::string id;  // token_id
  std::string value;
  std::string comment;
  Principal owner;
  Principal created_by;
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = -1;  // -1: never
  bool oauth = false;            // came from the token endpoint; not among the tokens that are listed
};

struct Tokens {
  std::map<std::string, AccessToken> by_value;
  std::map<std::string, std::string> client_secrets;  // application id → secret
  std::int64_t oauth_lifetime_s = 3600;
};

// A token "dapi…" that is not taken any more after `lifetime_s`; -1: ever.
const AccessToken& issue_token(World& world, const Principal& owner, std::string comment, std::int64_t lifetime_s);
// With a value that the caller chose.
void add_token(World& world, std::string value, const Principal& owner);
void add_client_secret(World& world, const std::string& application_id, std::string secret);

// Who sends this request.  Throws ApiError: 401 without credentials, 403 with a token that is wrong or expired.
Principal authenticate(World& world, const HttpRequest& request);
// The token of this request, or nullptr.
const AccessToken* token_of(World& world, const HttpRequest& request);
ApiError token_expired();

void add_auth_routes(Router& router);

}  // namespace holdfast::sim::databricks
