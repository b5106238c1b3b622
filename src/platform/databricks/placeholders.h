// Requests of the kinds table with their {placeholders} filled in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/json_text.h"
#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

// Looks each placeholder up in `documents`, in their order; the first that has it counts.  Path segments are encoded.
// Throws Error{unavailable} naming a placeholder that none of them has.
Ask fill(const Ask& ask, const std::vector<const model::JsonText*>& documents);

bool can_fill(const Ask& ask, const model::JsonText& document);

// The text, number or boolean at a path such as "spec.id"; empty when it is not there, or is something else.
std::string scalar_at(const model::JsonText& json, std::string_view path);

// Milliseconds since 1970, in digits; nullopt: something else, or later than the year 9999.
std::optional<base::Instant> instant_of_milliseconds(std::string_view digits);

}  // namespace holdfast::platform::databricks
