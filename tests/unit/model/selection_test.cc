#include "model/selection.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/key.h"

namespace holdfast::model {
namespace {

const Collection k_aspects{
    .name = "aspect",
    .key = {{"urn", KeyPartType::text}, {"aspect", KeyPartType::text}, {"version", KeyPartType::integer}},
    .columns = {{"metadata", "longtext", ColumnContent::json, false}}};

base::Bytes key(std::string_view urn, std::string_view aspect = "status", std::int64_t version = 0) {
  base::Bytes out;
  base::append_text(out, urn);
  base::append_text(out, aspect);
  base::append_int(out, version);
  return out;
}

constexpr std::string_view k_orders = "urn:li:dataset:(urn:li:dataPlatform:snowflake,finance.orders,PROD)";
constexpr std::string_view k_tag = "urn:li:tag:finance";

bool matches(std::vector<std::string> texts, std::string_view urn, std::string_view aspect = "status") {
  return Selection(texts).matches(k_aspects, key(urn, aspect));
}

TEST(GlobMatch, knows_stars_and_question_marks) {
  EXPECT_TRUE(glob_match("*finance*", k_orders));
  EXPECT_TRUE(glob_match("a?c*", "abc"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*ab*ab", "abxabab"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_FALSE(glob_match("", "a"));
}

TEST(Selection, takes_a_bare_urn_glob_with_commas_in_parentheses) {
  EXPECT_TRUE(matches({std::string(k_orders)}, k_orders));
  EXPECT_TRUE(matches({"urn:li:dataset:*finance*"}, k_orders));
  EXPECT_FALSE(matches({"urn:li:dataset:*finance*"}, k_tag));
}

TEST(Selection, joins_conditions_by_and_and_options_by_or) {
  EXPECT_TRUE(matches({"type:dataset,aspect:status"}, k_orders));
  EXPECT_FALSE(matches({"type:dataset,aspect:ownership"}, k_orders));
  EXPECT_TRUE(matches({"type:chart", "type:tag"}, k_tag));
  EXPECT_FALSE(matches({"type:data"}, k_orders));
}

TEST(Selection, finds_the_platform_in_the_urn_or_the_aspect) {
  EXPECT_TRUE(matches({"platform:snowflake"}, k_orders));
  EXPECT_FALSE(matches({"platform:snow"}, k_orders));
  Selection selection({"platform:looker"});
  EXPECT_TRUE(selection.needs_scan());
  const std::vector<base::ColumnView> columns{base::ByteView(R"({"platform":"urn:li:dataPlatform:looker"})")};
  const base::Bytes row_key = key("urn:li:chart:x", "dataPlatformInstance");
  selection.learn(k_aspects, {row_key, columns});
  EXPECT_TRUE(selection.matches(k_aspects, key("urn:li:chart:x", "chartInfo")));
  EXPECT_FALSE(selection.matches(k_aspects, key("urn:li:chart:y", "chartInfo")));
}

TEST(Selection, finds_owners_by_the_current_ownership_aspect_only) {
  Selection selection({"owner:urn:li:corpuser:anna"});
  const std::vector<base::ColumnView> columns{base::ByteView(R"({"owners":[{"owner":"urn:li:corpuser:anna"}]})")};
  const base::Bytes now = key(k_orders, "ownership", 0);
  const base::Bytes then = key(k_tag, "ownership", 4);
  selection.learn(k_aspects, {now, columns});
  selection.learn(k_aspects, {then, columns});
  EXPECT_TRUE(selection.matches(k_aspects, key(k_orders)));
  EXPECT_FALSE(selection.matches(k_aspects, key(k_tag)));
}

TEST(Selection, its_range_holds_every_match_and_little_else) {
  const base::KeyRange range = Selection({"type:dataset"}).range(k_aspects);
  EXPECT_TRUE(range.contains(key(k_orders)));
  EXPECT_FALSE(range.contains(key(k_tag)));
  const base::KeyRange both = Selection({"type:dataset", "type:tag"}).range(k_aspects);
  EXPECT_TRUE(both.contains(key(k_orders)) && both.contains(key(k_tag)));
  EXPECT_EQ(Selection({"aspect:status"}).range(k_aspects), base::KeyRange{});
  EXPECT_EQ(Selection().range(k_aspects), base::KeyRange{});
}

TEST(Selection, refuses_what_it_does_not_know) {
  EXPECT_THROW(Selection({"kind:job"}), base::Error);
  EXPECT_THROW(Selection({"type:dataset,"}), base::Error);
}

}  // namespace
}  // namespace holdfast::model
