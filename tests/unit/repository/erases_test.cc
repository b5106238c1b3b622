#include "repository/erases.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;

Layer erased_layer(test::MemoryBlocks& blocks, std::uint64_t from, std::uint64_t to) {
  Layer layer;
  std::vector<ErasedHash> hashes;
  for (std::uint64_t i = from; i < to; ++i) hashes.push_back(key_hash(test::boundary_key(), test::numbered_key(i)));
  add_hashed_erases(blocks, test::boundary_key(), layer, hashes);
  return layer;
}

TEST(ErasedKeys, holds_what_was_erased_and_nothing_else) {
  test::MemoryBlocks blocks;
  const Layer layer = erased_layer(blocks, 1000, 11000);
  EXPECT_EQ(layer.erases, 10000u);
  EXPECT_EQ(layer.hashed_erases.size(), 3u);
  ErasedKeys erased(blocks, layer);
  for (std::uint64_t i = 0; i < 12000; ++i)
    ASSERT_EQ(erased.contains(test::numbered_key(i)), i >= 1000 && i < 11000) << i;
}

TEST(ErasedKeys, count_duplicates_once) {
  test::MemoryBlocks blocks;
  Layer layer;
  const ErasedHash hash = key_hash(test::boundary_key(), "k");
  add_hashed_erases(blocks, test::boundary_key(), layer, {hash, hash});
  EXPECT_EQ(layer.erases, 1u);
}

TEST(ErasedKeys, refuse_a_damaged_block) {
  test::MemoryBlocks blocks;
  const Layer layer = erased_layer(blocks, 0, 10);
  blocks.damage(layer.hashed_erases[0].id, Bytes(33, 'x'));
  ErasedKeys erased(blocks, layer);
  int refused = 0;
  for (std::uint64_t i = 0; i < 10; ++i) {
    try {
      erased.contains(test::numbered_key(i));
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
      ++refused;
    }
  }
  EXPECT_EQ(refused, 10);
}

// A snapshot of a host that must not keep keys: tombstones by hash, on top of a tree of named rows.
struct HashedTree {
  test::MemoryBlocks blocks;
  test::Model before;
  test::Model after;
  Tree parent;
  Tree tree;

  HashedTree() {
    for (std::uint64_t i = 0; i < 400; ++i) before[test::numbered_key(i)] = test::some_values(i, 3);
    parent = test::capture(blocks, before, std::nullopt).tree;
    after = before;
    Layer layer;
    std::vector<ErasedHash> hashes;
    for (std::uint64_t i = 0; i < 400; i += 5) {
      hashes.push_back(key_hash(test::boundary_key(), test::numbered_key(i)));
      after.erase(test::numbered_key(i));
    }
    add_hashed_erases(blocks, test::boundary_key(), layer, hashes);
    tree = parent;
    tree.layers.push_back(layer);
    tree.delta = layer;
  }
};

TEST(HashedErases, hide_rows_from_cursors_and_look_ups) {
  HashedTree made;
  EXPECT_EQ(test::read_tree(made.blocks, made.tree), made.after);
  for (std::uint64_t i = 0; i < 400; ++i) {
    EXPECT_EQ(find(made.blocks, test::boundary_key(), made.tree, test::numbered_key(i)).has_value(), i % 5 != 0) << i;
  }
}

TEST(HashedErases, are_seen_by_diffs) {
  HashedTree made;
  for (const Values values : {Values::no, Values::yes}) {
    const auto expected = test::expected_lines(made.before, made.after, values);
    EXPECT_EQ(test::diff_lines(made.blocks, made.parent, made.tree, {&made.tree}, values), expected);
    EXPECT_EQ(test::diff_lines(made.blocks, made.parent, made.tree, {}, values), expected);
  }
}

TEST(HashedErases, hold_when_rows_come_back_and_layers_are_folded) {
  HashedTree made;
  test::Model model = made.after;
  Tree tree = made.tree;
  std::mt19937_64 random(3);
  for (int i = 0; i < 12; ++i) {
    test::mutate(model, random, 12, 400, 3);
    model[test::numbered_key(static_cast<std::uint64_t>(i) * 5)] = test::some_values(9, 3);
    tree = test::capture(made.blocks, model, tree).tree;
    ASSERT_EQ(test::read_tree(made.blocks, tree), model) << i;
    ASSERT_LE(tree.layers.size(), 5u);
  }
  const Tree flat = fold(made.blocks, made.blocks, test::boundary_key(), tree, {.layers_max = 0, .base_share = 0.5});
  EXPECT_EQ(flat.layers.size(), 1u);
  EXPECT_EQ(test::read_tree(made.blocks, flat), model);
}

}  // namespace
}  // namespace holdfast::repository
