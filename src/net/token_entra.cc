#include "net/token_entra.h"

#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "net/command.h"
#include "net/token_answer.h"

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::uint64_t k_answer_max = 1 << 20;

// A bearer for the target, and for a workspace where we are not a user yet a second one for its management.
class AzureSource : public TokenSource {
public:
  using FetchFor = std::function<Token(const std::string& resource, std::stop_token)>;

  AzureSource(std::string_view kind, const EntraTarget& target, const FetchFor& fetch, const base::Clock& clock)
      : kind_(kind),
        workspace_resource_id_(target.workspace_resource_id),
        token_([fetch, resource = target.resource](std::stop_token stop) { return fetch(resource, stop); }, clock),
        management_([fetch, resource = target.management](std::stop_token stop) { return fetch(resource, stop); },
                    clock) {}

  std::string_view kind() const noexcept override { return kind_; }

  Credentials credentials(std::stop_token stop) override {
    Credentials out;
    out.push_back({"Authorization", base::Secret(std::string(k_bearer).append(token_.get(stop).reveal()))});
    if (workspace_resource_id_.empty()) return out;
    out.push_back({std::string(k_management), management_.get(stop)});
    out.push_back({"X-Databricks-Azure-Workspace-Resource-Id", base::Secret(workspace_resource_id_)});
    return out;
  }

  bool refused(const Credentials& used) override {
    for (const SecretHeader& header : used) {
      if (header.name == "Authorization")
        token_.forget(base::Secret(std::string(header.value.reveal().substr(k_bearer.size()))));
      if (header.name == k_management) management_.forget(header.value);
    }
    return true;
  }

private:
  static constexpr std::string_view k_bearer = "Bearer ";
  static constexpr std::string_view k_management = "X-Databricks-Azure-SP-Management-Token";
  const std::string kind_;
  const std::string workspace_resource_id_;
  CachedToken token_;
  CachedToken management_;
};

Token ask(HttpClient& client, const Request& request, std::string_view who, base::Instant asked, std::stop_token stop) {
  return read_token(request, client.send(request, stop), who, asked);
}

std::string shown(const std::vector<std::string>& command) {
  std::string out;
  for (const std::string& word : command) out += (out.empty() ? "" : " ") + word;
  return out;
}

Token ask_cli(const AzureCliOptions& options, const std::string& resource, const base::Clock& clock,
              std::stop_token stop) {
  std::vector<std::string> command = options.command;
  command.insert(command.end(), {"--resource", resource});
  if (!options.tenant.empty()) command.insert(command.end(), {"--tenant", options.tenant});
  const std::string name = shown(command);
  const CommandResult result = run_command(command, options.timeout, clock, stop);
  if (result.exit_code != 0)
    throw Error(ErrorKind::auth,
                fmt::format("'{}' failed with exit code {}: {}", name, result.exit_code, first_line(result.errors)),
                "Run az login, or choose another way to log in.");
  return read_cli_token(result.output.reveal(), name);
}

}  // namespace

std::unique_ptr<TokenSource> open_entra_token(EntraOptions options, HttpClient& client, const base::Clock& clock) {
  const EntraTarget target = options.target;
  auto fetch = [options = std::move(options), &client, &clock](const std::string& resource, std::stop_token stop) {
    Request request;
    request.method = Method::post;
    request.url = at(options.login, "/" + encode_segment(options.tenant) + "/oauth2/token");
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
    request.body = encode_pairs({{"grant_type", "client_credentials"},
                                 {"client_id", options.client_id},
                                 {"client_secret", std::string(options.client_secret.reveal())},
                                 {"resource", resource}});
    request.max_body = k_answer_max;
    return ask(client, request, "client " + options.client_id, clock.now(), stop);
  };
  return std::make_unique<AzureSource>("Entra service principal", target, fetch, clock);
}

std::unique_ptr<TokenSource> open_managed_identity(ManagedIdentityOptions options, HttpClient& client,
                                                   const base::Clock& clock) {
  const EntraTarget target = options.target;
  auto fetch = [options = std::move(options), &client, &clock](const std::string& resource, std::stop_token stop) {
    Request request;
    request.url = options.endpoint;
    Pairs query = {{"api-version", "2018-02-01"}, {"resource", resource}};
    if (!options.client_id.empty()) query.emplace_back("client_id", options.client_id);
    request.url.query = encode_pairs(query);
    // Required, so that a server that was talked into forwarding a URL cannot be made to fetch a token.
    request.headers = {{"Metadata", "true"}, {"Accept", "application/json"}};
    request.max_body = k_answer_max;
    const std::string who =
        options.client_id.empty() ? "the identity of this machine" : "the managed identity " + options.client_id;
    return ask(client, request, who, clock.now(), stop);
  };
  return std::make_unique<AzureSource>("managed identity", target, fetch, clock);
}

std::unique_ptr<TokenSource> open_azure_cli_token(AzureCliOptions options, const base::Clock& clock) {
  if (options.command.empty()) throw Error(ErrorKind::config, "the command that prints an Azure token is empty");
  const EntraTarget target = options.target;
  auto fetch = [options = std::move(options), &clock](const std::string& resource, std::stop_token stop) {
    return ask_cli(options, resource, clock, stop);
  };
  return std::make_unique<AzureSource>("Azure CLI", target, fetch, clock);
}

}  // namespace holdfast::net
