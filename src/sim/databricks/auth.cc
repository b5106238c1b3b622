#include "sim/databricks/auth.h"

#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/identity.h"

namespace holdfast::sim::databricks {
namespace {

// The address under which the client reached us: behind a proxy that is not where we listen.
std::string base_url(const HttpRequest& request) {
  const auto* host = request.header("host");
  return "http://" + (host == nullptr || host->empty() ? std::string("127.0.0.1") : *host);
}

std::optional<std::string_view> credential(const HttpRequest& request, std::string_view scheme) {
  const auto* value = request.header("authorization");
  if (value == nullptr || !std::string_view(*value).starts_with(scheme)) return std::nullopt;
  return std::string_view(*value).substr(scheme.size());
}

ApiError oauth_refusal(std::string description) {
  return {401, "invalid_client", std::move(description)};
}

Reply oauth_error(int status, std::string_view error, std::string_view description) {
  return reply({{"error", error}, {"error_description", description}}, status);
}

// Basic credentials, or the two fields of the form.
std::pair<std::string, std::string> client_of(const Call& call, const NamedValues& form) {
  std::pair<std::string, std::string> client;
  for (const auto& [name, value] : form) {
    if (name == "client_id") client.first = value;
    if (name == "client_secret") client.second = value;
  }
  const auto basic = credential(call.request(), "Basic ");
  if (!basic) return client;
  try {
    const auto text = model::base64_decode(*basic);
    const auto colon = text.find(':');
    if (colon != std::string::npos) client = {text.substr(0, colon), text.substr(colon + 1)};
  } catch (const base::Error&) {
    throw oauth_refusal("the credentials are not base64");
  }
  return client;
}

Reply give_token(Call& call) {
  auto& world = call.world();
  auto& tokens = world.part<Tokens>();
  const auto form = parse_query(call.request().body);
  std::string grant;
  for (const auto& [name, value] : form) {
    if (name == "grant_type") grant = value;
  }
  if (grant != "client_credentials") {
    return oauth_error(400, "unsupported_grant_type", "only client_credentials is taken");
  }
  const auto [id, secret] = client_of(call, form);
  const auto known = tokens.client_secrets.find(id);
  const auto* owner = find_service_principal(world, id);
  if (known == tokens.client_secrets.end() || known->second != secret || owner == nullptr || !owner->active) {
    return oauth_error(401, "invalid_client", "Client authentication failed");
  }
  AccessToken token;
  token.id = world.new_hex(32);
  token.value = "eyJ" + world.new_hex(64);
  token.owner = token.created_by = principal_of(*owner);
  token.created_ms = world.now_ms();
  token.expires_ms = token.created_ms + tokens.oauth_lifetime_s * 1000;
  token.oauth = true;
  const auto body = Json{{"access_token", token.value},
                         {"token_type", "Bearer"},
                         {"scope", "all-apis"},
                         {"expires_in", tokens.oauth_lifetime_s}};
  tokens.by_value[token.value] = std::move(token);
  return reply(body);
}

Reply discover_workspace(Call& call) {
  const auto& options = call.world().options();
  return reply({{"oidc_endpoint", base_url(call.request()) + "/oidc"},
                {"account_id", options.account_id},
                {"workspace_id", options.workspace_id},
                {"cloud", "azure"},
                {"host_type", "workspace"}});
}

Reply discover_oauth(Call& call) {
  const auto base = base_url(call.request()) + "/oidc";
  return reply({{"issuer", base},
                {"authorization_endpoint", base + "/v1/authorize"},
                {"token_endpoint", base + "/v1/token"},
                {"grant_types_supported", Json::array({"client_credentials"})},
                {"scopes_supported", Json::array({"all-apis"})}});
}

}  // namespace

void add_token(World& world, std::string value, const Principal& owner) {
  AccessToken token;
  token.id = world.new_hex(64);
  token.value = value;
  token.owner = token.created_by = owner;
  token.created_ms = world.now_ms();
  world.part<Tokens>().by_value[std::move(value)] = std::move(token);
}

const AccessToken& issue_token(World& world, const Principal& owner, std::string comment, std::int64_t lifetime_s) {
  AccessToken token;
  token.id = world.new_hex(64);
  token.value = "dapi" + world.new_hex(32);
  token.comment = std::move(comment);
  token.owner = token.created_by = owner;
  token.created_ms = world.now_ms();
  if (lifetime_s >= 0) token.expires_ms = token.created_ms + lifetime_s * 1000;
  auto& kept = world.part<Tokens>().by_value[token.value];
  kept = std::move(token);
  return kept;
}

void add_client_secret(World& world, const std::string& application_id, std::string secret) {
  world.part<Tokens>().client_secrets[application_id] = std::move(secret);
}

ApiError token_expired() {
  return {403, "403", "Invalid access token."};
}

const AccessToken* token_of(World& world, const HttpRequest& request) {
  const auto bearer = credential(request, "Bearer ");
  if (!bearer) return nullptr;
  const auto& known = world.part<Tokens>().by_value;
  const auto found = known.find(std::string(*bearer));
  return found == known.end() ? nullptr : &found->second;
}

Principal authenticate(World& world, const HttpRequest& request) {
  if (!credential(request, "Bearer ")) {
    throw ApiError(401, "401", "Credential was not sent or was of an unsupported type for this API.");
  }
  const auto* token = token_of(world, request);
  const bool expired = token != nullptr && token->expires_ms >= 0 && token->expires_ms <= world.now_ms();
  if (token == nullptr || expired) throw token_expired();
  const auto* owner = find_identity(world, token->owner.name);
  if (owner == nullptr || !owner->active) throw denied("User " + token->owner.name + " is deactivated.");
  return principal_of(*owner);
}

void add_auth_routes(Router& router) {
  router.add({"GET",
              "/.well-known/databricks-config",
              discover_workspace,
              {},
              "where to log in",
              Dialect::rest,
              Access::anyone});
  router.add({"GET",
              "/oidc/.well-known/oauth-authorization-server",
              discover_oauth,
              {},
              "the OAuth endpoints",
              Dialect::rest,
              Access::anyone});
  router.add(
      {"POST", "/oidc/v1/token", give_token, {}, "a token for a service principal", Dialect::rest, Access::anyone});
}

}  // namespace holdfast::sim::databricks
