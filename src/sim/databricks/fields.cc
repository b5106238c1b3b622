#include "sim/databricks/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "sim/databricks/api_error.h"

namespace holdfast::sim::databricks {
namespace {

// nullptr when it is not there; null is not there either.
const Json* find(const Json& body, std::string_view field) {
  const auto found = body.find(field);
  return found == body.end() || found->is_null() ? nullptr : &*found;
}

ApiError not_there(std::string_view field) {
  return invalid(fmt::format("Missing required field: {}", field));
}

ApiError wrong_type(std::string_view field, std::string_view wanted) {
  return malformed(fmt::format("Could not parse request object: Expected '{}' to be {}", field, wanted));
}

std::int64_t integer_of(const Json& value, std::string_view field) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    std::int64_t out = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (!text.empty() && failure == std::errc() && stop == text.data() + text.size()) return out;
  }
  throw wrong_type(field, "an integer");
}

}  // namespace

std::string required_string(const Json& body, std::string_view field) {
  const auto value = optional_string(body, field);
  if (!value || value->empty()) throw not_there(field);
  return *value;
}

std::int64_t required_integer(const Json& body, std::string_view field) {
  const auto* value = find(body, field);
  if (value == nullptr) throw not_there(field);
  return integer_of(*value, field);
}

const Json& required_array(const Json& body, std::string_view field) {
  const auto* value = find(body, field);
  if (value == nullptr) throw not_there(field);
  if (!value->is_array()) throw wrong_type(field, "a list");
  return *value;
}

const Json& required_object(const Json& body, std::string_view field) {
  const auto* value = find(body, field);
  if (value == nullptr) throw not_there(field);
  if (!value->is_object()) throw wrong_type(field, "an object");
  return *value;
}

std::optional<std::string> optional_string(const Json& body, std::string_view field) {
  const auto* value = find(body, field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) throw wrong_type(field, "a string");
  return value->get<std::string>();
}

std::optional<std::int64_t> optional_integer(const Json& body, std::string_view field) {
  const auto* value = find(body, field);
  return value == nullptr ? std::nullopt : std::optional(integer_of(*value, field));
}

bool optional_flag(const Json& body, std::string_view field, bool otherwise) {
  const auto* value = find(body, field);
  if (value == nullptr) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_string() && (*value == "true" || *value == "false")) return *value == "true";
  throw wrong_type(field, "a boolean");
}

void check_enum(const Json& body, std::string_view field, std::initializer_list<std::string_view> values) {
  const auto value = optional_string(body, field);
  if (!value || std::find(values.begin(), values.end(), *value) != values.end()) return;
  throw invalid(fmt::format("Invalid value '{}' for field {}: expected one of {}", *value, field,
                            fmt::join(values.begin(), values.end(), ", ")));
}

void drop_fields(Json& body, std::initializer_list<std::string_view> fields) {
  for (const auto field : fields) {
    const auto found = body.find(field);
    if (found != body.end()) body.erase(found);
  }
}

Json only_fields(const Json& from, std::initializer_list<std::string_view> fields) {
  Json out = Json::object();
  for (const auto field : fields) {
    const auto found = from.find(field);
    if (found != from.end()) out[std::string(field)] = *found;
  }
  return out;
}

}  // namespace holdfast::sim::databricks
