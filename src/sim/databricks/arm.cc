#include "sim/databricks/arm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "base/time.h"

namespace holdfast::sim::databricks {
namespace {

// Azure's own form of an error.
Reply refusal(int status, std::string_view code, const std::string& message) {
  return reply({{"error", {{"code", code}, {"message", message}}}}, status);
}

using Answerer = Reply (*)(Call&, const Arm&);

// What comes before every answer of the management: a version, a subscription that there is, the right to read it.
Handler checked(Answerer answer) {
  return [answer](Call& call) {
    const Arm& arm = call.world().part<Arm>();
    if (!call.query("api-version"))
      return refusal(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.");
    const std::string& asked = call.placeholder("subscription");
    if (asked != arm.subscription)
      return refusal(404, "SubscriptionNotFound", fmt::format("The subscription '{}' could not be found.", asked));
    if (arm.refused)
      return refusal(403, "AuthorizationFailed",
                     fmt::format("The client does not have authorization to perform action 'read' over scope "
                                 "'/subscriptions/{}' or the scope is invalid.",
                                 asked));
    return answer(call, arm);
  };
}

std::string id_of(const Arm& arm, std::string_view type, std::string_view name) {
  return fmt::format("/subscriptions/{}/resourceGroups/{}/providers/{}/{}", arm.subscription, arm.group, type, name);
}

std::string time_text(std::int64_t ms) {
  return base::to_rfc3339(base::Instant(std::chrono::duration_cast<base::Duration>(std::chrono::milliseconds(ms))));
}

Json account_json(const World& world, const Arm& arm, const ArmStorageAccount& account, bool with_replication) {
  Json properties{{"provisioningState", "Succeeded"},
                  {"primaryLocation", account.region},
                  {"statusOfPrimary", "available"},
                  {"isHnsEnabled", true}};
  if (!account.second_region.empty()) {
    properties["secondaryLocation"] = account.second_region;
    properties["statusOfSecondary"] = "available";
    if (with_replication)
      properties["geoReplicationStats"] = {{"status", account.replication},
                                           {"lastSyncTime", time_text(world.now_ms() - account.synced_ms_ago)},
                                           {"canFailover", account.replication == "Live"}};
  }
  return {{"id", id_of(arm, "Microsoft.Storage/storageAccounts", account.name)},
          {"name", account.name},
          {"type", "Microsoft.Storage/storageAccounts"},
          {"location", account.region},
          {"kind", "StorageV2"},
          {"sku", {{"name", account.sku}, {"tier", "Standard"}}},
          {"tags", Json::object()},
          {"properties", std::move(properties)}};
}

// A page, and where the next one is.
Reply list_accounts(Call& call, const Arm& arm) {
  std::size_t begin = 0;
  const std::string token = call.query("$skiptoken").value_or("0");
  std::from_chars(token.data(), token.data() + token.size(), begin);
  const std::size_t end = std::min(arm.accounts.size(), begin + arm.page_size);
  Json value = Json::array();
  for (std::size_t i = begin; i < end; ++i) value.push_back(account_json(call.world(), arm, arm.accounts[i], false));
  Json out{{"value", std::move(value)}};
  if (end < arm.accounts.size()) {
    const auto host = std::find_if(call.request().headers.begin(), call.request().headers.end(),
                                   [](const auto& header) { return header.first == "host"; });
    out["nextLink"] = fmt::format("http://{}{}?api-version={}&$skiptoken={}",
                                  host == call.request().headers.end() ? "127.0.0.1" : host->second,
                                  call.request().raw_path, *call.query("api-version"), end);
  }
  return reply(out);
}

Reply get_account(Call& call, const Arm& arm) {
  const std::string& name = call.placeholder("name");
  const auto found = std::find_if(arm.accounts.begin(), arm.accounts.end(),
                                  [&](const ArmStorageAccount& one) { return one.name == name; });
  if (found == arm.accounts.end())
    return refusal(404, "ResourceNotFound",
                   fmt::format("The Resource 'Microsoft.Storage/storageAccounts/{}' was not found.", name));
  const bool expanded = call.query("$expand").value_or("").find("geoReplicationStats") != std::string::npos;
  return reply(account_json(call.world(), arm, *found, expanded));
}

Json key_json(const Arm& arm) {
  return {{"keySource", "Microsoft.Keyvault"},
          {"keyVaultProperties",
           {{"keyVaultUri", fmt::format("https://vault-{}.vault.azure.test/", arm.group)},
            {"keyName", "workspace"},
            {"keyVersion", "0123456789abcdef0123456789abcdef"}}}};
}

// What the first version does not tell.
void add_younger(Json& properties, const Arm& arm) {
  properties["requiredNsgRules"] = "AllRules";
  properties["createdBy"] = {{"oid", "00000000-0000-4000-8000-00000000000a"}};
  if (arm.own_keys) {
    Json disk = key_json(arm);
    disk["rotationToLatestKeyVersionEnabled"] = true;
    properties["encryption"]["entities"] = {{"managedServices", key_json(arm)}, {"managedDisk", std::move(disk)}};
  }
  Json& endpoints = properties["privateEndpointConnections"] = Json::array();
  for (std::size_t i = 0; i < arm.private_endpoints; ++i)
    endpoints.push_back({{"id", id_of(arm, "Microsoft.Network/privateEndpoints", fmt::format("endpoint-{}", i))},
                         {"properties", {{"privateLinkServiceConnectionState", {{"status", "Approved"}}}}}});
}

Json workspace_json(const World& world, const Arm& arm, const std::string& version) {
  const WorldOptions& options = world.options();
  const bool premium = options.tier == WorldOptions::Tier::premium;
  Json out{
      {"id", id_of(arm, "Microsoft.Databricks/workspaces", options.name)},
      {"name", options.name},
      {"type", "Microsoft.Databricks/workspaces"},
      {"location", options.region},
      {"sku", {{"name", premium ? "premium" : "standard"}}},
      {"tags", {{"team", "data platform"}}},
      {"properties",
       {{"managedResourceGroupId",
         fmt::format("/subscriptions/{}/resourceGroups/databricks-rg-{}", arm.subscription, options.name)},
        {"parameters",
         {{"customVirtualNetworkId",
           {{"type", "String"}, {"value", id_of(arm, "Microsoft.Network/virtualNetworks", "vnet-" + options.name)}}},
          {"customPublicSubnetName", {{"type", "String"}, {"value", "databricks-public"}}},
          {"customPrivateSubnetName", {{"type", "String"}, {"value", "databricks-private"}}},
          {"enableNoPublicIp", {{"type", "Bool"}, {"value", true}}},
          {"storageAccountName", {{"type", "String"}, {"value", "dbstorage" + options.name}}},
          {"storageAccountSkuName", {{"type", "String"}, {"value", "Standard_GRS"}}}}},
        {"publicNetworkAccess", "Enabled"},
        {"provisioningState", "Succeeded"},
        {"workspaceId", options.workspace_id},
        {"workspaceUrl", fmt::format("adb-{}.7.azuredatabricks.test", options.workspace_id)}}}};
  if (version >= "2023") add_younger(out["properties"], arm);
  return out;
}

Reply list_workspaces(Call& call, const Arm& arm) {
  return reply({{"value", Json::array({workspace_json(call.world(), arm, *call.query("api-version"))})}});
}

Reply get_workspace(Call& call, const Arm& arm) {
  const std::string& name = call.placeholder("name");
  if (name != call.world().options().name)
    return refusal(404, "ResourceNotFound",
                   fmt::format("The Resource 'Microsoft.Databricks/workspaces/{}' was not found.", name));
  return reply(workspace_json(call.world(), arm, *call.query("api-version")));
}

}  // namespace

void add_arm_routes(Router& router) {
  const RouteGroup add(router, "/subscriptions/{subscription}/", "");
  add("GET", "providers/Microsoft.Storage/storageAccounts", checked(list_accounts), "storage accounts, by pages");
  add("GET", "resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{name}", checked(get_account),
      "one, with its replication where that is asked for");
  add("GET", "providers/Microsoft.Databricks/workspaces", checked(list_workspaces), "the workspace as a resource");
  add("GET", "resourceGroups/{group}/providers/Microsoft.Databricks/workspaces/{name}", checked(get_workspace),
      "the workspace as a resource");
}

}  // namespace holdfast::sim::databricks
