#include "sim/databricks/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "sim/databricks/fields.h"
#include "sim/databricks/permissions.h"
#include "sim/databricks/rate_limits.h"

namespace holdfast::sim::databricks {
namespace {

// There is no way to ask which keys there are.
constexpr std::array<std::string_view, 21> k_keys = {"enableIpAccessLists",
                                                     "enableTokensConfig",
                                                     "maxTokenLifetimeDays",
                                                     "maxUserInactiveDays",
                                                     "enableDeprecatedClusterNamedInitScripts",
                                                     "enableDeprecatedGlobalInitScripts",
                                                     "enforceUserIsolation",
                                                     "enableWebTerminal",
                                                     "enableDbfsFileBrowser",
                                                     "enableDcs",
                                                     "enableGp3",
                                                     "enableProjectTypeInWorkspace",
                                                     "enableWorkspaceFilesystem",
                                                     "enableExportNotebook",
                                                     "enableNotebookTableClipboard",
                                                     "enableResultsDownloading",
                                                     "enableUploadDataUis",
                                                     "enableVerboseAuditLogs",
                                                     "storeInteractiveNotebookResultsInCustomerAccount",
                                                     "projectsAllowList",
                                                     "customerApprovedWSLoginExpirationTime"};

void check_key(const std::string& key) {
  if (std::find(k_keys.begin(), k_keys.end(), key) == k_keys.end()) throw invalid(fmt::format("Invalid key: {}", key));
}

// One unknown key fails the whole request.
Reply get_conf(Call& call) {
  const std::map<std::string, std::string>& values = call.world().part<WorkspaceConf>().values;
  std::string keys = call.required_query("keys") + ",";
  Json out = Json::object();
  for (std::size_t comma = keys.find(','); comma != std::string::npos; comma = keys.find(',')) {
    const std::string key = keys.substr(0, comma);
    keys.erase(0, comma + 1);
    check_key(key);
    const auto found = values.find(key);
    out[key] = found == values.end() ? Json() : Json(found->second);
  }
  return reply(out);
}

Reply set_conf(Call& call) {
  WorkspaceConf& conf = call.world().part<WorkspaceConf>();
  for (const auto& [key, value] : call.body().items()) {
    check_key(key);
    if (!value.is_string()) throw invalid(fmt::format("The value of {} must be a string", key));
  }
  const std::map<std::string, std::string> before = conf.values;
  for (const auto& [key, value] : call.body().items()) conf.values[key] = value;
  if (!lets_in(call.world(), call.request().peer)) {
    conf.values = before;
    throw bad_state(fmt::format("Your current IP {} will not be allowed to access the workspace", call.request().peer));
  }
  Reply out;
  out.status = 204;
  out.body.clear();
  return out;
}

}  // namespace

void found_settings(World& world) {
  world.part<WorkspaceConf>().values = {{"enableTokensConfig", "true"}, {"enableIpAccessLists", "false"}};
}

void add_workspace_conf_routes(Router& router) {
  router.add({"GET", "/api/2.0/workspace-conf", for_admins(get_conf), family::k_none,
              "the values of keys; an unknown key fails all"});
  router.add({"PATCH", "/api/2.0/workspace-conf", for_admins(set_conf), family::k_none, "sets the values of keys"});
}

void add_setting_routes(Router& router) {
  add_workspace_conf_routes(router);
  add_ip_access_list_routes(router);
  add_token_routes(router);
  add_notification_destination_routes(router);
}

}  // namespace holdfast::sim::databricks
