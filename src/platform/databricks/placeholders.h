// Requests of the kinds table with their {placeholders} filled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/json_text.h"
#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

// Looks each placeholder up in `documents`, in their order; the first that has it counts.  Path segments are encoded.
// Throws Error{unavailable} naming a placeholder that none of them has.
Ask fill(const Ask& ask, const std::vector<const model::JsonText*>& documents);

bool can_fill(const Ask& ask, const model::JsonText& document);

// The scalar at a path such as "spec.id"; empty when it is not there, or is an object or array.
std::string scalar_at(const model::JsonText& json, std::string_view path);

}  // namespace holdfast::platform::databricks
