#include "model/field_values.h"

#include <gtest/gtest.h>

namespace holdfast::model {
namespace {

using Texts = std::vector<std::string>;

Collection jobs() {
  return {.name = "jobs",
          .key = {{"name", KeyPartType::text}, {"job_id", KeyPartType::integer}},
          .columns = {{"body", "json", ColumnContent::json, false}, {"owner", "text", ColumnContent::text, true}},
          .fields = {{.word = "id", .in = "job_id"},
                     {.word = "creator", .in = "body", .path = "creator_user_name"},
                     {.word = "creator", .in = "owner"},
                     {.word = "tag", .in = "body", .path = "settings.tags"},
                     {.word = "tag", .in = "body", .path = "settings.tasks[*].labels[*].text"}}};
}

Texts columns_of(std::string_view word, std::string_view body, base::ColumnView owner = {}) {
  const std::vector<base::ColumnView> columns{body, owner};
  return column_values(jobs(), word, {.key = "k", .columns = columns});
}

TEST(FieldValues, come_from_the_key_as_declared) {
  EXPECT_EQ(key_values(jobs(), "id", {"nightly", "17"}), Texts{"17"});
  EXPECT_EQ(key_values(jobs(), "name", {"nightly", "17"}), Texts{"nightly"}) << "nobody said otherwise";
  EXPECT_TRUE(key_values(jobs(), "creator", {"nightly", "17"}).empty());
}

TEST(FieldValues, of_a_path_have_its_last_component_for_a_name) {
  const Collection notebooks{.name = "notebooks", .key = {{"path", KeyPartType::path}}, .columns = {}};
  EXPECT_EQ(key_values(notebooks, "name", {"/Users/anna/etl"}), Texts{"etl"});
  EXPECT_EQ(key_values(notebooks, "name", {"etl"}), Texts{"etl"});
  EXPECT_TRUE(has_word(notebooks, "name"));
  EXPECT_FALSE(has_word(notebooks, "id")) << "its key has one part";
  EXPECT_FALSE(has_word(notebooks, "creator"));
}

TEST(FieldValues, come_from_every_place_that_is_declared) {
  EXPECT_EQ(columns_of("creator", R"({"creator_user_name":"anna"})", base::ByteView("bert")), (Texts{"anna", "bert"}));
  EXPECT_TRUE(word_is_in_columns(jobs(), "creator"));
  EXPECT_FALSE(word_is_in_columns(jobs(), "id"));
}

TEST(FieldValues, of_objects_are_names_with_and_without_their_values) {
  EXPECT_EQ(columns_of("tag", R"({"settings":{"tags":{"team":"core","cost":12}}})"),
            (Texts{"cost", "cost=12", "team", "team=core"}));
}

TEST(FieldValues, are_found_in_items_of_arrays) {
  const char* body =
      R"({"settings":{"tasks":[{"labels":[{"text":"a"},{"no":1}]},{"labels":{}},{"labels":[{"text":["b","c"]}]}]}})";
  EXPECT_EQ(columns_of("tag", body), (Texts{"a", "b", "c"}));
}

TEST(FieldValues, are_none_where_the_document_is_not_what_was_expected) {
  for (const char* body : {"", "no JSON", "7", "null", R"({"settings":7})", R"({"settings":{"tags":null}})", "[]"})
    EXPECT_TRUE(columns_of("tag", body).empty()) << body;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_TRUE(columns_of("tag", deep).empty());
  EXPECT_EQ(columns_of("creator", R"({"creator_user_name":1.10})"), Texts{"1.1"});
}

}  // namespace
}  // namespace holdfast::model
