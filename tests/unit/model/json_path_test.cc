#include "model/json_path.h"

#include <gtest/gtest.h>

#include "support/errors.h"

namespace holdfast::model {
namespace {

using Found = std::vector<std::string>;

const char* const k_job = R"({"settings":{"name":"j","tasks":[
  {"task_key":"a","new_cluster":{"pool_id":"p1"}},
  {"task_key":"b","for_each_task":{"task":{"task_key":"c","new_cluster":{"pool_id":"p2"}}}}],
  "job_clusters":[{"new_cluster":{"pool_id":"p3","spark_conf":{"spark.x":"y","init.0.path":"z"}}}]},"pool_id":"outside"})";

Found all(const char* path, const char* text = k_job) {
  const JsonText json(text);
  Found out;
  JsonPath(path).visit(json, [&](JsonText::Id id) { out.push_back(json.string(id)); });
  return out;
}

TEST(JsonPath, leads_through_members_and_items) {
  EXPECT_EQ(all("settings.name"), Found{"j"});
  EXPECT_EQ(all("settings.tasks[*].task_key"), (Found{"a", "b"}));
  EXPECT_EQ(all("settings.nothing"), Found{});
  EXPECT_EQ(all("settings.tasks.task_key"), Found{});
}

TEST(JsonPath, leads_to_any_depth_below_a_member) {
  EXPECT_EQ(all("settings.**.pool_id"), (Found{"p1", "p2", "p3"}));
  EXPECT_EQ(all("**.pool_id"), (Found{"p1", "p2", "p3", "outside"}));
}

TEST(JsonPath, takes_names_with_dots_and_wildcards) {
  EXPECT_EQ(all(R"(**.spark_conf["spark.x"])"), Found{"y"});
  EXPECT_EQ(all(R"(**.spark_conf["init.*.path"])"), Found{"z"});
  EXPECT_EQ(all("**.spark_conf.*"), (Found{"y", "z"}));
}

TEST(JsonPath, visits_a_value_once_however_many_ways_lead_there) {
  EXPECT_EQ(all("**.**.name"), Found{"j"});
}

TEST(JsonPath, finds_what_stands_above_a_value) {
  const JsonText json(k_job);
  const JsonText::Id pool = JsonPath("settings.**.for_each_task.**.pool_id").find(json);
  const JsonText::Id task = JsonPath("settings.tasks[*]").above(json, pool);
  ASSERT_NE(task, JsonText::k_none);
  EXPECT_EQ(json.string(json.member(task, "task_key")), "b");
  EXPECT_EQ(JsonPath("settings.job_clusters[*]").above(json, pool), JsonText::k_none);
}

TEST(JsonPath, refuses_what_is_no_path) {
  for (const char* text : {"a..b", "a[0]", "a[", "a[x]", "."})
    EXPECT_EQ(test::error_of([&] { JsonPath path(text); }), base::ErrorKind::internal) << text;
}

TEST(JsonPaths, find_what_each_path_alone_finds) {
  const std::vector<std::string> texts{"settings.**.pool_id", "**.task_key", "**.spark_conf.*", "settings.name",
                                       "settings.tasks[*].*", "*",           "**.name.none",    "settings.tasks[*]"};
  const JsonText json(k_job);
  std::vector<std::vector<JsonText::Id>> found(texts.size());
  JsonPaths(texts).visit(json, [&](std::size_t path, JsonText::Id id) { found[path].push_back(id); });
  std::size_t total = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::vector<JsonText::Id> alone;
    JsonPath(texts[i]).visit(json, [&](JsonText::Id id) { alone.push_back(id); });
    EXPECT_EQ(found[i], alone) << texts[i];
    total += alone.size();
  }
  EXPECT_EQ(total, 3U + 3U + 2U + 1U + 4U + 2U + 0U + 2U);
}

}  // namespace
}  // namespace holdfast::model
