// Columns that hold secrets.  Their source type says so, in the table of kinds as in every snapshot, so that whoever
// shows a row knows it without the table.  Such a column is a JSON document in which whatever is called `value` is
// secret.  It is compared and written like others where both sides have it, and never shown.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/row.h"
#include "model/collection.h"

namespace holdfast::model {

inline constexpr std::string_view k_secret_type = "secret";

inline bool is_secret(const Column& column) noexcept {
  return column.source_type == k_secret_type;
}

// Two values of such a column as they may be shown: equal secrets give equal texts.  What is no JSON gives its size.
std::pair<std::string, std::string> hidden_secrets(base::ByteView one, base::ByteView other);

}  // namespace holdfast::model
