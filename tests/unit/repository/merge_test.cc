#include "repository/merge.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;

constexpr TreeShape k_two{.columns = 2, .rows_per_block = 8, .entries_per_node = 4};

Layer layer_of(test::MemoryBlocks& blocks, const std::vector<LayerRow>& rows) {
  std::vector<LayerPart> parts;
  parts.emplace_back(blocks, test::boundary_key(), k_two, Filters::keep);
  for (const LayerRow& row : rows) parts.back().add(row);
  return join(blocks, test::boundary_key(), k_two, Filters::keep, std::move(parts));
}

const std::vector<base::ColumnView> k_ab{base::ByteView("a"), base::ByteView("b")};
const std::vector<base::ColumnView> k_xy{base::ByteView("x"), base::ByteView("y")};

LayerRow row(Op op, ColumnMask carried, base::ByteView key, const std::vector<base::ColumnView>& columns) {
  return {.op = op, .carried = carried, .row = {.key = key, .columns = columns}};
}

std::string described(test::MemoryBlocks& blocks, const std::vector<Layer>& layers, MergedRows rows) {
  std::string out;
  for (MergeReader reader(blocks, k_two, layer_pointers(layers), {}, rows); reader.valid(); reader.next()) {
    const StoredRow& stored = reader.current();
    out += Bytes(stored.key) + "iue"[static_cast<int>(stored.op)] + std::to_string(stored.carried);
    for (const Cell& cell : stored.cells) out += cell.kind == Cell::Kind::value ? Bytes(cell.bytes) : "-";
    out += " ";
  }
  return out;
}

TEST(MergeReader, lays_upper_rows_over_lower_ones) {
  test::MemoryBlocks blocks;
  const std::vector<Layer> layers{
      layer_of(blocks, {row(Op::insert, 3, "1", k_ab), row(Op::insert, 3, "2", k_ab), row(Op::insert, 3, "3", k_ab)}),
      layer_of(blocks, {row(Op::update, 2, "1", k_xy), row(Op::erase, 0, "2", {}), row(Op::insert, 3, "4", k_xy)}),
      layer_of(blocks, {row(Op::update, 1, "1", k_xy), row(Op::insert, 3, "2", k_xy), row(Op::erase, 0, "4", {})}),
  };
  EXPECT_EQ(described(blocks, layers, MergedRows::whole), "1i3xy 2i3xy 3i3ab ");
  EXPECT_EQ(described(blocks, {layers[0], layers[1]}, MergedRows::whole), "1i3ay 3i3ab 4i3xy ");
}

TEST(MergeReader, composes_changes_without_the_base) {
  test::MemoryBlocks blocks;
  const std::vector<Layer> layers{
      layer_of(blocks, {row(Op::update, 2, "1", k_xy), row(Op::erase, 0, "2", {}), row(Op::insert, 3, "4", k_xy),
                        row(Op::update, 1, "5", k_ab)}),
      layer_of(blocks, {row(Op::update, 1, "1", k_ab), row(Op::insert, 3, "2", k_ab), row(Op::erase, 0, "4", {}),
                        row(Op::erase, 0, "5", {})}),
  };
  // An insert that was erased again is nothing; an erased row that came back is an update of all columns.
  EXPECT_EQ(described(blocks, layers, MergedRows::changes), "1u3ay 2u3ab 5e0-- ");
}

TEST(MergeReader, refuses_a_change_of_a_row_that_is_not_there) {
  test::MemoryBlocks blocks;
  const std::vector<Layer> layers{layer_of(blocks, {row(Op::insert, 3, "1", k_ab)}),
                                  layer_of(blocks, {row(Op::update, 1, "2", k_xy)})};
  try {
    described(blocks, layers, MergedRows::whole);
    FAIL() << "it was read";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
  }
  TreeLookup lookup(blocks, test::boundary_key(), k_two, layers);
  EXPECT_THROW(lookup.find("2"), base::Error);
}

TEST(TreeLookup, agrees_with_the_merge) {
  test::MemoryBlocks blocks;
  std::mt19937_64 random(11);
  test::Model model;
  test::mutate(model, random, 300, 300, 3);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  for (int i = 0; i < 4; ++i) {
    test::mutate(model, random, 60, 300, 3);
    tree = test::capture(blocks, model, tree).tree;
  }
  TreeLookup lookup(blocks, test::boundary_key(), tree.shape, tree.layers);
  for (int i = 0; i < 2000; ++i) {  // to and fro
    const Bytes key = test::numbered_key(random() % 320);
    const StoredRow* found = lookup.find(key);
    ASSERT_EQ(found != nullptr, model.contains(key));
    for (std::size_t c = 0; found != nullptr && c < 3; ++c) {
      const auto& value = model.at(key)[c];
      ASSERT_EQ(found->cells[c].kind, value ? Cell::Kind::value : Cell::Kind::null);
      ASSERT_EQ(found->cells[c].bytes, value ? base::ByteView(*value) : base::ByteView());
    }
  }
}

}  // namespace
}  // namespace holdfast::repository
