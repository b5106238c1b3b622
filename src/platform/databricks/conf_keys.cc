#include "platform/databricks/conf_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "model/json_text.h"
#include "platform/databricks/inventory.h"

namespace holdfast::platform::databricks {

namespace {

using model::JsonText;

constexpr std::array<std::string_view, 34> k_keys{
    "customerApprovedWSLoginExpirationTime",
    "enable-X-Content-Type-Options",
    "enable-X-Frame-Options",
    "enable-X-XSS-Protection",
    "enableDbfsFileBrowser",
    "enableDeprecatedClusterNamedInitScripts",
    "enableDeprecatedGlobalInitScripts",
    "enableExportNotebook",
    "enableGp3",
    "enableIpAccessLists",
    "enableJobViewAcls",
    "enableJobsEmailsV2",
    "enableNotebookTableClipboard",
    "enableProjectTypeInWorkspace",
    "enableProjectsAllowList",
    "enableResultsDownloading",
    "enableTokensConfig",
    "enableUploadDataUis",
    "enableVerboseAuditLogs",
    "enableWebTerminal",
    "enforceClusterViewAcls",
    "enforceUserIsolation",
    "enforceWorkspaceViewAcls",
    "heapAnalyticsEnabled",
    "intercomAdminConsent",
    "jobsListBackendPaginationEnabled",
    "maxTokenLifetimeDays",
    "mlflowModelRegistryEmailNotificationsEnabled",
    "mlflowModelServingEndpointCreationEnabled",
    "mlflowRunArtifactDownloadEnabled",
    "projectsAllowList",
    "projectsAllowListPermissions",
    "rStudioUserDefaultHomeBase",
    "storeInteractiveNotebookResultsInCustomerAccount",
};

constexpr unsigned k_parallel = 8;

Ask with_keys(const Ask& ask, std::string keys) {
  Ask out = ask;
  out.query.emplace_back("keys", std::move(keys));
  return out;
}

void take(const std::string& answer, std::vector<std::string>& out) {
  const JsonText json(answer);
  if (json.type(JsonText::k_root) != JsonText::Type::object) return;
  for (JsonText::Id id = json.first(JsonText::k_root); id != JsonText::k_none; id = json.next(id))
    if (json.type(id) != JsonText::Type::null)  // never set
      out.push_back(fmt::format("{{{}:{}}}", model::json_quoted(json.name(id)), json.raw(id)));
}

// The workspace does not know the key.
bool has_no_such_key(net::Status status) {
  return status == net::Status::invalid || status == net::Status::feature_absent || status == net::Status::not_found;
}
// An answer about a key, not about us or the platform's health.
bool is_about_a_key(net::Status status) {
  return has_no_such_key(status) || status == net::Status::denied || status == net::Status::failed;
}

}  // namespace

WorkspaceConf read_workspace_conf(const Client& client, const Ask& ask, std::stop_token stop) {
  WorkspaceConf out;
  try {
    take(client.fetch(with_keys(ask, fmt::format("{}", fmt::join(k_keys, ","))), stop), out.set);
    return out;
  } catch (const Refused& refused) {
    if (!is_about_a_key(refused.status())) throw;
  }
  // One key that this workspace does not know fails the whole request: then each is asked for by itself.
  std::vector<std::string> answers(k_keys.size());  // in the order of the keys, whoever is answered first
  std::vector<std::optional<Refused>> refusals(k_keys.size());
  const auto ask_for = [&](std::size_t number, const std::stop_token& own) {
    try {
      answers[number] = client.fetch(with_keys(ask, std::string(k_keys.at(number))), own);
    } catch (const Refused& refused) {
      if (!is_about_a_key(refused.status())) throw;
      refusals[number] = refused;
    }
  };
  for_each_parallel(k_keys.size(), k_parallel, ask_for, stop);
  for (std::size_t i = 0; i < k_keys.size(); ++i)
    if (refusals[i] && !has_no_such_key(refusals[i]->status()))
      out.unread.push_back({std::string(k_keys.at(i)), *refusals[i]});
  const bool any =
      std::any_of(answers.begin(), answers.end(), [](const std::string& answer) { return !answer.empty(); });
  // That settings may not be read says more than that some of them are not known.
  if (!any) throw Refused(out.unread.empty() ? *refusals.front() : out.unread.front().refused);
  for (const std::string& answer : answers)
    if (!answer.empty()) take(answer, out.set);
  return out;
}

}  // namespace holdfast::platform::databricks
