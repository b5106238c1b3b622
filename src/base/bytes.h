// Bytes as they came.  Owned bytes are a string, borrowed bytes a view: no encoding is implied by either.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace holdfast::base {

using Bytes = std::string;
using ByteView = std::string_view;

std::string to_hex(ByteView bytes);
// Throws Error{usage} when the text is not an even number of hexadecimal digits.
Bytes from_hex(std::string_view text);

// Little-endian writer of the repository's formats.
class ByteWriter {
public:
  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void varint(std::uint64_t value);  // LEB128, at most 10 bytes
  void raw(ByteView bytes) { out_.append(bytes); }
  void sized(ByteView bytes) {  // varint length, then the bytes
    varint(bytes.size());
    raw(bytes);
  }
  std::size_t size() const noexcept { return out_.size(); }
  const Bytes& bytes() const noexcept { return out_; }
  Bytes take() noexcept { return std::move(out_); }

private:
  Bytes out_;
};

// Whether an argument of this type is a string that owns its bytes and ends with the statement.
template <class Argument>
inline constexpr bool k_temporary =
    std::is_rvalue_reference_v<Argument>&& std::is_same_v<std::remove_cvref_t<Argument>, std::string>;

// Reader of untrusted bytes: every read checks what is left and throws Error{corruption} naming `what`.
// Views that it returns point into the bytes it was given.  Bytes and name outlive it; a temporary string as either is
// refused when compiled, as it would be gone with the declaration of the reader.
class ByteReader {
public:
  ByteReader(ByteView bytes, std::string_view what) noexcept : rest_(bytes), what_(what) {}
  template <class Name>
  requires k_temporary<Name&&> ByteReader(ByteView bytes, Name&& what)
  = delete;
  template <class Text, class Name>
  requires k_temporary<Text&&> ByteReader(Text&& bytes, Name&& what)
  = delete;
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::uint64_t varint();
  ByteView raw(std::size_t size);
  ByteView sized();
  // A number of items of which each takes at least `bytes_each` of what is left: bounds what a decoder may allocate.
  std::size_t count(std::size_t bytes_each = 1);
  std::size_t left() const noexcept { return rest_.size(); }
  bool at_end() const noexcept { return rest_.empty(); }
  // Throws when bytes are left over: trailing garbage is corruption, not an extension.
  void expect_end() const;
  [[noreturn]] void fail(std::string_view problem) const;

private:
  ByteView rest_;
  std::string_view what_;
};

}  // namespace holdfast::base
