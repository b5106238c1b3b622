// JSON as text, where the document of a customer must keep its own spelling.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::ui {

// A JSON string literal with its quotes.  Bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

// The same document on several lines, two blanks a level.  Only white space between tokens changes: numbers, escapes
// and key order stay as they were written.  Text that is not JSON comes back in some layout, but with all its tokens.
std::string indent_json(std::string_view document);

}  // namespace holdfast::ui
