// Patterns over names and over paths.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::model {

// * is any bytes, ? is one; there is no way to write them literally.
bool glob_match(std::string_view pattern, std::string_view text) noexcept;

// * and ? stop at slashes, ** does not, and "/**/" may also be a single slash: "/a/**/b" matches "/a/b" and "/a/x/y/b".
// A backslash makes the next byte literal.
bool path_match(std::string_view pattern, std::string_view path) noexcept;
// What every match of a pattern of path_match() begins with, as it stands in the path.
std::string path_prefix(std::string_view pattern);

}  // namespace holdfast::model
