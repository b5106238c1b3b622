// What a capture says of itself: the attributes of a snapshot, a JSON object or nothing.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::engine {

// A text of a capture's attributes; empty where it is not there.
std::string attribute_of(const std::string& attributes, std::string_view name);
// Whether the attributes say that the account is no administrator: it then sees only what others share with it.
bool sees_only_its_own(const std::string& attributes);
// Whether who says the first may not see what who says the second saw.
bool may_see_less(const std::string& attributes, const std::string& before);

}  // namespace holdfast::engine
