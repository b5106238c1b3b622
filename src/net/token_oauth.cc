#include "net/token_oauth.h"

#include <fmt/format.h>

#include <mutex>
#include <optional>

#include "net/token_answer.h"

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::uint64_t k_answer_max = 1 << 20;

class OAuthLogin {
public:
  OAuthLogin(OAuthOptions options, HttpClient& client, const base::Clock& clock)
      : options_(std::move(options)), client_(client), clock_(clock) {}

  Token fetch(std::stop_token stop) {
    Request request;
    request.method = Method::post;
    request.url = token_endpoint(stop);
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
    request.login = BasicLogin{options_.client_id, options_.client_secret};
    request.body = encode_pairs({{"grant_type", "client_credentials"}, {"scope", options_.scope}});
    request.max_body = k_answer_max;
    const base::Instant asked = clock_.now();
    return read_token(request, client_.send(request, stop), "client " + options_.client_id, asked);
  }

private:
  // Asked for once.  One thread fetches at a time (CachedToken), so there is nothing to guard.
  const Url& token_endpoint(const std::stop_token& stop) {
    if (!endpoint_) endpoint_ = discovered(stop);
    return *endpoint_;
  }

  Url discovered(const std::stop_token& stop) const {
    const Url& host = options_.host;
    if (!options_.account_id.empty())
      return at(host, "/oidc/accounts/" + encode_segment(options_.account_id) + "/v1/token");
    Url oidc = at(host, "/oidc");
    if (const auto named = asked_for(at(host, "/.well-known/databricks-config"), "oidc_endpoint", stop)) oidc = *named;
    const Url metadata = at(oidc, "/.well-known/oauth-authorization-server");
    if (const auto named = asked_for(metadata, "token_endpoint", stop)) return *named;
    return at(host, "/oidc/v1/token");
  }

  // The URL that the document at `place` has under `name`; nullopt when there is no such document.
  std::optional<Url> asked_for(const Url& place, std::string_view name, const std::stop_token& stop) const {
    Request request;
    request.url = place;
    request.headers = {{"Accept", "application/json"}};
    request.max_body = k_answer_max;
    const Response response = client_.send(request, stop);
    if (response.status == 408 || response.status == 429 || response.status >= 500)
      throw Error(ErrorKind::unavailable, fmt::format("{}: HTTP {}", describe(request), response.status),
                  "Run the command again in a while.");
    const auto text = response.status == 200 ? json_text(response.body, name) : std::nullopt;
    if (!text) return std::nullopt;
    Url url = parse_url(*text);
    // A secret goes there next.
    if (url.scheme != "https" && !same_origin(url, options_.host))
      throw Error(ErrorKind::refused,
                  fmt::format("{} names a login without TLS on another host: {}", describe(request), origin(url)),
                  "Check the host; a login elsewhere must be https.");
    return url;
  }

  const OAuthOptions options_;
  HttpClient& client_;
  const base::Clock& clock_;
  std::optional<Url> endpoint_;
};

}  // namespace

std::unique_ptr<TokenSource> open_oauth_token(OAuthOptions options, HttpClient& client, const base::Clock& clock) {
  // shared_ptr: std::function wants what it holds to be copyable.
  auto login = std::make_shared<OAuthLogin>(std::move(options), client, clock);
  return open_bearer(
      "OAuth client credentials", [login](std::stop_token stop) { return login->fetch(stop); }, clock);
}

}  // namespace holdfast::net
