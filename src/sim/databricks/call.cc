#include "sim/databricks/call.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "base/json.h"
#include "model/json_depth.h"
#include "sim/databricks/api_error.h"

namespace holdfast::sim::databricks {
namespace {

constexpr std::size_t k_deepest_json = 64;

}  // namespace

Reply reply(const Json& body, int status) {
  Reply out;
  out.status = status;
  out.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return out;
}

Reply bytes_reply(std::string body) {
  Reply out;
  out.body = std::move(body);
  out.content_type = "application/octet-stream";
  return out;
}

Call::Call(Parts parts) : parts_(std::move(parts)) {}

Call::~Call() = default;

const std::string& Call::placeholder(std::string_view name) const {
  const auto& all = parts_.placeholders;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.first == name; });
  if (found == all.end()) throw std::logic_error("the pattern has no placeholder " + std::string(name));
  return found->second;
}

std::optional<std::string> Call::query(std::string_view name) const {
  const auto* value = parts_.request.query_value(name);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::string Call::required_query(std::string_view name) const {
  const auto value = query(name);
  if (!value || value->empty()) throw invalid("Missing required field: " + std::string(name));
  return *value;
}

std::optional<std::int64_t> Call::query_integer(std::string_view name) const {
  const auto value = query(name);
  if (!value) return std::nullopt;
  std::int64_t out = 0;
  const auto* end = value->data() + value->size();
  const auto [stop, failure] = std::from_chars(value->data(), end, out);
  if (failure != std::errc() || stop != end) {
    throw invalid("Could not parse '" + *value + "' as integer for field " + std::string(name));
  }
  return out;
}

bool Call::query_flag(std::string_view name) const {
  return query(name).value_or("") == "true";
}

const Json& Call::body() const {
  if (body_) return *body_;
  const auto& text = parts_.request.body;
  if (model::nests_deeper_than(text, k_deepest_json)) throw malformed("Could not parse request object: too deep");
  auto parsed = text.empty() ? Json::object() : Json::parse(text, nullptr, false);
  if (!parsed.is_object()) throw malformed("Could not parse request object: Expected a JSON object");
  body_ = std::make_unique<Json>(std::move(parsed));
  return *body_;
}

}  // namespace holdfast::sim::databricks
