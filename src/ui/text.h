// Text for terminals: widths of characters, shortening, and making foreign bytes harmless.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::ui {

// Columns that a UTF-8 text takes on a terminal: 2 for wide characters, 0 for combining ones, 1 for a byte that is no
// UTF-8.
std::size_t display_width(std::string_view text) noexcept;

// At most `columns` wide; what is cut off at the end is replaced by "...".
std::string shorten(std::string_view text, std::size_t columns);

// Lines of at most `columns`, broken at blanks; a word that is longer has a line of its own.  Never empty.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

// Control characters and bytes that are not UTF-8 as \xNN, so that a stored name cannot steer the terminal.
// Tabs stay in what people copy: lines of a script.
enum class Tabs { shown, kept };
std::string printable(std::string_view text, Tabs tabs = Tabs::shown);

// Bytes before the first one that is not UTF-8; equal to text.size() when all of it is.
std::size_t valid_utf8_prefix(std::string_view text) noexcept;

}  // namespace holdfast::ui
