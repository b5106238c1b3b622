#include "platform/datahub/sql/text.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>

#include "base/error.h"

namespace holdfast::platform::datahub {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_instant_size = 26;  // YYYY-MM-DD hh:mm:ss.ffffff
constexpr std::string_view k_instant_shape = "dddd-dd-dd dd:dd:dd.dddddd";
constexpr std::size_t k_name_max = 300;  // of a URN in a message

bool continuation(unsigned char byte) noexcept {
  return (byte & 0xc0) == 0x80;
}

// Length of the well-formed sequence that starts at `at`; 0 when there is none (Unicode standard, table 3-7).
std::size_t sequence_length(const unsigned char* at, std::size_t left) noexcept {
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return left >= 2 && continuation(at[1]) ? 2 : 0;
  if (lead < 0xf0) {
    if (left < 3 || !continuation(at[1]) || !continuation(at[2])) return 0;
    const bool overlong = lead == 0xe0 && at[1] < 0xa0;
    const bool surrogate = lead == 0xed && at[1] > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  if (left < 4 || !continuation(at[1]) || !continuation(at[2]) || !continuation(at[3])) return 0;
  const bool overlong = lead == 0xf0 && at[1] < 0x90;
  const bool too_large = lead == 0xf4 && at[1] > 0x8f;
  return overlong || too_large ? 0 : 4;
}

// Digits where the shape has a 'd', the shape's own character elsewhere.
bool has_shape(std::string_view text, std::string_view shape) noexcept {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return false;
  }
  return true;
}

int number_at(std::string_view text, std::size_t at, std::size_t digits) noexcept {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, k_name_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || byte >= 0x80)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  if (text.size() > k_name_max) out += "...";
  return out;
}

}  // namespace

std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    // Nearly all metadata is ASCII: eight bytes at a time without a high bit need no look.
    std::uint64_t word = 0;
    while (text.size() - at >= sizeof word) {
      std::memcpy(&word, bytes + at, sizeof word);
      if (word & 0x8080808080808080U) break;
      at += sizeof word;
    }
    if (at == text.size()) break;
    const std::size_t length = sequence_length(bytes + at, text.size() - at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::optional<std::string> canonical_instant(std::string_view text) {
  if (text.size() < 19 || text.size() > k_instant_size || text.size() == 20) return std::nullopt;
  if (!has_shape(text, k_instant_shape.substr(0, text.size()))) return std::nullopt;
  std::string out(text);
  if (out.size() == 19) out += '.';
  out.append(k_instant_size - out.size(), '0');
  return out;
}

std::optional<std::string> canonical_instant(std::int64_t unix_micros) {
  const base::Instant instant{base::Duration(unix_micros)};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < 1 || year > 9999) return std::nullopt;
  const std::int64_t micros = (instant - day).count();
  const std::int64_t seconds = micros / 1'000'000;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", year, static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), seconds / 3600, seconds / 60 % 60, seconds % 60,
                     micros % 1'000'000);
}

std::optional<std::int64_t> instant_micros(std::string_view canonical) {
  if (!has_shape(canonical, k_instant_shape)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(number_at(canonical, 0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number_at(canonical, 5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number_at(canonical, 8, 2)))};
  const int hour = number_at(canonical, 11, 2);
  const int minute = number_at(canonical, 14, 2);
  const int second = number_at(canonical, 17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000 + number_at(canonical, 20, 6);
}

base::Bytes aspect_key(std::string_view urn, std::string_view aspect, std::int64_t version) {
  base::Bytes key;
  key.reserve(urn.size() + aspect.size() + 12);
  base::append_text(key, urn);
  base::append_text(key, aspect);
  base::append_int(key, version);
  return key;
}

AspectKey parse_aspect_key(base::ByteView key) {
  base::KeyReader reader(key);
  AspectKey out;
  out.urn = reader.text();
  out.aspect = reader.text();
  out.version = reader.integer();
  if (!reader.at_end()) throw Error(ErrorKind::corruption, "a key of an aspect has more than three parts");
  return out;
}

std::string row_name(std::string_view urn, std::string_view aspect, std::int64_t version) {
  return fmt::format("row ('{}', '{}', {})", printable(urn), printable(aspect), version);
}

std::string row_name(base::ByteView key) {
  const AspectKey parts = parse_aspect_key(key);
  return row_name(parts.urn, parts.aspect, parts.version);
}

void OrderCheck::next(base::ByteView key) {
  if (!first_ && key <= last_)
    throw Error(
        ErrorKind::corruption,
        fmt::format("{} came after {}: the server's order is not byte order", row_name(key), row_name(last_)),
        "Check the table and its primary key on the server (CHECK TABLE, or amcheck); its index may be damaged.");
  if (!range_->contains(key))
    throw Error(
        ErrorKind::corruption, fmt::format("{} is outside of the range that was asked for", row_name(key)),
        "Check the table and its primary key on the server (CHECK TABLE, or amcheck); its index may be damaged.");
  first_ = false;
  last_.assign(key);
}

}  // namespace holdfast::platform::datahub
