// Paths: keys as people read and write them, "urn:li:corpuser:anna/corpUserInfo/0".
//
// Parts are joined by '/'.  The first part, an object's name, stands as it is: names hold slashes and percent signs of
// their own, and whoever copies one from elsewhere must find it.  In the other text parts '/' is written %2F and '%'
// %25, so that a path read from its right end says where the first part ends.
//
// Where the first part is itself a path ("/Users/anna/etl"), the slash that it begins with is that which stands before
// it anyway: "notebooks/Users/anna/etl".  One that does not begin so is written "./etl".
#pragma once

#include <string>
#include <string_view>

namespace holdfast::model {

// A text part behind the first, as it stands in a path.
std::string to_path_part(std::string_view text);
// The reverse; a '%' that begins neither escape stands for itself.
std::string from_path_part(std::string_view part);

// A first part that is a path, as it stands behind the slash after its collection.
std::string to_path_below(std::string_view path);
// The reverse, of any text.
std::string from_path_below(std::string_view text);

}  // namespace holdfast::model
