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

}  // namespace
}  // namespace holdfast::repository
