#include "engine/fingerprint.h"

#include <fmt/format.h>

#include <cstdint>

namespace holdfast::engine {

std::string fingerprint_of(std::string_view text) {
  std::uint64_t value = 14695981039346656037ULL;  // FNV-1a
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", value);
}

}  // namespace holdfast::engine
