#include "base/row.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

const Row k_row{.key = "k", .columns = {Bytes("one"), std::nullopt, Bytes()}};

TEST(Row, survives_the_way_through_a_view) {
  std::vector<ColumnView> columns(7, ColumnView("left over"));
  const RowView seen = to_view(k_row, columns);
  EXPECT_EQ(seen.columns.size(), 3u);
  EXPECT_EQ(to_row(seen), k_row);
}

TEST(Row, tells_null_from_the_empty_string) {
  Row other = k_row;
  std::swap(other.columns[1], other.columns[2]);
  std::vector<ColumnView> a, b;
  EXPECT_FALSE(equal(to_view(k_row, a), to_view(other, b)));
  EXPECT_TRUE(equal(to_view(k_row, a), to_view(k_row, b)));
}

TEST(Row, differs_by_key_and_by_number_of_columns) {
  Row longer = k_row;
  longer.columns.emplace_back(std::nullopt);
  Row renamed = k_row;
  renamed.key = "l";
  std::vector<ColumnView> a, b;
  EXPECT_FALSE(equal(to_view(k_row, a), to_view(longer, b)));
  EXPECT_FALSE(equal(to_view(longer, a), to_view(k_row, b)));
  EXPECT_FALSE(equal(to_view(k_row, a), to_view(renamed, b)));
}

TEST(KeyRange, holds_its_start_and_not_its_end) {
  const KeyRange range{.from = "b", .to = "d"};
  EXPECT_FALSE(range.contains("a"));
  EXPECT_TRUE(range.contains("b"));
  EXPECT_TRUE(range.contains("c\xff"));
  EXPECT_FALSE(range.contains("d"));
  EXPECT_TRUE((KeyRange{.from = "b", .to = std::nullopt}.contains("\xff\xff")));
}

TEST(KeyRange, orders_bytes_as_unsigned) {
  EXPECT_TRUE((KeyRange{.from = "a", .to = std::nullopt}.contains("\x80")));
}

}  // namespace
}  // namespace holdfast::base
