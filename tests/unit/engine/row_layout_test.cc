#include "engine/row_layout.h"

#include <gtest/gtest.h>

#include "support/fake_connector.h"

namespace holdfast::engine {
namespace {

model::Collection with_columns(const std::vector<std::string>& names) {
  model::Collection out = test::aspect_collection();
  out.columns.clear();
  for (const std::string& name : names) out.columns.push_back({name, "text", model::ColumnContent::text, true});
  return out;
}

std::vector<std::string> names_of(const model::Collection& collection) {
  std::vector<std::string> out;
  for (const model::Column& column : collection.columns) out.push_back(column.name);
  return out;
}

TEST(RowLayout, unites_columns_of_the_first_before_those_of_the_second) {
  const auto united = unite(with_columns({"a", "b"}), with_columns({"c", "b"}));
  EXPECT_EQ(names_of(united), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(RowProjection, is_the_identity_for_equal_layouts_only) {
  EXPECT_TRUE(RowProjection(with_columns({"a", "b"}), with_columns({"a", "b"})).identity());
  EXPECT_FALSE(RowProjection(with_columns({"a", "b"}), with_columns({"b", "a"})).identity());
  EXPECT_FALSE(RowProjection(with_columns({"a"}), with_columns({"a", "b"})).identity());
  EXPECT_FALSE(RowProjection(with_columns({"a", "b"}), with_columns({"a"})).identity());
}

TEST(RowProjection, matches_columns_by_name_and_fills_the_others_with_null) {
  RowProjection project(with_columns({"a", "b"}), with_columns({"b", "c", "a"}));
  const std::vector<base::ColumnView> columns{"1", "2"};
  const base::RowView row = project({.key = "k", .columns = columns});
  EXPECT_EQ(row.key, "k");
  ASSERT_EQ(row.columns.size(), 3U);
  EXPECT_EQ(row.columns[0], "2");
  EXPECT_EQ(row.columns[1], std::nullopt);
  EXPECT_EQ(row.columns[2], "1");
}

}  // namespace
}  // namespace holdfast::engine
