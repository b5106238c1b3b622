#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "repository/key_hash.h"
#include "repository/layer.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;
using test::k_small_shape;

Layer build(test::MemoryBlocks& blocks, const test::Model& rows, const std::vector<Bytes>& cuts,
            Filters filters = Filters::none, TreeShape shape = k_small_shape) {
  std::vector<LayerPart> parts;
  parts.emplace_back(blocks, test::boundary_key(), shape, filters);
  std::size_t cut = 0;
  std::vector<base::ColumnView> columns;
  for (const auto& [key, values] : rows) {
    for (; cut < cuts.size() && key >= cuts[cut]; ++cut)
      parts.emplace_back(blocks, test::boundary_key(), shape, filters);
    const base::Row row{.key = key, .columns = values};
    parts.back().add({.op = Op::insert, .carried = ~ColumnMask{0}, .row = base::to_view(row, columns)});
  }
  return join(blocks, test::boundary_key(), shape, filters, std::move(parts));
}

test::Model some_rows(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  test::Model model;
  test::mutate(model, random, count, count * 2 + 1, k_small_shape.columns);
  return model;
}

test::Model read(test::MemoryBlocks& blocks, const Layer& layer, const base::KeyRange& range = {}) {
  test::Model model;
  for (LayerCursor cursor(blocks, k_small_shape, layer, range); cursor.valid(); cursor.next()) {
    base::Row row = base::to_row(cursor.current().row);
    model.emplace(std::move(row.key), std::move(row.columns));
  }
  return model;
}

RC_GTEST_PROP(Layer, does_not_depend_on_where_it_was_cut, (std::uint64_t seed)) {
  const std::size_t count = *rc::gen::inRange<std::size_t>(0, 400);
  const test::Model rows = some_rows(seed, count);
  std::vector<std::uint64_t> numbers =
      *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 800));
  std::sort(numbers.begin(), numbers.end());
  std::vector<Bytes> cuts;
  for (const std::uint64_t number : numbers) cuts.push_back(test::numbered_key(number));
  test::MemoryBlocks blocks;
  const Layer whole = build(blocks, rows, {}, Filters::keep);
  const std::uint64_t stored = blocks.blocks();
  RC_ASSERT(build(blocks, rows, cuts, Filters::keep) == whole);
  RC_ASSERT(blocks.blocks() == stored);  // not one block more
  RC_ASSERT(read(blocks, whole) == rows);
}

RC_GTEST_PROP(Layer, reads_any_range, (std::uint64_t seed)) {
  const test::Model rows = some_rows(seed, 300);
  test::MemoryBlocks blocks;
  const Layer layer = build(blocks, rows, {});
  base::KeyRange range{.from = test::numbered_key(*rc::gen::inRange<std::uint64_t>(0, 700)), .to = {}};
  range.to = test::numbered_key(*rc::gen::inRange<std::uint64_t>(0, 700));
  test::Model expected;
  for (const auto& [key, values] : rows) {
    if (range.contains(key)) expected[key] = values;
  }
  RC_ASSERT(read(blocks, layer, range) == expected);
}

TEST(Layer, shares_all_blocks_but_those_around_a_change) {
  test::Model rows = some_rows(1, 3000);
  test::MemoryBlocks blocks;
  build(blocks, rows, {});
  const std::uint64_t before = blocks.blocks(BlockKind::rows);
  rows.erase(std::next(rows.begin(), 700));
  rows[test::numbered_key(1000000)] = test::some_values(1, 3);
  build(blocks, rows, {});
  EXPECT_GT(before, 150u);
  EXPECT_LE(blocks.blocks(BlockKind::rows), before + 3);
}

TEST(Layer, ends_a_block_that_no_key_ends) {
  // Only keys whose hash ends no block: the count must do it.
  const KeyHasher hasher(test::boundary_key());
  test::Model rows;
  for (std::uint64_t i = 0; rows.size() < 10 * 16 * 8; ++i) {
    const Bytes key = test::numbered_key(i);
    if (!ends_block(hasher(key), k_small_shape.rows_per_block)) rows[key] = test::some_values(i, 3);
  }
  test::MemoryBlocks blocks;
  const Layer layer = build(blocks, rows, {});
  EXPECT_EQ(blocks.blocks(BlockKind::rows), 10u);
  EXPECT_EQ(build(blocks, rows, {test::numbered_key(300), test::numbered_key(1000)}), layer);
  EXPECT_EQ(read(blocks, layer), rows);
}

TEST(Layer, counts_what_it_does) {
  test::MemoryBlocks blocks;
  std::vector<LayerPart> parts;
  parts.emplace_back(blocks, test::boundary_key(), k_small_shape, Filters::keep);
  const std::vector<base::ColumnView> columns{base::ByteView("a"), std::nullopt, base::ByteView("")};
  for (std::uint64_t i = 0; i < 60; ++i) {
    const Bytes key = test::numbered_key(i * 7);
    parts.back().add({.op = static_cast<Op>(i % 3), .carried = 5, .row = {.key = key, .columns = columns}});
  }
  EXPECT_EQ(parts.back().rows(), 60u);
  const Layer layer = join(blocks, test::boundary_key(), k_small_shape, Filters::keep, std::move(parts));
  EXPECT_EQ(layer.inserts, 20u);
  EXPECT_EQ(layer.updates, 20u);
  EXPECT_EQ(layer.erases, 20u);
  std::uint64_t seen = 0;
  for (LayerCursor cursor(blocks, k_small_shape, layer, {}); cursor.valid(); cursor.next(), ++seen) {
    const LayerRow& row = cursor.current();
    EXPECT_EQ(row.op, static_cast<Op>(seen % 3));
    const ColumnMask carried[] = {7, 5, 0};
    EXPECT_EQ(row.carried, carried[seen % 3]);
    EXPECT_EQ(row.row.columns[1], std::nullopt);
    EXPECT_EQ(row.row.columns[0], row.op == Op::erase ? base::ColumnView() : base::ColumnView("a"));
  }
  EXPECT_EQ(seen, 60u);
}

TEST(Layer, refuses_keys_that_do_not_ascend_and_names_them) {
  test::MemoryBlocks blocks;
  LayerPart part(blocks, test::boundary_key(), {.columns = 0, .rows_per_block = 8, .entries_per_node = 4},
                 Filters::none);
  part.add({.op = Op::insert, .carried = 0, .row = {.key = "b", .columns = {}}});
  for (const char* key : {"b", "a"}) {
    try {
      part.add({.op = Op::insert, .carried = 0, .row = {.key = key, .columns = {}}});
      FAIL() << "a key out of order was taken";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::internal);
      EXPECT_NE(error.message().find(key), std::string::npos);
    }
  }
}

TEST(Layer, refuses_a_value_that_is_too_large_and_names_the_row) {
  test::MemoryBlocks blocks;
  LayerPart part(blocks, test::boundary_key(), {.columns = 1, .rows_per_block = 8, .entries_per_node = 4},
                 Filters::none);
  const Bytes large(k_value_bytes_max + 1, 'x');
  const std::vector<base::ColumnView> columns{large};
  try {
    part.add({.op = Op::insert, .carried = 1, .row = {.key = "the row", .columns = columns}});
    FAIL() << "it was taken";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::refused);
    EXPECT_NE(error.message().find("the row"), std::string::npos);
  }
}

TEST(Layer, keeps_large_values_outside_of_row_blocks) {
  test::MemoryBlocks blocks;
  test::Model rows;
  for (const std::size_t size : {k_overflow_bytes, k_overflow_bytes + 1, std::size_t{1} << 20, std::size_t{16} << 20}) {
    rows[test::numbered_key(size)] = {Bytes(size, 'v'), std::nullopt, Bytes("small")};
  }
  const Layer layer = build(blocks, rows, {});
  EXPECT_TRUE(read(blocks, layer) == rows);
  EXPECT_LT(layer.bytes, 3 * k_overflow_bytes);
}

TEST(Layer, bounds_blocks_of_rows_just_below_overflow) {
  const TreeShape shape{.columns = 1, .rows_per_block = 100000, .entries_per_node = 4};
  test::MemoryBlocks blocks;
  test::Model rows;
  for (std::uint64_t i = 0; i < 200; ++i)
    rows[test::numbered_key(i)] = {Bytes(k_overflow_bytes, static_cast<char>('a' + i % 20))};
  const Layer layer = build(blocks, rows, {}, Filters::none, shape);
  EXPECT_LT(layer.bytes, 6u << 20);
  test::Model seen;
  for (LayerCursor cursor(blocks, shape, layer, {}); cursor.valid(); cursor.next()) {
    base::Row row = base::to_row(cursor.current().row);
    seen.emplace(std::move(row.key), std::move(row.columns));
  }
  EXPECT_TRUE(seen == rows);
}

TEST(Layer, takes_over_blocks_unread) {
  const test::Model rows = some_rows(3, 1500);
  test::MemoryBlocks blocks;
  const Layer layer = build(blocks, rows, {});
  LayerPart part(blocks, test::boundary_key(), k_small_shape, Filters::none);
  std::uint64_t taken = 0;
  LayerCursor cursor(blocks, k_small_shape, layer, {});
  while (cursor.valid()) {
    if (cursor.whole_block() != nullptr) {
      part.add_block(*cursor.whole_block());
      cursor.skip_block();
      ++taken;
    } else {
      part.add(cursor.current());
      cursor.next();
    }
  }
  std::vector<LayerPart> parts;
  parts.push_back(std::move(part));
  EXPECT_EQ(join(blocks, test::boundary_key(), k_small_shape, Filters::none, std::move(parts)), layer);
  EXPECT_GT(taken, 80u);
}

TEST(Layer, refuses_a_block_that_does_not_follow_a_boundary) {
  const test::Model rows = some_rows(3, 500);
  test::MemoryBlocks blocks;
  const Layer layer = build(blocks, rows, {});
  LayerPart part(blocks, test::boundary_key(), k_small_shape, Filters::none);
  LayerCursor cursor(blocks, k_small_shape, layer, {});
  cursor.skip_block();
  ASSERT_NE(cursor.whole_block(), nullptr);
  const DirectoryEntry entry = *cursor.whole_block();
  const KeyHasher hasher(test::boundary_key());
  Bytes before = "a";
  while (ends_block(hasher(before), k_small_shape.rows_per_block)) before += "a";
  part.add({.op = Op::erase, .carried = 0, .row = {.key = before, .columns = {}}});
  EXPECT_THROW(part.add_block(entry), base::Error);
}

TEST(FindInLayer, finds_every_row_and_no_other) {
  const test::Model rows = some_rows(4, 600);
  test::MemoryBlocks blocks;
  for (const Filters filters : {Filters::none, Filters::keep}) {
    const Layer layer = build(blocks, rows, {}, filters);
    for (std::uint64_t i = 0; i < 1300; ++i) {
      const Bytes key = test::numbered_key(i);
      const auto found = find_in_layer(blocks, test::boundary_key(), k_small_shape, layer, key);
      ASSERT_EQ(found.has_value(), rows.contains(key)) << i;
      EXPECT_TRUE(!found || found->row.columns == rows.at(key)) << i;
    }
  }
}

TEST(FindInLayer, reads_one_node_of_each_height_and_one_block) {
  const test::Model rows = some_rows(5, 5000);
  test::MemoryBlocks blocks;
  const Layer layer = build(blocks, rows, {}, Filters::keep);
  const std::uint64_t before = blocks.gets();
  ASSERT_TRUE(find_in_layer(blocks, test::boundary_key(), k_small_shape, layer, rows.begin()->first));
  EXPECT_EQ(blocks.gets() - before, layer.height + 1u);
  // A key that is not there costs no block, but for one in a hundred.
  const std::uint64_t middle = blocks.gets();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_FALSE(find_in_layer(blocks, test::boundary_key(), k_small_shape, layer, test::numbered_key(i) + "x"));
  }
  EXPECT_LE(blocks.gets() - middle, 1000u * layer.height + 60);
}

}  // namespace
}  // namespace holdfast::repository
