#include "base/key.h"

#include <utility>

#include "base/error.h"

namespace holdfast::base {

namespace {
constexpr std::uint64_t k_sign = std::uint64_t{1} << 63;
}

void append_text(Bytes& key, ByteView text) {
  for (std::size_t start = 0;;) {
    const std::size_t zero = text.find('\0', start);
    if (zero == ByteView::npos) {
      key.append(text.substr(start));
      break;
    }
    key.append(text.substr(start, zero - start));
    key.append("\x00\xff", 2);
    start = zero + 1;
  }
  key.append(2, '\0');
}

void append_int(Bytes& key, std::int64_t number) {
  const std::uint64_t bits = static_cast<std::uint64_t>(number) ^ k_sign;
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(bits >> shift));
}

Bytes after_prefix(ByteView prefix) {
  Bytes out(prefix);
  while (!out.empty() && static_cast<unsigned char>(out.back()) == 0xff) out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) + 1);
  return out;
}

void append_open_text(Bytes& key, ByteView text) {
  append_text(key, text);
  key.resize(key.size() - 2);  // without the mark that ends the part
}

Bytes after_key(ByteView key) {
  Bytes out(key);
  out.push_back('\0');
  return out;
}

KeyRange range_of_key(ByteView key) {
  return {.from = Bytes(key), .to = after_key(key)};
}

KeyRange range_of_prefix(ByteView prefix) {
  Bytes end = after_prefix(prefix);
  return {.from = Bytes(prefix), .to = end.empty() ? std::nullopt : std::optional(std::move(end))};
}

Bytes KeyReader::text() {
  Bytes out;
  for (;;) {
    const std::size_t zero = rest_.find('\0');
    if (zero == ByteView::npos || zero + 1 >= rest_.size())
      throw Error(ErrorKind::corruption, "a text part of a key does not end");
    out.append(rest_.substr(0, zero));
    const unsigned char next = static_cast<unsigned char>(rest_[zero + 1]);
    rest_.remove_prefix(zero + 2);
    if (next == 0) return out;
    if (next != 0xff) throw Error(ErrorKind::corruption, "a text part of a key has an unknown escape");
    out.push_back('\0');
  }
}

std::int64_t KeyReader::integer() {
  if (rest_.size() < 8) throw Error(ErrorKind::corruption, "a number in a key is cut off");
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
  rest_.remove_prefix(8);
  return static_cast<std::int64_t>(bits ^ k_sign);
}

}  // namespace holdfast::base
