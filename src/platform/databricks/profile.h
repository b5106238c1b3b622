// Which workspace a connector means, and as whom: read from its settings, from a profile of the vendor's file, or from
// the vendor's environment variables.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

enum class AuthKind { token, oauth, entra, managed_identity, azure_cli };
std::string_view to_string(AuthKind kind) noexcept;  // the vendor's words: "pat", "oauth-m2m", …

// The clouds of Azure differ in where tokens come from.
enum class AzureCloud { everywhere, us_government, china };

struct Account {
  std::string host;    // "https://adb-1.2.azuredatabricks.net": scheme and authority, nothing behind
  std::string origin;  // "profile 'primary' (/home/anna/.databrickscfg:3)"
  AuthKind auth = AuthKind::token;
  std::string auth_reason;  // "'token' is set"
  base::Secret token;
  std::string client_id;  // of a Databricks or an Entra service principal, or of a managed identity
  base::Secret client_secret;
  std::string tenant_id;
  std::string resource_id;  // ARM id of the workspace; empty where the principal is its user
  AzureCloud cloud = AzureCloud::everywhere;
  unsigned rate_share_percent = 50;
  enum class Limits { kept, ignored } limits = Limits::kept;  // the documented ones
};

struct Surroundings {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::function<std::optional<std::string>(const std::string& path)> file;  // nullopt: there is none
};
// The process's environment and the machine's files.  Reading throws Error{config} for a file that cannot be read.
Surroundings real_surroundings();

// Order: `host` of the connector with its own credentials; `profile` of the connector; where it has neither, the
// variables DATABRICKS_HOST and DATABRICKS_CONFIG_PROFILE; then the file's default profile.  A connector that names a
// workspace takes nothing from the environment but the place of the file: two connectors would be one workspace.
// Throws Error{config} that names connector, or file and line, profile and key.
Account read_account(const std::string& connector, const Settings& settings, const Surroundings& surroundings);

// The settings of a [connector.NAME] table that read_account() takes.
std::vector<Platform::Setting> account_settings();

}  // namespace holdfast::platform::databricks
