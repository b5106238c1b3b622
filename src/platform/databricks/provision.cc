#include "platform/databricks/provision.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "model/json_depth.h"
#include "model/json_path.h"
#include "model/json_text.h"
#include "platform/databricks/diagnosis.h"
#include "platform/databricks/workspace.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using json = nlohmann::ordered_json;

constexpr const char* k_schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
constexpr const char* k_workspaces_version = "2023-02-01";  // the newest that is not a preview and of which we know all
constexpr const char* k_connectors_version = "2023-05-01";
constexpr std::size_t k_depth_most = 50;

std::string parameter(std::string_view name) {
  return fmt::format("[parameters('{}')]", name);
}

// What begins with a bracket is an expression to Azure, unless it is doubled.
std::string literal(const std::string& text) {
  return text.starts_with('[') ? "[" + text : text;
}

// The member at the end of the names; null where it is not there.
const json& at(const json& from, std::initializer_list<const char*> names) {
  static const json none;
  const json* here = &from;
  for (const char* name : names) {
    const auto found = here->is_object() ? here->find(name) : here->end();
    if (!here->is_object() || found == here->end()) return none;
    here = &*found;
  }
  return *here;
}

std::string text_at(const json& from, std::initializer_list<const char*> names) {
  const json& value = at(from, names);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string last_segment(const std::string& id) {
  return id.substr(id.rfind('/') + 1);
}

class Template {
public:
  Template(const WorkspaceFacts& facts, const ProvisionWish& wish) : facts_(facts), wish_(wish) {
    if (facts.resource.empty()) return;
    if (!model::nests_deeper_than(facts.resource, k_depth_most)) old_ = json::parse(facts.resource, nullptr, false);
    if (!old_.is_object())
      throw Error(ErrorKind::unavailable, "what Azure's management says of the workspace is no JSON object",
                  "Look at azure_management_url.");
    subscription_ = subscription();
  }

  Provision render() {
    const std::string region = old_.is_object() ? text_at(old_, {"location"}) : facts_.region;
    add("workspaceName", "string", wish_.name.empty() ? json() : json(literal(wish_.name)),
        "Name of the new workspace.");
    add("location", "string", json(),
        region.empty()
            ? "Region of the new workspace; not that of the old one, which takes both along when it is lost."
            : fmt::format("Region of the new workspace; not {}: a region that is lost takes both along.", region));
    add("managedResourceGroupName", "string", "[concat('databricks-rg-', parameters('workspaceName'))]",
        "Resource group that Azure makes for what the workspace manages; it must not exist yet.");
    workspace_ = {{"type", "Microsoft.Databricks/workspaces"},
                  {"apiVersion", k_workspaces_version},
                  {"name", parameter("workspaceName")},
                  {"location", parameter("location")}};
    if (old_.is_object())
      after_its_resource();
    else
      as_skeleton();
    add_access_connectors();
    return finish();
  }

private:
  std::string subscription() const {
    constexpr std::string_view k_prefix = "/subscriptions/";
    const std::string id = text_at(old_, {"id"});
    if (!id.starts_with(k_prefix)) return {};
    return id.substr(k_prefix.size(), id.find('/', k_prefix.size()) - k_prefix.size());
  }

  // Without a default it has to be filled in.
  void add(const std::string& name, const char* type, const json& value, const std::string& description) {
    json one{{"type", type}};
    if (value.is_null())
      out_.parameters.push_back(name);
    else
      one["defaultValue"] = value;
    one["metadata"] = {{"description", description}};
    parameters_[name] = std::move(one);
  }

  void by_hand(std::string task) { out_.by_hand.push_back(std::move(task)); }

  void after_its_resource() {
    out_.made = Provision::Made::after_its_resource;
    add_tags();
    workspace_["sku"] = {{"name", text_at(old_, {"sku", "name"})}};
    json& properties = workspace_["properties"];
    properties["managedResourceGroupId"] =
        "[subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('managedResourceGroupName'))]";
    for (const char* name : {"publicNetworkAccess", "requiredNsgRules"})
      if (std::string value = text_at(old_, {"properties", name}); !value.empty()) properties[name] = std::move(value);
    add_parameters(properties);
    add_encryption(properties);
    add_network_tasks();
    by_hand(fmt::format(
        "Compare the new workspace with the old one in the portal: the version {} of the management does not tell of "
        "the compliance security profile, of the firewall of the default storage, or of the default catalog.",
        k_workspaces_version));
  }

  void add_tags() {
    const json& tags = at(old_, {"tags"});
    if (!tags.is_object() || tags.empty()) return;
    json kept = json::object();
    for (const auto& [name, value] : tags.items()) {
      const std::string text = value.is_string() ? value.get<std::string>() : std::string();
      if (!subscription_.empty() && text.find(subscription_) != std::string::npos)
        by_hand(
            fmt::format("The tag {} names the old subscription, and is left out: set it on the new workspace.", name));
      else
        kept[name] = literal(text);
    }
    workspace_["tags"] = std::move(kept);
  }

  // What of `properties.parameters` is kept as it is, may be kept, and has to be another there.
  void add_parameters(json& properties) {
    json out = json::object();
    const json& old = at(old_, {"properties", "parameters"});
    if (!old.is_object()) return;
    for (const auto& [name, entry] : old.items()) {
      const json& value = at(entry, {"value"});
      if (value.is_null() || made_anew(name)) continue;
      if (value.is_boolean()) {
        out[name] = {{"value", value}};
        continue;
      }
      const std::string text = value.is_string() ? value.get<std::string>() : std::string();
      if (text.empty()) {
        by_hand(fmt::format("The parameter {} of the old workspace is not in the template: see whether it is needed.",
                            name));
        continue;
      }
      const bool is_id = text.starts_with('/');
      add(name, "string", is_id ? json() : json(literal(text)),
          is_id ? fmt::format("Id of what stands there in place of {}.", last_segment(text))
                : fmt::format("As it is of the old workspace: {}.", text));
      out[name] = {{"value", parameter(name)}};
    }
    if (text_at(old, {"encryption", "value", "keySource"}) == "Microsoft.Keyvault") {
      out["prepareEncryption"] = {{"value", true}};
      by_hand(
          "The root storage of the old workspace is sealed by a key of your own: give the storage identity of the new "
          "workspace access to a key in its region, and set it as the key of the root.");
    }
    if (!out.empty()) properties["parameters"] = std::move(out);
  }

  // Names that Azure makes, or that are those of the whole world; and what is told apart.
  static bool made_anew(const std::string& name) {
    return name == "storageAccountName" || name == "resourceTags" || name == "encryption";
  }

  void add_encryption(json& properties) {
    const json& old = at(old_, {"properties", "encryption", "entities"});
    if (!old.is_object()) return;
    for (const auto& [entity, what] : {std::pair("managedServices", "notebooks, queries and secrets"),
                                       std::pair("managedDisk", "disks of clusters")}) {
      const json& one = at(old, {entity});
      if (text_at(one, {"keySource"}) != "Microsoft.Keyvault") continue;
      json key;
      for (const auto& [member, label] : {std::pair("keyVaultUri", "KeyVaultUri"), std::pair("keyName", "KeyName"),
                                          std::pair("keyVersion", "KeyVersion")}) {
        const std::string name = fmt::format("{}{}", entity, label);
        add(name, "string", json(), fmt::format("Of the key in the new region that seals {}.", what));
        key[member] = parameter(name);
      }
      json& entry = properties["encryption"]["entities"][entity];
      entry = {{"keySource", "Microsoft.Keyvault"}, {"keyVaultProperties", std::move(key)}};
      const json& rotates = at(one, {"rotationToLatestKeyVersionEnabled"});
      if (rotates.is_boolean()) entry["rotationToLatestKeyVersionEnabled"] = rotates;
      by_hand(fmt::format("Make a key for {} in a key vault of the new region, and let {} use it.", what,
                          std::string_view(entity) == "managedDisk" ? "the disk encryption set of the new workspace"
                                                                    : "the enterprise application AzureDatabricks"));
    }
  }

  void add_network_tasks() {
    if (const std::string network = text_at(old_, {"properties", "parameters", "customVirtualNetworkId", "value"});
        !network.empty())
      by_hand(
          fmt::format("Make a virtual network in the new region, in place of {}: two subnets that are delegated to "
                      "Microsoft.Databricks/workspaces, with a network security group, and a way out; its peerings, "
                      "routes and firewall rules.",
                      last_segment(network)));
    const json& endpoints = at(old_, {"properties", "privateEndpointConnections"});
    const std::size_t private_ones = endpoints.is_array() ? endpoints.size() : 0;
    if (private_ones != 0 || text_at(old_, {"properties", "publicNetworkAccess"}) == "Disabled")
      by_hand(
          fmt::format("Make private endpoints for the new workspace ({} of the old one), and the records of "
                      "privatelink.azuredatabricks.net for them.",
                      private_ones == 0 ? std::string("none was told") : fmt::format("{}", private_ones)));
  }

  void as_skeleton() {
    out_.made = Provision::Made::as_skeleton;
    const bool standard = facts_.tier == "standard";
    add("pricingTier", "string", facts_.tier.empty() ? json() : json(standard ? "standard" : "premium"),
        "standard or premium; permissions and Unity Catalog need premium.");
    add("enableNoPublicIp", "bool", true, "Whether clusters have no public addresses.");
    add("virtualNetworkId", "string", "", "Id of a virtual network in that region; empty: Azure makes one.");
    add("publicSubnetName", "string", "databricks-public", "Of the virtual network, where one is given.");
    add("privateSubnetName", "string", "databricks-private", "Of the virtual network, where one is given.");
    workspace_["sku"] = {{"name", parameter("pricingTier")}};
    const std::string no_ip = "'enableNoPublicIp', createObject('value', parameters('enableNoPublicIp'))";
    workspace_["properties"] = {
        {"managedResourceGroupId",
         "[subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('managedResourceGroupName'))]"},
        {"parameters",
         fmt::format("[if(empty(parameters('virtualNetworkId')), createObject({0}), createObject({0}, "
                     "'customVirtualNetworkId', createObject('value', parameters('virtualNetworkId')), "
                     "'customPublicSubnetName', createObject('value', parameters('publicSubnetName')), "
                     "'customPrivateSubnetName', createObject('value', parameters('privateSubnetName'))))]",
                     no_ip)}};
    by_hand(
        "Look at the old workspace in the portal, and bring what this could not read into the template: its network, "
        "private endpoints, keys of your own, access from public networks, and tags.");
  }

  void add_access_connectors() {
    std::set<std::string> names;
    for (const std::string& id : facts_.access_connectors)
      if (std::string name = last_segment(id); !name.empty()) names.insert(std::move(name));
    if (names.empty()) return;
    json all = json::array();
    for (const std::string& name : names) all.push_back(literal(name));
    add("accessConnectorNames", "array", all,
        "Access connectors for the storage credentials of Unity Catalog, called as those of the old workspace.");
    connectors_ = {{"type", "Microsoft.Databricks/accessConnectors"},
                   {"apiVersion", k_connectors_version},
                   {"name", "[parameters('accessConnectorNames')[copyIndex()]]"},
                   {"location", parameter("location")},
                   {"copy", {{"name", "accessConnectors"}, {"count", "[length(parameters('accessConnectorNames'))]"}}},
                   {"identity", {{"type", "SystemAssigned"}}}};
    by_hand(
        fmt::format("Give the identities of the access connectors {} the role Storage Blob Data Contributor on the "
                    "storage that they are for, and put their ids into the storage credentials of the new workspace.",
                    fmt::join(names, ", ")));
  }

  void add_common_tasks() {
    if (!wish_.storage.empty())
      by_hand(
          fmt::format("Storage is not made, and no data copied: see that the new region has {} or what takes their "
                      "place, and write storage rules into a [map.NAME].",
                      fmt::join(wish_.storage, ", ")));
    by_hand(
        "Have an administrator of the account assign the metastore of the new region, and assign users, service "
        "principals and groups of the account.");
    by_hand("Give people and programs their roles on the new resource, and set its diagnostic settings and locks.");
    by_hand("Let names of your own and callers lead to the new address once it takes over: the outputs tell it.");
  }

  Provision finish() {
    add_common_tasks();
    json resources = json::array({workspace_});
    if (!connectors_.is_null()) resources.push_back(connectors_);
    const std::string workspace =
        "reference(resourceId('Microsoft.Databricks/workspaces', parameters('workspaceName')), '" +
        std::string(k_workspaces_version) + "')";
    const json whole{
        {"$schema", k_schema},
        {"contentVersion", "1.0.0.0"},
        {"metadata",
         {{"description",
           out_.made == Provision::Made::after_its_resource
               ? "A Databricks workspace like the one that it is to stand in for."
               : "The skeleton of a Databricks workspace: the one that it is to stand in for could not be "
                 "read."}}},
        {"parameters", parameters_},
        {"resources", std::move(resources)},
        {"outputs",
         {{"workspaceUrl", {{"type", "string"}, {"value", "[concat('https://', " + workspace + ".workspaceUrl)]"}}},
          {"workspaceId",
           {{"type", "string"},
            {"value", "[resourceId('Microsoft.Databricks/workspaces', parameters('workspaceName'))]"}}}}}};
    out_.text = whole.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
    return std::move(out_);
  }

  const WorkspaceFacts& facts_;
  const ProvisionWish& wish_;
  json old_;
  std::string subscription_;
  json parameters_ = json::object();
  json workspace_;
  json connectors_;
  Provision out_;
};

}  // namespace

WorkspaceFacts facts_for_provision(const Client& client, const base::Clock& clock, std::vector<Diagnosis>& lines,
                                   std::stop_token stop) {
  WorkspaceFacts out;
  const auto attempt = [&](std::string subject, const auto& task) {
    try {
      task();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      lines.push_back(
          {Diagnosis::Level::note, std::move(subject), fmt::format("not read: {}", error.message()), error.hint()});
    }
  };
  attempt("the workspace", [&] {
    out.region = look_at_workspace(client, clock, stop).region;
    out.tier = tier_of(client);
  });
  attempt("storage credentials", [&] {
    const net::Answer answer = client.get({.path = "/api/2.1/unity-catalog/storage-credentials"}, stop);
    const net::Status status = answer.verdict.status;
    if (status == net::Status::feature_absent || status == net::Status::not_found) return;
    if (!answer.ok()) throw net::to_error(answer);
    const model::JsonText all(answer.response.body);
    model::JsonPath("storage_credentials[*].azure_managed_identity.access_connector_id")
        .visit(all, [&](model::JsonText::Id id) { out.access_connectors.push_back(all.string(id)); });
  });
  return out;
}

Provision render_provision(const WorkspaceFacts& facts, const ProvisionWish& wish) {
  return Template(facts, wish).render();
}

}  // namespace holdfast::platform::databricks
