// Small helpers that both engines need: text that is UTF-8, instants in their one form, rows named in messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/key.h"
#include "base/row.h"
#include "base/time.h"

namespace holdfast::platform::datahub {

// Offset of the first byte that is not part of well-formed UTF-8 (overlong forms and surrogates are not); nullopt: all
// is well.
std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept;

// "YYYY-MM-DD hh:mm:ss[.f{1,6}]" padded to six digits; nullopt when the text is of another form.
std::optional<std::string> canonical_instant(std::string_view text);
// Microseconds since 1970-01-01 00:00:00 in the same form; nullopt outside of the years 1 to 9999.
std::optional<std::string> canonical_instant(std::int64_t unix_micros);
// The way back; nullopt when the text is not canonical.
std::optional<std::int64_t> instant_micros(std::string_view canonical);

// The key of an aspect row.
base::Bytes aspect_key(std::string_view urn, std::string_view aspect, std::int64_t version);
struct AspectKey {
  std::string urn;
  std::string aspect;
  std::int64_t version = 0;
};
AspectKey parse_aspect_key(base::ByteView key);  // throws Error{corruption}
// "row (urn, aspect, version)" with what cannot be printed escaped and long URNs cut: for messages.
std::string row_name(std::string_view urn, std::string_view aspect, std::int64_t version);
std::string row_name(base::ByteView key);

// Every reader's guard: the server's order is believed only as far as it is seen.  Not thread-safe; one per range.
class OrderCheck {
public:
  explicit OrderCheck(const base::KeyRange& range) : range_(&range) {}
  // Throws Error{corruption} naming the row when `key` is not above the one before it, or is outside of the range.
  void next(base::ByteView key);

private:
  const base::KeyRange* range_;
  base::Bytes last_;
  bool first_ = true;
};

}  // namespace holdfast::platform::datahub
