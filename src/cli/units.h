// Sizes, times and shares as people type them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace holdfast::cli {

// "50MiB", "1.5 GiB", "4096": bytes.  Units are B, K, M, G, T with or without iB, always of 1024.  `what` names the
// flag or setting in the Error{usage} that anything else throws.
std::uint64_t parse_bytes(std::string_view text, std::string_view what);

// "90s", "30m", "2h", "400d".
base::Duration parse_duration(std::string_view text, std::string_view what);

// "5%" or "5": a share of 0 to 1, above 0.
double parse_percent(std::string_view text, std::string_view what);

// 1 up to `most`.
unsigned parse_count(std::string_view text, std::string_view what, unsigned most);

}  // namespace holdfast::cli
