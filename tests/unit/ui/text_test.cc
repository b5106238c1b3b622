#include "ui/text.h"

#include <gtest/gtest.h>

namespace {

using holdfast::ui::display_width;
using holdfast::ui::printable;
using holdfast::ui::shorten;
using holdfast::ui::Tabs;
using holdfast::ui::valid_utf8_prefix;
using holdfast::ui::wrap;

TEST(Text, counts_columns_of_wide_combining_and_broken_characters) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("é"), 1u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u);
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("\xf0\x9f\x90\x98"), 2u);
  EXPECT_EQ(display_width("\xff\xfe"), 2u);
}

TEST(Text, shortens_to_columns_without_cutting_a_character) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdefg", 6), "abc...");
  EXPECT_EQ(shorten("日本語の名前", 8), "日本...");
  EXPECT_EQ(shorten("abcdef", 2), "..");
}

TEST(Text, breaks_lines_at_blanks) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap("", 10), Lines{""});
  EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("incomprehensible it is", 5), (Lines{"incomprehensible", "it is"}));
}

TEST(Text, escapes_control_characters_and_broken_utf8) {
  EXPECT_EQ(printable("plain ü"), "plain ü");
  EXPECT_EQ(printable("a\tb"), "a\\x09b");
  EXPECT_EQ(printable("\tif x:\x1b", Tabs::kept), "\tif x:\\x1b");
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J")
      << "C1 controls steer terminals too";
  EXPECT_EQ(printable("\x80"
                      "a"),
            "\\x80a");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate is not UTF-8";
}

TEST(Text, escapes_what_turns_the_direction_of_what_follows) {
  EXPECT_EQ(printable("a\u202egpj.exe"), "a\\xe2\\x80\\xaegpj.exe");
  for (const char* text : {"\u202a", "\u202e", "\u2066", "\u2069"})
    EXPECT_EQ(printable(text).substr(0, 2), "\\x") << printable(text);
  for (const char* text : {"\u2029", "\u202f", "\u206a", "שלום"}) EXPECT_EQ(printable(text), text);
}

TEST(Text, finds_where_utf8_ends) {
  EXPECT_EQ(valid_utf8_prefix("abc"), 3u);
  EXPECT_EQ(valid_utf8_prefix("ab\xc3"), 2u);
  EXPECT_EQ(valid_utf8_prefix("\xc0\xaf"), 0u) << "an overlong form is not UTF-8";
  EXPECT_EQ(valid_utf8_prefix("\xf4\x90\x80\x80"), 0u) << "beyond U+10FFFF";
}

}  // namespace
