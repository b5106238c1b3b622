#include "model/secret_column.h"

#include <gtest/gtest.h>

#include "model/field_diff.h"

namespace holdfast::model {
namespace {

const Collection k_collection{.name = "secret-scopes",
                              .key = {{"name", KeyPartType::text}},
                              .columns = {{"values", std::string(k_secret_type), ColumnContent::json, true}}};

std::vector<FieldChange> diff(const base::ColumnView& before, const base::ColumnView& after) {
  const std::vector<base::ColumnView> a{before};
  const std::vector<base::ColumnView> b{after};
  const base::RowView row_a{"k", a};
  const base::RowView row_b{"k", b};
  return field_diff(k_collection, &row_a, &row_b);
}

TEST(SecretColumn, differs_without_showing_what_it_holds) {
  const auto changes = diff(R"({"values":[{"key":"a","value":"b25l"},{"key":"b","value":"c2FtZQ=="}]})",
                            R"({"values":[{"key":"a","value":"dHdv"},{"key":"b","value":"c2FtZQ=="}]})");
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].path, R"(values.values["a"].value)");
  EXPECT_NE(changes[0].before, changes[0].after);
  EXPECT_EQ(changes[0].before, "\"<hidden 1>\"");
}

TEST(SecretColumn, is_compared_by_the_keys_of_its_secrets) {
  const auto changes =
      diff(R"({"values":[{"key":"a","value":"b25l"},{"key":"b","value":"dHdv"},{"key":"c","value":"dGhyZWU="}]})",
           R"({"values":[{"key":"b","value":"dHdv"},{"key":"c","value":"Zm91cg=="},{"key":"d","value":"Zml2ZQ=="}]})");
  std::vector<std::string> paths;
  for (const FieldChange& change : changes) paths.push_back(change.path);
  EXPECT_EQ(paths, (std::vector<std::string>{R"(values.values["a"])", R"(values.values["c"].value)",
                                             R"(values.values["d"])"}));
}

TEST(SecretColumn, is_hidden_where_one_side_has_none) {
  for (const auto& changes : {diff(std::nullopt, R"({"values":[{"key":"a","value":"b25l"}]})"),
                              diff(R"({"values":[{"key":"a","value":"b25l"}]})", std::nullopt)}) {
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].before.value_or("").find("b25l"), std::string::npos);
    EXPECT_EQ(changes[0].after.value_or("").find("b25l"), std::string::npos);
  }
}

TEST(SecretColumn, shows_no_more_than_the_size_of_what_is_no_json) {
  const auto changes = diff("hunter2", "swordfishes");
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].before, "7 bytes");
  EXPECT_EQ(changes[0].after, "11 bytes");
}

}  // namespace
}  // namespace holdfast::model
