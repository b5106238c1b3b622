#include <fmt/format.h>

#include <charconv>

#include "base/json.h"
#include "sim/databricks/auth.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"
#include "sim/databricks/settings.h"

namespace holdfast::sim::databricks {
namespace {

std::int64_t number_of(const std::string& id) {
  std::int64_t number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  return number;
}

Json own_view(const AccessToken& token) {
  return {{"token_id", token.id},
          {"comment", token.comment},
          {"creation_time", token.created_ms},
          {"expiry_time", token.expires_ms}};
}

Json admin_view(const AccessToken& token) {
  Json out = own_view(token);
  out["owner_id"] = number_of(token.owner.id);
  out["created_by_id"] = number_of(token.created_by.id);
  out["created_by_username"] = token.created_by.name;
  return out;
}

std::int64_t lifetime(const Json& body) {
  const std::int64_t seconds = optional_integer(body, "lifetime_seconds").value_or(-1);
  if (seconds < -1 || seconds == 0) throw invalid("lifetime_seconds must be positive");
  return seconds;
}

Reply create(Call& call) {
  const AccessToken& token = issue_token(call.world(), call.caller(),
                                         optional_string(call.body(), "comment").value_or(""), lifetime(call.body()));
  return reply({{"token_value", token.value}, {"token_info", own_view(token)}});
}

Reply create_on_behalf(Call& call) {
  const std::string application = required_string(call.body(), "application_id");
  const Identity* principal = find_service_principal(call.world(), application);
  if (principal == nullptr) throw missing(fmt::format("Service principal {} does not exist.", application));
  const AccessToken& token = issue_token(call.world(), principal_of(*principal),
                                         optional_string(call.body(), "comment").value_or(""), lifetime(call.body()));
  AccessToken& held = call.world().part<Tokens>().by_value.at(token.value);
  held.created_by = call.caller();
  return reply({{"token_value", held.value}, {"token_info", admin_view(held)}});
}

// The token of this id; of `owner` alone when one is given.
AccessToken& token_by_id(World& world, const std::string& id, const Principal* owner) {
  for (auto& [value, token] : world.part<Tokens>().by_value) {
    if (token.id == id && !token.oauth && (owner == nullptr || token.owner.id == owner->id)) return token;
  }
  throw missing(fmt::format("Token with id {} does not exist.", id));
}

Reply remove(Call& call) {
  const std::string value = token_by_id(call.world(), required_string(call.body(), "token_id"), &call.caller()).value;
  call.world().part<Tokens>().by_value.erase(value);
  return reply(Json::object());
}

Reply list(Call& call) {
  Json out = Json::array();
  for (const auto& [value, token] : call.world().part<Tokens>().by_value) {
    if (!token.oauth && token.owner.id == call.caller().id) out.push_back(own_view(token));
  }
  return reply({{"token_infos", std::move(out)}});
}

Reply list_managed(Call& call) {
  const auto creator = call.query("created_by_username");
  Json out = Json::array();
  for (const auto& [value, token] : call.world().part<Tokens>().by_value) {
    if (!token.oauth && (!creator || token.created_by.name == *creator)) out.push_back(admin_view(token));
  }
  return reply({{"token_infos", std::move(out)}});
}

Reply get_managed(Call& call) {
  return reply({{"token_info", admin_view(token_by_id(call.world(), call.placeholder("id"), nullptr))}});
}

Reply remove_managed(Call& call) {
  const std::string value = token_by_id(call.world(), call.placeholder("id"), nullptr).value;
  call.world().part<Tokens>().by_value.erase(value);
  return reply(Json::object());
}

}  // namespace

void add_token_routes(Router& router) {
  router.add(
      {"POST", "/api/2.0/token/create", create, family::k_token_management, "makes a token; its value is shown once"});
  router.add({"POST", "/api/2.0/token/delete", remove, family::k_token_management, "revokes an own token"});
  router.add({"GET", "/api/2.0/token/list", list, family::k_token_management, "the caller's tokens, without values"});
  const RouteGroup add(router, "/api/2.0/token-management/", family::k_token_management);
  add("GET", "tokens", for_admins(list_managed), "all tokens, without values");
  add("GET", "tokens/{id}", for_admins(get_managed), "one token, without its value");
  add("DELETE", "tokens/{id}", for_admins(remove_managed), "revokes any token");
  add("POST", "on-behalf-of/tokens", for_admins(create_on_behalf), "makes a token of a service principal");
}

}  // namespace holdfast::sim::databricks
