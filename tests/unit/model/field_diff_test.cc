#include "model/field_diff.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

const Collection k_collection{.name = "aspect",
                              .key = {{"urn", KeyPartType::text}},
                              .columns = {{"metadata", "longtext", ColumnContent::json, false},
                                          {"createdby", "varchar", ColumnContent::text, true}}};

std::vector<FieldChange> diff(const char* before, const char* after) {
  const std::vector<base::ColumnView> a{base::ByteView(before), std::nullopt};
  const std::vector<base::ColumnView> b{base::ByteView(after), std::nullopt};
  const base::RowView row_a{"k", a};
  const base::RowView row_b{"k", b};
  return field_diff(k_collection, &row_a, &row_b);
}

using Changes = std::vector<FieldChange>;

TEST(FieldDiff, ignores_key_order_and_white_space) {
  EXPECT_EQ(diff(R"({"a":1,"b":[1,2]})", R"({ "b": [1, 2], "a": 1 })"), Changes{});
}

TEST(FieldDiff, names_the_path_of_a_nested_change) {
  EXPECT_EQ(diff(R"({"owners":[{"owner":"a"}]})", R"({"owners":[{"owner":"b"}]})"),
            (Changes{{"metadata.owners[0].owner", "\"a\"", "\"b\""}}));
}

TEST(FieldDiff, tells_additions_and_removals_apart) {
  EXPECT_EQ(diff(R"({"a":1,"c":[1]})", R"({"b":null,"c":[1,2]})"), (Changes{{"metadata.a", "1", std::nullopt},
                                                                            {"metadata.b", std::nullopt, "null"},
                                                                            {"metadata.c[1]", std::nullopt, "2"}}));
}

TEST(FieldDiff, compares_numbers_as_written) {
  EXPECT_EQ(diff(R"({"a":1.10})", R"({"a":1.1})"), (Changes{{"metadata.a", "1.10", "1.1"}}));
  EXPECT_EQ(diff(R"({"a":100000000000000000000001})", R"({"a":100000000000000000000002})").size(), 1U);
  EXPECT_EQ(diff(R"({"a":1e400})", R"({"a":1e400})"), Changes{});
}

TEST(FieldDiff, compares_a_list_by_keys_only_where_they_tell_all_that_differs) {
  EXPECT_EQ(diff(R"([{"key":"a"},{"key":"b","n":1}])", R"([{"n":2,"key":"b"}])"),
            (Changes{{R"(metadata["a"])", R"({"key":"a"})", std::nullopt}, {R"(metadata["b"].n)", "1", "2"}}));
  EXPECT_EQ(diff(R"([{"key":"a"},{"key":"b"}])", R"([{"key":"b"},{"key":"a"}])").size(), 2U) << "the order counts";
  EXPECT_EQ(diff(R"([{"key":"a"},{"key":"a","n":1}])", R"([{"key":"a"}])"),
            (Changes{{"metadata[1]", R"({"key":"a","n":1})", std::nullopt}}));
  EXPECT_EQ(diff(R"([{"key":1},{"key":2}])", R"([{"key":2}])").size(), 2U) << "a number is no key";
}

TEST(FieldDiff, quotes_names_that_would_blur_the_path) {
  EXPECT_EQ(diff(R"({"a.b":1})", R"({"a.b":2})"), (Changes{{"metadata[\"a.b\"]", "1", "2"}}));
}

TEST(FieldDiff, falls_back_to_text_for_what_is_not_json) {
  EXPECT_EQ(diff("not json", "{}"), (Changes{{"metadata", "not json", "{}"}}));
  const std::string deep(5000, '[');
  EXPECT_EQ(diff(deep.c_str(), "[]").size(), 1U);
}

TEST(FieldDiff, shows_null_and_empty_as_different) {
  const std::vector<base::ColumnView> a{base::ByteView("{}"), std::nullopt};
  const std::vector<base::ColumnView> b{base::ByteView("{}"), base::ByteView("")};
  const base::RowView row_a{"k", a};
  const base::RowView row_b{"k", b};
  EXPECT_EQ(field_diff(k_collection, &row_a, &row_b), (Changes{{"createdby", std::nullopt, ""}}));
}

TEST(FieldDiff, shows_every_column_of_an_added_row) {
  const std::vector<base::ColumnView> b{base::ByteView("{}"), base::ByteView("x")};
  const base::RowView row_b{"k", b};
  EXPECT_EQ(field_diff(k_collection, nullptr, &row_b),
            (Changes{{"metadata", std::nullopt, "{}"}, {"createdby", std::nullopt, "x"}}));
}

}  // namespace
}  // namespace holdfast::model
