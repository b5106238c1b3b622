#include "sim/databricks/secrets.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/json.h"
#include "model/base64.h"
#include "sim/databricks/api_error.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_longest_name = 128;
constexpr std::size_t k_largest_secret = 128 * 1024;
constexpr std::size_t k_most_scopes = 100;
constexpr std::size_t k_most_secrets = 1000;

void check_name(std::string_view what, const std::string& name) {
  const bool fine = name.size() <= k_longest_name && std::all_of(name.begin(), name.end(), [](char c) {
                      return base::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
                    });
  if (!fine) {
    throw invalid(
        fmt::format("{} may only contain alphanumeric characters, dashes, underscores, and periods, and may "
                    "not exceed {} characters.",
                    what, k_longest_name));
  }
}

SecretScope& scope_named(World& world, const std::string& name) {
  auto& scopes = world.part<Secrets>().scopes;
  const auto found = scopes.find(name);
  if (found == scopes.end()) throw missing(fmt::format("Scope {} does not exist!", name));
  return found->second;
}

SecretScope& scope_in(const Call& call) {
  return scope_named(call.world(), required_string(call.body(), "scope"));
}

void check_writable(const SecretScope& scope) {
  if (scope.key_vault_backed) {
    throw ApiError(400, "BAD_REQUEST", "Cannot write secrets to an Azure KeyVault-backed scope.");
  }
}

bool is_standard(const World& world) {
  return world.options().tier == WorldOptions::Tier::standard;
}

void check_acls(const World& world) {
  if (is_standard(world)) {
    throw ApiError(500, "INTERNAL_ERROR", "FEATURE_DISABLED: secret ACLs are not available in this tier.");
  }
}

Reply create_scope(Call& call) {
  const auto& body = call.body();
  auto& scopes = call.world().part<Secrets>().scopes;
  const auto name = required_string(body, "scope");
  check_name("Scope name", name);
  check_enum(body, "scope_backend_type", {"DATABRICKS", "AZURE_KEYVAULT"});
  const auto manager = optional_string(body, "initial_manage_principal");
  if (manager && *manager != "users") throw invalid("initial_manage_principal can only be 'users'.");
  if (is_standard(call.world()) && !manager) {
    throw ApiError(400, "BAD_REQUEST", "In this tier, scopes need initial_manage_principal 'users'.");
  }
  // A scope of a key vault needs a token of a user of the directory, which nobody here has.
  if (optional_string(body, "scope_backend_type") == "AZURE_KEYVAULT") {
    throw invalid("Scope with Azure KeyVault must have userAADToken defined!");
  }
  if (scopes.contains(name)) throw exists(fmt::format("Scope {} already exists!", name));
  if (scopes.size() >= k_most_scopes) {
    throw ApiError(400, "RESOURCE_LIMIT_EXCEEDED", fmt::format("A workspace has at most {} scopes.", k_most_scopes));
  }
  scopes[name].acls[manager.value_or(call.caller().name)] = "MANAGE";
  return reply(Json::object());
}

Reply list_scopes(Call& call) {
  Json scopes = Json::array();
  for (const auto& [name, scope] : call.world().part<Secrets>().scopes) {
    Json one = {{"name", name}, {"backend_type", scope.key_vault_backed ? "AZURE_KEYVAULT" : "DATABRICKS"}};
    if (scope.key_vault_backed) {
      one["keyvault_metadata"] = {{"resource_id", scope.key_vault.resource_id}, {"dns_name", scope.key_vault.dns_name}};
      if (!scope.key_vault.tenant_id.empty()) one["keyvault_metadata"]["tenant_id"] = scope.key_vault.tenant_id;
    }
    scopes.push_back(std::move(one));
  }
  return reply(scopes.empty() ? Json::object() : Json{{"scopes", std::move(scopes)}});
}

Reply delete_scope(Call& call) {
  const auto name = required_string(call.body(), "scope");
  scope_named(call.world(), name);
  call.world().part<Secrets>().scopes.erase(name);
  return reply(Json::object());
}

Reply put(Call& call) {
  const auto& body = call.body();
  auto& scope = scope_in(call);
  check_writable(scope);
  const auto key = required_string(body, "key");
  check_name("Secret key", key);
  const auto text = optional_string(body, "string_value");
  const auto bytes = optional_string(body, "bytes_value");
  if (text.has_value() == bytes.has_value())
    throw invalid("Exactly one of string_value and bytes_value must be given.");
  SecretScope::Secret secret;
  try {
    secret.value = text ? *text : model::base64_decode(*bytes);
  } catch (const base::Error&) {
    throw invalid("bytes_value is not valid base64");
  }
  if (secret.value.size() > k_largest_secret) {
    throw ApiError(400, "MAX_SECRET_SIZE_EXCEEDED", fmt::format("A secret has at most {} bytes.", k_largest_secret));
  }
  if (!scope.secrets.contains(key) && scope.secrets.size() >= k_most_secrets) {
    throw ApiError(400, "RESOURCE_LIMIT_EXCEEDED", fmt::format("A scope has at most {} secrets.", k_most_secrets));
  }
  secret.updated_ms = call.world().now_ms();
  scope.secrets[key] = std::move(secret);
  return reply(Json::object());
}

Reply list(Call& call) {
  Json secrets = Json::array();
  for (const auto& [key, secret] : scope_named(call.world(), call.required_query("scope")).secrets) {
    secrets.push_back({{"key", key}, {"last_updated_timestamp", secret.updated_ms}});
  }
  return reply(secrets.empty() ? Json::object() : Json{{"secrets", std::move(secrets)}});
}

Reply get(Call& call) {
  if (call.world().part<Secrets>().reads == SecretReads::refused) {
    throw ApiError(400, "BAD_REQUEST", "Secrets can only be read from within a notebook.");
  }
  const auto& scope = scope_named(call.world(), call.required_query("scope"));
  const auto key = call.required_query("key");
  const auto found = scope.secrets.find(key);
  if (found == scope.secrets.end()) throw missing(fmt::format("Secret does not exist with key: {}", key));
  return reply({{"key", key}, {"value", model::base64_encode(found->second.value)}});
}

Reply remove(Call& call) {
  auto& scope = scope_in(call);
  check_writable(scope);
  const auto key = required_string(call.body(), "key");
  if (scope.secrets.erase(key) == 0) throw missing(fmt::format("Secret does not exist with key: {}", key));
  return reply(Json::object());
}

Reply list_acls(Call& call) {
  check_acls(call.world());
  Json items = Json::array();
  for (const auto& [principal, permission] : scope_named(call.world(), call.required_query("scope")).acls) {
    items.push_back({{"principal", principal}, {"permission", permission}});
  }
  return reply(items.empty() ? Json::object() : Json{{"items", std::move(items)}});
}

Reply get_acl(Call& call) {
  check_acls(call.world());
  const auto principal = call.required_query("principal");
  const auto& acls = scope_named(call.world(), call.required_query("scope")).acls;
  const auto found = acls.find(principal);
  if (found == acls.end()) throw missing(fmt::format("ACL does not exist for principal: {}", principal));
  return reply({{"principal", principal}, {"permission", found->second}});
}

Reply put_acl(Call& call) {
  check_acls(call.world());
  auto& scope = scope_in(call);
  const auto principal = required_string(call.body(), "principal");
  check_enum(call.body(), "permission", {"READ", "WRITE", "MANAGE"});
  const auto permission = required_string(call.body(), "permission");
  if (find_identity(call.world(), principal) == nullptr) {
    throw missing(fmt::format("Principal {} does not exist.", principal));
  }
  scope.acls[principal] = permission;
  return reply(Json::object());
}

Reply delete_acl(Call& call) {
  check_acls(call.world());
  auto& scope = scope_in(call);
  const auto principal = required_string(call.body(), "principal");
  if (scope.acls.erase(principal) == 0) throw missing(fmt::format("ACL does not exist for principal: {}", principal));
  return reply(Json::object());
}

}  // namespace

void add_secret_routes(Router& router) {
  const auto row = [&](std::string_view method, const std::string& name, Handler handler, std::string_view doc) {
    router.add({method, "/api/2.0/secrets/" + name, std::move(handler), family::k_secrets, doc});
  };
  row("POST", "scopes/create", create_scope, "a new scope");
  row("GET", "scopes/list", list_scopes, "all scopes");
  row("POST", "scopes/delete", delete_scope, "takes a scope away, with its secrets");
  row("POST", "put", put, "a secret, new or again");
  row("GET", "list", list, "the names of the secrets in a scope");
  row("GET", "get", get, "the value of a secret");
  row("POST", "delete", remove, "takes a secret away");
  row("GET", "acls/list", list_acls, "who may do what with a scope");
  row("GET", "acls/get", get_acl, "what somebody may do with a scope");
  row("POST", "acls/put", put_acl, "lets somebody do something with a scope");
  row("POST", "acls/delete", delete_acl, "takes that away");
}

}  // namespace holdfast::sim::databricks
