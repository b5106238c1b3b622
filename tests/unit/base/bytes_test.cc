#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"

namespace holdfast::base {
namespace {

// What the reader says when it refuses; empty when it does not.
template <class Read>
std::string refusal(ByteView bytes, Read&& read) {
  ByteReader reader(bytes, "the thing");
  try {
    read(reader);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corruption);
    return error.message();
  }
  return {};
}

// A reader keeps views: what is gone with the declaration of the reader cannot be given to it.
TEST(ByteReader, takes_no_temporary_string) {
  static_assert(std::is_constructible_v<ByteReader, ByteView, std::string_view>);
  static_assert(std::is_constructible_v<ByteReader, const Bytes&, const std::string&>);
  static_assert(std::is_constructible_v<ByteReader, Bytes&, const char(&)[4]>);
  EXPECT_FALSE((std::is_constructible_v<ByteReader, ByteView, std::string>));
  EXPECT_FALSE((std::is_constructible_v<ByteReader, ByteView, const std::string>));
  EXPECT_FALSE((std::is_constructible_v<ByteReader, Bytes, std::string_view>));
  EXPECT_FALSE((std::is_constructible_v<ByteReader, Bytes, std::string>));
}

TEST(Hex, goes_there_and_back) {
  EXPECT_EQ(to_hex(Bytes("\x00\x7f\xff\x10", 4)), "007fff10");
  EXPECT_EQ(from_hex("007fFF10"), Bytes("\x00\x7f\xff\x10", 4));
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(from_hex(""), "");
}

TEST(Hex, refuses_an_odd_number_of_digits_and_other_characters) {
  EXPECT_THROW(from_hex("abc"), Error);
  EXPECT_THROW(from_hex("0g"), Error);
  EXPECT_THROW(from_hex("0 "), Error);
  EXPECT_THROW(from_hex("-1"), Error);
}

TEST(ByteWriter, writes_little_endian) {
  ByteWriter out;
  out.u8(1);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0f);
  EXPECT_EQ(to_hex(out.bytes()),
            "01030207060504"
            "0f0e0d0c0b0a0908");
  EXPECT_EQ(out.size(), 15u);
}

TEST(ByteWriter, writes_varints_as_leb128) {
  ByteWriter out;
  for (const std::uint64_t value : {0ull, 127ull, 128ull, 300ull}) out.varint(value);
  EXPECT_EQ(to_hex(out.take()),
            "00"
            "7f"
            "8001"
            "ac02");
  out.varint(UINT64_MAX);
  EXPECT_EQ(to_hex(out.bytes()), "ffffffffffffffffff01");
}

RC_GTEST_PROP(ByteReader, reads_what_the_writer_wrote,
              (std::uint8_t a, std::uint16_t b, std::uint32_t c, std::uint64_t d, std::uint64_t e,
               const std::string& f)) {
  ByteWriter out;
  out.u8(a);
  out.u16(b);
  out.u32(c);
  out.u64(d);
  out.varint(e);
  out.sized(f);
  ByteReader in(out.bytes(), "the thing");
  RC_ASSERT(in.u8() == a);
  RC_ASSERT(in.u16() == b);
  RC_ASSERT(in.u32() == c);
  RC_ASSERT(in.u64() == d);
  RC_ASSERT(in.varint() == e);
  RC_ASSERT(in.sized() == f);
  RC_ASSERT(in.at_end());
  in.expect_end();
}

RC_GTEST_PROP(ByteReader, refuses_every_truncation, (std::uint64_t number, const std::string& text)) {
  ByteWriter out;
  out.u32(7);
  out.varint(number);
  out.sized(text);
  const auto whole = out.take();
  const auto size = *rc::gen::inRange<std::size_t>(0, whole.size());
  RC_ASSERT(!refusal(ByteView(whole).substr(0, size), [](ByteReader& in) {
               in.u32();
               in.varint();
               in.sized();
             }).empty());
}

TEST(ByteReader, names_the_object_and_what_is_missing) {
  EXPECT_EQ(refusal("abc", [](ByteReader& in) { in.u32(); }), "the thing is damaged: 4 bytes wanted, 3 left");
}

TEST(ByteReader, refuses_every_fixed_width_beyond_the_end) {
  EXPECT_NE(refusal("", [](ByteReader& in) { in.u8(); }), "");
  EXPECT_NE(refusal("1", [](ByteReader& in) { in.u16(); }), "");
  EXPECT_NE(refusal("123", [](ByteReader& in) { in.u32(); }), "");
  EXPECT_NE(refusal("1234567", [](ByteReader& in) { in.u64(); }), "");
  EXPECT_NE(refusal("12", [](ByteReader& in) { in.raw(3); }), "");
  EXPECT_NE(refusal("12", [](ByteReader& in) { in.raw(SIZE_MAX); }), "");
}

TEST(ByteReader, refuses_varints_that_do_not_end_or_do_not_fit) {
  const auto read = [](ByteReader& in) { in.varint(); };
  EXPECT_NE(refusal(Bytes(9, '\x80'), read), "");
  EXPECT_NE(refusal(Bytes(10, '\x80'), read), "");
  EXPECT_NE(refusal(Bytes(11, '\x80'), read), "");
  EXPECT_NE(refusal(from_hex("ffffffffffffffffff02"), read), "");
  EXPECT_EQ(refusal(from_hex("ffffffffffffffffff01"), read), "");
}

TEST(ByteReader, refuses_a_length_beyond_the_end_however_large) {
  ByteWriter out;
  out.varint(UINT64_MAX);
  out.raw("few");
  EXPECT_NE(refusal(out.bytes(), [](ByteReader& in) { in.sized(); }), "");
}

TEST(ByteReader, bounds_a_count_by_what_is_left) {
  ByteWriter out;
  out.varint(3);
  out.raw("123456");
  const auto count = [&](std::size_t each) {
    return refusal(out.bytes(), [each](ByteReader& in) { EXPECT_EQ(in.count(each), 3u); });
  };
  EXPECT_EQ(count(1), "");
  EXPECT_EQ(count(2), "");
  EXPECT_NE(count(3), "");
  EXPECT_NE(count(SIZE_MAX), "");
  EXPECT_EQ(count(0), "");
}

TEST(ByteReader, refuses_trailing_bytes) {
  EXPECT_EQ(refusal("x", [](ByteReader& in) { in.expect_end(); }), "the thing is damaged: 1 bytes too many at its end");
  EXPECT_EQ(refusal("", [](ByteReader& in) { in.expect_end(); }), "");
}

}  // namespace
}  // namespace holdfast::base
