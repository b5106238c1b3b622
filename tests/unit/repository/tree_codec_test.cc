#include <gtest/gtest.h>

#include "base/error.h"
#include "repository/tree.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

Tree some_tree(test::MemoryBlocks& blocks) {
  test::Model model;
  std::mt19937_64 random(1);
  test::mutate(model, random, 200, 200, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  test::mutate(model, random, 20, 200, 3);
  tree = test::capture(blocks, model, tree).tree;
  tree.stale = {
      {.range = {.from = "a", .to = "b"}, .last_good = base::Instant(std::chrono::seconds(-5)), .reason = "lost"},
      {.range = {.from = "c", .to = {}}, .last_good = {}, .reason = ""}};
  add_hashed_erases(blocks, test::boundary_key(), tree.layers[1], {key_hash(test::boundary_key(), "k")});
  return tree;
}

base::Bytes encoded(const Tree& tree) {
  base::ByteWriter out;
  encode_tree(out, tree);
  return out.take();
}

Tree decoded(base::ByteView bytes) {
  base::ByteReader in(bytes, "a tree");
  Tree tree = decode_tree(in);
  in.expect_end();
  return tree;
}

void expect_equal(const Tree& a, const Tree& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.schema, b.schema);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.inherits, b.inherits);
  EXPECT_EQ(a.layers, b.layers);
  EXPECT_EQ(a.delta, b.delta);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.bytes, b.bytes);
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.completed, b.completed);
  EXPECT_EQ(a.stale, b.stale);
}

TEST(TreeCodec, gives_back_every_field) {
  test::MemoryBlocks blocks;
  Tree tree = some_tree(blocks);
  expect_equal(decoded(encoded(tree)), tree);
  tree.delta = tree.layers.back();
  expect_equal(decoded(encoded(tree)), tree);
  tree.delta.reset();
  tree.layers.clear();
  tree.inherits = true;
  expect_equal(decoded(encoded(tree)), tree);
}

TEST(TreeCodec, writes_a_delta_that_is_the_topmost_layer_once) {
  test::MemoryBlocks blocks;
  Tree tree = some_tree(blocks);
  tree.delta = tree.layers.back();
  Tree without = tree;
  without.delta.reset();
  EXPECT_EQ(encoded(tree).size(), encoded(without).size());
}

TEST(TreeCodec, refuses_every_truncation_and_survives_every_flip) {
  test::MemoryBlocks blocks;
  const base::Bytes bytes = encoded(some_tree(blocks));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(decoded(base::ByteView(bytes).substr(0, size)), base::Error);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    base::Bytes damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x80);
    try {
      EXPECT_NE(encoded(decoded(damaged)), bytes) << at;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
    }
  }
}

}  // namespace
}  // namespace holdfast::repository
