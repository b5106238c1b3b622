#include "engine/resources/seen_column.h"

#include <gtest/gtest.h>

#include "support/fake_workspace.h"

namespace holdfast::engine {
namespace {

const model::ReadyKind& scopes() {
  return test::workspace_kind_set().at(*test::workspace_kind_set().find("scopes"));
}

ColumnItems items(const std::string& text) {
  return items_of(scopes(), scopes().column("permissions"), text);
}

TEST(SeenColumn, survives_its_text) {
  const ColumnItems all = items(R"({"acl":[{"user":"a","level":"READ"},{"user":"b","level":"READ"}],"more":1})");
  EXPECT_EQ(all.size(), 3U);
  EXPECT_EQ(seen_text(seen_items(seen_text(all))), seen_text(all));
  EXPECT_EQ(seen_text({}), "");
  EXPECT_TRUE(seen_items("").empty());
}

TEST(SeenColumn, tells_nothing_from_what_was_not_there) {
  EXPECT_TRUE(items_of(scopes(), scopes().column("permissions"), std::nullopt).empty());
  EXPECT_FALSE(items(R"({"acl":[]})").empty());
}

TEST(SeenColumn, is_the_same_whatever_the_order_and_the_writing) {
  EXPECT_EQ(seen_text(items(R"({"acl":[{"user":"a","level":"READ"},{"user":"b","level":"READ"}]})")),
            seen_text(items(R"({"acl": [{"level":"READ", "user":"b"}, {"user":"\u0061","level":"READ"}]})")));
}

TEST(SeenColumn, knows_whom_an_item_names) {
  const ColumnItems all = items(R"({"acl":[{"user":"a","level":"READ"}]})");
  std::size_t named = 0;
  for (const auto& [mark, item] : all) named += item.names.contains("a") ? 1 : 0;
  EXPECT_EQ(named, 1U);
}

TEST(SeenColumn, tells_two_items_of_one_name_apart_from_one) {
  const std::string one = R"({"user":"a","level":"READ"})";
  EXPECT_NE(seen_text(items(R"({"acl":[)" + one + "]}")), seen_text(items(R"({"acl":[)" + one + "," + one + "]}")));
}

TEST(KeptItems, have_the_keys_of_what_tells_of_them) {
  model::Kind kind{.collection = {.name = "scopes",
                                  .key = {{"name", model::KeyPartType::text}},
                                  .columns = {{"body", "json", model::ColumnContent::json, true},
                                              {"values", "json", model::ColumnContent::json, true},
                                              {"keys", "json", model::ColumnContent::json, true}}},
                   .name = "name"};
  kind.columns = {{.name = "values",
                   .unordered = {{"values", {"key"}}},
                   .told_by = "keys",
                   .kept = {.items = "values", .key = "key", .one = "secret"}},
                  {.name = "keys", .written = model::KindColumn::Written::never, .unordered = {{"keys", {"key"}}}}};
  const model::KindSet kinds(std::vector<model::Kind>{kind});
  const model::ReadyKind& ready = kinds.at(0);
  base::Row row{"", {"{}", std::nullopt, R"({"keys":[{"key":"a","at":1},{"key":"b","at":2}]})"}};
  EXPECT_EQ(kept_keys(ready, ready.kind.columns[0], row), (std::vector<std::string>{"a", "b"}));
  row.columns[2] = std::nullopt;
  EXPECT_TRUE(kept_keys(ready, ready.kind.columns[0], row).empty());
  ASSERT_EQ(columns_beside(ready).size(), 1U) << "what tells of the values is looked at once";
  EXPECT_EQ(columns_beside(ready)[0]->name, "values");
}

TEST(KeptItems, are_those_that_only_the_target_has) {
  const model::KindColumn column{.name = "values", .kept = {.items = "values", .key = "key", .one = "secret"}};
  const std::string live = R"({"values":[{"key":"a","value":"1"},{"key":"b","value":"2"},{"key":"c","value":"3"}]})";
  const std::string wanted = R"({"values":[{"key":"b","value":"9"}]})";
  EXPECT_EQ(keys_beside(column, live, wanted), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(without_items(column, live, {"a", "c"}), R"({"values":[{"key":"b","value":"2"}]})");
  EXPECT_TRUE(keys_beside(column, "{}", wanted).empty());
}

}  // namespace
}  // namespace holdfast::engine
