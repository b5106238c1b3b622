#include "platform/databricks/workspace.h"

#include <optional>

#include "base/ascii.h"
#include "base/error.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "net/http_date.h"
#include "platform/databricks/placeholders.h"

namespace holdfast::platform::databricks {

namespace {

using model::JsonText;

// Something that only some workspaces tell, or only to some.
std::optional<JsonText> perhaps(const Client& client, const Ask& ask, std::stop_token stop) {
  const net::Answer answer = client.get(ask, std::move(stop));
  return answer.ok() ? std::optional(JsonText(answer.response.body)) : std::nullopt;
}

bool is_admin(const JsonText& me) {
  bool found = false;
  model::JsonPath("groups[*].display").visit(me, [&](JsonText::Id id) { found = found || me.string(id) == "admins"; });
  return found;
}

// adb-1234567890123456.7.azuredatabricks.net
std::string id_in_host(const std::string& host) {
  constexpr std::string_view k_prefix = "adb-";
  if (!host.starts_with(k_prefix)) return {};
  std::size_t end = k_prefix.size();
  while (end < host.size() && base::is_digit(host[end])) ++end;
  return host.substr(k_prefix.size(), end - k_prefix.size());
}

}  // namespace

Workspace enter_workspace(const Client& client, const base::Clock& clock, std::stop_token stop) {
  Workspace out;
  out.host = net::origin(client.host());
  const net::Answer answer = client.get({.family = k_scim, .path = "/api/2.0/preview/scim/v2/Me"}, std::move(stop));
  if (!answer.ok()) throw Refused(net::to_error(answer), answer.verdict.status);
  const JsonText me(answer.response.body);
  out.me = scalar_at(me, "userName");
  out.admin = is_admin(me);
  const std::string* date = answer.response.header("date");
  const auto by_server = date == nullptr ? std::nullopt : net::parse_http_date(*date, clock.now());
  out.taken = by_server.value_or(clock.now());
  if (const std::string* org = answer.response.header("x-databricks-org-id"); org != nullptr) out.workspace_id = *org;
  out.stand_in = answer.response.header("x-holdfast-stand-in") != nullptr;
  if (out.workspace_id.empty()) out.workspace_id = id_in_host(client.host().host);
  return out;
}

void identify_workspace(const Client& client, Workspace& workspace, const std::stop_token& stop) {
  if (const auto config = perhaps(client, {.path = "/.well-known/databricks-config"}, stop)) {
    if (std::string id = scalar_at(*config, "workspace_id"); !id.empty()) workspace.workspace_id = std::move(id);
    workspace.account_id = scalar_at(*config, "account_id");
    workspace.cloud = scalar_at(*config, "cloud");
  }
}

void describe_workspace(const Client& client, Workspace& workspace, const std::stop_token& stop) {
  identify_workspace(client, workspace, stop);
  // The metastore is a region's own; without one nobody tells the region.
  if (const auto metastore = perhaps(client, {.path = "/api/2.1/unity-catalog/metastore_summary"}, stop))
    workspace.region = scalar_at(*metastore, "region");
}

Workspace look_at_workspace(const Client& client, const base::Clock& clock, std::stop_token stop) {
  Workspace out = enter_workspace(client, clock, stop);
  describe_workspace(client, out, stop);
  return out;
}

}  // namespace holdfast::platform::databricks
