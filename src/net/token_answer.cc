#include "net/token_answer.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;
using std::chrono::seconds;

constexpr std::int64_t k_life_max_s = std::int64_t{366} * 24 * 3600;
constexpr std::int64_t k_instant_max_s = std::int64_t{1} << 37;  // the year 6325

// Discarded when it is not JSON.
nlohmann::json parsed(base::ByteView json) {
  return nlohmann::json::parse(json.begin(), json.end(), nullptr, false);
}

std::optional<std::string> text_at(const nlohmann::json& object, std::string_view name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

// A number, also written as text, from 0 to `most`.
std::optional<std::int64_t> number_at(const nlohmann::json& object, std::string_view name, std::int64_t most) {
  const auto found = object.find(name);
  if (found == object.end()) return std::nullopt;
  std::int64_t value = -1;
  if (found->is_number_integer()) {
    value = found->is_number_unsigned() ? static_cast<std::int64_t>(std::min<std::uint64_t>(
                                              found->get<std::uint64_t>(), static_cast<std::uint64_t>(most) + 1))
                                        : found->get<std::int64_t>();
  } else if (found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, value) != std::from_chars_result{end, std::errc{}}) return std::nullopt;
  }
  if (value < 0 || value > most) return std::nullopt;
  return value;
}

// One line, not too long: what came from outside and goes into a message.
std::string line_of(std::string text) {
  constexpr std::size_t longest = 300;
  const std::size_t end = std::min(text.find_first_of("\r\n"), longest);
  if (end < text.size()) text.resize(end);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

// "2026-11-21 22:00:00.000000" in the time zone of this machine, which is what the CLI means.
std::optional<base::Instant> local_time(const std::string& text) {
  std::tm fields{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &fields);
  if (rest == nullptr || (*rest != '\0' && *rest != '.')) return std::nullopt;
  fields.tm_isdst = -1;
  const std::time_t since_epoch = std::mktime(&fields);
  if (since_epoch <= 0) return std::nullopt;
  return base::Instant(seconds(since_epoch));
}

[[noreturn]] void refuse(const Request& request, const Response& response, std::string_view who) {
  const nlohmann::json body = parsed(response.body);
  std::string reason = fmt::format("HTTP {}", response.status);
  if (const auto code = text_at(body, "error")) reason = line_of(*code);
  if (const auto words = text_at(body, "error_description")) reason += ": " + line_of(*words);
  const std::string what = fmt::format("{}: no token for {}: {}", describe(request), who, reason);
  if (response.status == 408 || response.status == 429 || response.status >= 500)
    throw Error(ErrorKind::unavailable, what, "Run the command again in a while.");
  if (response.status == 404 || response.status == 405 || (response.status >= 300 && response.status < 400))
    throw Error(ErrorKind::config, what, "Check the host, the tenant and the way to log in.");
  throw Error(ErrorKind::auth, what, "Check the client id, its secret and the tenant; a secret may have expired.");
}

}  // namespace

std::optional<std::string> json_text(base::ByteView json, std::string_view name) {
  return text_at(parsed(json), name);
}

Token read_token(const Request& request, const Response& response, std::string_view who, base::Instant asked) {
  if (response.status != 200) refuse(request, response, who);
  const nlohmann::json body = parsed(response.body);
  const auto value = text_at(body, "access_token");
  if (!value || value->empty())
    throw Error(ErrorKind::unavailable, fmt::format("{}: the answer holds no access token", describe(request)),
                "Check that the URL leads to the login itself.");
  base::Secret secret(*value);
  if (const auto life = number_at(body, "expires_in", k_life_max_s)) return {std::move(secret), asked + seconds(*life)};
  if (const auto until = number_at(body, "expires_on", k_instant_max_s))
    return {std::move(secret), base::Instant(seconds(*until))};
  // RFC 6749 lets a login leave it out.
  return {std::move(secret), asked + std::chrono::minutes(10)};
}

Token read_cli_token(base::ByteView output, std::string_view command) {
  const nlohmann::json body = parsed(output);
  const auto value = text_at(body, "accessToken");
  std::optional<base::Instant> expires;
  if (value) {
    if (const auto until = number_at(body, "expires_on", k_instant_max_s))
      expires = base::Instant(seconds(*until));
    else if (const auto local = text_at(body, "expiresOn"))
      expires = local_time(*local);
  }
  if (!expires || value->empty())
    throw Error(ErrorKind::auth, fmt::format("'{}' did not print a token and when it expires", command),
                "Run the command by hand: it must print JSON with accessToken and expires_on or expiresOn.");
  return {base::Secret(*value), *expires};
}

}  // namespace holdfast::net
