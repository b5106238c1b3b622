#include "repository/key_hash.h"

#include <gtest/gtest.h>

#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

TEST(KeyHasher, ends_one_block_in_so_many_keys) {
  const KeyHasher hasher(test::boundary_key());
  int ends = 0;
  for (std::uint64_t i = 0; i < 64 * 1000; ++i) ends += ends_block(hasher(test::numbered_key(i)), 64) ? 1 : 0;
  EXPECT_GT(ends, 800);
  EXPECT_LT(ends, 1200);
}

TEST(KeyHasher, draws_other_boundaries_from_another_key) {
  BoundaryKey other = test::boundary_key();
  other.bytes[31] ^= 1;
  EXPECT_NE(KeyHasher(test::boundary_key())("urn"), KeyHasher(other)("urn"));
}

TEST(KeyHasher, ends_nodes_of_different_heights_at_different_keys) {
  const KeyHasher hasher(test::boundary_key());
  int first = 0;
  int both = 0;
  for (std::uint64_t i = 0; i < 16 * 1000; ++i) {
    const KeyHash hash = hasher(test::numbered_key(i));
    first += ends_node(hash, 1, 16) ? 1 : 0;
    both += ends_node(hash, 1, 16) && ends_node(hash, 2, 16) ? 1 : 0;
  }
  EXPECT_GT(first, 800);
  EXPECT_LT(first, 1200);
  EXPECT_LT(both, first / 4);
}

TEST(Filter, holds_its_keys_and_few_others) {
  const KeyHasher hasher(test::boundary_key());
  RowBuffer rows(0);
  for (std::uint64_t i = 0; i < 500; ++i) {
    const base::Bytes key = test::numbered_key(i);
    rows.add({.op = Op::erase, .carried = 0, .key = key, .cells = {}}, hasher(key));
  }
  const base::Bytes filter = make_filter(rows);
  EXPECT_LE(filter.size(), 500u * 10 / 8 + 1);
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT_TRUE(may_hold(filter, hasher(test::numbered_key(i))));
  int let_through = 0;
  for (std::uint64_t i = 500; i < 5500; ++i) let_through += may_hold(filter, hasher(test::numbered_key(i))) ? 1 : 0;
  EXPECT_LT(let_through, 150);
}

}  // namespace
}  // namespace holdfast::repository
