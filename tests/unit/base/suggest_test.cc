#include "base/suggest.h"

#include <gtest/gtest.h>

namespace {

using namespace holdfast::base;

TEST(Suggest, counts_edits_with_swaps_as_one) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("backup", "backup"), 0u);
  EXPECT_EQ(edit_distance("bakup", "backup"), 1u);
  EXPECT_EQ(edit_distance("backpu", "backup"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
}

TEST(Suggest, finds_the_nearest_word_and_no_far_one) {
  const std::vector<std::string> known{"backup", "snapshots", "show", "ls"};
  EXPECT_EQ(nearest("bakcup", known), "backup");
  EXPECT_EQ(nearest("snapshot", known), "snapshots");
  EXPECT_EQ(nearest("snap", known), "snapshots") << "a beginning will do";
  EXPECT_EQ(nearest("frobnicate", known), std::nullopt);
}

TEST(Suggest, lists_what_there_is_when_nothing_is_near) {
  EXPECT_EQ(hint_for("ulr", {"url", "key"}), "Did you mean \"url\"?");
  EXPECT_EQ(hint_for("zzzzzz", {"url", "key"}), "Known here: url, key.");
  EXPECT_EQ(hint_for("zzzzzz", std::vector<std::string>(30, "something")), "");
}

}  // namespace
