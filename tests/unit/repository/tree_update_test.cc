#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "base/error.h"
#include "base/key.h"
#include "repository/ranges.h"
#include "repository/tree.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;
using base::KeyRange;
using test::Model;

base::Instant at(int seconds) {
  return base::Instant(std::chrono::seconds(seconds));
}

void expect_holds(test::MemoryBlocks& blocks, const Tree& tree, const Model& model) {
  EXPECT_EQ(test::read_tree(blocks, tree), model);
  EXPECT_EQ(tree.rows, model.size());
  EXPECT_EQ(tree.bytes, test::bytes_of(model));
  EXPECT_EQ(tree.content, test::content_of(model));
}

Model some_rows(std::uint64_t seed, std::size_t count, std::uint64_t keys) {
  std::mt19937_64 random(seed);
  Model model;
  test::mutate(model, random, count, keys, 3);
  return model;
}

// Rows of `range` into `update`, at most `most` of them.
void feed(RangeUpdate& update, const Model& rows, const KeyRange& range, std::size_t most = ~std::size_t{0}) {
  std::vector<base::ColumnView> columns;
  for (auto row = rows.lower_bound(range.from); row != rows.end() && range.contains(row->first) && most-- > 0; ++row) {
    const base::Row owned{.key = row->first, .columns = row->second};
    update.add(base::to_view(owned, columns));
  }
}

// As feed(), but of `holes`, which are in key order, only that they were not read.
void feed_around(RangeUpdate& update, const Model& rows, const KeyRange& range, const std::vector<KeyRange>& holes) {
  std::vector<base::ColumnView> columns;
  auto hole = holes.begin();
  for (auto row = rows.lower_bound(range.from); row != rows.end() && range.contains(row->first); ++row) {
    for (; hole != holes.end() && hole->from <= row->first; ++hole) update.unread(*hole, "403");
    const bool hidden = hole != holes.begin() && std::prev(hole)->contains(row->first);
    const base::Row owned{.key = row->first, .columns = row->second};
    if (!hidden) update.add(base::to_view(owned, columns));
  }
  for (; hole != holes.end(); ++hole) update.unread(*hole, "403");
}

// Stretches that do not touch, some of one key, in key order.
std::vector<KeyRange> some_holes(std::mt19937_64& random, std::uint64_t keys) {
  std::vector<Bytes> ends;
  for (std::uint64_t i = 0; i < keys; ++i) {
    if (random() % 12 == 0) ends.push_back(test::numbered_key(i));
  }
  std::sort(ends.begin(), ends.end());
  std::vector<KeyRange> holes;
  for (std::size_t i = 0; i + 1 < ends.size(); i += 2) {
    const bool one = random() % 2 == 0;
    holes.push_back(one ? base::range_of_key(ends[i]) : KeyRange{.from = ends[i], .to = ends[i + 1]});
  }
  if (!holes.empty() && random() % 4 == 0) holes.back().to.reset();
  return holes;
}

RC_GTEST_PROP(Tree, equals_the_model_after_any_changes, (std::uint64_t seed)) {
  test::MemoryBlocks blocks;
  std::mt19937_64 random(seed);
  Model model;
  std::optional<Tree> tree;
  const int captures = *rc::gen::inRange(1, 9);
  for (int i = 0; i < captures; ++i) {
    test::mutate(model, random, random() % 150, 250, 3);
    std::vector<Bytes> cuts;
    for (std::uint64_t cut = random() % 80; cut < 250; cut += 1 + random() % 120)
      cuts.push_back(test::numbered_key(cut));
    std::sort(cuts.begin(), cuts.end());
    tree = test::capture(blocks, model, tree, cuts).tree;
    RC_ASSERT(test::read_tree(blocks, *tree) == model);
    RC_ASSERT(tree->rows == model.size());
    RC_ASSERT(tree->bytes == test::bytes_of(model));
    RC_ASSERT(tree->content == test::content_of(model));
    RC_ASSERT(tree->layers.size() <= 5);
    RC_ASSERT(tree->stale.empty());
    RC_ASSERT(tree->completed == std::vector<KeyRange>{KeyRange{}});
  }
}

RC_GTEST_PROP(Tree, does_not_depend_on_where_a_capture_was_cut, (std::uint64_t seed)) {
  test::MemoryBlocks blocks;
  const Model before = some_rows(seed, 200, 300);
  Model after = before;
  std::mt19937_64 random(seed + 1);
  test::mutate(after, random, 100, 300, 3);
  const Tree parent = test::capture(blocks, before, std::nullopt).tree;
  std::vector<std::uint64_t> numbers =
      *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 320));
  std::vector<Bytes> cuts;
  for (const std::uint64_t number : numbers) cuts.push_back(test::numbered_key(number));
  std::sort(cuts.begin(), cuts.end());
  const Tree whole = test::capture(blocks, after, parent).tree;
  const Tree cut = test::capture(blocks, after, parent, cuts).tree;
  RC_ASSERT(cut.layers == whole.layers);
  RC_ASSERT(cut.delta == whole.delta);
  RC_ASSERT(cut.content == whole.content);
}

TEST(TreeUpdate, counts_what_happened) {
  test::MemoryBlocks blocks;
  Model model;
  for (std::uint64_t i = 0; i < 100; ++i) model[test::numbered_key(i)] = {Bytes("a"), Bytes("b"), std::nullopt};
  const test::Captured first = test::capture(blocks, model, std::nullopt);
  EXPECT_EQ(first.counts.added, 100u);
  EXPECT_EQ(first.counts.bytes, test::bytes_of(model));
  EXPECT_FALSE(first.tree.delta);
  for (std::uint64_t i = 0; i < 10; ++i) model.erase(test::numbered_key(i));
  for (std::uint64_t i = 10; i < 30; ++i) model[test::numbered_key(i)][2] = Bytes();
  for (std::uint64_t i = 100; i < 105; ++i) model[test::numbered_key(i)] = {Bytes("c"), std::nullopt, std::nullopt};
  const test::Captured second = test::capture(blocks, model, first.tree);
  EXPECT_EQ(second.counts.added, 5u);
  EXPECT_EQ(second.counts.changed, 20u);
  EXPECT_EQ(second.counts.gone, 10u);
  EXPECT_EQ(second.counts.unchanged, 70u);
  ASSERT_TRUE(second.tree.delta);
  EXPECT_EQ(second.tree.delta->inserts, 5u);
  EXPECT_EQ(second.tree.delta->updates, 20u);
  EXPECT_EQ(second.tree.delta->erases, 10u);
  expect_holds(blocks, second.tree, model);
}

TEST(TreeUpdate, carries_only_the_columns_that_changed) {
  test::MemoryBlocks blocks;
  Model model;
  for (std::uint64_t i = 0; i < 300; ++i)
    model[test::numbered_key(i)] = {Bytes(500, 'b'), Bytes("small"), std::nullopt};
  const Tree parent = test::capture(blocks, model, std::nullopt).tree;
  for (auto& [key, values] : model) values[1] = Bytes("other");
  const Tree tree = test::capture(blocks, model, parent).tree;
  for (LayerCursor cursor(blocks, tree.shape, *tree.delta, {}); cursor.valid(); cursor.next()) {
    EXPECT_EQ(cursor.current().carried, ColumnMask{2});
  }
  EXPECT_LT(tree.delta->bytes, 300u * 40);
  expect_holds(blocks, tree, model);
}

TEST(TreeUpdate, adds_nothing_when_nothing_changed) {
  test::MemoryBlocks blocks;
  const Model model = some_rows(1, 500, 600);
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  const std::uint64_t before = blocks.blocks();
  for (int i = 0; i < 8; ++i) {
    const test::Captured again = test::capture(blocks, model, tree);
    EXPECT_EQ(again.counts.unchanged, model.size());
    EXPECT_EQ(again.tree.layers, tree.layers);
    EXPECT_EQ(again.tree.delta->rows(), 0u);
    tree = again.tree;
  }
  EXPECT_EQ(blocks.blocks(), before);
}

TEST(TreeUpdate, carries_forward_what_was_not_read) {
  test::MemoryBlocks blocks;
  const Model before = some_rows(2, 400, 500);
  const Tree parent = test::capture(blocks, before, std::nullopt).tree;
  Model after = before;
  std::mt19937_64 random(3);
  test::mutate(after, random, 200, 500, 3);
  // For every range k of eight: the reader dies after some rows of range k, and the ranges behind it are never begun.
  std::vector<Bytes> cuts;
  for (std::uint64_t i = 1; i < 8; ++i) cuts.push_back(test::numbered_key(i * 60));
  for (std::size_t dies = 0; dies < 8; ++dies) {
    TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, parent, at(7));
    Bytes read_to;
    for (std::size_t i = 0; i <= dies; ++i) {
      KeyRange range{.from = i == 0 ? Bytes() : cuts[i - 1], .to = {}};
      if (i < cuts.size()) range.to = cuts[i];
      RangeUpdate part = update.begin(range);
      feed(part, after, range, i == dies ? 9 : ~std::size_t{0});
      if (i < dies) part.complete();
      if (i == dies) part.abandon("the server went away");
    }
    const Tree tree = update.finish();
    ASSERT_EQ(tree.completed.size(), 1u);
    read_to = tree.completed[0].to.value();
    Model expected;
    for (const auto& [key, values] : after) {
      if (key < read_to) expected[key] = values;
    }
    for (const auto& [key, values] : before) {
      if (key >= read_to) expected[key] = values;
    }
    expect_holds(blocks, tree, expected);
    ASSERT_FALSE(tree.stale.empty());
    EXPECT_EQ(tree.stale.front().range.from, read_to);
    EXPECT_EQ(tree.stale.front().reason, "the server went away");
    EXPECT_EQ(tree.stale.front().last_good, at(7));
    EXPECT_EQ(tree.stale.back().range.to, std::nullopt);
    for (LayerCursor cursor(blocks, tree.shape, *tree.delta, {}); cursor.valid(); cursor.next()) {
      ASSERT_LT(cursor.current().row.key, read_to);  // no tombstone, no change, beyond what was read
    }
  }
}

RC_GTEST_PROP(TreeUpdate, carries_forward_single_rows_and_stretches_that_were_not_read, (std::uint64_t seed)) {
  test::MemoryBlocks blocks;
  std::mt19937_64 random(seed);
  const Model before = some_rows(seed, 200, 250);
  const Tree parent = test::capture(blocks, before, std::nullopt).tree;
  Model after = before;
  test::mutate(after, random, 120, 250, 3);
  const std::vector<KeyRange> holes = some_holes(random, 250);
  const auto hidden = [&](const Bytes& key) {
    return std::any_of(holes.begin(), holes.end(), [&](const KeyRange& hole) { return hole.contains(key); });
  };

  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, parent, at(7));
  const Bytes cut = test::numbered_key(random() % 250);
  for (const KeyRange& range : {KeyRange{.from = {}, .to = cut}, KeyRange{.from = cut, .to = {}}}) {
    RangeUpdate part = update.begin(range);
    feed_around(part, after, range, holes);  // also those of the other range, which are none of its business
    part.complete();
  }
  const Tree tree = update.finish();

  Model expected;
  for (const auto& [key, values] : after) {
    if (!hidden(key)) expected[key] = values;
  }
  for (const auto& [key, values] : before) {
    if (hidden(key)) expected[key] = values;
  }
  RC_ASSERT(test::read_tree(blocks, tree) == expected);
  RC_ASSERT(tree.rows == expected.size());
  RC_ASSERT(tree.content == test::content_of(expected));
  std::vector<KeyRange> stale;
  for (const StaleRange& one : tree.stale) {
    RC_ASSERT(one.reason == "403");
    RC_ASSERT(one.last_good == at(7));
    stale.push_back(one.range);
  }
  RC_ASSERT(normalized(stale) == normalized(holes));
  RC_ASSERT(normalized(stale) == complement(tree.completed));
  for (LayerCursor cursor(blocks, tree.shape, *tree.delta, {}); cursor.valid(); cursor.next())
    RC_ASSERT(!hidden(Bytes(cursor.current().row.key)));
}

TEST(TreeUpdate, tells_what_was_unread_from_what_broke_off_behind_it) {
  test::MemoryBlocks blocks;
  Model model;
  for (const char* key : {"a", "b", "c", "d", "e"}) model[key] = {Bytes("1"), std::nullopt, std::nullopt};
  const Tree parent = test::capture(blocks, model, std::nullopt).tree;
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, parent, at(7));
  RangeUpdate part = update.begin({});
  feed(part, {{"a", {Bytes("2"), std::nullopt, std::nullopt}}}, {});
  part.unread({.from = "c", .to = "d"}, "403");  // b did not come, so it is gone
  part.unread({.from = "c", .to = "cc"}, "said before");
  part.abandon("lost");
  const Tree tree = update.finish();
  model["a"][0] = "2";
  model.erase("b");
  expect_holds(blocks, tree, model);
  const std::vector<StaleRange> expected{{.range = {.from = "c", .to = "d"}, .last_good = at(7), .reason = "403"},
                                         {.range = {.from = "d", .to = {}}, .last_good = at(7), .reason = "lost"}};
  EXPECT_EQ(tree.stale, expected);
}

TEST(TreeUpdate, keeps_rows_that_came_before_their_folder_was_closed) {
  test::MemoryBlocks blocks;
  Model model;
  for (const char* key : {"f/1", "f/2", "g"}) model[key] = {Bytes("1"), std::nullopt, std::nullopt};
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, std::nullopt,
                    std::nullopt);
  RangeUpdate part = update.begin({});
  feed(part, model, {.from = "f/1", .to = "f/2"});
  part.unread(base::range_of_prefix("f/"), "403");
  EXPECT_THROW(part.add({.key = "f/2", .columns = std::vector<base::ColumnView>(3)}), base::Error);
  EXPECT_THROW(part.unread(base::range_of_key("a"), "too late"), base::Error) << "its absence has been concluded";
  feed(part, model, {.from = "g", .to = {}});
  part.complete();
  const Tree tree = update.finish();
  model.erase("f/2");
  expect_holds(blocks, tree, model);
  ASSERT_EQ(tree.stale.size(), 1u);
  EXPECT_EQ(tree.stale[0].range, (KeyRange{.from = base::after_key("f/1"), .to = base::after_prefix("f/")}));
  EXPECT_FALSE(tree.stale[0].last_good);
}

TEST(TreeUpdate, keeps_a_bounded_number_of_stale_ranges_whatever_fails) {
  test::MemoryBlocks blocks;
  Model model;
  for (int i = 0; i < 9000; ++i) model[fmt::format("{:05}", i)] = {Bytes("1"), std::nullopt, std::nullopt};
  const Tree parent = test::capture(blocks, model, std::nullopt).tree;
  std::vector<KeyRange> holes;
  for (int i = 0; i < 9000; i += 2) holes.push_back(base::range_of_key(fmt::format("{:05}", i)));
  Model after = model;
  for (int i = 1; i < 9000; i += 2) after[fmt::format("{:05}", i)][0] = "2";
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, parent, at(7));
  RangeUpdate part = update.begin({});
  feed_around(part, after, {}, holes);
  part.complete();
  const Tree tree = update.finish();
  expect_holds(blocks, tree, after);  // what was read is as read, also where it counts as stale
  EXPECT_LE(tree.stale.size(), k_stale_ranges_max);
  EXPECT_GT(tree.stale.size(), k_stale_ranges_max / 4);
  for (const KeyRange& hole : holes) ASSERT_NE(stale_at(tree.stale, hole.from), nullptr);
}

TEST(TreeUpdate, counts_a_range_that_was_dropped_as_abandoned) {
  test::MemoryBlocks blocks;
  const Model model = some_rows(4, 100, 100);
  const Tree parent = test::capture(blocks, model, std::nullopt).tree;
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, parent, at(1));
  { const RangeUpdate part = update.begin({}); }
  const Tree tree = update.finish();
  expect_holds(blocks, tree, model);
  EXPECT_TRUE(tree.completed.empty());
  ASSERT_EQ(tree.stale.size(), 1u);
  EXPECT_EQ(tree.stale[0].range, KeyRange{});
}

TEST(TreeUpdate, takes_a_second_reading_of_what_broke_off) {
  test::MemoryBlocks blocks;
  const Model model = some_rows(5, 200, 200);
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, std::nullopt,
                    std::nullopt);
  RangeUpdate first = update.begin({});
  feed(first, model, {}, 50);
  first.abandon("lost");
  const KeyRange rest{.from = std::next(model.begin(), 50)->first, .to = {}};
  RangeUpdate second = update.begin(rest);
  feed(second, model, rest);
  second.complete();
  const Tree tree = update.finish();
  expect_holds(blocks, tree, model);
}

// A store that is full, or a stop request, from one call on.
class FailingSink : public BlockSink {
public:
  FailingSink(BlockSink& inner, std::uint64_t puts_left) : inner_(inner), puts_left_(puts_left) {}
  BlockId put(BlockKind kind, base::ByteView plain) override {
    if (puts_left_ == 0) throw base::Error(base::ErrorKind::io, "the store is full");
    --puts_left_;
    return inner_.put(kind, plain);
  }

private:
  BlockSink& inner_;
  std::uint64_t puts_left_;
};

TEST(TreeUpdate, survives_a_store_that_fails_at_any_call_while_neighbours_are_joined) {
  const Model model = some_rows(8, 400, 400);
  constexpr std::uint64_t k_ranges = 20;
  constexpr std::uint64_t k_keys = 20;  // in each
  bool finished = false;
  for (std::uint64_t puts = 0; !finished; ++puts) {
    ASSERT_LT(puts, 1000u);
    test::MemoryBlocks blocks;
    FailingSink sink(blocks, puts);
    TreeUpdate update(blocks, sink, test::boundary_key(), "aspect", "{}", test::k_small_shape, std::nullopt,
                      std::nullopt);
    bool failed = false;
    const auto attempt = [&](const auto& work) {
      try {
        work();
      } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::io) << error.message();
        failed = true;
      }
    };
    // Every other range first: those between them join three pieces into one.
    for (const std::uint64_t parity : {0, 1}) {
      for (std::uint64_t i = parity; i < k_ranges; i += 2) {
        KeyRange range{.from = i == 0 ? Bytes() : test::numbered_key(i * k_keys), .to = {}};
        if (i + 1 < k_ranges) range.to = test::numbered_key((i + 1) * k_keys);
        RangeUpdate part = update.begin(range);
        attempt([&] {
          feed(part, model, range);
          part.complete();
        });
      }
    }
    if (failed) {
      attempt([&] { update.finish(); });
      continue;
    }
    attempt([&] {
      expect_holds(blocks, update.finish(), model);
      finished = true;
    });
  }
}

TEST(TreeUpdate, is_fed_by_many_threads) {
  test::MemoryBlocks blocks;
  const Model before = some_rows(6, 800, 1000);
  const Tree parent = test::capture(blocks, before, std::nullopt).tree;
  Model after = before;
  std::mt19937_64 random(7);
  test::mutate(after, random, 300, 1000, 3);
  const Tree alone = test::capture(blocks, after, parent).tree;
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", test::k_small_shape, parent, at(1));
  std::vector<std::thread> threads;
  for (std::uint64_t worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&, worker] {
      for (std::uint64_t i = worker; i < 20; i += 4) {
        KeyRange range{.from = i == 0 ? Bytes() : test::numbered_key(i * 49), .to = {}};
        if (i < 19) range.to = test::numbered_key((i + 1) * 49);
        RangeUpdate part = update.begin(range);
        feed(part, after, range);
        part.complete();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Tree tree = update.finish();
  EXPECT_EQ(tree.layers, alone.layers);
  expect_holds(blocks, tree, after);
}

TEST(TreeUpdate, keeps_large_values_and_notices_their_changes) {
  test::MemoryBlocks blocks;
  Model model;
  for (const std::size_t size :
       {std::size_t{64} << 10, (std::size_t{64} << 10) + 1, std::size_t{1} << 20, std::size_t{16} << 20}) {
    model[test::numbered_key(size)] = {Bytes(size, 'v'), std::nullopt, Bytes(size / 2, 'w')};
  }
  Tree tree = test::capture(blocks, model, std::nullopt).tree;
  EXPECT_EQ(tree.content, test::content_of(model));
  const test::Captured same = test::capture(blocks, model, tree);
  EXPECT_EQ(same.counts.unchanged, model.size());
  for (auto& [key, values] : model) values[0]->back() = 'x';
  const test::Captured changed = test::capture(blocks, model, tree);
  EXPECT_EQ(changed.counts.changed, model.size());
  EXPECT_TRUE(test::read_tree(blocks, changed.tree) == model);
  EXPECT_EQ(changed.tree.content, test::content_of(model));
  EXPECT_EQ(changed.tree.bytes, test::bytes_of(model));
}

TEST(TreeUpdate, holds_64_columns_and_no_more) {
  const TreeShape shape{.columns = 64, .rows_per_block = 8, .entries_per_node = 4};
  test::MemoryBlocks blocks;
  Model model;
  for (std::uint64_t i = 0; i < 40; ++i) model[test::numbered_key(i)] = test::some_values(i, 64);
  const Tree parent = test::capture(blocks, model, std::nullopt, {}, shape).tree;
  for (auto& [key, values] : model) values[63] = Bytes("last");
  const Tree tree = test::capture(blocks, model, parent, {}, shape).tree;
  expect_holds(blocks, tree, model);
  EXPECT_THROW(TreeUpdate(blocks, blocks, test::boundary_key(), "a", "", {.columns = 65}, std::nullopt, std::nullopt),
               base::Error);
}

TEST(TreeUpdate, refuses_what_callers_must_not_do) {
  test::MemoryBlocks blocks;
  TreeUpdate update(blocks, blocks, test::boundary_key(), "aspect", "{}", {.columns = 0}, std::nullopt, std::nullopt);
  RangeUpdate part = update.begin({.from = "b", .to = "d"});
  EXPECT_THROW(part.add({.key = "a", .columns = {}}), base::Error);
  EXPECT_THROW(part.add({.key = "d", .columns = {}}), base::Error);
  part.add({.key = "c", .columns = {}});
  EXPECT_THROW(part.add({.key = "c", .columns = {}}), base::Error);
  EXPECT_THROW(part.add({.key = "cc", .columns = std::vector<base::ColumnView>(1)}), base::Error);
  EXPECT_THROW(update.begin({.from = "c", .to = {}}), base::Error);
  EXPECT_THROW(update.finish(), base::Error);
  part.complete();
  EXPECT_THROW(update.begin({.from = "c", .to = "cc"}), base::Error);
  EXPECT_EQ(update.finish().rows, 1u);
  const Tree parent = test::capture(blocks, {}, std::nullopt).tree;
  EXPECT_THROW(TreeUpdate(blocks, blocks, test::boundary_key(), "a", "", {.columns = 2}, parent, std::nullopt),
               base::Error);
}

TEST(Tree, starts_empty_and_grows) {
  test::MemoryBlocks blocks;
  Tree tree = test::capture(blocks, {}, std::nullopt).tree;
  ASSERT_EQ(tree.layers.size(), 1u);
  const Model model = some_rows(8, 300, 300);
  tree = test::capture(blocks, model, tree).tree;
  expect_holds(blocks, tree, model);
  tree = test::capture(blocks, {}, tree).tree;
  expect_holds(blocks, tree, {});
}

}  // namespace
}  // namespace holdfast::repository
