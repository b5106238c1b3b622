// Instants are microseconds since 1970-01-01T00:00:00Z.  Text is RFC 3339, always UTC, always with what precision there
// is.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::base {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

std::string to_rfc3339(Instant instant);  // 2026-11-20T10:00:00.123456Z; the fraction is left out when it is zero
// Takes YYYY-MM-DD[Thh:mm[:ss[.f{1,6}]]][Z|±hh:mm]; without a zone it is UTC.  nullopt when it is none of these.
std::optional<Instant> parse_instant(std::string_view text);
std::string to_short(Duration duration);  // 1.2 s, 3 min 4 s, 2 h 5 min

}  // namespace holdfast::base
