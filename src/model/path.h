// Paths: keys as people read and write them, "urn:li:corpuser:anna/corpUserInfo/0".
//
// Parts are joined by '/'.  The first part, an object's name, stands as it is: names hold slashes and percent signs of
// their own, and whoever copies one from elsewhere must find it.  In the other text parts '/' is written %2F and '%'
// %25, so that a path read from its right end says where the first part ends.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::model {

// A text part behind the first, as it stands in a path.
std::string to_path_part(std::string_view text);
// The reverse; a '%' that begins neither escape stands for itself.
std::string from_path_part(std::string_view part);

}  // namespace holdfast::model
