#include "platform/databricks/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "base/ascii.h"
#include "base/error.h"
#include "base/suggest.h"
#include "net/url.h"
#include "platform/databricks/ini.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;
using Type = Platform::Setting::Type;

// A key of the three places, under one name.
struct Key {
  std::string_view name;      // in the file and in holdfast.toml
  std::string_view variable;  // of the environment; empty where the vendor has none
  Type type;
  std::string_view doc;
};
constexpr std::array k_keys{
    Key{"host", "DATABRICKS_HOST", Type::text, "https:// address of the workspace"},
    Key{"auth_type", "DATABRICKS_AUTH_TYPE", Type::text,
        "pat, oauth-m2m, azure-client-secret, azure-msi or azure-cli; told from the other keys when not set"},
    Key{"token", "DATABRICKS_TOKEN", Type::secret, "personal access token"},
    Key{"client_id", "DATABRICKS_CLIENT_ID", Type::text, "application id of a Databricks service principal"},
    Key{"client_secret", "DATABRICKS_CLIENT_SECRET", Type::secret, "its OAuth secret"},
    Key{"azure_client_id", "ARM_CLIENT_ID", Type::text, "application id of an Entra service principal"},
    Key{"azure_client_secret", "ARM_CLIENT_SECRET", Type::secret, "its client secret"},
    Key{"azure_tenant_id", "ARM_TENANT_ID", Type::text, "the Entra tenant"},
    Key{"azure_use_msi", "ARM_USE_MSI", Type::flag, "true: the managed identity of this machine"},
    Key{"azure_workspace_resource_id", "DATABRICKS_AZURE_RESOURCE_ID", Type::text,
        "ARM id of the workspace; needed where the Entra principal is not yet its user"},
    Key{"azure_environment", "ARM_ENVIRONMENT", Type::text, "public, usgovernment or china"},
};

// Keys of the file that other programs read.
constexpr std::array<std::string_view, 24> k_foreign{"username",
                                                     "password",
                                                     "account_id",
                                                     "workspace_id",
                                                     "cluster_id",
                                                     "warehouse_id",
                                                     "rate_limit",
                                                     "retry_timeout_seconds",
                                                     "skip_verify",
                                                     "jobs-api-version",
                                                     "http_timeout_seconds",
                                                     "debug_truncate_bytes",
                                                     "debug_headers",
                                                     "scopes",
                                                     "serverless_compute_id",
                                                     "metadata_service_url",
                                                     "google_service_account",
                                                     "google_credentials",
                                                     "refresh_token",
                                                     "databricks_cli_path",
                                                     "insecure",
                                                     "azure_login_app_id",
                                                     "discovery_url",
                                                     "experimental_is_unified_host"};

// Values by name, and where each came from.
struct Found {
  struct Value {
    base::Secret text;
    std::string where;  // "connector 'primary'", "FILE:12", "environment variable X"
  };
  std::map<std::string, Value, std::less<>> values;
  std::string origin;

  std::string text(std::string_view name) const {
    const auto at = values.find(name);
    return at == values.end() ? std::string() : std::string(at->second.text.reveal());
  }
  base::Secret secret(std::string_view name) const {
    const auto at = values.find(name);
    return at == values.end() ? base::Secret() : at->second.text;
  }
  bool has(std::string_view name) const {
    const auto at = values.find(name);
    return at != values.end() && !at->second.text.empty();
  }
  std::string where(std::string_view name) const {
    const auto at = values.find(name);
    return at == values.end() ? origin : at->second.where;
  }
};

Found from_settings(const std::string& connector, const Settings& settings) {
  Found out;
  out.origin = fmt::format("connector '{}'", connector);
  for (const Key& key : k_keys) {
    std::optional<base::Secret> value;
    if (key.type == Type::secret) {
      value = settings.secret(key.name);
    } else if (key.type == Type::flag) {
      if (const auto flag = settings.flag(key.name)) value = base::Secret(*flag ? "true" : "false");
    } else if (const auto text = settings.text(key.name)) {
      value = base::Secret(*text);
    }
    if (value) out.values[std::string(key.name)] = {std::move(*value), out.origin};
  }
  return out;
}

Found from_environment(const Surroundings& surroundings) {
  Found out;
  out.origin = "the environment";
  for (const Key& key : k_keys) {
    const std::string name(key.variable);
    if (const auto value = surroundings.variable(name); value && !value->empty())
      out.values[std::string(key.name)] = {base::Secret(*value), "environment variable " + name};
  }
  return out;
}

// Somebody may have put a token, an OAuth secret or a JWT on the wrong line.
bool looks_like_secret(std::string_view value) {
  const std::string text = base::lower(value.substr(0, 4));
  return text == "dapi" || text == "dose" || text.starts_with("eyj");
}

std::string shown(const std::string& value) {
  return looks_like_secret(value) ? std::string("what looks like a token") : fmt::format("'{}'", value);
}

std::vector<std::string> names_of(const IniFile& file) {
  std::vector<std::string> out;
  for (const IniSection& section : file.sections)
    if (section.name != "__settings__") out.push_back(section.name);
  return out;
}

void refuse_unknown(const IniFile& file, const IniSection& section) {
  std::vector<std::string> known;
  for (const Key& key : k_keys) known.emplace_back(key.name);
  for (const IniEntry& entry : section.entries) {
    const bool ours = std::find(known.begin(), known.end(), entry.key) != known.end();
    const bool foreign = std::find(k_foreign.begin(), k_foreign.end(), entry.key) != k_foreign.end();
    if (ours || foreign) continue;
    // Only what looks like a slip of the hand is an error: the vendor adds keys with every release.
    if (const auto near = base::nearest(entry.key, known))
      throw Error(ErrorKind::config,
                  fmt::format("{}:{}: profile '{}' has the unknown key {}", file.path, entry.line, section.name,
                              shown(entry.key)),
                  fmt::format("Did you mean \"{}\"?", *near));
  }
}

void take(Found& out, const IniFile& file, const IniSection& section) {
  refuse_unknown(file, section);
  for (const Key& key : k_keys)
    if (const IniEntry* entry = section.find(key.name); entry != nullptr && !entry->value.empty())
      out.values.try_emplace(std::string(key.name),
                             Found::Value{base::Secret(entry->value), fmt::format("{}:{}", file.path, entry->line)});
}

Found from_profile(const IniFile& file, const std::string& profile, std::string_view wanted_by) {
  const IniSection* section = profile == "__settings__" ? nullptr : file.find(profile);
  if (section == nullptr)
    throw Error(ErrorKind::config,
                fmt::format("{}: there is no profile {}, which {} wants", file.path, shown(profile), wanted_by),
                base::hint_for(profile, names_of(file)));
  Found out;
  out.origin = fmt::format("profile '{}' ({}:{})", profile, file.path, section->line);
  // [DEFAULT] is the profile of those that name none, as in the vendor's SDK.  It does not fill what another profile
  // leaves open: its token would go to that profile's host.
  take(out, file, *section);
  return out;
}

std::string file_path(const Settings& settings, const Surroundings& surroundings) {
  std::string path;
  if (const auto own = settings.text("config_file")) {
    path = *own;
  } else if (const auto given = surroundings.variable("DATABRICKS_CONFIG_FILE"); given && !given->empty()) {
    path = *given;
  } else {
    path = "~/.databrickscfg";
  }
  if (path.starts_with("~/")) path = surroundings.variable("HOME").value_or("") + path.substr(1);
  return path;
}

std::optional<IniFile> read_file(const std::string& path, const Surroundings& surroundings) {
  const auto text = surroundings.file(path);
  return text ? std::optional(parse_ini(*text, path)) : std::nullopt;
}

std::string default_profile(const IniFile& file) {
  if (const IniSection* settings = file.find("__settings__"))
    if (const IniEntry* entry = settings->find("default_profile"); entry != nullptr && !entry->value.empty())
      return entry->value;
  return "DEFAULT";
}

Found find_values(const std::string& connector, const Settings& settings, const Surroundings& surroundings) {
  Found own = from_settings(connector, settings);
  const auto profile = settings.text("profile");
  if (profile && own.has("host"))
    throw Error(ErrorKind::config, fmt::format("connector '{}' has both a profile and a host", connector),
                "Keep one of the two: each of them names a workspace.");
  if (own.has("host")) return own;
  const std::string wanted_by = fmt::format("connector '{}'", connector);
  const std::string path = file_path(settings, surroundings);
  std::string name = profile.value_or("");
  if (!profile) {
    Found environment = from_environment(surroundings);
    if (environment.has("host")) return environment;
    name = surroundings.variable("DATABRICKS_CONFIG_PROFILE").value_or("");
  }
  const std::optional<IniFile> file = read_file(path, surroundings);
  if (!file)
    throw Error(ErrorKind::config,
                fmt::format("connector '{}' names no workspace, and there is no file {}", connector, path),
                "Set profile or host in holdfast.toml, or make a profile with the vendor's \"databricks configure\".");
  Found out = from_profile(*file, name.empty() ? default_profile(*file) : name, wanted_by);
  // What the connector says itself goes before its profile.
  for (auto& [key, value] : own.values) out.values.insert_or_assign(key, std::move(value));
  return out;
}

// With or without a port.
bool is_this_machine(const std::string& authority) {
  const bool bracketed = authority.starts_with('[');
  return net::is_loopback(bracketed ? authority.substr(1, authority.find(']') - 1)
                                    : authority.substr(0, authority.find(':')));
}

// Scheme and authority; what a browser leaves behind it (a path, "?o=123") is dropped.
std::string host_of(const Found& found) {
  std::string text = found.text("host");
  if (text.empty())
    throw Error(ErrorKind::config, fmt::format("{} has no host", found.origin),
                "Set host = https://adb-NUMBER.N.azuredatabricks.net, the address of the workspace in a browser.");
  const auto refuse = [&](std::string_view problem, std::string hint) {
    throw Error(ErrorKind::config, fmt::format("{}: the host {}", found.where("host"), problem), std::move(hint));
  };
  if (text.find("://") == std::string::npos) text.insert(0, "https://");
  const std::size_t begin = text.find("://") + 3;
  const std::string scheme = base::lower(text.substr(0, begin - 3));
  const std::string authority = base::lower(text.substr(begin, text.find_first_of("/?#", begin) - begin));
  if (scheme != "https" && scheme != "http") refuse("is no http address", "Write it as https://NAME.");
  if (authority.empty()) refuse("has no name", "Write it as https://NAME.");
  if (authority.find('@') != std::string::npos) refuse("holds a user", "Put credentials under keys of their own.");
  const bool clean = std::all_of(authority.begin(), authority.end(), [](char c) {
    return base::is_letter_or_digit(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
  if (!clean) refuse("holds a character that no host name has", "Copy the address from the browser.");
  // Name servers would be asked for it, whatever it is.
  constexpr std::size_t k_shortest_token = 20;  // a host may be called dapi.example.com
  if (looks_like_secret(authority) && authority.find_first_of(".:") >= k_shortest_token)
    refuse("looks like a token", "Put the token under the key token, and the address of the workspace here.");
  if (authority.find('.') == std::string::npos && !is_this_machine(authority))
    refuse("has no dot in it", "Write the address of the workspace: https://adb-NUMBER.N.azuredatabricks.net.");
  if (scheme == "http" && !is_this_machine(authority))
    refuse("is not encrypted: tokens would be read by anybody on the way", "Write https:// instead of http://.");
  return scheme + "://" + authority;
}

AzureCloud cloud_of(const Found& found, const std::string& host) {
  const std::string name = base::lower(found.text("azure_environment"));
  if (name == "usgovernment" || name == "azureusgovernmentcloud") return AzureCloud::us_government;
  if (name == "china" || name == "azurechinacloud") return AzureCloud::china;
  if (!name.empty() && name != "public" && name != "azurepubliccloud")
    throw Error(ErrorKind::config,
                fmt::format("{}: azure_environment is {}", found.where("azure_environment"), shown(name)),
                base::hint_for(name, {"public", "usgovernment", "china"}));
  if (host.ends_with(".databricks.azure.us")) return AzureCloud::us_government;
  if (host.ends_with(".databricks.azure.cn")) return AzureCloud::china;
  return AzureCloud::everywhere;
}

struct Way {
  AuthKind kind;
  std::vector<std::string_view> needs;
};

const std::vector<Way>& ways() {
  static const std::vector<Way> all{
      {AuthKind::token, {"token"}},
      {AuthKind::oauth, {"client_id", "client_secret"}},
      {AuthKind::entra, {"azure_client_id", "azure_client_secret", "azure_tenant_id"}},
      {AuthKind::managed_identity, {"azure_use_msi"}},
      {AuthKind::azure_cli, {}},
  };
  return all;
}

bool begun(const Found& found, const Way& way) {
  if (way.kind == AuthKind::managed_identity) return base::lower(found.text("azure_use_msi")) == "true";
  if (way.kind == AuthKind::azure_cli) return false;  // only where it is asked for
  // Ids alone say nothing: a managed identity has one too.
  return found.has(
      way.kind == AuthKind::token ? "token" : (way.kind == AuthKind::oauth ? "client_secret" : "azure_client_secret"));
}

const Way& chosen_by_name(const Found& found, const std::string& name) {
  std::vector<std::string> known;
  for (const Way& way : ways()) {
    if (to_string(way.kind) == name) return way;
    known.emplace_back(to_string(way.kind));
  }
  throw Error(ErrorKind::config, fmt::format("{}: auth_type is {}", found.where("auth_type"), shown(name)),
              base::hint_for(name, known));
}

const Way& chosen_by_keys(const Found& found) {
  std::vector<const Way*> possible;
  for (const Way& way : ways())
    if (begun(found, way)) possible.push_back(&way);
  if (possible.size() == 1) return *possible.front();
  if (possible.empty())
    throw Error(ErrorKind::config, fmt::format("{} has a host and no credentials", found.origin),
                "Set token, or client_id and client_secret, or azure_client_id, azure_client_secret and "
                "azure_tenant_id, or azure_use_msi, or auth_type = azure-cli.");
  std::vector<std::string_view> names;
  for (const Way* way : possible) names.push_back(to_string(way->kind));
  throw Error(ErrorKind::config,
              fmt::format("{} has credentials of more than one kind: {}", found.origin, fmt::join(names, ", ")),
              "Say which one is meant with auth_type.");
}

void choose_auth(Account& account, const Found& found) {
  const std::string name = base::lower(found.text("auth_type"));
  const Way& way = name.empty() ? chosen_by_keys(found) : chosen_by_name(found, name);
  for (const std::string_view need : way.needs)
    if (!found.has(need))
      throw Error(ErrorKind::config,
                  fmt::format("{} lacks '{}', which {} needs", found.origin, need, to_string(way.kind)),
                  fmt::format("Set {}.", need));
  account.auth = way.kind;
  account.auth_reason = name.empty()
                            ? fmt::format("'{}' is set ({})", way.needs.front(), found.where(way.needs.front()))
                            : fmt::format("auth_type is set ({})", found.where("auth_type"));
  const bool azure = way.kind == AuthKind::entra || way.kind == AuthKind::managed_identity;
  if (way.kind == AuthKind::token) account.token = found.secret("token");
  if (way.kind == AuthKind::oauth) account.client_id = found.text("client_id");
  if (way.kind == AuthKind::oauth) account.client_secret = found.secret("client_secret");
  if (azure) account.client_id = found.text("azure_client_id");
  if (way.kind == AuthKind::entra) account.client_secret = found.secret("azure_client_secret");
  account.tenant_id = found.text("azure_tenant_id");
  account.resource_id = found.text("azure_workspace_resource_id");
}

}  // namespace

std::string_view to_string(AuthKind kind) noexcept {
  switch (kind) {
    case AuthKind::token:
      return "pat";
    case AuthKind::oauth:
      return "oauth-m2m";
    case AuthKind::entra:
      return "azure-client-secret";
    case AuthKind::managed_identity:
      return "azure-msi";
    case AuthKind::azure_cli:
      return "azure-cli";
  }
  return "?";
}

Surroundings real_surroundings() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
          .file = [](const std::string& path) -> std::optional<std::string> {
            std::ifstream in(path, std::ios::binary);
            if (!in) return std::nullopt;
            std::ostringstream text;
            text << in.rdbuf();
            if (in.bad())
              throw Error(ErrorKind::config, fmt::format("{} cannot be read", path), "Look at its permissions.");
            return std::move(text).str();
          }};
}

Account read_account(const std::string& connector, const Settings& settings, const Surroundings& surroundings) {
  const Found found = find_values(connector, settings, surroundings);
  Account account;
  account.origin = found.origin;
  account.host = host_of(found);
  account.cloud = cloud_of(found, account.host);
  choose_auth(account, found);
  if (const auto share = settings.number("rate_share_percent")) {
    if (*share < 1 || *share > 100)
      throw Error(
          ErrorKind::config,
          fmt::format("connector '{}': rate_share_percent is {}, which is not within 1 to 100", connector, *share),
          "50 leaves half of the documented limits to production.");
    account.rate_share_percent = static_cast<unsigned>(*share);
  }
  if (settings.flag("ignore_rate_limits").value_or(false)) {
    // A workspace that is asked without measure throttles everybody in it, and is reached by TLS.
    if (!account.host.starts_with("http://"))
      throw Error(
          ErrorKind::config,
          fmt::format("connector '{}': ignore_rate_limits is for stand-ins, and {} is none", connector, account.host),
          "Leave it out, and set rate_share_percent to 100 where nothing else uses the workspace.");
    account.limits = Account::Limits::ignored;
  }
  return account;
}

std::vector<Platform::Setting> account_settings() {
  std::vector<Platform::Setting> out{
      {"profile", Type::text, "a profile of the vendor's file"},
      {"config_file", Type::text, "the vendor's file; DATABRICKS_CONFIG_FILE or ~/.databrickscfg when not set"},
      {"rate_share_percent", Type::number,
       "the share of the documented rate limits to take, 1 to 100; 50 when not set"},
      {"ignore_rate_limits", Type::flag, "true: as fast as the answers come; for stand-ins only"},
  };
  for (const Key& key : k_keys) out.push_back({key.name, key.type, key.doc});
  return out;
}

}  // namespace holdfast::platform::databricks
