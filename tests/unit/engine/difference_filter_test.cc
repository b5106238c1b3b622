#include "engine/difference_filter.h"

#include <gtest/gtest.h>

#include "support/fake_connector.h"

namespace holdfast::engine {
namespace {

using base::KeyRange;
using repository::Difference;

base::RowView view(const std::vector<base::ColumnView>& columns, base::ByteView key = "k") {
  return {key, columns};
}

TEST(DifferenceOf, is_none_for_equal_rows_and_for_no_rows) {
  const std::vector<base::ColumnView> columns{"a", std::nullopt};
  const base::RowView row = view(columns);
  EXPECT_FALSE(difference_of(&row, &row));
  EXPECT_FALSE(difference_of(nullptr, nullptr));
}

TEST(DifferenceOf, tells_null_from_empty) {
  const std::vector<base::ColumnView> null{"a", std::nullopt};
  const std::vector<base::ColumnView> empty{"a", ""};
  const base::RowView before = view(null);
  const base::RowView after = view(empty);
  const auto difference = difference_of(&before, &after);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->kind, Difference::Kind::changed);
}

TEST(DifferenceOf, says_on_which_side_a_row_is_missing) {
  const std::vector<base::ColumnView> columns{"a"};
  const base::RowView row = view(columns);
  EXPECT_EQ(difference_of(&row, nullptr)->kind, Difference::Kind::removed);
  EXPECT_EQ(difference_of(nullptr, &row)->kind, Difference::Kind::added);
  EXPECT_EQ(difference_of(nullptr, &row)->key, "k");
}

TEST(Intersect, is_what_both_ranges_hold) {
  const KeyRange all{};
  const KeyRange low{"", base::Bytes("m")};
  const KeyRange high{"m", std::nullopt};
  const KeyRange middle{"f", base::Bytes("s")};
  EXPECT_FALSE(intersect(low, high)) << "the end of a range does not belong to it";
  const auto a = intersect(low, middle);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->from, "f");
  EXPECT_EQ(a->to, "m");
  const auto b = intersect(middle, high);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->from, "m");
  EXPECT_EQ(b->to, "s");
  const auto c = intersect(all, high);
  ASSERT_TRUE(c);
  EXPECT_EQ(c->from, "m");
  EXPECT_FALSE(c->to);
}

struct FilterWorld {
  model::Collection collection = test::aspect_collection();
  repository::Tree tree;
  CompareCounts counts;
  std::vector<base::Bytes> seen;
  Visitor visit = [this](const model::Collection&, const Difference& difference, auto) {
    seen.emplace_back(difference.key);
  };

  void pass(const model::Selection& selection, const base::Row& row) {
    const std::vector<base::ColumnView> columns(row.columns.begin(), row.columns.end());
    const base::RowView after{row.key, columns};
    DifferenceFilter filter(collection, selection, {nullptr, &tree}, counts, visit);
    filter(*difference_of(nullptr, &after));
  }
};

TEST(DifferenceFilter, counts_and_shows_what_is_asked_for_only) {
  FilterWorld world;
  const model::Selection selection({"urn:li:tag:*"});
  world.pass(selection, test::aspect_row("urn:li:tag:a", "status", "{}"));
  world.pass(selection, test::aspect_row("urn:li:chart:a", "status", "{}"));
  EXPECT_EQ(world.counts.added, 1u);
  EXPECT_EQ(world.seen, std::vector<base::Bytes>{test::aspect_key("urn:li:tag:a", "status")});
}

// What could not be read says nothing about what is there: it is shown apart and never acted on.
TEST(DifferenceFilter, counts_apart_what_either_side_carries_as_stale) {
  FilterWorld world;
  world.tree.stale.push_back({{test::aspect_key("urn:li:tag:b", "status"), test::aspect_key("urn:li:tag:d", "status")},
                              {},
                              "the server died"});
  for (const char* urn : {"urn:li:tag:a", "urn:li:tag:b", "urn:li:tag:c", "urn:li:tag:d"})
    world.pass(model::Selection(), test::aspect_row(urn, "status", "{}"));
  EXPECT_EQ(world.counts.added, 2u);
  EXPECT_EQ(world.counts.stale, 2u);
  EXPECT_EQ(world.seen.size(), 4u);
}

TEST(DifferenceFilter, counts_without_a_visitor) {
  FilterWorld world;
  world.visit = {};
  world.pass(model::Selection(), test::aspect_row("urn:li:tag:a", "status", "{}"));
  EXPECT_EQ(world.counts.added, 1u);
}

}  // namespace
}  // namespace holdfast::engine
