// Times in HTTP headers.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "net/http.h"

namespace holdfast::net {

// "Sun, 06 Nov 1994 08:49:37 GMT", and the two obsolete forms of RFC 9110, 5.6.7.  nullopt when it is none of them.
// `now` decides the century of a two-digit year.
std::optional<base::Instant> parse_http_date(std::string_view text, base::Instant now);

// How long an answer asks to wait: Retry-After as seconds or as a date.  A date is held against the answer's own Date
// header where there is one, as the two clocks may differ.  nullopt when there is no such header, or it makes no sense;
// never negative; at most a day.
std::optional<base::Duration> retry_after(const Response& response, base::Instant now);

}  // namespace holdfast::net
