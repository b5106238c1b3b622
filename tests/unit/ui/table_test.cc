#include "ui/table.h"

#include <gtest/gtest.h>

namespace {

using holdfast::ui::Align;
using holdfast::ui::format_bytes;
using holdfast::ui::format_count;
using holdfast::ui::Table;

TEST(Table, sets_text_to_the_left_and_numbers_to_the_right) {
  Table table({{"NAME", Align::left}, {"ROWS", Align::right}, {"STATE", Align::left}});
  table.row({"a", "7", ""});
  table.row({"longer", "1,234", "partial"});
  EXPECT_EQ(table.text(),
            "NAME     ROWS  STATE\n"
            "------  -----  -------\n"
            "a           7\n"
            "longer  1,234  partial\n");
}

TEST(Table, measures_characters_and_not_bytes) {
  Table table({{"N", Align::left}, {"X", Align::left}});
  table.row({"Zürich", "1"});
  table.row({"東京", "2"});
  table.row({"abcdef", "3"});
  EXPECT_EQ(table.text(), "N       X\n------  -\nZürich  1\n東京    2\nabcdef  3\n");
}

TEST(Table, does_not_let_a_name_break_the_line_or_steer_the_terminal) {
  Table table({{"NAME", Align::left}});
  table.row({"a\nb\x1b[2J"});
  EXPECT_EQ(table.text(), "NAME\n-------------\na\\x0ab\\x1b[2J\n");
}

TEST(Table, fills_up_rows_that_are_too_short) {
  Table table({{"A", Align::left}, {"B", Align::left}});
  table.row({"only"});
  EXPECT_EQ(table.text(), "A     B\n----  -\nonly\n");
}

TEST(Table, wraps_its_last_column_where_the_screen_is_narrow) {
  Table table({{"N", Align::left}, {"TEXT", Align::left}});
  table.row({"1", "some words that are too long"});
  table.row({"2", "short"});
  EXPECT_EQ(table.text(24),
            "N  TEXT\n"
            "-  ---------------------\n"
            "1  some words that are\n"
            "   too long\n"
            "2  short\n");
}

TEST(Table, counts_in_singular_and_plural) {
  EXPECT_EQ(holdfast::ui::format_counted(1, "row"), "1 row");
  EXPECT_EQ(holdfast::ui::format_counted(0, "row"), "0 rows");
  EXPECT_EQ(holdfast::ui::format_counted(1234, "row"), "1,234 rows");
}

TEST(Table, writes_sizes_in_iec_units) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes((std::uint64_t{1} << 20) - 1), "1.0 MiB") << "1024.0 KiB would be one unit too low";
  EXPECT_EQ(format_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(Table, groups_digits_by_three) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

}  // namespace
