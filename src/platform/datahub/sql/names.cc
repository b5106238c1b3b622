#include "platform/datahub/sql/names.h"

namespace holdfast::platform::datahub {

namespace {

constexpr std::size_t k_stamp_size = 15;

}  // namespace

std::string name_stamp(base::Instant instant) {
  std::string out;
  for (const char c : base::to_rfc3339(instant).substr(0, 19)) {
    if (c == 'T') out += '_';
    if (c >= '0' && c <= '9') out += c;
  }
  return out;
}

std::string marked_prefix(std::string_view table, std::string_view mark, std::size_t bytes_max) {
  std::size_t size = bytes_max - mark.size() - k_stamp_size;
  if (size >= table.size()) return std::string(table) + std::string(mark);
  while (size > 0 && (static_cast<unsigned char>(table[size]) & 0xc0) == 0x80) --size;
  return std::string(table.substr(0, size)) + std::string(mark);
}

}  // namespace holdfast::platform::datahub
