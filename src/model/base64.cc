#include "model/base64.h"

#include <cstdint>

#include "base/error.h"

namespace holdfast::model {

namespace {

constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

[[noreturn]] void fail() {
  throw base::Error(base::ErrorKind::config, "a value that should be base64 is not");
}

}  // namespace

std::string base64_encode(base::ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < here ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out.push_back(k <= here ? k_digits[bits >> (18 - 6 * k) & 63] : '=');
  }
  return out;
}

base::Bytes base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) fail();
  base::Bytes out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t bits = 0;
    std::size_t digits = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t value = k_digits.find(text[i + k]);
      if (value == std::string_view::npos) break;
      bits |= static_cast<std::uint32_t>(value) << (18 - 6 * k);
      ++digits;
    }
    const bool last = i + 4 == text.size();
    const bool padded =
        digits < 4 && text.substr(i + digits, 4 - digits) == std::string_view("==").substr(0, 4 - digits);
    if (digits < 2 || (digits < 4 && !(last && padded))) fail();
    for (std::size_t k = 0; k + 1 < digits; ++k) out.push_back(static_cast<char>(bits >> (16 - 8 * k)));
  }
  return out;
}

}  // namespace holdfast::model
