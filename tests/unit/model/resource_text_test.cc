#include "model/resource_text.h"

#include <gtest/gtest.h>

#include "base/key.h"
#include "model/kind_set.h"
#include "support/errors.h"
#include "support/fake_workspace.h"

namespace holdfast::model {
namespace {

using Texts = std::vector<std::string>;

const ReadyKind& kind(const char* name) {
  const KindSet& kinds = test::workspace_kind_set();
  return kinds.at(*kinds.find(name));
}

Texts links_of(const char* name, const char* body) {
  const JsonText json(body);
  Texts out;
  visit_links(json, kind(name).documents.front(),
              [&](const LinkUse& use) { out.push_back(use.where() + " = " + std::string(use.value)); });
  return out;
}

std::string rewritten(const char* name, const char* body) {
  JsonText json(body);
  rewrite_links(json, kind(name).documents.front(), [](const LinkUse& use) {
    if (use.value == "gone") return LinkAnswer{.what = LinkAnswer::What::leave_out};
    if (use.value == "same") return LinkAnswer{};
    return LinkAnswer{.what = LinkAnswer::What::value, .value = use.value == "17" ? "99" : "new"};
  });
  return json.print();
}

TEST(ResourceText, finds_links_in_values_texts_and_nested_documents) {
  EXPECT_EQ(links_of("clusters", R"({"pool_id":"p","spark_conf":{"a":"{{secrets/s/k}} {{secrets/t/k}} {{secrets/u"}})"),
            (Texts{"pool_id = p", "spark_conf.a = s", "spark_conf.a = t"}));
  EXPECT_EQ(links_of("policies", R"({"definition":"{\"instance_pool_id\":{\"value\":\"p\"}}"})"),
            Texts{"definition → instance_pool_id.value = p"});
  EXPECT_EQ(links_of("policies", R"({"definition":"no json"})"), Texts{});
  EXPECT_EQ(links_of("clusters", R"({"pool_id":null,"policy_id":["x"]})"), Texts{});
}

TEST(ResourceText, rewrites_nothing_but_the_links) {
  EXPECT_EQ(rewritten("clusters", R"({ "n": 1e400, "pool_id" : "p","policy_id":"same"})"),
            R"({ "n": 1e400, "pool_id" : "new","policy_id":"same"})");
  EXPECT_EQ(rewritten("clusters", R"({"spark_conf":{"a":"x {{secrets/s/k}}"}})"),
            R"({"spark_conf":{"a":"x {{secrets/new/k}}"}})");
  EXPECT_EQ(rewritten("policies", R"({"definition":"{\"instance_pool_id\":{\"value\":\"p\"},\"n\":1.10}"})"),
            R"({"definition":"{\"instance_pool_id\":{\"value\":\"new\"},\"n\":1.10}"})");
}

TEST(ResourceText, keeps_numbers_numbers_and_leaves_out_what_holds_the_link) {
  EXPECT_EQ(rewritten("jobs", R"({"settings":{"tasks":[{"run_job_task":{"job_id":17}}]}})"),
            R"({"settings":{"tasks":[{"run_job_task":{"job_id":99}}]}})");
  EXPECT_EQ(rewritten("jobs", R"({"settings":{"name":"x","tasks":[{"run_job_task":{"job_id":"gone"}}]}})"),
            R"({"settings":{"name":"x"}})");
}

TEST(ResourceText, puts_unordered_arrays_and_defaults_in_one_form) {
  const auto form = [](const char* name, const char* body) {
    JsonText json(body);
    drop_server_fields(json, kind(name).documents.front());
    put_in_order(json, kind(name).documents.front());
    return definition_text(json, kind(name));
  };
  EXPECT_EQ(form("jobs",
                 R"({"id":1,"settings":{"format":"x","tasks":[{"depends_on":[{"task_key":"b"},{"task_key":"a"}]}]}})"),
            form("jobs", R"({"id":2,"settings":{"tasks":[{"depends_on":[{"task_key":"a"},{"task_key":"b"}]}]}})"));
  EXPECT_EQ(form("pools", R"({"id":"1","name":"p","min_idle":0})"), R"({"name":"p"})");
  EXPECT_EQ(form("jobs", "{}"), "{}");
}

TEST(ResourceText, leaves_out_items_that_no_user_set) {
  const ReadyKind& folders = kind("folders");
  JsonText json(R"({"acl":[{"user":"a"},{"user":"b","inherited":true}]})");
  drop_server_fields(json, *folders.document(folders.column("permissions")));
  EXPECT_EQ(json.print(), R"({"acl":[{"user":"a"}]})");
}

TEST(ResourceText, pauses_what_fires_and_writes_it_where_absence_means_running) {
  const auto paused = [](const char* name, const char* body) {
    JsonText json(body);
    pause_firing(json, kind(name).documents.front());
    return json.print();
  };
  EXPECT_EQ(paused("jobs", R"({"settings":{"schedule":{"cron":"x"}}})"),
            R"({"settings":{"schedule":{"cron":"x","pause_status":"PAUSED"}}})");
  EXPECT_EQ(paused("jobs", R"({"settings":{"name":"x"}})"), R"({"settings":{"name":"x"}})");
  EXPECT_EQ(paused("pools", R"({"min_idle":3})"), R"({"min_idle":0})");
  EXPECT_EQ(paused("pools", R"({})"), R"({})");
}

Kind triggered() {
  Kind out;
  out.collection = {.name = "things", .key = {{"name"}}, .columns = {{"body", "json", ColumnContent::json, true}}};
  out.links = {{.field = "*.value", .form = LinkForm::secret, .to = "scopes"},
               {.field = "*.value", .form = LinkForm::storage}};
  out.firing = {{.within = "s.triggers[*]",
                 .field = "s.triggers[*].pause_status",
                 .paused = "\"PAUSED\"",
                 .absent = "\"UNPAUSED\""}};
  return out;
}

TEST(ResourceText, pauses_and_restores_each_of_several_triggers) {
  const KindSet kinds({triggered()});
  const ReadyDocument& document = kinds.at(0).documents.front();
  JsonText json(R"({"s":{"triggers":[{"a":1},{"pause_status":"PAUSED"},{"pause_status":"UNPAUSED"}]}})");
  const std::vector<FiringValue> recorded = firing_values(json, document);
  ASSERT_EQ(recorded.size(), 3U);
  EXPECT_EQ(recorded[1].where, "s.triggers[1].pause_status");
  pause_firing(json, document);
  const std::string paused =
      R"({"s":{"triggers":[{"a":1,"pause_status":"PAUSED"},{"pause_status":"PAUSED"},{"pause_status":"PAUSED"}]}})";
  EXPECT_EQ(json.print(), paused);
  JsonText again(paused);
  set_firing(again, document, {recorded[0].value, std::nullopt, recorded[2].value});
  EXPECT_EQ(
      again.print(),
      R"({"s":{"triggers":[{"a":1,"pause_status":"UNPAUSED"},{"pause_status":"PAUSED"},{"pause_status":"UNPAUSED"}]}})");
}

TEST(ResourceText, knows_triggers_again_by_what_they_hold) {
  const KindSet kinds({triggered()});
  const ReadyDocument& document = kinds.at(0).documents.front();
  const auto values = [&](const char* text) { return firing_values(JsonText(text), document); };
  using Same = std::vector<std::optional<std::size_t>>;
  const auto one = values(R"({"s":{"triggers":[{"a":1,"b":{"x":"\u0041"}},{"a":2,"pause_status":"PAUSED"},{"a":3}]}})");
  const auto other =
      values(R"({"s":{"triggers":[{"a":2},{ "b" : {"x":"A"} ,"pause_status":"PAUSED","a":1},{"a":2}]}})");
  EXPECT_EQ(same_firing(one, other), (Same{1, 0, std::nullopt}));
  EXPECT_EQ(same_firing(other, one), (Same{1, 0, std::nullopt})) << "each is taken once";
}

TEST(ResourceText, takes_the_only_schedule_for_the_same_whatever_it_says) {
  const ReadyDocument& document = kind("jobs").documents.front();
  const auto values = [&](const char* text) { return firing_values(JsonText(text), document); };
  const auto one = values(R"({"settings":{"schedule":{"cron":"a"}}})");
  const auto other = values(R"({"settings":{"schedule":{"cron":"b","pause_status":"PAUSED"}}})");
  EXPECT_EQ(same_firing(one, other), std::vector<std::optional<std::size_t>>{0});
  EXPECT_NE(one[0].item, other[0].item);
}

TEST(ResourceText, prints_documents_that_say_the_same_alike) {
  EXPECT_EQ(plain_text(R"( { "b" : [ 1.0 , {} , null ] , "a":{"d":"\u0041","c":[]} } )"),
            R"({"a":{"c":[],"d":"A"},"b":[1.0,{},null]})");
  EXPECT_NE(plain_text("[1,2]"), plain_text("[2,1]"));
}

TEST(ResourceText, rewrites_secrets_and_storage_of_one_text) {
  const KindSet kinds({triggered()});
  JsonText json(R"({"x":{"value":"{{secrets/s/k}} abfss://a/b"}})");
  rewrite_links(json, kinds.at(0).documents.front(), [](const LinkUse& use) {
    const bool storage = use.links.front()->form == LinkForm::storage;
    return LinkAnswer{.what = LinkAnswer::What::value, .value = storage ? std::string(use.value) + "!" : "t"};
  });
  EXPECT_EQ(json.print(), R"({"x":{"value":"{{secrets/t/k}} abfss://a/b!"}})");
}

// "/Workspace" begins "/Workspace/x", and no part of "/Workspaces/x".
TEST(ResourceText, takes_what_stands_in_front_of_a_path_for_whole_parts) {
  Kind folders;
  folders.collection = {.name = "folders", .key = {{"path"}}, .columns = {{"body", "json", ColumnContent::json, true}}};
  folders.space = "tree";
  folders.links = {{.field = "at", .form = LinkForm::path, .to = "tree", .prefix = "/Workspace"},
                   {.field = "at", .form = LinkForm::path, .to = "tree"}};
  const KindSet kinds({folders});
  const auto value = [&](const char* body) {
    std::string out;
    visit_links(JsonText(body), kinds.at(0).documents.front(), [&](const LinkUse& use) { out = use.value; });
    return out;
  };
  EXPECT_EQ(value(R"({"at":"/Workspace/x"})"), "/x");
  EXPECT_EQ(value(R"({"at":"/x"})"), "/x");
  EXPECT_EQ(value(R"({"at":"/Workspaces/x"})"), "/Workspaces/x");
}

TEST(KindSet, tells_names_from_ids_and_finds_homes) {
  const KindSet& kinds = test::workspace_kind_set();
  base::Row row;
  base::append_text(row.key, "a/b");
  base::append_text(row.key, "17");
  row.columns = {"{}", std::nullopt};
  const Resource job = kinds.resource(*kinds.find("jobs"), row);
  EXPECT_EQ(job.name, "a/b");
  EXPECT_EQ(job.id, "17");
  Mapping mapping;
  mapping.names["users"]["ANNA@corp.test"] = "anna@new.test";
  EXPECT_EQ(kinds.mapped_path("workspace", "/Users/anna@corp.test/x", mapping), "/Users/anna@new.test/x");
  EXPECT_EQ(kinds.mapped_path("workspace", "/Shared/anna@corp.test/x", mapping), "/Shared/anna@corp.test/x");
}

TEST(KindSet, refuses_a_table_that_contradicts_itself) {
  const Kind good = test::workspace_kinds().front();
  EXPECT_EQ(test::error_of([&] { KindSet({good, good}); }), base::ErrorKind::internal);
  Kind no_body = good;
  no_body.collection.columns.clear();
  EXPECT_EQ(test::error_of([&] { KindSet({no_body}); }), base::ErrorKind::internal);
  Kind bad_path = good;
  bad_path.id = "a..b";
  EXPECT_EQ(test::error_of([&] { KindSet({bad_path}); }), base::ErrorKind::internal);
}

TEST(KindSet, names_the_resource_whose_body_is_no_json) {
  const KindSet& kinds = test::workspace_kind_set();
  base::Row row;
  base::append_text(row.key, "small");
  row.columns = {"{"};
  EXPECT_EQ(test::error_of([&] { (void)kinds.resource(*kinds.find("pools"), row); }), base::ErrorKind::corruption);
}

}  // namespace
}  // namespace holdfast::model
