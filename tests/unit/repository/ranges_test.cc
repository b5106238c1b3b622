#include "repository/ranges.h"

#include <gtest/gtest.h>

namespace holdfast::repository {
namespace {

using base::KeyRange;

base::Instant at(int seconds) {
  return base::Instant(std::chrono::seconds(seconds));
}

TEST(Ranges, join_where_they_touch_or_overlap) {
  const std::vector<KeyRange> expected{{.from = "a", .to = "e"}, {.from = "f", .to = {}}};
  EXPECT_EQ(normalized({{.from = "f", .to = {}},
                        {.from = "c", .to = "e"},
                        {.from = "a", .to = "c"},
                        {.from = "g", .to = "h"},
                        {.from = "x", .to = "x"}}),
            expected);
}

TEST(Ranges, leave_out_what_is_between_them) {
  const std::vector<KeyRange> all{{.from = "", .to = {}}};
  EXPECT_EQ(complement({}), all);
  EXPECT_TRUE(complement(all).empty());
  const std::vector<KeyRange> expected{{.from = "", .to = "a"}, {.from = "b", .to = "c"}, {.from = "d", .to = {}}};
  EXPECT_EQ(complement({{.from = "a", .to = "b"}, {.from = "c", .to = "d"}}), expected);
}

TEST(Ranges, overlap_only_where_they_share_a_key) {
  EXPECT_FALSE(overlap({.from = "a", .to = "b"}, {.from = "b", .to = {}}));
  EXPECT_FALSE(overlap({.from = "a", .to = "a"}, {.from = "", .to = {}}));
  EXPECT_TRUE(overlap({.from = "a", .to = {}}, {.from = "x", .to = "y"}));
}

TEST(StaleRanges, are_never_read_without_a_parent) {
  const auto stale = stale_ranges({{.from = "", .to = "m"}}, {}, nullptr, {});
  ASSERT_EQ(stale.size(), 1u);
  EXPECT_EQ(stale[0].range, (KeyRange{.from = "m", .to = {}}));
  EXPECT_FALSE(stale[0].last_good);
}

TEST(StaleRanges, keep_the_older_mark_of_the_parent) {
  Tree parent;
  parent.stale = {{.range = {.from = "p", .to = "r"}, .last_good = at(5), .reason = "old"},
                  {.range = {.from = "t", .to = {}}, .last_good = {}, .reason = "older"}};
  const auto stale =
      stale_ranges({{.from = "", .to = "m"}}, {{.range = {.from = "q", .to = "s"}, .reason = "lost"}}, &parent, at(9));
  const std::vector<StaleRange> expected{
      {.range = {.from = "m", .to = "p"}, .last_good = at(9), .reason = "it was not read"},
      {.range = {.from = "p", .to = "q"}, .last_good = at(5), .reason = "it was not read"},
      {.range = {.from = "q", .to = "r"}, .last_good = at(5), .reason = "lost"},
      {.range = {.from = "r", .to = "s"}, .last_good = at(9), .reason = "lost"},
      {.range = {.from = "s", .to = "t"}, .last_good = at(9), .reason = "it was not read"},
      {.range = {.from = "t", .to = {}}, .last_good = {}, .reason = "it was not read"},
  };
  EXPECT_EQ(stale, expected);
}

TEST(StaleRanges, are_none_where_everything_was_read) {
  Tree parent;
  parent.stale = {{.range = {.from = "", .to = {}}, .last_good = {}, .reason = "old"}};
  EXPECT_TRUE(stale_ranges({{.from = "", .to = {}}}, {}, &parent, at(1)).empty());
}

TEST(Ranges, lose_their_holes) {
  const std::vector<KeyRange> expected{{.from = "a", .to = "b"}, {.from = "c", .to = "d"}, {.from = "x", .to = "z"}};
  EXPECT_EQ(without({{.from = "a", .to = "e"}, {.from = "w", .to = "z"}},
                    {{.from = "b", .to = "c"}, {.from = "d", .to = "f"}, {.from = "v", .to = "x"}}),
            expected);
  EXPECT_EQ(without(expected, {}), expected);
  EXPECT_TRUE(without(expected, {{.from = "", .to = {}}}).empty());
}

TEST(Ranges, share_what_both_hold) {
  EXPECT_EQ(intersection({.from = "a", .to = {}}, {.from = "", .to = "c"}), (KeyRange{.from = "a", .to = "c"}));
  EXPECT_TRUE(is_empty(intersection({.from = "a", .to = "b"}, {.from = "b", .to = {}})));
}

TEST(StaleRanges, become_fewer_by_taking_in_what_lies_between) {
  Tree tree;
  tree.completed = {
      {.from = "", .to = "b"}, {.from = "c", .to = "d"}, {.from = "e", .to = "g"}, {.from = "h", .to = {}}};
  tree.stale = {{.range = {.from = "b", .to = "c"}, .last_good = at(7), .reason = "403"},
                {.range = {.from = "d", .to = "e"}, .last_good = at(5), .reason = "403"},
                {.range = {.from = "g", .to = "h"}, .last_good = at(9), .reason = "500"}};
  const Tree whole = tree;
  bound_stale(tree, 3);
  EXPECT_EQ(tree.stale, whole.stale);
  EXPECT_EQ(tree.completed, whole.completed);

  bound_stale(tree, 2);
  const std::vector<StaleRange> two{{.range = {.from = "b", .to = "e"}, .last_good = at(5), .reason = "403"},
                                    {.range = {.from = "g", .to = "h"}, .last_good = at(9), .reason = "500"}};
  EXPECT_EQ(tree.stale, two);
  const std::vector<KeyRange> rest{{.from = "", .to = "b"}, {.from = "e", .to = "g"}, {.from = "h", .to = {}}};
  EXPECT_EQ(tree.completed, rest);

  tree.stale[1].last_good.reset();
  bound_stale(tree, 1);
  ASSERT_EQ(tree.stale.size(), 1u);
  EXPECT_EQ(tree.stale[0].range, (KeyRange{.from = "b", .to = "h"}));
  EXPECT_FALSE(tree.stale[0].last_good) << "a part of it was never read";
  EXPECT_EQ(tree.stale[0].reason, "several parts could not be read");
}

TEST(StaleRanges, are_found_by_key) {
  const std::vector<StaleRange> stale{{.range = {.from = "b", .to = "c"}, .last_good = {}, .reason = "one"},
                                      {.range = {.from = "e", .to = {}}, .last_good = {}, .reason = "two"}};
  EXPECT_EQ(stale_at(stale, "a"), nullptr);
  EXPECT_EQ(stale_at(stale, "b"), &stale[0]);
  EXPECT_EQ(stale_at(stale, "c"), nullptr);
  EXPECT_EQ(stale_at(stale, "e"), &stale[1]);
  EXPECT_EQ(stale_at(stale, "zz"), &stale[1]);
  EXPECT_EQ(stale_at({}, "a"), nullptr);
}

TEST(Unread, is_joined_whatever_its_order) {
  std::vector<Unread> unread{{.range = {.from = "x", .to = {}}, .reason = "b"},
                             {.range = {.from = "c", .to = "f"}, .reason = "a"},
                             {.range = {.from = "d", .to = "e"}, .reason = "a"}};
  coarsen(unread, 2);
  ASSERT_EQ(unread.size(), 2u);
  EXPECT_EQ(unread[0].range, (KeyRange{.from = "c", .to = "f"})) << "the wider one stays";
  EXPECT_EQ(unread[0].reason, "a");
  EXPECT_EQ(unread[1].range, (KeyRange{.from = "x", .to = {}}));
}

}  // namespace
}  // namespace holdfast::repository
