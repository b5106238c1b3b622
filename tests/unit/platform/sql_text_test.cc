#include <gtest/gtest.h>

#include "base/error.h"
#include "platform/datahub/sql/text.h"

namespace holdfast::test {

using namespace platform::datahub;

TEST(Utf8, accepts_every_length_and_the_edges_of_each) {
  for (const char* text :
       {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "12345678\xf0\x9f\x90\x98 and more of it"})
    EXPECT_FALSE(invalid_utf8(text)) << text;
}

TEST(Utf8, names_the_first_bad_byte) {
  EXPECT_EQ(invalid_utf8("\x80"), 0U);
  EXPECT_EQ(invalid_utf8("ok\xff"), 2U);
  EXPECT_EQ(invalid_utf8("12345678\xc0\xaf"), 8U) << "overlong";
  EXPECT_EQ(invalid_utf8("\xe0\x9f\xbf"), 0U) << "overlong";
  EXPECT_EQ(invalid_utf8("a\xed\xa0\x80"), 1U) << "surrogate";
  EXPECT_EQ(invalid_utf8("\xf0\x8f\xbf\xbf"), 0U) << "overlong";
  EXPECT_EQ(invalid_utf8("\xf4\x90\x80\x80"), 0U) << "above the last code point";
  EXPECT_EQ(invalid_utf8("\xf5\x80\x80\x80"), 0U);
  EXPECT_EQ(invalid_utf8("abc\xe2\x82"), 3U) << "cut off";
  EXPECT_EQ(invalid_utf8("12345678\xc3"), 8U) << "cut off";
}

TEST(CanonicalInstant, pads_to_six_digits) {
  EXPECT_EQ(canonical_instant("2026-11-20 10:00:00"), "2026-11-20 10:00:00.000000");
  EXPECT_EQ(canonical_instant("2026-11-20 10:00:00.5"), "2026-11-20 10:00:00.500000");
  EXPECT_EQ(canonical_instant("2026-11-20 10:00:00.123456"), "2026-11-20 10:00:00.123456");
  for (const char* bad : {"", "2026-11-20", "2026-11-20T10:00:00", "2026-11-20 10:00:00.",
                          "2026-11-20 10:00:00.1234567", "infinity", "2026-11-20 10:00:0x"})
    EXPECT_FALSE(canonical_instant(std::string_view(bad))) << bad;
}

TEST(CanonicalInstant, goes_to_microseconds_and_back) {
  for (const char* text : {"1970-01-01 00:00:00.000000", "1969-12-31 23:59:59.999999", "2026-10-25 01:30:00.000001",
                           "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999", "2024-02-29 12:00:00.123456"}) {
    const auto micros = instant_micros(text);
    ASSERT_TRUE(micros) << text;
    EXPECT_EQ(canonical_instant(*micros), text);
  }
  EXPECT_EQ(instant_micros("1970-01-01 00:00:01.000002"), 1'000'002);
  EXPECT_FALSE(instant_micros("2023-02-29 00:00:00.000000"));
  EXPECT_FALSE(instant_micros("2023-02-28 24:00:00.000000"));
  EXPECT_FALSE(instant_micros("2023-02-28 00:00:00"));
  EXPECT_FALSE(canonical_instant(std::int64_t{9'000'000'000'000'000'00}));
}

TEST(AspectKey, goes_there_and_back) {
  const std::string urn("a\0b", 3);
  const auto parts = parse_aspect_key(aspect_key(urn, "status", -7));
  EXPECT_EQ(parts.urn, urn);
  EXPECT_EQ(parts.aspect, "status");
  EXPECT_EQ(parts.version, -7);
  EXPECT_THROW(parse_aspect_key(aspect_key("a", "b", 0) + "x"), base::Error);
}

TEST(RowName, escapes_what_cannot_be_printed_and_cuts_what_is_long) {
  EXPECT_EQ(row_name("a\x01\xc3\xa9", "b", 3), "row ('a\\x01\\xc3\\xa9', 'b', 3)");
  EXPECT_LT(row_name(std::string(5000, 'x'), "b", 3).size(), 400U);
}

TEST(OrderCheck, stops_at_what_is_not_above_the_row_before) {
  const base::KeyRange all;
  OrderCheck order(all);
  order.next(aspect_key("a", "b", 1));
  order.next(aspect_key("a", "b", 2));
  EXPECT_THROW(order.next(aspect_key("a", "b", 2)), base::Error);
}

TEST(OrderCheck, stops_at_what_is_outside_of_the_range) {
  const base::KeyRange range{.from = aspect_key("b", "", 0), .to = aspect_key("c", "", 0)};
  OrderCheck order(range);
  order.next(aspect_key("b", "x", 0));
  EXPECT_THROW(order.next(aspect_key("d", "x", 0)), base::Error);
  OrderCheck below(range);
  EXPECT_THROW(below.next(aspect_key("a", "x", 0)), base::Error);
}

}  // namespace holdfast::test
