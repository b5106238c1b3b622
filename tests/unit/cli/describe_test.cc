#include "cli/describe.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace {

using namespace holdfast;
using namespace holdfast::cli;

TEST(ChangesText, leaves_out_what_is_zero) {
  repository::UpdateCounts counts;
  EXPECT_EQ(changes_text(counts), "none");
  counts.unchanged = 9;
  EXPECT_EQ(changes_text(counts), "none");
  counts.gone = 2;
  EXPECT_EQ(changes_text(counts), "-2");
  counts.added = 1204;
  counts.changed = 13;
  EXPECT_EQ(changes_text(counts), "+1,204 ~13 -2");
}

TEST(StateText, names_each_state) {
  repository::Snapshot snapshot;
  EXPECT_EQ(state_text(snapshot), "");
  snapshot.forgotten = true;
  EXPECT_EQ(state_text(snapshot), "forgotten");
  snapshot.outcomes = {"range 3 was not read"};
  EXPECT_EQ(state_text(snapshot), "partial, forgotten");
}

TEST(ShortTime, drops_the_fraction) {
  EXPECT_EQ(short_time(*base::parse_instant("2026-11-20T10:00:00.123456Z")), "2026-11-20 10:00:00");
}

TEST(FieldLines, show_each_change_on_one_harmless_line) {
  const std::string lines = field_lines({{"a", std::nullopt, "new"},
                                         {"b", "old", std::nullopt},
                                         {"c", "x\ny", "\x1b[31m"},
                                         {"d", std::string(5000, 'l'), "s"}});
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
  EXPECT_TRUE(lines.starts_with("    + a: new\n    - b: old\n    ~ c: x\\x0ay -> \\x1b[31m\n")) << lines;
  EXPECT_LT(lines.size(), 1000u) << "a long value is cut";
}

TEST(RowJson, keeps_what_is_no_text_as_base64_and_null_as_null) {
  const model::Collection collection{.name = "aspect",
                                     .key = {},
                                     .columns = {{.name = "a", .source_type = "text"},
                                                 {.name = "b", .source_type = "bytea"},
                                                 {.name = "c", .source_type = "text"}}};
  const base::Row row{"k", {"{\"n\":1.10}", "\xff\xfe", std::nullopt}};
  const auto columns = to_json(collection, row).at("columns");
  ASSERT_EQ(columns.size(), 3u);
  EXPECT_EQ(columns[0].at("value"), "{\"n\":1.10}") << "never parsed and printed anew";
  EXPECT_EQ(columns[1].at("base64"), "//4=");
  EXPECT_FALSE(columns[1].contains("value"));
  EXPECT_TRUE(columns[2].at("value").is_null());
}

TEST(SnapshotJson, says_that_there_is_no_parent_and_what_is_stale) {
  repository::Snapshot snapshot;
  snapshot.id = {7, 3};
  repository::Tree tree;
  tree.name = "aspect";
  tree.rows = 5;
  tree.bytes = 50;
  tree.stale.push_back({{}, std::nullopt, "the server died"});
  snapshot.trees = {tree, tree};
  snapshot.outcomes = {"one"};
  const auto json = to_json(snapshot);
  EXPECT_TRUE(json.at("parent").is_null());
  EXPECT_EQ(json.at("name"), "00000007-0000000000000003");
  EXPECT_EQ(json.at("rows"), 10);
  EXPECT_EQ(json.at("bytes"), 100);
  EXPECT_EQ(json.at("partial"), true);
  EXPECT_EQ(json.at("collections").at(0).at("stale").at(0).at("reason"), "the server died");
  EXPECT_TRUE(json.at("collections").at(0).at("stale").at(0).at("last_good").is_null());
  snapshot.parent = repository::SnapshotId{7, 2};
  EXPECT_EQ(to_json(snapshot).at("parent"), "00000007-0000000000000002");
}

TEST(RowJson, says_of_secrets_that_they_are_hidden_and_not_what_they_are) {
  const model::Collection collection{
      .name = "secret-scopes", .key = {}, .columns = {{"values", "secret", model::ColumnContent::json, true}}};
  const auto out = to_json(collection, base::Row{"k", {R"({"values":[{"key":"k","value":"aHVudGVyMg=="}]})"}});
  EXPECT_EQ(out.at("columns")[0].at("hidden"), true);
  EXPECT_EQ(out.dump().find("aHVudGVyMg"), std::string::npos);
}

}  // namespace
