#include <gtest/gtest.h>

#include "repository/layer.h"
#include "repository/tree.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;

ContentHash hash_of(const base::Row& row) {
  std::vector<base::ColumnView> columns;
  ContentHash hash;
  hash.add(test::boundary_key(), base::to_view(row, columns));
  return hash;
}

TEST(ContentHash, does_not_depend_on_order) {
  const base::Row a{.key = "a", .columns = {Bytes("1"), std::nullopt}};
  const base::Row b{.key = "b", .columns = {Bytes("2"), Bytes()}};
  ContentHash ab = hash_of(a);
  ab.add(hash_of(b));
  ContentHash ba = hash_of(b);
  ba.add(hash_of(a));
  EXPECT_EQ(ab, ba);
}

TEST(ContentHash, forgets_what_is_subtracted) {
  const base::Row a{.key = "a", .columns = {Bytes("1")}};
  std::vector<base::ColumnView> columns;
  ContentHash hash = hash_of(a);
  hash.subtract(test::boundary_key(), base::to_view(a, columns));
  EXPECT_EQ(hash, ContentHash());
}

TEST(ContentHash, tells_rows_apart_that_look_alike_when_run_together) {
  const std::vector<base::Row> rows{
      {.key = "a", .columns = {Bytes("bc"), Bytes()}},      {.key = "ab", .columns = {Bytes("c"), Bytes()}},
      {.key = "a", .columns = {Bytes("b"), Bytes("c")}},    {.key = "a", .columns = {Bytes("bc"), std::nullopt}},
      {.key = "a", .columns = {std::nullopt, Bytes("bc")}}, {.key = "a", .columns = {Bytes("bc")}},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(hash_of(rows[i]), hash_of(rows[j])) << i << " and " << j;
  }
}

TEST(ContentHash, sees_one_bit_of_a_large_value) {
  base::Row row{.key = "a", .columns = {Bytes(3 * k_overflow_bytes, 'x')}};
  const ContentHash before = hash_of(row);
  row.columns[0]->at(2 * k_overflow_bytes) = 'y';
  EXPECT_NE(hash_of(row), before);
}

TEST(ContentHash, is_the_same_by_one_hasher_and_by_many) {
  test::Model model;
  for (std::uint64_t i = 0; i < 40; ++i) model[test::numbered_key(i)] = test::some_values(i, 3);
  ContentHash one_by_one;
  for (const auto& [key, values] : model) one_by_one.add(hash_of({.key = key, .columns = values}));
  EXPECT_EQ(one_by_one, test::content_of(model));
}

}  // namespace
}  // namespace holdfast::repository
