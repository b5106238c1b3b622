#include "repository/check_findings.h"

#include <gtest/gtest.h>

namespace holdfast::repository {
namespace {

TEST(DescribeKey, shows_text_as_it_is_and_everything_else_in_hex) {
  EXPECT_EQ(describe_key("urn:li:tag:a"), "urn:li:tag:a");
  EXPECT_EQ(describe_key(base::ByteView("a\0\xff\\\n", 5)), "a\\x00\\xff\\x5c\\x0a");
}

TEST(DescribeKey, cuts_what_is_long) {
  const std::string text = describe_key(std::string(5000, 'k'));
  EXPECT_TRUE(text.starts_with("kkk"));
  EXPECT_TRUE(text.ends_with("…"));
  EXPECT_LT(text.size(), 200u);
}

TEST(DescribeRange, words_its_open_ends) {
  EXPECT_EQ(describe_range("aspect", "", std::nullopt), "aspect: from the first key to the end");
  EXPECT_EQ(describe_range("aspect", "b", base::Bytes("d")), "aspect: from 'b' to before 'd'");
}

TEST(Findings, are_one_an_object_with_the_number_of_further_problems) {
  Findings findings;
  EXPECT_TRUE(findings.empty());
  findings.add("packs/b", "first");
  findings.add("packs/b", "first");
  findings.add("packs/b", "second");
  findings.add("packs/a", "cut");
  EXPECT_FALSE(findings.empty());
  const auto out = findings.take();
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].object, "packs/a");
  EXPECT_EQ(out[0].problem, "cut");
  EXPECT_EQ(out[1].problem, "first (and 1 more)");
  EXPECT_TRUE(findings.empty()) << "what was taken is gone";
}

TEST(Findings, name_each_snapshot_once_and_no_more_ranges_than_a_line_holds) {
  Findings findings;
  findings.add("packs/a", "cut");
  const SnapshotId first{1, 1};
  for (const char* range : {"a", "b", "c", "d", "e", "f", "a"}) findings.touches("packs/a", first, range);
  findings.touches("packs/a", {1, 2});
  const Finding finding = findings.take().at(0);
  EXPECT_EQ(finding.snapshots.size(), 2u);
  EXPECT_EQ(finding.keys, "a; b; c; d; and 2 more ranges");
}

}  // namespace
}  // namespace holdfast::repository
