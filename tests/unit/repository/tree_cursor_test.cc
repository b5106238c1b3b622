#include <gtest/gtest.h>

#include "base/error.h"
#include "repository/tree.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;

struct Grown {
  test::MemoryBlocks blocks;
  test::Model model;
  Tree tree;

  Grown() {
    std::mt19937_64 random(1);
    test::mutate(model, random, 2000, 1500, 3);
    tree = test::capture(blocks, model, std::nullopt).tree;
    for (int i = 0; i < 4; ++i) {
      test::mutate(model, random, 100, 1500, 3);
      tree = test::capture(blocks, model, tree).tree;
    }
  }
};

TEST(TreeCursor, reads_a_range_and_no_block_outside_of_it) {
  Grown grown;
  const base::KeyRange range{.from = test::numbered_key(700), .to = test::numbered_key(714)};
  test::Model expected;
  for (const auto& [key, values] : grown.model) {
    if (range.contains(key)) expected[key] = values;
  }
  const std::uint64_t before = grown.blocks.gets();
  EXPECT_EQ(test::read_tree(grown.blocks, grown.tree, range), expected);
  EXPECT_LT(grown.blocks.gets() - before, 60u);
}

TEST(TreeCursor, shows_the_same_row_until_it_moves) {
  Grown grown;
  TreeCursor cursor(grown.blocks, grown.tree);
  const base::Row first = base::to_row(cursor.current());
  EXPECT_EQ(base::to_row(cursor.current()), first);
  cursor.next();
  EXPECT_NE(cursor.current().key, first.key);
}

TEST(TreeFind, finds_every_row_and_no_other) {
  Grown grown;
  for (std::uint64_t i = 0; i < 1600; ++i) {
    const Bytes key = test::numbered_key(i);
    const auto found = find(grown.blocks, test::boundary_key(), grown.tree, key);
    ASSERT_EQ(found.has_value(), grown.model.contains(key)) << i;
    if (found) {
      EXPECT_EQ(found->columns, grown.model.at(key));
    }
  }
}

TEST(TreeFind, refuses_a_block_that_is_damaged) {
  Grown grown;
  grown.tree.layers.resize(1);
  const DirectoryEntry& top = grown.tree.layers[0].top[0];
  ASSERT_GT(grown.tree.layers[0].height, 0);
  grown.blocks.damage(top.id, "not a node");
  try {
    find(grown.blocks, test::boundary_key(), grown.tree, top.first_key);
    FAIL() << "it was read";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
  }
}

}  // namespace
}  // namespace holdfast::repository
