#include "engine/share.h"

#include <gtest/gtest.h>

#include "support/engine_world.h"

namespace holdfast::engine {
namespace {

using test::EngineWorld;

TEST(EqualShares, cover_all_keys_once_in_order_and_are_about_equal) {
  EngineWorld world;
  test::RowMap rows = test::some_rows(6000, 3);
  for (auto& [key, row] : rows) row.columns[0] = std::string(2000, 'x');
  world.connector.set_rows(rows);
  const repository::Tree tree = world.backup().snapshot.trees.front();
  const auto shares = equal_shares(world.repository->blocks(), tree, 4);
  ASSERT_EQ(shares.size(), 4U);
  EXPECT_EQ(shares.front().from, "");
  EXPECT_FALSE(shares.back().to.has_value());
  for (std::size_t i = 0; i + 1 < shares.size(); ++i) EXPECT_EQ(shares[i].to, shares[i + 1].from);
  for (const base::KeyRange& share : shares) {
    const auto count =
        std::count_if(rows.begin(), rows.end(), [&](const auto& entry) { return share.contains(entry.first); });
    EXPECT_GT(count, 500);
    EXPECT_LT(count, 3000);
  }
}

TEST(EqualShares, of_an_empty_tree_or_for_one_worker_are_one_range) {
  EngineWorld world;
  const repository::Tree tree = world.backup().snapshot.trees.front();
  EXPECT_EQ(equal_shares(world.repository->blocks(), tree, 4), std::vector<base::KeyRange>(1));
  EXPECT_EQ(equal_shares(world.repository->blocks(), tree, 1), std::vector<base::KeyRange>(1));
}

}  // namespace
}  // namespace holdfast::engine
