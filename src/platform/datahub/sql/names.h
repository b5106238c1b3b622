// Names of the tables that a restore makes beside the live one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"

namespace holdfast::platform::datahub {

inline constexpr std::string_view k_shadow_mark = "_holdfast_new_";    // being loaded
inline constexpr std::string_view k_previous_mark = "_holdfast_old_";  // was live before a swap

// "20261120_100000": of fixed size, in UTC.
std::string name_stamp(base::Instant instant);

// What the names of all runs into `table` begin with; leaves room for a stamp within `bytes_max`.  Cuts the table's
// name where it must, never inside of a character.
std::string marked_prefix(std::string_view table, std::string_view mark, std::size_t bytes_max);

}  // namespace holdfast::platform::datahub
