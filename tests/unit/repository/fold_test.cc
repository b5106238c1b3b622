#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "repository/tree.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using test::Model;

RC_GTEST_PROP(Fold, changes_layers_and_no_row, (std::uint64_t seed)) {
  test::MemoryBlocks blocks;
  std::mt19937_64 random(seed);
  Model model;
  test::mutate(model, random, 400, 400, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  const std::size_t deltas = *rc::gen::inRange<std::size_t>(1, 5);
  for (std::size_t i = 0; i < deltas; ++i) {
    test::mutate(model, random, 1 + random() % 120, 400 + random() % 200, 3);
    tree = test::capture(blocks, model, tree).tree;
  }
  const FoldPolicy policy{.layers_max = *rc::gen::inRange<std::size_t>(0, 4),
                          .base_share = *rc::gen::elementOf(std::vector<double>{0.0, 0.05, 0.3, 0.5, 100.0})};
  const Tree folded = fold(blocks, blocks, test::boundary_key(), tree, policy);
  RC_ASSERT(folded.layers.size() <= policy.layers_max + 1);
  RC_ASSERT(test::read_tree(blocks, folded) == model);
  RC_ASSERT(folded.content == tree.content);
  for (const auto& [key, values] : model) RC_ASSERT(find(blocks, test::boundary_key(), folded, key)->columns == values);
  // And it can be built on.
  test::mutate(model, random, 50, 400, 3);
  RC_ASSERT(test::read_tree(blocks, test::capture(blocks, model, folded).tree) == model);
}

TEST(Fold, gives_the_base_that_a_first_capture_gives) {
  test::MemoryBlocks blocks;
  std::mt19937_64 random(2);
  Model model;
  test::mutate(model, random, 1500, 1500, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  for (int i = 0; i < 3; ++i) {
    test::mutate(model, random, 300, 2000, 3);
    tree = test::capture(blocks, model, tree).tree;
  }
  const Tree folded = fold(blocks, blocks, test::boundary_key(), tree, {.layers_max = 0, .base_share = 0.5});
  EXPECT_EQ(folded.layers, test::capture(blocks, model, std::nullopt).tree.layers);
}

TEST(Fold, leaves_a_tree_with_few_layers_alone) {
  test::MemoryBlocks blocks;
  std::mt19937_64 random(3);
  Model model;
  test::mutate(model, random, 500, 500, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  for (int i = 0; i < 4; ++i) {
    test::mutate(model, random, 5, 500, 3);
    tree = test::capture(blocks, model, tree).tree;
  }
  ASSERT_EQ(tree.layers.size(), 5u);
  const std::uint64_t before = blocks.gets();
  EXPECT_EQ(fold(blocks, blocks, test::boundary_key(), tree).layers, tree.layers);
  EXPECT_EQ(blocks.gets(), before);
}

TEST(Fold, rewrites_only_the_heavy_stretch_of_the_base) {
  test::MemoryBlocks blocks;
  Model model;
  for (std::uint64_t i = 0; i < 6000; ++i) model[test::numbered_key(i)] = test::some_values(i, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  const Layer base = tree.layers[0];
  const std::uint64_t base_blocks = blocks.blocks(BlockKind::rows);
  // The same tenth of the keys, again and again.
  for (std::uint64_t round = 0; round < 5; ++round) {
    for (std::uint64_t i = 3000; i < 3600; ++i)
      model[test::numbered_key(i)] = test::some_values(i + 10000 * (round + 1), 3);
    tree = test::capture(blocks, model, tree).tree;
  }
  EXPECT_NE(tree.layers[0], base);
  EXPECT_EQ(test::read_tree(blocks, tree), model);
  // Five deltas of a tenth, and the stretch of the base: far from a second base.
  EXPECT_LT(blocks.blocks(BlockKind::rows), base_blocks + base_blocks * 9 / 10);
}

TEST(Fold, keeps_the_delta_of_every_snapshot) {
  test::MemoryBlocks blocks;
  std::mt19937_64 random(5);
  Model model;
  test::mutate(model, random, 800, 800, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  for (int i = 0; i < 25; ++i) {
    const Model before = model;
    const Tree parent = tree;
    test::mutate(model, random, 20, 800, 3);
    tree = test::capture(blocks, model, parent).tree;
    ASSERT_LE(tree.layers.size(), 5u) << i;
    ASSERT_EQ(test::diff_lines(blocks, parent, tree, {&tree}, Values::yes),
              test::expected_lines(before, model, Values::yes))
        << i;
  }
  EXPECT_EQ(test::read_tree(blocks, tree), model);
}

TEST(Fold, writes_sixty_snapshots_in_a_few_times_their_deltas) {
  test::MemoryBlocks blocks;
  Model model;
  for (std::uint64_t i = 0; i < 5000; ++i) model[test::numbered_key(i)] = test::some_values(i, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  const std::uint64_t base = blocks.plain_bytes();
  std::mt19937_64 random(6);
  std::uint64_t deltas = 0;
  for (int i = 0; i < 60; ++i) {
    for (int j = 0; j < 50; ++j) model[test::numbered_key(random() % 5000)] = test::some_values(random(), 3);
    tree = test::capture(blocks, model, tree).tree;
    deltas += tree.delta->bytes;
  }
  EXPECT_LT(blocks.plain_bytes() - base, deltas * 5);
  EXPECT_EQ(test::read_tree(blocks, tree), model);
}

}  // namespace
}  // namespace holdfast::repository
