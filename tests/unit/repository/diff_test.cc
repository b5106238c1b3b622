#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>

#include "base/error.h"
#include "repository/tree.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;
using test::Model;

struct Chain {
  test::MemoryBlocks blocks;
  std::vector<Model> models;
  std::vector<Tree> trees;

  Chain(std::uint64_t seed, std::size_t length, std::size_t rows, std::size_t changes) {
    std::mt19937_64 random(seed);
    Model model;
    test::mutate(model, random, rows, rows, 3);
    for (std::size_t i = 0; i < length; ++i) {
      models.push_back(model);
      trees.push_back(test::capture(blocks, model, i == 0 ? std::nullopt : std::optional(trees.back())).tree);
      test::mutate(model, random, changes, rows, 3);
    }
  }

  std::vector<const Tree*> between(std::size_t a, std::size_t b) const {
    std::vector<const Tree*> out;
    for (std::size_t i = a + 1; i <= b; ++i) out.push_back(&trees[i]);
    return out;
  }
};

RC_GTEST_PROP(Diff, is_the_set_difference, (std::uint64_t seed)) {
  const std::size_t length = *rc::gen::inRange<std::size_t>(2, 9);
  // Many changes of few rows, so that values come back to what they were.
  Chain chain(seed, length, *rc::gen::inRange<std::size_t>(10, 300), *rc::gen::inRange<std::size_t>(0, 120));
  const std::size_t a = *rc::gen::inRange<std::size_t>(0, length);
  const std::size_t b = *rc::gen::inRange<std::size_t>(0, length);
  for (const Values values : {Values::no, Values::yes}) {
    const auto expected = test::expected_lines(chain.models[a], chain.models[b], values);
    RC_ASSERT(test::diff_lines(chain.blocks, chain.trees[a], chain.trees[b], {}, values) == expected);
    if (a < b) {
      RC_ASSERT(test::diff_lines(chain.blocks, chain.trees[a], chain.trees[b], chain.between(a, b), values) ==
                expected);
    }
  }
}

TEST(Diff, says_nothing_of_a_value_that_came_back) {
  test::MemoryBlocks blocks;
  Model model;
  for (std::uint64_t i = 0; i < 50; ++i) model[test::numbered_key(i)] = test::some_values(i, 3);
  const Tree a = test::capture(blocks, model, std::nullopt).tree;
  Model changed = model;
  changed[test::numbered_key(7)] = test::some_values(999, 3);
  changed.erase(test::numbered_key(8));
  const Tree b = test::capture(blocks, changed, a).tree;
  const Tree c = test::capture(blocks, model, b).tree;
  EXPECT_TRUE(test::diff_lines(blocks, a, c, {&b, &c}, Values::yes).empty());
  EXPECT_TRUE(test::diff_lines(blocks, a, c, {}, Values::yes).empty());
  EXPECT_EQ(test::diff_lines(blocks, a, b, {&b}, Values::no).size(), 2u);
}

TEST(Diff, reads_only_the_delta_along_a_chain) {
  Chain chain(1, 8, 4000, 30);
  for (std::size_t i = 1; i < chain.trees.size(); ++i) {
    const std::uint64_t before = chain.blocks.gets();
    const auto lines =
        test::diff_lines(chain.blocks, chain.trees[i - 1], chain.trees[i], {&chain.trees[i]}, Values::no);
    EXPECT_EQ(lines, test::expected_lines(chain.models[i - 1], chain.models[i], Values::no));
    EXPECT_LT(chain.blocks.gets() - before, 12u) << i;  // of some 500 blocks
  }
}

TEST(Diff, passes_over_blocks_that_two_bases_share) {
  Chain chain(2, 2, 4000, 12);
  const TreeShape shape = test::k_small_shape;
  const Tree other = test::capture(chain.blocks, chain.models[1], std::nullopt, {}, shape).tree;
  ASSERT_NE(other.layers[0], chain.trees[0].layers[0]);
  const std::uint64_t before = chain.blocks.gets();
  const auto lines = test::diff_lines(chain.blocks, chain.trees[0], other, {}, Values::yes);
  EXPECT_EQ(lines, test::expected_lines(chain.models[0], chain.models[1], Values::yes));
  EXPECT_LT(chain.blocks.gets() - before, 2 * (chain.blocks.blocks(BlockKind::node) + 80));
}

TEST(Diff, compares_trees_of_other_columns_row_by_row) {
  test::MemoryBlocks blocks;
  Model two;
  Model three;
  for (std::uint64_t i = 0; i < 30; ++i) {
    two[test::numbered_key(i)] = test::some_values(i, 2);
    three[test::numbered_key(i + 10)] = test::some_values(i, 3);
  }
  const Tree a =
      test::capture(blocks, two, std::nullopt, {}, {.columns = 2, .rows_per_block = 8, .entries_per_node = 4}).tree;
  const Tree b = test::capture(blocks, three, std::nullopt).tree;
  EXPECT_EQ(test::diff_lines(blocks, a, b, {}, Values::yes), test::expected_lines(two, three, Values::yes));
}

TEST(Diff, hands_out_large_values) {
  test::MemoryBlocks blocks;
  Model model{{"k", {Bytes(200000, 'a'), std::nullopt, Bytes("x")}},
              {"l", {Bytes(200000, 'l'), std::nullopt, Bytes("x")}}};
  const Tree a = test::capture(blocks, model, std::nullopt).tree;
  Model after = model;
  after["k"][0] = Bytes(200000, 'b');
  after["l"][2] = Bytes("y");
  const Tree b = test::capture(blocks, after, a).tree;
  EXPECT_EQ(test::diff_lines(blocks, a, b, {&b}, Values::yes), test::expected_lines(model, after, Values::yes));
  EXPECT_EQ(test::diff_lines(blocks, a, b, {}, Values::yes), test::expected_lines(model, after, Values::yes));
}

TEST(Diff, shows_more_changes_than_it_looks_up_at_once_in_key_order) {
  Chain chain(3, 3, 3000, 1400);
  for (const Values values : {Values::no, Values::yes}) {
    const auto one = test::expected_lines(chain.models[0], chain.models[1], values);
    ASSERT_GT(one.size(), 1024u);
    EXPECT_EQ(test::diff_lines(chain.blocks, chain.trees[0], chain.trees[1], chain.between(0, 1), values), one);
    const auto two = test::expected_lines(chain.models[0], chain.models[2], values);
    EXPECT_EQ(test::diff_lines(chain.blocks, chain.trees[0], chain.trees[2], chain.between(0, 2), values), two);
    EXPECT_EQ(test::diff_lines(chain.blocks, chain.trees[0], chain.trees[2], {}, values), two);
  }
}

// Small changes of large rows: what is looked up takes more memory than may be kept before it is shown.
TEST(Diff, shows_changes_of_heavy_rows_in_key_order) {
  test::MemoryBlocks blocks;
  Model model;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const char letter = static_cast<char>('a' + i % 26);
    model[test::numbered_key(i)] = {Bytes(60000, letter), Bytes(60000, 'x'), Bytes("old")};
  }
  Model after = model;
  for (auto& [key, values] : after) values[2] = "new";
  const Tree a = test::capture(blocks, model, std::nullopt).tree;
  const Tree b = test::capture(blocks, after, a).tree;
  EXPECT_EQ(test::diff_lines(blocks, a, b, {&b}, Values::yes), test::expected_lines(model, after, Values::yes));
}

TEST(Diff, passes_on_that_a_row_cannot_be_looked_up) {
  Chain chain(4, 2, 2000, 300);
  class Failing : public BlockSource {
  public:
    Failing(BlockSource& inner, int gets) : inner_(inner), left_(gets) {}
    Bytes get(const BlockId& id) override {
      if (left_-- <= 0) throw base::Error(base::ErrorKind::unavailable, "gone");
      return inner_.get(id);
    }

  private:
    BlockSource& inner_;
    std::atomic<int> left_;
  };
  const std::uint64_t before = chain.blocks.gets();
  test::diff_lines(chain.blocks, chain.trees[0], chain.trees[1], chain.between(0, 1), Values::yes);
  const int needed = static_cast<int>(chain.blocks.gets() - before);
  for (const int gets : {0, needed / 8, needed / 2}) {
    Failing failing(chain.blocks, gets);
    Bytes last;
    EXPECT_THROW(diff(failing, test::boundary_key(), chain.trees[0], chain.trees[1], chain.between(0, 1), Values::yes,
                      [&](const Difference& difference) {
                        EXPECT_LT(last, difference.key);
                        last.assign(difference.key);
                      }),
                 base::Error)
        << gets;
  }
}

}  // namespace
}  // namespace holdfast::repository
