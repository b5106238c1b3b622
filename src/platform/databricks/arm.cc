#include "platform/databricks/arm.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/ascii.h"
#include "base/error.h"
#include "base/json.h"
#include "model/json_depth.h"
#include "net/api.h"
#include "platform/databricks/azure_cloud.h"
#include "platform/databricks/session.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using nlohmann::json;
using Level = Diagnosis::Level;
using Type = Platform::Setting::Type;

constexpr std::string_view k_family = "azure management";
constexpr const char* k_storage_version = "2023-01-01";
constexpr const char* k_workspace_version = "2018-04-01";
constexpr const char* k_whole_version = "2023-02-01";  // of a workspace with its keys and its network
constexpr unsigned k_pages_most = 200;
constexpr std::size_t k_depth_most = 50;
constexpr std::size_t k_message_most = 300;

// Whatever came, as JSON; null where it is none.
json parsed(const std::string& body) {
  if (model::nests_deeper_than(body, k_depth_most)) return {};
  return json::parse(body, nullptr, false, true);
}

// The member at the end of the names; null where it is not there.
const json& at(const json& from, std::initializer_list<const char*> names) {
  static const json none;
  const json* here = &from;
  for (const char* name : names) {
    if (!here->is_object()) return none;
    const auto found = here->find(name);
    if (found == here->end()) return none;
    here = &*found;
  }
  return *here;
}

std::string text_at(const json& from, std::initializer_list<const char*> names) {
  const json& value = at(from, names);
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() || value.is_structured() ? std::string() : value.dump();
}

// {"error": {"code": …, "message": …}}
net::Verdict refine(const net::Response& response, net::Status by_http) {
  const json body = parsed(response.body);
  return {.status = by_http,
          .code = text_at(body, {"error", "code"}),
          .message = text_at(body, {"error", "message"}).substr(0, k_message_most)};
}

StorageFacts::Copies copies_of(const std::string& sku) {
  for (const std::string_view one : {"GRS", "GZRS"})
    if (sku.ends_with(one)) return StorageFacts::Copies::in_two_regions;
  for (const std::string_view one : {"_LRS", "_ZRS"})
    if (sku.ends_with(one)) return StorageFacts::Copies::in_one_region;
  return StorageFacts::Copies::not_known;
}

std::vector<std::string> subscriptions_in(const std::string& connector, const std::string& text) {
  std::vector<std::string> out;
  std::string one;
  const auto take = [&] {
    if (!one.empty()) out.push_back(std::exchange(one, {}));
  };
  for (const char c : text) {
    if (c == ',' || c == ' ')
      take();
    else if (base::is_letter_or_digit(c) || c == '-')
      one += c;
    else
      throw Error(ErrorKind::config,
                  fmt::format("connector '{}': azure_subscriptions has a character that no id has", connector),
                  "Write the ids with commas between them.");
  }
  take();
  return out;
}

std::string subscription_of(const std::string& resource_id) {
  constexpr std::string_view k_prefix = "/subscriptions/";
  if (!resource_id.starts_with(k_prefix)) return {};
  return resource_id.substr(k_prefix.size(), resource_id.find('/', k_prefix.size()) - k_prefix.size());
}

std::string reader_advice(const std::string& subscription) {
  return fmt::format(
      "Give the account the role Reader on subscription {}, or on the resource groups of the workspace and of its "
      "storage accounts.",
      subscription);
}

}  // namespace

ArmOptions read_arm_options(const std::string& connector, const Settings& settings, const Account& account) {
  ArmOptions out;
  out.connector = connector;
  out.url = settings.text("azure_management_url").value_or(addresses_of(account.cloud).management);
  const net::Url url = net::parse_url(out.url);
  if (url.scheme != "https" && !net::is_loopback(url.host))
    throw Error(ErrorKind::config, fmt::format("connector '{}': azure_management_url is not encrypted", connector),
                "Write https:// instead of http://.");
  out.resource_id = account.resource_id;
  out.subscriptions = subscriptions_in(connector, settings.text("azure_subscriptions").value_or(""));
  const std::string own = subscription_of(out.resource_id);
  if (out.subscriptions.empty() && !own.empty()) out.subscriptions.push_back(own);
  if (auto token = settings.secret("azure_management_token")) out.token = std::move(*token);
  return out;
}

std::vector<Platform::Setting> arm_settings() {
  return {{"azure_subscriptions", Type::text,
           "ids of the subscriptions of the workspace and of its storage accounts, for doctor; that of "
           "azure_workspace_resource_id when not set"},
          {"azure_management_token", Type::secret,
           "a token for Azure's management; asked for where the connector signs in by Entra"},
          {"azure_management_url", Type::text, "address of Azure's management; that of the cloud when not set"}};
}

struct Arm::Impl {
  explicit Impl(ArmParts given)
      : options(std::move(given.options)),
        http(std::move(given.http)),
        direct(open_direct(given.account)),
        tokens(options.token.empty()
                   ? open_azure_tokens(given.account, addresses_of(given.account.cloud).management_audience, *http,
                                       direct.get(), given.clock)
                   : net::open_fixed_token(options.token)),
        budget({{.name = std::string(k_family), .requests = 10, .burst = 10}}, 1.0, given.clock),
        base(net::parse_url(options.url)) {
    if (tokens)
      api.emplace(net::Api::Parts{*http, *tokens, budget, given.clock, given.random},
                  net::ApiOptions{.patience = std::chrono::seconds(15), .refine = refine});
  }

  json get(const net::Url& url, const std::stop_token& stop);
  void list(const std::string& path, const char* version, const std::function<void(const json&)>& take,
            const std::stop_token& stop);
  void list_storage(const std::string& subscription, const std::stop_token& stop);
  void add_replication(StorageFacts& facts, const std::stop_token& stop);
  json find_workspace(const std::string& host, const std::stop_token& stop);
  void say_workspace(const json& workspace, CloudFacts& out) const;
  std::optional<Diagnosis> not_asked(std::string_view what) const;
  Diagnosis refusal(const std::string& what, const std::string& subscription, const Error& error) const;
  StorageFacts facts_of(const std::string& name, const std::stop_token& stop);

  const ArmOptions options;
  const std::unique_ptr<net::HttpClient> http;
  const std::unique_ptr<net::HttpClient> direct;
  const std::unique_ptr<net::TokenSource> tokens;  // nullptr: this identity has none for Azure
  net::Budget budget;
  const net::Url base;
  std::optional<net::Api> api;
  std::map<std::string, json> accounts;  // by name, as they are listed
};

// Throws what to_error() makes of an answer that is not the wanted one.
json Arm::Impl::get(const net::Url& url, const std::stop_token& stop) {
  net::Request request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  const net::Answer answer = api->call({.family = k_family, .request = std::move(request)}, stop);
  if (!answer.ok()) throw net::to_error(answer);
  json out = parsed(answer.response.body);
  if (!out.is_object())
    throw Error(ErrorKind::unavailable, fmt::format("{} answered with something that is no JSON", net::origin(base)),
                "Look at azure_management_url.");
  return out;
}

void Arm::Impl::list(const std::string& path, const char* version, const std::function<void(const json&)>& take,
                     const std::stop_token& stop) {
  net::Url url = net::at(base, path, {{"api-version", version}});
  for (unsigned page = 0; page < k_pages_most; ++page) {
    const json answer = get(url, stop);
    const json& value = at(answer, {"value"});
    if (value.is_array())
      for (const json& one : value) take(one);
    const std::string next = text_at(answer, {"nextLink"});
    if (next.empty()) return;
    url = net::parse_url(next);
    // The token goes along.
    if (!net::same_origin(url, base))
      throw Error(ErrorKind::unavailable, fmt::format("{} sends us to another host for more", net::origin(base)));
  }
  throw Error(ErrorKind::unavailable, fmt::format("the list {} does not end", path));
}

void Arm::Impl::list_storage(const std::string& subscription, const std::stop_token& stop) {
  list(
      fmt::format("/subscriptions/{}/providers/Microsoft.Storage/storageAccounts", subscription), k_storage_version,
      [&](const json& one) { accounts.emplace(text_at(one, {"name"}), one); }, stop);
}

// Lists do not tell it, and it is told of accounts over two regions only.
void Arm::Impl::add_replication(StorageFacts& facts, const std::stop_token& stop) {
  try {
    const json account = get(net::at(base, text_at(accounts.at(facts.name), {"id"}),
                                     {{"api-version", k_storage_version}, {"$expand", "geoReplicationStats"}}),
                             stop);
    const json& stats = at(account, {"properties", "geoReplicationStats"});
    facts.last_sync = base::parse_instant(text_at(stats, {"lastSyncTime"}));
    const std::string status = text_at(stats, {"status"});
    if (status != "Live") facts.trouble = status.empty() ? "replication not told" : "replication: " + status;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    facts.trouble = error.message();
  }
}

// null where it is in none of the subscriptions.
json Arm::Impl::find_workspace(const std::string& host, const std::stop_token& stop) {
  if (!options.resource_id.empty())
    return get(net::at(base, options.resource_id, {{"api-version", k_workspace_version}}), stop);
  const std::string name = net::parse_url(host).host;
  json found;
  for (const std::string& subscription : options.subscriptions)
    list(
        fmt::format("/subscriptions/{}/providers/Microsoft.Databricks/workspaces", subscription), k_workspace_version,
        [&](const json& one) {
          if (text_at(one, {"properties", "workspaceUrl"}) == name) found = one;
        },
        stop);
  return found;
}

void Arm::Impl::say_workspace(const json& workspace, CloudFacts& out) const {
  const auto say = [&](std::string subject, std::string text) {
    if (!text.empty()) out.lines.push_back({Level::ok, std::move(subject), std::move(text), {}});
  };
  if (workspace.is_null()) {
    out.lines.push_back({Level::note, "in Azure", "the workspace is in none of the subscriptions that were looked at",
                         "Add its subscription to azure_subscriptions, or set azure_workspace_resource_id."});
    return;
  }
  say("in Azure", text_at(workspace, {"id"}));
  say("region in Azure", text_at(workspace, {"location"}));
  say("tier in Azure", text_at(workspace, {"sku", "name"}));
  say("managed group", text_at(workspace, {"properties", "managedResourceGroupId"}));
  const json& parameters = at(workspace, {"properties", "parameters"});
  const std::string root = text_at(parameters, {"storageAccountName", "value"});
  const std::string sku = text_at(parameters, {"storageAccountSkuName", "value"});
  if (root.empty()) return;
  const bool lost = copies_of(sku) == StorageFacts::Copies::in_one_region;
  out.lines.push_back({lost ? Level::warning : Level::ok, "default root",
                       fmt::format("storage account {}, {}{}", root, sku, lost ? ": lost with the region" : ""),
                       "Keep nothing of value on DBFS: nobody but the workspace reaches that account."});
}

// Why it is not asked at all; nullopt: it is.
std::optional<Diagnosis> Arm::Impl::not_asked(std::string_view what) const {
  if (options.subscriptions.empty())
    return Diagnosis{Level::note, "Azure", fmt::format("not asked {}: no subscription is configured", what),
                     fmt::format("Set azure_subscriptions of connector {} and give its account the role Reader there.",
                                 options.connector)};
  if (!api)
    return Diagnosis{Level::note, "Azure", fmt::format("not asked {}: this way to sign in is not Azure's", what),
                     "Set azure_management_token, or sign in by an Entra service principal, a managed identity or the "
                     "Azure CLI."};
  return std::nullopt;
}

Diagnosis Arm::Impl::refusal(const std::string& what, const std::string& subscription, const Error& error) const {
  if (error.kind() == ErrorKind::cancelled) throw error;
  return {Level::note, what, fmt::format("not readable: {}", error.message()),
          error.kind() == ErrorKind::auth ? reader_advice(subscription) : error.hint()};
}

StorageFacts Arm::Impl::facts_of(const std::string& name, const std::stop_token& stop) {
  const json& account = accounts.at(name);
  StorageFacts out{.name = name,
                   .location = text_at(account, {"location"}),
                   .redundancy = text_at(account, {"sku", "name"}),
                   .second_location = text_at(account, {"properties", "secondaryLocation"})};
  out.copies = copies_of(out.redundancy);
  if (out.copies == StorageFacts::Copies::in_two_regions) add_replication(out, stop);
  return out;
}

Arm::Arm(ArmParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
Arm::~Arm() = default;

CloudFacts Arm::ask(const std::string& host, const std::vector<std::string>& wanted, std::stop_token stop) {
  CloudFacts out;
  if (auto why = impl_->not_asked("how storage is kept")) {
    out.lines.push_back(std::move(*why));
    return out;
  }
  try {
    impl_->say_workspace(impl_->find_workspace(host, stop), out);
  } catch (const Error& error) {
    out.lines.push_back(impl_->refusal("in Azure", impl_->options.subscriptions.front(), error));
  }
  for (const std::string& subscription : impl_->options.subscriptions) {
    try {
      impl_->list_storage(subscription, stop);
      out.asked = true;
    } catch (const Error& error) {
      out.lines.push_back(impl_->refusal("storage in Azure", subscription, error));
    }
  }
  for (const std::string& name : std::set<std::string>(wanted.begin(), wanted.end()))
    if (impl_->accounts.contains(name)) out.storage.push_back(impl_->facts_of(name, stop));
  return out;
}

std::string Arm::workspace(const std::string& host, std::vector<Diagnosis>& lines, std::stop_token stop) {
  if (auto why = impl_->not_asked("what the workspace is there")) {
    lines.push_back(std::move(*why));
    return {};
  }
  try {
    const json found = impl_->find_workspace(host, stop);
    const std::string id = text_at(found, {"id"});
    if (!id.empty()) return impl_->get(net::at(impl_->base, id, {{"api-version", k_whole_version}}), stop).dump();
    CloudFacts nowhere;
    impl_->say_workspace(json(), nowhere);
    lines.insert(lines.end(), nowhere.lines.begin(), nowhere.lines.end());
  } catch (const Error& error) {
    lines.push_back(impl_->refusal("in Azure", impl_->options.subscriptions.front(), error));
  }
  return {};
}

}  // namespace holdfast::platform::databricks
