#include "base/ascii.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Lower, folds_letters_of_ascii_and_leaves_all_else) {
  EXPECT_EQ(lower(""), "");
  EXPECT_EQ(lower("Host-09.Example.TEST:443"), "host-09.example.test:443");
  EXPECT_EQ(lower("@[`{"), "@[`{") << "what stands beside the letters";
  EXPECT_EQ(lower("\xC3\x84\xFF"), "\xC3\x84\xFF") << "no byte of another alphabet";
  EXPECT_EQ(lower(std::string_view("A\0B", 3)), std::string("a\0b", 3));
}

TEST(Upper, is_the_way_back_for_letters_alone) {
  EXPECT_EQ(upper("Host-09.example_`{"), "HOST-09.EXAMPLE_`{");
  EXPECT_EQ(upper("\xC3\xA4\xFF"), "\xC3\xA4\xFF");
}

TEST(Characters, are_told_apart_by_ascii_alone) {
  std::string digits, letters, hex;
  for (int c = 0; c < 256; ++c) {
    const char one = static_cast<char>(c);
    EXPECT_EQ(is_letter_or_digit(one), is_letter(one) || is_digit(one));
    EXPECT_FALSE(is_lower(one) && is_upper(one));
    if (is_digit(one)) digits += one;
    if (is_letter(one)) letters += one;
    if (is_hex_digit(one)) hex += one;
  }
  EXPECT_EQ(digits, "0123456789");
  EXPECT_EQ(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(hex, "0123456789ABCDEFabcdef");
}

}  // namespace
}  // namespace holdfast::base
