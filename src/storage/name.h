// What an object may be called, on every backend alike.
#pragma once

#include <string_view>

namespace holdfast::storage {

// [a-z0-9._-]+ parts with single '/' between them, of which none starts with a dot.
bool is_name(std::string_view name) noexcept;
// Throws Error{usage} when it is none: a name never comes from outside unchecked, so this is a mistake of the caller.
void check_name(std::string_view name);
// The same for the start of a name, which may be empty, and may end anywhere in a part.
void check_prefix(std::string_view prefix);

}  // namespace holdfast::storage
