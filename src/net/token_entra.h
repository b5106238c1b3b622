// Azure's logins: an Entra service principal, a managed identity, and what `az account get-access-token` prints.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/token.h"

namespace holdfast::net {

// What is asked for, and what goes along with it.
struct EntraTarget {
  std::string resource{};  // the application that the token is for (an id or a URL)
  // The ARM id of a workspace where we are not a user yet: then a second token, for `management`, goes along in
  // X-Databricks-Azure-SP-Management-Token, and this id in X-Databricks-Azure-Workspace-Resource-Id.  Empty: neither.
  std::string workspace_resource_id{};
  std::string management = "https://management.core.windows.net/";
};

struct EntraOptions {
  Url login{};  // https://login.microsoftonline.com, or a sovereign cloud's
  std::string tenant{};
  std::string client_id{};
  base::Secret client_secret{};
  EntraTarget target{};
};
std::unique_ptr<TokenSource> open_entra_token(EntraOptions options, HttpClient& client, const base::Clock& clock);

struct ManagedIdentityOptions {
  Url endpoint{};           // http://169.254.169.254/metadata/identity/oauth2/token
  std::string client_id{};  // of a user-assigned identity; empty = the system-assigned one
  EntraTarget target{};
};
// The client must not go through a proxy: the endpoint is this machine's own.
std::unique_ptr<TokenSource> open_managed_identity(ManagedIdentityOptions options, HttpClient& client,
                                                   const base::Clock& clock);

struct AzureCliOptions {
  // Run as it is, without a shell, with --resource and its value appended.
  std::vector<std::string> command = {"az", "account", "get-access-token", "--output", "json"};
  std::string tenant{};  // adds --tenant when not empty
  EntraTarget target{};
  base::Duration timeout = std::chrono::seconds(60);
};
std::unique_ptr<TokenSource> open_azure_cli_token(AzureCliOptions options, const base::Clock& clock);

}  // namespace holdfast::net
