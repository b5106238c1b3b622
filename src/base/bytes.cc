#include "base/bytes.h"

#include <fmt/format.h>

#include "base/error.h"

namespace holdfast::base {

namespace {

template <class T>
void put_little(Bytes& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <class T>
T get_little(ByteView bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i));
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr char k_digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char c : bytes) {
    out.push_back(k_digits[c >> 4]);
    out.push_back(k_digits[c & 15]);
  }
  return out;
}

Bytes from_hex(std::string_view text) {
  if (text.size() % 2 != 0)
    throw Error(ErrorKind::usage, fmt::format("'{}' has an odd number of hexadecimal digits", text));
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) throw Error(ErrorKind::usage, fmt::format("'{}' is not hexadecimal", text));
    out.push_back(static_cast<char>(high << 4 | low));
  }
  return out;
}

void ByteWriter::u16(std::uint16_t value) {
  put_little(out_, value);
}
void ByteWriter::u32(std::uint32_t value) {
  put_little(out_, value);
}
void ByteWriter::u64(std::uint64_t value) {
  put_little(out_, value);
}

void ByteWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void ByteReader::fail(std::string_view problem) const {
  throw Error(ErrorKind::corruption, fmt::format("{} is damaged: {}", what_, problem));
}

ByteView ByteReader::raw(std::size_t size) {
  if (size > rest_.size()) fail(fmt::format("{} bytes wanted, {} left", size, rest_.size()));
  const ByteView out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::uint8_t ByteReader::u8() {
  return static_cast<std::uint8_t>(raw(1)[0]);
}
std::uint16_t ByteReader::u16() {
  return get_little<std::uint16_t>(raw(2));
}
std::uint32_t ByteReader::u32() {
  return get_little<std::uint32_t>(raw(4));
}
std::uint64_t ByteReader::u64() {
  return get_little<std::uint64_t>(raw(8));
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = u8();
    if (shift == 63 && byte > 1) fail("a number is longer than 64 bits");
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  fail("a number does not end");
}

ByteView ByteReader::sized() {
  const std::uint64_t size = varint();
  if (size > rest_.size()) fail(fmt::format("{} bytes wanted, {} left", size, rest_.size()));
  return raw(static_cast<std::size_t>(size));
}

std::size_t ByteReader::count(std::size_t bytes_each) {
  const std::uint64_t items = varint();
  if (items > rest_.size() / (bytes_each == 0 ? 1 : bytes_each))
    fail(fmt::format("{} items cannot fit in {} bytes", items, rest_.size()));
  return static_cast<std::size_t>(items);
}

void ByteReader::expect_end() const {
  if (!rest_.empty()) fail(fmt::format("{} bytes too many at its end", rest_.size()));
}

}  // namespace holdfast::base
