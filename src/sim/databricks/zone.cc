#include "sim/databricks/zone.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "base/ascii.h"

namespace holdfast::sim::databricks {

namespace {

// TZif, RFC 8536: a header and a body with 32-bit times, then the same again with 64-bit times.
//   <header> ::= "TZif" <version:1> <0:15> <isut:u32> <isstd:u32> <leap:u32> <times:u32> <types:u32> <chars:u32>
//   <body>   ::= <time:i64>[times] <type:u8>[times] ( <offset:i32> <dst:u8> <name:u8> )[types] …
// The rule in the footer for what comes after the last change is not read: the files of the systems that we run on list
// the changes up to 2037.
constexpr std::size_t k_header_size = 44;
constexpr std::size_t k_file_max = 1 << 20;

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[at]) & 0x80) ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<std::int64_t>(value);
}

struct Counts {
  std::size_t isut = 0, isstd = 0, leap = 0, times = 0, types = 0, chars = 0;

  std::size_t body(std::size_t time_size) const {
    return times * time_size + times + types * 6 + chars + leap * (time_size + 4) + isstd + isut;
  }
};

std::optional<Counts> header(std::string_view file, std::size_t at) {
  if (file.size() < at + k_header_size || file.substr(at, 4) != "TZif" || file[at + 4] < '2') return std::nullopt;
  std::size_t values[6];
  for (std::size_t i = 0; i < 6; ++i) {
    const std::int64_t value = big_endian(file, at + 20 + i * 4, 4);
    if (value < 0 || value > static_cast<std::int64_t>(k_file_max)) return std::nullopt;
    values[i] = static_cast<std::size_t>(value);
  }
  return Counts{values[0], values[1], values[2], values[3], values[4], values[5]};
}

bool is_zone_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() != '/' && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return base::is_letter_or_digit(c) || c == '/' || c == '_' || c == '+' || c == '-';
         });
}

std::string zone_file(std::string_view name) {
  const std::filesystem::path path = "/usr/share/zoneinfo/" + std::string(name);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};  // "Europe" is a folder
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  return bytes.size() <= k_file_max ? bytes : std::string{};
}

}  // namespace

std::optional<Zone> Zone::load(std::string_view name) {
  if (name == "UTC" || name == "Etc/UTC" || name == "GMT") return Zone{};
  if (!is_zone_name(name)) return std::nullopt;
  const std::string file = zone_file(name);
  const auto narrow = header(file, 0);
  if (!narrow) return std::nullopt;
  const std::size_t second = k_header_size + narrow->body(4);
  const auto wide = header(file, second);
  if (!wide || wide->types == 0 || file.size() < second + k_header_size + wide->body(8)) return std::nullopt;

  const std::size_t times = second + k_header_size;
  const std::size_t kinds = times + wide->times * 8;
  const std::size_t types = kinds + wide->times;
  const auto offset_of = [&](std::size_t type) {
    return std::chrono::seconds(big_endian(file, types + std::min(type, wide->types - 1) * 6, 4));
  };
  Zone zone;
  zone.first_ = offset_of(0);
  constexpr std::int64_t k_earliest =
      -4'000'000'000;  // the first change of many zones is the beginning of the universe
  for (std::size_t i = 0; i < wide->times; ++i) {
    const std::chrono::seconds when(std::max(big_endian(file, times + i * 8, 8), k_earliest));
    zone.changes_.emplace_back(base::Instant(when), offset_of(static_cast<unsigned char>(file[kinds + i])));
  }
  return zone;
}

base::Duration Zone::offset(base::Instant instant) const {
  const auto later = std::upper_bound(changes_.begin(), changes_.end(), instant,
                                      [](base::Instant at, const auto& change) { return at < change.first; });
  return later == changes_.begin() ? first_ : std::prev(later)->second;
}

base::Instant Zone::instant(base::Instant wall) const {
  constexpr std::chrono::hours k_day(24);
  const base::Duration before = offset(wall - k_day);
  const base::Duration after = offset(wall + k_day);
  if (offset(wall - before) == before) return wall - before;
  if (offset(wall - after) == after) return wall - after;
  return wall - before;
}

}  // namespace holdfast::sim::databricks
