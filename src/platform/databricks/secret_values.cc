#include "platform/databricks/secret_values.h"

#include "model/json_text.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using model::JsonText;

constexpr std::string_view k_gives_none = "BAD_REQUEST";
constexpr unsigned k_scopes_most = 10;  // to find a secret in

Ask about(std::string path, net::Pairs query) {
  return {.family = k_secrets, .path = std::move(path), .query = std::move(query)};
}

// Of the first secret in a scope that shows what it holds.
std::optional<std::string> first_key(const Client& client, const std::string& scope, const std::stop_token& stop) {
  const net::Answer answer = client.get(about("/api/2.0/secrets/list", {{"scope", scope}}), stop);
  if (!answer.ok()) return std::nullopt;
  const JsonText json(answer.response.body);
  const JsonText::Id secrets = json.member(JsonText::k_root, "secrets");
  if (secrets == JsonText::k_none || json.first(secrets) == JsonText::k_none) return std::nullopt;
  return scalar_at(JsonText(std::string(json.raw(json.first(secrets)))), "key");
}

}  // namespace

std::optional<std::string> refusal_of_secret_values(const Client& client, std::stop_token stop) {
  const net::Answer scopes = client.get(about("/api/2.0/secrets/scopes/list", {}), stop);
  if (!scopes.ok()) return std::nullopt;  // whoever lists them says so
  const JsonText json(scopes.response.body);
  const JsonText::Id list = json.member(JsonText::k_root, "scopes");
  if (list == JsonText::k_none) return std::nullopt;
  unsigned asked = 0;
  for (JsonText::Id id = json.first(list); id != JsonText::k_none && asked != k_scopes_most; id = json.next(id)) {
    const JsonText scope{std::string(json.raw(id))};
    if (scalar_at(scope, "backend_type") == "AZURE_KEYVAULT") continue;
    ++asked;
    const std::string name = scalar_at(scope, "name");
    const std::optional<std::string> key = first_key(client, name, stop);
    if (!key) continue;
    const net::Answer answer = client.get(about("/api/2.0/secrets/get", {{"scope", name}, {"key", *key}}), stop);
    if (answer.ok()) return std::nullopt;
    // Everything else is about this secret, or about the moment: INVALID_PARAMETER_VALUE is said of one key.
    if (answer.verdict.status == net::Status::invalid && answer.verdict.code == k_gives_none)
      return answer.verdict.message;
  }
  return std::nullopt;
}

}  // namespace holdfast::platform::databricks
