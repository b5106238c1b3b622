#include "model/selection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

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
  EXPECT_TRUE(selection.needs_scan(k_aspects));
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
  EXPECT_THROW(Selection({"sort:job"}), base::Error);
  EXPECT_THROW(Selection({"nightly"}), base::Error);
  EXPECT_THROW(Selection({"type:dataset,"}), base::Error);
}

TEST(Selection, suggests_the_word_that_was_meant) {
  try {
    Selection({"creatr:anna"});
    FAIL() << "a misspelt word was taken";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.hint(), "Did you mean \"creator:\"?");
  }
}

const Collection k_jobs{.name = "jobs",
                        .key = {{"name", KeyPartType::text}, {"job_id", KeyPartType::integer}},
                        .columns = {{"body", "json", ColumnContent::json, false}},
                        .fields = {{.word = "id", .in = "job_id"},
                                   {.word = "creator", .in = "body", .path = "creator_user_name"},
                                   {.word = "tag", .in = "body", .path = "settings.tags"}}};
const Collection k_notebooks{.name = "notebooks",
                             .key = {{"path", KeyPartType::path}},
                             .columns = {{"body", "json", ColumnContent::json, false}}};

base::Bytes job(std::string_view name, std::int64_t id = 17) {
  base::Bytes out;
  base::append_text(out, name);
  base::append_int(out, id);
  return out;
}
base::Bytes notebook(std::string_view path) {
  base::Bytes out;
  base::append_text(out, path);
  return out;
}

bool takes_job(const std::string& text, std::string_view name, std::int64_t id = 17) {
  return Selection({text}).matches(k_jobs, job(name, id));
}
bool takes_notebook(const std::string& text, std::string_view path) {
  return Selection({text}).matches(k_notebooks, notebook(path));
}

TEST(Selection, chooses_by_kind_and_name) {
  for (const char* text : {"kind:jobs,name:nightly*", "kind:job,name:*load", "kind:j*", "kind:jobs,id:17", "/jobs"})
    EXPECT_TRUE(takes_job(text, "nightly-load")) << text;
  for (const char* text : {"kind:clusters,name:nightly*", "kind:jobs,name:daily*", "kind:jobs,id:1"})
    EXPECT_FALSE(takes_job(text, "nightly-load")) << text;
  const Collection policies{.name = "policies", .key = {{"name", KeyPartType::text}}, .columns = {}};
  EXPECT_TRUE(Selection({"kind:policy"}).touches(policies));
  EXPECT_TRUE(takes_notebook("name:etl", "/Users/anna/etl"));
  EXPECT_FALSE(takes_notebook("name:etl", "/Users/etl/anna"));
}

TEST(Selection, knows_whether_it_names_a_kind_or_only_takes_it_in) {
  const Collection users{.name = "users", .key = {{"name", KeyPartType::text}}, .columns = {}};
  for (const char* named : {"kind:users", "kind:user", "/users/**", "/users/eve*", "/jobs/**,kind:users"})
    EXPECT_TRUE(Selection({named}).names(users)) << named;
  for (const char* other : {"kind:*", "kind:use*", "name:eve", "/jobs/**", "/**", "path:/us*/**"})
    EXPECT_FALSE(Selection({other}).names(users)) << other;
  EXPECT_FALSE(Selection().names(users));
}

TEST(Selection, chooses_by_path) {
  EXPECT_TRUE(takes_notebook("/notebooks/Users/anna@example.test/**", "/Users/anna@example.test/a/b"));
  EXPECT_TRUE(takes_notebook("/notebooks/Users/anna@example.test/", "/Users/anna@example.test/a/b"));
  EXPECT_TRUE(takes_notebook("path:notebooks/Users/*/a", "/Users/anna/a"));
  EXPECT_FALSE(takes_notebook("/notebooks/Users/*", "/Users/anna/a"));
  EXPECT_FALSE(takes_notebook("/jobs/**", "/Users/anna/a"));
  EXPECT_TRUE(takes_job("/jobs/nightly*", "nightly-load")) << "the id need not be written";
  EXPECT_TRUE(takes_job("/jobs/nightly*/17", "nightly-load"));
  EXPECT_FALSE(takes_job("/jobs/nightly*/1", "nightly-load"));
  EXPECT_TRUE(matches({"/aspect/urn:li:tag:*"}, k_tag)) << "paths are paths where names are URNs, too";
}

TEST(Selection, takes_commas_and_parentheses_of_a_path_behind_a_backslash) {
  EXPECT_TRUE(takes_notebook(R"(/notebooks/a\, b/*)", "/a, b/c"));
  EXPECT_FALSE(takes_notebook(R"(/notebooks/draft \(1,name:etl*)", "/draft (1"));
  EXPECT_TRUE(takes_notebook(R"(/notebooks/draft \(\*,name:draft*)", "/draft (*"));
}

TEST(Selection, looks_into_columns_by_what_the_collection_declares) {
  const std::vector<base::ColumnView> columns{
      base::ByteView(R"({"creator_user_name":"anna@example.test","settings":{"tags":{"team":"core"}}})")};
  const base::Bytes key = job("nightly");
  const base::RowView row{key, columns};
  for (const char* text : {"creator:anna*", "tag:team", "tag:team=core", "kind:job,tag:team=c*,name:nightly"}) {
    Selection selection({text});
    EXPECT_TRUE(selection.needs_scan(k_jobs)) << text;
    EXPECT_FALSE(selection.other_rows_decide(k_jobs)) << text;
    EXPECT_TRUE(selection.matches(k_jobs, row)) << text;
    EXPECT_TRUE(selection.may_match(k_jobs, key)) << text;
    EXPECT_FALSE(selection.matches(k_jobs, key)) << "nothing was learnt yet: " << text;
    selection.learn(k_jobs, row);
    EXPECT_TRUE(selection.matches(k_jobs, key)) << text;
    EXPECT_FALSE(selection.matches(k_jobs, job("nightly", 18))) << text;
  }
  EXPECT_FALSE(Selection({"creator:bert*"}).matches(k_jobs, row));
  EXPECT_FALSE(Selection({"creator:anna*,name:daily"}).may_match(k_jobs, key));
}

TEST(Selection, says_what_it_cannot_hold_so_that_nobody_lists_it) {
  for (const char* text : {"kind:jobs", "creator:anna", "/jobs/nightly*", "/j*/**", "tag:x"}) {
    EXPECT_TRUE(Selection({text}).touches(k_jobs)) << text;
  }
  for (const char* text : {"kind:jobs", "creator:anna", "/jobs/nightly*", "type:dataset", "id:7", "/notebook/**"}) {
    const Selection selection({text});
    EXPECT_FALSE(selection.touches(k_notebooks)) << text;
    EXPECT_FALSE(selection.range(k_notebooks).contains(notebook("/a"))) << text;
  }
  EXPECT_TRUE(Selection({"kind:jobs", "kind:notebooks"}).touches(k_notebooks));
  EXPECT_TRUE(Selection().touches(k_notebooks));
}

TEST(Selection, its_range_of_a_folder_holds_little_else) {
  const base::KeyRange range = Selection({"/notebooks/Users/anna/**"}).range(k_notebooks);
  EXPECT_TRUE(range.contains(notebook("/Users/anna/etl")));
  EXPECT_FALSE(range.contains(notebook("/Users/anna2/etl")));
  EXPECT_FALSE(range.contains(notebook("/Users/bert/etl")));
  const base::KeyRange jobs = Selection({"/jobs/nightly-load"}).range(k_jobs);
  EXPECT_TRUE(jobs.contains(job("nightly-load", INT64_MAX)));
  EXPECT_FALSE(jobs.contains(job("nightly", 1)));
}

// A key that a selection holds lies in its range, whatever is written in either.
RC_GTEST_PROP(Selection, its_range_holds_every_match_of_any_path, ()) {
  const auto letters = [](std::string from) {
    return rc::gen::resize(
        8, rc::gen::container<std::string>(
               rc::gen::map(rc::gen::inRange<std::size_t>(0, from.size()), [from](std::size_t i) { return from[i]; })));
  };
  const std::string pattern = *letters("*/a.1");
  const std::string name = *letters("/a.1");
  const bool paths = *rc::gen::arbitrary<bool>();
  const Collection& collection = paths ? k_notebooks : k_jobs;
  const base::Bytes key = paths ? notebook(name) : job(name, *rc::gen::inRange(0, 12));
  const Selection selection({fmt::format("/{}/{}", collection.name, pattern)});
  if (selection.matches(collection, key)) {
    RC_ASSERT(selection.touches(collection));
    RC_ASSERT(selection.range(collection).contains(key));
  }
}

}  // namespace
}  // namespace holdfast::model
