// Rows of which some columns could not be read.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/key.h"
#include "repository/tree.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;
using test::Model;

constexpr base::Instant k_before{std::chrono::seconds(7)};

TEST(TreeUpdate, takes_from_the_parent_what_of_a_row_could_not_be_read) {
  test::MemoryBlocks blocks;
  Model model;
  for (const char* key : {"a", "b", "c"}) model[key] = {Bytes("1"), Bytes("x"), std::nullopt};
  const Tree parent = test::capture(blocks, model, std::nullopt).tree;
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, parent, k_before);
  RangeUpdate part = update.begin({});
  const std::vector<base::ColumnView> columns{"2", std::nullopt, "z"};
  const std::vector<bool> missing{false, true, false};
  part.add_partial({.key = "b", .columns = columns}, missing, "403");  // a did not come, so it is gone
  part.add_partial({.key = "bb", .columns = columns}, missing, "404");
  EXPECT_THROW(part.add_partial({.key = "bb", .columns = columns}, missing, "again"), base::Error);
  EXPECT_THROW(part.add_partial({.key = "c", .columns = columns}, {true}, "which"), base::Error);
  part.complete();
  const Tree tree = update.finish();
  const Model after{{"b", {Bytes("2"), Bytes("x"), Bytes("z")}}, {"bb", {Bytes("2"), std::nullopt, Bytes("z")}}};
  EXPECT_EQ(test::read_tree(blocks, tree), after);
  EXPECT_EQ(tree.content, test::content_of(after));
  const std::vector<StaleRange> expected{{.range = base::range_of_key("b"), .last_good = k_before, .reason = "403"},
                                         {.range = base::range_of_key("bb"), .last_good = k_before, .reason = "404"}};
  EXPECT_EQ(tree.stale, expected);
  EXPECT_EQ(update.counts().changed, 1U);
  EXPECT_EQ(update.counts().gone, 2U);
}

}  // namespace
}  // namespace holdfast::repository
