// How deep a JSON text nests, told without parsing it: the JSON library recurses when it copies and prints a document,
// so a text that somebody else chose is looked at before it is handed over.
#pragma once

#include <cstddef>
#include <string_view>

namespace holdfast::model {

// Arrays and objects within each other, more than `depth` of them.  Says nothing about texts that are no JSON.
bool nests_deeper_than(std::string_view json, std::size_t depth) noexcept;

}  // namespace holdfast::model
