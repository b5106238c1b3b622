#include "platform/databricks/errors.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "base/json.h"
#include "model/json_depth.h"

namespace holdfast::platform::databricks {

namespace {

using net::Status;
using nlohmann::json;

constexpr std::size_t k_body_most = 64U << 10U;  // an error is a sentence; more of it is not looked at
constexpr std::size_t k_message_most = 500;
constexpr std::size_t k_depth_most = 50;

struct Meaning {
  std::string_view code;
  Status status;
};
constexpr std::array k_meanings{
    Meaning{"RESOURCE_DOES_NOT_EXIST", Status::not_found},
    Meaning{"NOT_FOUND", Status::not_found},
    Meaning{"ENDPOINT_NOT_FOUND", Status::feature_absent},
    Meaning{"FEATURE_DISABLED", Status::feature_absent},
    Meaning{"NOT_IMPLEMENTED", Status::feature_absent},
    Meaning{"METASTORE_DOES_NOT_EXIST", Status::feature_absent},
    Meaning{"CATALOG_DOES_NOT_EXIST", Status::not_found},
    Meaning{"SCHEMA_DOES_NOT_EXIST", Status::not_found},
    Meaning{"VOLUME_DOES_NOT_EXIST", Status::not_found},
    Meaning{"TABLE_DOES_NOT_EXIST", Status::not_found},
    Meaning{"FUNCTION_DOES_NOT_EXIST", Status::not_found},
    Meaning{"CONNECTION_DOES_NOT_EXIST", Status::not_found},
    Meaning{"EXTERNAL_LOCATION_DOES_NOT_EXIST", Status::not_found},
    Meaning{"STORAGE_CREDENTIAL_DOES_NOT_EXIST", Status::not_found},
    Meaning{"RESOURCE_ALREADY_EXISTS", Status::already_exists},
    Meaning{"ALREADY_EXISTS", Status::already_exists},
    Meaning{"PERMISSION_DENIED", Status::denied},
    Meaning{"CUSTOMER_UNAUTHORIZED", Status::denied},
    Meaning{"DIRECTORY_PROTECTED", Status::denied},
    Meaning{"UNAUTHENTICATED", Status::unauthenticated},
    Meaning{"REQUEST_LIMIT_EXCEEDED", Status::throttled},
    Meaning{"QUOTA_EXCEEDED", Status::quota},
    Meaning{"RESOURCE_LIMIT_EXCEEDED", Status::quota},
    Meaning{"RESOURCE_CONFLICT", Status::conflict},
    Meaning{"INVALID_STATE", Status::conflict},
    Meaning{"INVALID_STATE_TRANSITION", Status::conflict},
    Meaning{"DIRECTORY_NOT_EMPTY", Status::conflict},
    Meaning{"MAX_NOTEBOOK_SIZE_EXCEEDED", Status::too_large},
    Meaning{"MAX_READ_SIZE_EXCEEDED", Status::too_large},
    Meaning{"MAX_BLOCK_SIZE_EXCEEDED", Status::too_large},
    Meaning{"MAX_LIST_SIZE_EXCEEDED", Status::too_large},
    Meaning{"PERMISSION_NOT_PROPAGATED", Status::not_yet},
    Meaning{"ABORTED", Status::unavailable},
    Meaning{"COULD_NOT_ACQUIRE_LOCK", Status::unavailable},
    Meaning{"PARTIAL_DELETE", Status::unavailable},
    Meaning{"DEADLINE_EXCEEDED", Status::unavailable},
    Meaning{"UNAVAILABLE", Status::unavailable},
    Meaning{"TEMPORARILY_UNAVAILABLE", Status::unavailable},
    Meaning{"SERVICE_UNDER_MAINTENANCE", Status::unavailable},
    Meaning{"WORKSPACE_TEMPORARILY_UNAVAILABLE", Status::unavailable},
    // The right request about something else that is not there, such as an unknown owner: the resource is not gone.
    Meaning{"PRINCIPAL_DOES_NOT_EXIST", Status::invalid},
    Meaning{"INVALID_PARAMETER_VALUE", Status::invalid},
    Meaning{"MALFORMED_REQUEST", Status::invalid},
    Meaning{"BAD_REQUEST", Status::invalid},
    Meaning{"GIT_URL_NOT_ON_ALLOW_LIST", Status::invalid},
    Meaning{"GIT_REMOTE_ERROR", Status::invalid},
    Meaning{"INTERNAL_ERROR", Status::failed},
};

std::optional<Status> meaning_of(std::string_view code) {
  for (const Meaning& meaning : k_meanings)
    if (meaning.code == code) return meaning.status;
  return std::nullopt;
}

bool is_code(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return base::is_upper(c) || base::is_digit(c) || c == '_'; });
}

std::string printable(std::string_view text) {
  std::size_t end = std::min(text.size(), k_message_most);
  // Not inside of a character.
  while (end != text.size() && end != 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  std::string out;
  for (const char c : text.substr(0, end)) {
    const bool blank = static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == ' ';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Of a body that nobody promised to be UTF-8.
std::string printable_ascii(std::string_view text) {
  std::string out = printable(text.substr(0, k_message_most));
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c >= 0x80; }, '?');
  return out;
}

std::string scalar(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end()) return {};
  if (at->is_string()) return at->get<std::string>();
  return at->is_number_integer() ? at->dump() : std::string();
}

std::string reason_of(const json& object) {
  const auto details = object.find("details");
  if (details == object.end() || !details->is_array()) return {};
  for (const json& detail : *details) {
    if (!detail.is_object()) continue;
    if (const auto reason = detail.find("reason"); reason != detail.end() && reason->is_string())
      return reason->get<std::string>();
  }
  return {};
}

std::optional<ErrorBody> from_json(base::ByteView body) {
  if (model::nests_deeper_than(body, k_depth_most)) return std::nullopt;
  const json object = json::parse(body, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  ErrorBody out;
  if (object.contains("error_code") || object.contains("message")) {
    out.form = ErrorBody::Form::standard;
    out.code = scalar(object, "error_code");
    out.message = printable(scalar(object, "message"));
    out.reason = reason_of(object);
    return out;
  }
  if (object.contains("detail") || object.contains("scimType")) {
    out.form = ErrorBody::Form::scim;
    out.code = scalar(object, "status");
    out.reason = scalar(object, "scimType");
    out.message = printable(scalar(object, "detail"));
    return out;
  }
  if (object.contains("error")) {
    out.form = ErrorBody::Form::plain_error;
    const std::string described = scalar(object, "error_description");
    out.message = printable(described.empty() ? scalar(object, "error") : described);
    return out;
  }
  return std::nullopt;
}

ErrorBody from_html(base::ByteView body) {
  ErrorBody out{.form = ErrorBody::Form::html, .code = {}, .reason = {}, .message = {}};
  const std::size_t begin = body.find("<pre>");
  if (begin == base::ByteView::npos) return out;
  const base::ByteView inside = body.substr(begin + 5);
  out.message = printable_ascii(inside.substr(0, inside.find("</pre>")));
  return out;
}

ErrorBody from_text(base::ByteView body) {
  ErrorBody out{.form = ErrorBody::Form::text, .code = {}, .reason = {}, .message = printable_ascii(body)};
  const std::size_t colon = body.find(": ");
  if (colon == base::ByteView::npos || !is_code(body.substr(0, colon))) return out;
  out.code = std::string(body.substr(0, colon));
  out.message = printable_ascii(body.substr(colon + 2));
  return out;
}

bool says(const ErrorBody& body, std::string_view words) {
  return body.message.find(words) != std::string::npos;
}

// A standard tier answers calls about access control as if it had failed, and says why in the text only.  A text that
// quotes a path or a name with this word in it says nothing of the kind.
bool tier_says_no(const ErrorBody& body) {
  constexpr std::string_view word = "FEATURE_DISABLED";
  if (body.form == ErrorBody::Form::html || (!body.code.empty() && body.code != "INTERNAL_ERROR")) return false;
  const std::size_t at = body.message.find(word);
  return at == 0 || (at != std::string::npos && body.message[at - 1] == ' ');
}

// What only the text tells.
std::optional<Status> quirk(const ErrorBody& body, int http_status) {
  if (http_status == 500 && tier_says_no(body)) return Status::feature_absent;
  if (http_status == 403 && says(body, "nvalid access token")) return Status::unauthenticated;
  const bool bad_request = http_status == 400 && (body.code == "BAD_REQUEST" || body.code.empty());
  if (bad_request && (says(body, "exceeded the maximum") || says(body, "exceeds the limit") ||
                      says(body, "SIZE_EXCEEDED") || says(body, "larger than the maximum")))
    return Status::too_large;
  for (const std::string_view busy :
       {"no associated worker environments", "UnknownWorkerEnvironment", "ClusterNotReady", "Timed out after",
        "deadline exceeded", "RPC token bucket limit has been exceeded"})
    if (says(body, busy)) return Status::unavailable;
  return std::nullopt;
}

// SCIM repeats the HTTP status in the body: that makes it the workspace's own word.
bool scim_says(const ErrorBody& body, std::string_view status) {
  return body.form == ErrorBody::Form::scim && body.code == status;
}

Status status_of(const ErrorBody& body, int http_status, Status by_http) {
  // Too fast is too fast, whatever else the body says.
  if (by_http == Status::throttled) return by_http;
  if (const auto found = quirk(body, http_status)) return *found;
  if (body.code == "RESOURCE_EXHAUSTED") return Status::quota;  // with 429 it was throttling
  for (const std::string& code : {body.reason, body.code})
    if (const auto found = meaning_of(code)) {
      // A gateway's 503 with a code of its own is still worth waiting for.
      const bool ours = by_http != Status::unavailable || *found == Status::feature_absent;
      return ours ? *found : by_http;
    }
  if (scim_says(body, "404")) return Status::not_found;
  if (body.form == ErrorBody::Form::scim && body.reason == "uniqueness") return Status::already_exists;
  if (by_http == Status::not_found) return Status::unknown;
  // 409 of a path that exists has no code that says so.
  if (http_status == 409 && body.code.empty() && says(body, "already exists")) return Status::already_exists;
  return by_http;
}

}  // namespace

ErrorBody read_error_body(base::ByteView body) {
  body = body.substr(0, k_body_most);
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == base::ByteView::npos) return {};
  body.remove_prefix(begin);
  if (body.front() == '{')
    if (auto found = from_json(body)) return *std::move(found);
  return body.front() == '<' ? from_html(body) : from_text(body);
}

net::Verdict refine(const net::Response& response, net::Status by_http) {
  ErrorBody body = read_error_body(response.body);
  net::Verdict out;
  out.status = status_of(body, response.status, by_http);
  out.code = !body.reason.empty() && meaning_of(body.reason) ? body.reason : body.code;
  out.message = std::move(body.message);
  return out;
}

net::Status of_one_resource(const net::Verdict& verdict) {
  const bool gone = verdict.status == Status::invalid && verdict.code == "INVALID_PARAMETER_VALUE" &&
                    (verdict.message.find("does not exist") != std::string::npos ||
                     verdict.message.find("not found") != std::string::npos);
  return gone ? Status::not_found : verdict.status;
}

}  // namespace holdfast::platform::databricks
