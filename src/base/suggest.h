// "Did you mean …?" for commands, flags, keys of the configuration and names in a snapshot.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::base {

// Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known`, if it is near enough that a slip of the hand explains it.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

// A hint: the nearest word, else the whole list where it is short.
std::string hint_for(std::string_view word, const std::vector<std::string>& known);

}  // namespace holdfast::base
