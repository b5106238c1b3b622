// What a row holds for the words that its collection declares (Collection::fields).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "model/collection.h"

namespace holdfast::model {

// Whether the collection has the word at all, and whether its values stand in a column, not in the key.
bool has_word(const Collection& collection, std::string_view word) noexcept;
bool word_is_in_columns(const Collection& collection, std::string_view word) noexcept;

// The values that the key holds.  `parts` are those of the key as text.
std::vector<std::string> key_values(const Collection& collection, std::string_view word,
                                    const std::vector<std::string>& parts);
// The values that the columns hold.  A column that is no JSON although a path leads into it holds none.
std::vector<std::string> column_values(const Collection& collection, std::string_view word, const base::RowView& row);

}  // namespace holdfast::model
