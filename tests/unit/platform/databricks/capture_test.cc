#include "platform/databricks/capture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "platform/databricks/kinds.h"
#include "sim/databricks/seeds.h"
#include "sim/databricks/stand_in.h"
#include "support/errors.h"
#include "unit/platform/databricks/scripted.h"
#include "unit/platform/databricks/stand_in_http.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

using platform::Capture;
using platform::CaptureOptions;

TEST(DatabricksCapture, reads_bodies_and_columns_as_the_platform_sends_them) {
  Written world;
  one_job(world, "9007199254740993", "nightly-load");
  const Rows got = world.read("jobs");
  ASSERT_EQ(got.rows.size(), 1U);
  const base::Row& row = got.rows.at(key({"nightly-load", "9007199254740993"}));
  EXPECT_EQ(row.columns[0], R"({"job_id":9007199254740993,"settings":{"name":"nightly-load","x":1.10}})");
  EXPECT_EQ(row.columns[1], R"({"access_control_list":[]})");
  EXPECT_TRUE(got.stretches.empty());
}

TEST(DatabricksCapture, leaves_out_what_this_workspace_does_not_have_and_says_so) {
  Written world;
  one_job(world, "1", "n");
  world.set("/api/2.0/instance-pools/list", answer(500, "FEATURE_DISABLED: pools are off"));
  const auto capture = world.capture();
  std::vector<std::string> names;
  for (const auto& estimate : capture->collections()) names.push_back(estimate.collection.name);
  EXPECT_EQ(names, (std::vector<std::string>{"jobs"}));
  EXPECT_NE(capture->attributes().find("FEATURE_DISABLED: pools are off"), std::string::npos);
  EXPECT_NE(capture->attributes().find("\"region\":\"westeurope\""), std::string::npos);
  const auto notes = capture->notes();
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return note.starts_with("instance-pools: not available here");
  }));
}

TEST(DatabricksCapture, takes_the_instant_from_the_server) {
  Written world;
  EXPECT_EQ(base::to_rfc3339(world.capture()->taken()), "2026-11-21T10:00:00Z");
}

TEST(DatabricksCapture, reports_a_kind_that_it_may_not_list_when_it_is_read) {
  Written world;
  world.set("/api/2.2/jobs/list?limit=100", forbidden());
  const auto capture = world.capture();
  const auto error = thrown_by([&] { capture->ranges(collection("jobs"), 4); });
  EXPECT_EQ(error.kind(), base::ErrorKind::auth);
  EXPECT_NE(error.message().find("not you"), std::string::npos);
}

TEST(DatabricksCapture, knows_a_job_that_is_deleted_after_it_was_listed) {
  Written world;
  one_job(world, "1", "n");
  world.set("/api/2.2/jobs/get?job_id=1",
            answer(400, R"({"error_code":"INVALID_PARAMETER_VALUE","message":"Job 1 does not exist."})"));
  const Rows got = world.read("jobs");
  EXPECT_TRUE(got.rows.empty());
  EXPECT_TRUE(got.stretches.empty());
}

TEST(DatabricksCapture, never_takes_a_gateways_404_for_a_deleted_job) {
  Written world;
  one_job(world, "1", "n");
  world.set("/api/2.2/jobs/get?job_id=1", answer(404, "<html><pre>no route</pre></html>"));
  const Rows got = world.read("jobs");
  EXPECT_TRUE(got.rows.empty());
  ASSERT_EQ(got.stretches.size(), 1U);
  EXPECT_TRUE(got.stretches[0].first.contains(key({"n", "1"})));
  EXPECT_FALSE(got.stretches[0].first.contains(key({"n", "2"})));
}

TEST(DatabricksCapture, keeps_a_resource_whose_permissions_cannot_be_read_and_marks_it) {
  Written world;
  one_job(world, "1", "n");
  world.set("/api/2.0/permissions/jobs/1", forbidden());
  const Rows got = world.read("jobs");
  ASSERT_EQ(got.rows.size(), 1U);
  EXPECT_FALSE(got.rows.begin()->second.columns[1].has_value());
  ASSERT_EQ(got.partials.size(), 1U);
  EXPECT_EQ(got.partials[0].first, (std::vector<bool>{false, true}));
  EXPECT_EQ(got.partials[0].second.substr(0, 13), "permissions: ");
}

TEST(DatabricksCapture, keeps_a_resource_of_a_tier_without_permissions_as_complete) {
  Written world;
  one_job(world, "1", "n");
  world.set("/api/2.0/permissions/jobs/1", answer(500, "FEATURE_DISABLED: ACLs are off"));
  const Rows got = world.read("jobs");
  ASSERT_EQ(got.rows.size(), 1U);
  EXPECT_FALSE(got.rows.begin()->second.columns[1].has_value());
  EXPECT_TRUE(got.stretches.empty());
}

TEST(DatabricksCapture, marks_contents_that_are_said_to_be_not_available) {
  Written world;
  world.folder("/", {{"/a", "NOTEBOOK"}, {"/f", "FILE"}});
  world.notebook("/a", "SOURCE", answer(400, R"({"error_code":"FEATURE_DISABLED","message":"export is off"})"));
  world.set(Written::exported("/f", "AUTO"), answer(501, ""));
  for (const char* kind : {"notebooks", "files"}) {
    const Rows got = world.read(kind);
    EXPECT_EQ(got.partials.size(), 1U) << kind;
  }
  EXPECT_NE(world.read("notebooks").partials.at(0).second.find("export is off"), std::string::npos);
}

TEST(DatabricksCapture, walks_the_tree_and_marks_a_folder_that_it_may_not_list) {
  Written world;
  world.folder("/", {{"/Shared", "DIRECTORY"}, {"/Users", "DIRECTORY"}, {"/n", "NOTEBOOK"}});
  world.folder("/Users", {{"/Users/a@x.test", "DIRECTORY"}, {"/Users/b@x.test", "DIRECTORY"}});
  world.folder("/Users/b@x.test", {{"/Users/b@x.test/Trash", "DIRECTORY"}, {"/Users/b@x.test/n", "NOTEBOOK"}});
  world.folder("/Users/b@x.test/Trash", {{"/Users/b@x.test/Trash/old", "NOTEBOOK"}});
  world.set("/api/2.0/workspace/list?path=%2FUsers%2Fa%40x.test", forbidden());
  world.set("/api/2.0/workspace/list?path=%2FShared", missing());  // deleted since its parent was listed
  world.notebook("/n", "SOURCE", answer(200, "# Databricks notebook source\n1"));
  world.notebook("/Users/b@x.test/n", "JUPYTER", answer(200, "{\"cells\":[]}"));
  const Rows notebooks = world.read("notebooks");
  ASSERT_EQ(notebooks.rows.size(), 2U);
  const base::Row& row = notebooks.rows.at(key({"/Users/b@x.test/n"}));
  EXPECT_EQ(row.columns[1], "{\"cells\":[]}");
  EXPECT_EQ(row.columns[2], "JUPYTER");
  ASSERT_EQ(notebooks.stretches.size(), 1U);
  const base::KeyRange& stretch = notebooks.stretches[0].first;
  EXPECT_TRUE(stretch.contains(key({"/Users/a@x.test/deep/x"})));
  EXPECT_FALSE(stretch.contains(key({"/Users/a@x.test"})));
  EXPECT_FALSE(stretch.contains(key({"/Users/b@x.test/n"})));
  EXPECT_EQ(world.read("folders").stretches.size(), 1U);
}

TEST(DatabricksCapture, keeps_bytes_that_are_no_text) {
  Written world;
  const std::string bytes("\xff\xfe\0\x80", 4);
  world.folder("/", {{"/f.bin", "FILE"}});
  world.set(Written::exported("/f.bin", "AUTO"), answer(200, bytes));
  EXPECT_EQ(world.read("files").rows.begin()->second.columns[1], bytes);
}

TEST(DatabricksCapture, says_which_notebook_is_too_large_and_tries_it_without_outputs) {
  const auto large = answer(400, R"({"error_code":"MAX_NOTEBOOK_SIZE_EXCEEDED","message":"over 10485760 bytes"})");
  Written world;
  world.folder("/", {{"/a", "NOTEBOOK"}, {"/b", "NOTEBOOK"}});
  world.notebook("/a", "SOURCE", large);
  world.notebook("/b", "JUPYTER", large);
  world.set(Written::exported("/b", "SOURCE"), answer(200, "# Databricks notebook source"));
  const Rows got = world.read("notebooks");
  ASSERT_EQ(got.rows.size(), 2U);
  EXPECT_FALSE(got.rows.at(key({"/a"})).columns[1].has_value());
  EXPECT_EQ(got.rows.at(key({"/b"})).columns[1], "# Databricks notebook source");
  EXPECT_EQ(got.rows.at(key({"/b"})).columns[2], "SOURCE");
  ASSERT_EQ(got.partials.size(), 2U);
  EXPECT_NE(got.partials[0].second.find("over 10485760 bytes"), std::string::npos);
  EXPECT_EQ(got.partials[0].first, (std::vector<bool>{false, true, true, false})) << "the format goes with the content";
  EXPECT_EQ(got.partials[1].first, (std::vector<bool>{false, false, false, false}));
}

TEST(DatabricksCapture, gets_large_workspace_files_where_the_vendors_client_does) {
  Written world;
  world.folder("/", {{"/big file", "FILE"}});
  world.set(Written::exported("/big file", "AUTO"),
            answer(400, R"({"error_code":"MAX_READ_SIZE_EXCEEDED","message":"m"})"));
  world.set("/api/2.0/workspace-files/big%20file", "all of it");
  EXPECT_EQ(world.read("files").rows.begin()->second.columns[1], "all of it");
}

TEST(DatabricksCapture, takes_no_sign_in_page_for_a_file) {
  Written world;
  world.set("/api/2.0/workspace/list?path=%2F",
            R"({"objects":[{"path":"/f","object_type":"FILE","object_id":1,"size":3}]})");
  const std::string status = "/api/2.0/workspace/get-status?path=%2Ff";
  world.set(status, R"({"path":"/f","object_type":"FILE","size":3})");
  world.set(Written::exported("/f", "AUTO"), answer(200, "<html>sign in</html>"));
  const Rows got = world.read("files");
  ASSERT_EQ(got.partials.size(), 1U);
  EXPECT_NE(got.partials[0].second.find("20 bytes came of '/f', which has 3"), std::string::npos);
  world.set(status, R"({"path":"/f","object_type":"FILE","size":20})");  // written since it was listed
  EXPECT_TRUE(world.read("files").partials.empty());
}

TEST(DatabricksCapture, says_what_it_did_not_look_at_on_dbfs) {
  Written world;
  world.set("/api/2.0/dbfs/list?path=%2F", R"({"files":[]})");
  const auto opened = platform::databricks::open_capture(world.session.client(), {}, world.session.clock, {},
                                                         {.dbfs_leave_out = {"/tmp/**", "/big"}});
  EXPECT_NE(opened->attributes().find(R"("not_seen":[{"kind":"dbfs-files","paths":["/tmp/**","/big"],)"),
            std::string::npos)
      << opened->attributes();
  EXPECT_EQ(world.capture()->attributes().find("not_seen"), std::string::npos);
}

TEST(DatabricksCapture, marks_a_name_that_should_be_unique_and_is_not) {
  Written world;
  world.set(
      "/api/2.0/instance-pools/list",
      R"({"instance_pools":[{"instance_pool_name":"p","instance_pool_id":"1"},{"instance_pool_name":"p","instance_pool_id":"2"},{"instance_pool_name":"q","instance_pool_id":"3"},{"instance_pool_name":"q","instance_pool_id":"3"}]})");
  const Rows got = world.read("instance-pools");
  EXPECT_EQ(got.rows.size(), 2U);
  EXPECT_TRUE(got.stretches.empty());
  ASSERT_EQ(got.partials.size(), 1U);
  EXPECT_EQ(got.partials[0].first, std::vector<bool>(got.rows.begin()->second.columns.size(), true));
}

TEST(DatabricksCapture, asks_for_settings_one_by_one_where_one_of_them_is_not_known) {
  Written world;
  world.set("/api/2.0/workspace-conf?keys=enableIpAccessLists", R"({"enableIpAccessLists":"true"})");
  world.set("/api/2.0/workspace-conf?keys=maxTokenLifetimeDays", R"({"maxTokenLifetimeDays":null})");
  const Rows got = world.read("workspace-conf");
  ASSERT_EQ(got.rows.size(), 1U);
  EXPECT_EQ(got.rows.at(key({"enableIpAccessLists"})).columns[0], R"({"enableIpAccessLists":"true"})");
}

// Only a setting that the workspace itself does not know is not there.
TEST(DatabricksCapture, marks_a_setting_that_it_may_not_read) {
  Written world;
  const std::string path = "/api/2.0/workspace-conf?keys=";
  world.set(path + "enableIpAccessLists", R"({"enableIpAccessLists":"true"})");
  world.set(path + "enableGp3", answer(400, R"({"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid key"})"));
  world.set(path + "enableWebTerminal", forbidden());
  world.set(path + "maxTokenLifetimeDays", answer(500, R"({"error_code":"INTERNAL_ERROR","message":"broken"})"));
  const Rows got = world.read("workspace-conf");
  EXPECT_EQ(got.rows.size(), 1U);
  ASSERT_EQ(got.stretches.size(), 2U);
  EXPECT_EQ(got.stretches[0].first, base::range_of_key(key({"enableWebTerminal"})));
  EXPECT_NE(got.stretches[0].second.find("PERMISSION_DENIED"), std::string::npos);
  EXPECT_EQ(got.stretches[1].first, base::range_of_key(key({"maxTokenLifetimeDays"})));
}

TEST(DatabricksCapture, lists_what_lies_below_something_else_once_for_each) {
  Written world;
  const std::string unity = "/api/2.1/unity-catalog/";
  world.set(unity + "catalogs?max_results=0", R"({"catalogs":[],"next_page_token":"t"})");
  world.set(
      unity + "catalogs?max_results=0&page_token=t",
      R"({"catalogs":[{"name":"main","catalog_type":"MANAGED_CATALOG"},{"name":"system","catalog_type":"SYSTEM_CATALOG"}]})");
  world.set(
      unity + "schemas?catalog_name=main&max_results=0",
      R"({"schemas":[{"name":"sales","catalog_name":"main","full_name":"main.sales"},{"name":"information_schema","catalog_name":"main","full_name":"main.information_schema"}]})");
  world.set(unity + "tables?catalog_name=main&schema_name=sales&max_results=0",
            R"({"tables":[{"name":"t","full_name":"main.sales.t","table_type":"MANAGED"}]})");
  // The list leaves out what a view reads.
  const std::string whole =
      R"({"name":"t","full_name":"main.sales.t","table_type":"VIEW","view_dependencies":{"dependencies":[]}})";
  world.set(unity + "tables/main.sales.t", whole);
  world.set(unity + "permissions/table/main.sales.t", "{}");
  EXPECT_EQ(world.read("schemas").rows.size(), 1U);
  const Rows tables = world.read("tables");
  ASSERT_EQ(tables.rows.size(), 1U);
  EXPECT_EQ(tables.rows.at(key({"main.sales.t"})).columns[0], whole);
  EXPECT_EQ(tables.rows.at(key({"main.sales.t"})).columns[1], "{}");
}

TEST(DatabricksCapture, reads_tags_by_pages_and_does_without_where_a_workspace_tells_none) {
  Written world;
  const std::string unity = "/api/2.1/unity-catalog/";
  const std::string tags = unity + "entity-tag-assignments/catalogs/main/tags";
  world.set(unity + "catalogs?max_results=0", R"({"catalogs":[{"name":"main"}]})");
  world.set(unity + "permissions/catalog/main", "{}");
  world.set(unity + "bindings/catalog/main", "{}");
  world.set(tags, R"({"tag_assignments":[{"tag_key":"a"}],"next_page_token":"t"})");
  world.set(tags + "?page_token=t", R"({"tag_assignments":[{"tag_key":"b","tag_value":"1"}]})");
  const auto column = platform::databricks::find_kind("catalogs")->kind.collection.columns.size() - 1;
  EXPECT_EQ(world.read("catalogs").rows.at(key({"main"})).columns[column],
            R"({"tag_assignments":[{"tag_key":"a"},{"tag_key":"b","tag_value":"1"}]})");
  world.set(tags, no_endpoint());
  const Rows without = world.read("catalogs");
  EXPECT_FALSE(without.rows.at(key({"main"})).columns[column].has_value());
  EXPECT_TRUE(without.stretches.empty() && without.partials.empty());
  world.set(tags, forbidden());
  EXPECT_EQ(world.read("catalogs").partials.size(), 1U);
}

TEST(DatabricksCapture, marks_what_lies_below_each_of_many_that_refuse_at_once) {
  Written world;
  const std::string unity = "/api/2.1/unity-catalog/";
  std::string catalogs = R"({"name":"main","catalog_type":"MANAGED_CATALOG"})";
  for (int i = 10; i < 60; ++i) {
    catalogs += fmt::format(R"(,{{"name":"c{}","catalog_type":"MANAGED_CATALOG"}})", i);
    world.set(fmt::format("{}schemas?catalog_name=c{}&max_results=0", unity, i),
              i % 2 == 0 ? forbidden() : answer(400, R"({"error_code":"FEATURE_DISABLED","message":"foreign"})"));
  }
  world.set(unity + "catalogs?max_results=0", "{\"catalogs\":[" + catalogs + "]}");
  world.set(unity + "schemas?catalog_name=main&max_results=0",
            R"({"schemas":[{"name":"s","catalog_name":"main","full_name":"main.s"}]})");
  world.set(unity + "tables?catalog_name=main&schema_name=s&max_results=0", R"({"tables":[]})");
  world.set(unity + "permissions/schema/main.s", "{}");
  const Rows schemas = world.read("schemas");
  EXPECT_EQ(schemas.rows.size(), 1U);
  // Where the schemas of a catalog are not known, its tables are not known either.
  for (const Rows& got : {schemas, world.read("tables")}) {
    std::set<base::Bytes> marked;
    for (const auto& [stretch, reason] : got.stretches) {
      EXPECT_FALSE(stretch.contains(key({"main.s"})));
      EXPECT_FALSE(reason.empty());
      for (int i = 10; i < 60; ++i)
        if (stretch.contains(key({fmt::format("c{}.s.t", i)}))) marked.insert(stretch.from);
    }
    EXPECT_EQ(marked.size(), 50U);
  }
}

TEST(DatabricksCapture, leaves_out_and_names_what_an_interrupted_restore_left_on_dbfs) {
  Written world;
  world.set("/api/2.0/dbfs/list?path=%2F",
            R"({"files":[{"path":"/x.jar.holdfast-unfinished","is_dir":false,"file_size":1,"modification_time":5}]})");
  EXPECT_TRUE(world.read("dbfs-files").rows.empty());
  const auto notes = world.capture()->notes();
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return note.starts_with("DBFS file '/x.jar.holdfast-unfinished': left of a restore");
  })) << testing::PrintToString(notes);
}

TEST(DatabricksCapture, cuts_ranges_that_cover_all_keys) {
  Written world;
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 100; ++i) many.emplace_back(fmt::format("/f{:03}", i), "FILE");
  world.folder("/", many);
  const auto capture = world.capture();
  const auto ranges = capture->ranges(collection("files"), 8);
  ASSERT_EQ(ranges.size(), 8U);
  EXPECT_EQ(ranges.front().from, "");
  EXPECT_FALSE(ranges.back().to.has_value());
  Rows all;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (i + 1 < ranges.size()) {
      EXPECT_EQ(ranges[i].to, ranges[i + 1].from);
    }
    capture->read(collection("files"), ranges[i], all, {});
  }
  EXPECT_EQ(all.rows.size(), 100U);
  EXPECT_EQ(capture->ranges(collection("notebooks"), 8).size(), 1U);
}

TEST(DatabricksCapture, reads_other_kinds_while_one_is_slow_when_it_is_told_that_they_will_be_read) {
  Written world;
  one_job(world, "1", "n");
  world.folder("/", {{"/a", "FILE"}});
  world.set(Written::exported("/a", "AUTO"), answer(200, "x"));
  std::mutex mutex;
  std::condition_variable changed;
  bool exported = false;
  world.before = [&](const std::string& target) {
    std::unique_lock lock(mutex);
    if (target == Written::exported("/a", "AUTO")) {
      exported = true;
      changed.notify_all();
    } else if (target.starts_with("/api/2.2/jobs/get")) {
      EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return exported; }));
    }
  };
  const auto capture = world.capture();
  capture->expect({"jobs", "files"});
  Rows jobs;
  capture->read(collection("jobs"), {}, jobs, {});
  EXPECT_EQ(jobs.rows.size(), 1U);
  Rows files;
  capture->read(collection("files"), {}, files, {});
  EXPECT_EQ(files.rows.begin()->second.columns[1], "x");
  EXPECT_EQ(world.asked(Written::exported("/a", "AUTO")), 1U);
}

TEST(DatabricksCapture, passes_on_what_a_sink_throws_and_ends_when_it_is_told_to) {
  Written world;
  world.folder("/", {{"/a", "FILE"}, {"/b", "FILE"}, {"/c", "FILE"}});
  for (const char* path : {"/a", "/b", "/c"}) world.set(Written::exported(path, "AUTO"), answer(200, "x"));
  const auto capture = world.capture();
  struct Full : platform::RowSink {
    void row(const base::RowView&) override { throw base::Error(base::ErrorKind::io, "disk full"); }
  } full;
  EXPECT_EQ(error_of([&] { capture->read(collection("files"), {}, full, {}); }), base::ErrorKind::io);
  std::stop_source stop;
  stop.request_stop();
  Rows none;
  EXPECT_EQ(error_of([&] { capture->read(collection("files"), {}, none, stop.get_token()); }),
            base::ErrorKind::cancelled);
  EXPECT_TRUE(none.rows.empty());
}

TEST(DatabricksCapture, gives_up_when_it_grows_older_than_it_may) {
  Written world;
  one_job(world, "1", "n");
  CaptureOptions options;
  options.max_snapshot_age = std::chrono::minutes(5);
  const auto capture = world.capture(options);
  world.session.clock.advance(std::chrono::minutes(6));
  Rows got;
  EXPECT_EQ(error_of([&] { capture->read(collection("jobs"), {}, got, {}); }), base::ErrorKind::unavailable);
}

TEST(DatabricksCapture, is_not_opened_for_somebody_who_is_not_let_in) {
  Written world;
  world.set("/api/2.0/preview/scim/v2/Me", answer(401, ""));
  EXPECT_EQ(error_of([&] { world.capture(); }), base::ErrorKind::auth);
}

TEST(DatabricksCapture, reads_every_resource_of_every_kind_of_a_companys_workspace) {
  const ManualClock clock{base::Instant{std::chrono::seconds(1'795'000'000)}};
  sim::databricks::StandInOptions options;
  options.token = "dapi1";
  sim::databricks::StandIn stand_in(options, clock);
  sim::databricks::seed_workspace(stand_in, "realistic");
  SeededRandom random(1);
  const platform::databricks::Session session(ScriptedSession::account(), std::make_unique<StandInHttp>(stand_in),
                                              clock, random);
  const auto capture = platform::databricks::open_capture(session.client(), {}, clock, {});
  EXPECT_EQ(capture->collections().size(), platform::databricks::all_kinds().size() - 2) << "two kinds take a cluster";
  std::size_t rows = 0;
  for (const auto& estimate : capture->collections()) {
    Rows got;
    for (const base::KeyRange& range : capture->ranges(estimate.collection, 4))
      capture->read(estimate.collection, range, got, {});
    EXPECT_EQ(got.rows.size(), estimate.rows) << estimate.collection.name;
    for (const auto& [stretch, reason] : got.stretches) ADD_FAILURE() << estimate.collection.name << ": " << reason;
    for (const auto& [missing, reason] : got.partials) ADD_FAILURE() << estimate.collection.name << ": " << reason;
    for (const auto& [name, row] : got.rows) EXPECT_TRUE(row.columns[0].has_value()) << estimate.collection.name;
    rows += got.rows.size();
  }
  EXPECT_GE(rows, 300U);
}

}  // namespace
}  // namespace holdfast::test
