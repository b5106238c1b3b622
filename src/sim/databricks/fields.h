// Checks of the fields of a request, with the platform's refusals.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "sim/databricks/json.h"

namespace holdfast::sim::databricks {

// 400 INVALID_PARAMETER_VALUE when it is missing or empty; 400 MALFORMED_REQUEST when it is of another type.
std::string required_string(const Json& body, std::string_view field);
std::int64_t required_integer(const Json& body, std::string_view field);  // "12" is 12, as everywhere in this API
const Json& required_array(const Json& body, std::string_view field);
const Json& required_object(const Json& body, std::string_view field);

std::optional<std::string> optional_string(const Json& body, std::string_view field);
std::optional<std::int64_t> optional_integer(const Json& body, std::string_view field);
bool optional_flag(const Json& body, std::string_view field, bool otherwise = false);

// Refuses a value of `field` that is none of `values`; a field that is not there is fine.
void check_enum(const Json& body, std::string_view field, std::initializer_list<std::string_view> values);
// Takes out what only the server may say: most endpoints ignore it silently.
void drop_fields(Json& body, std::initializer_list<std::string_view> fields);
// Copies of `fields` that `from` has.
Json only_fields(const Json& from, std::initializer_list<std::string_view> fields);

}  // namespace holdfast::sim::databricks
