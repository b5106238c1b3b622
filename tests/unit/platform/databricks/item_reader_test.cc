#include "platform/databricks/item_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "repository/layer.h"
#include "unit/platform/databricks/written.h"

namespace holdfast::test {
namespace {

TEST(ItemReader, joins_a_job_that_comes_in_pages) {
  Written world;
  one_job(world, "1", "wide");
  world.set("/api/2.2/jobs/get?job_id=1",
            R"({"job_id":1,"settings":{"name":"wide","tasks":[{"task_key":"a"}]},"next_page_token":"t"})");
  world.set("/api/2.2/jobs/get?job_id=1&page_token=t", R"({"job_id":1,"settings":{"tasks":[{"task_key":"b"}]}})");
  EXPECT_EQ(world.read("jobs").rows.begin()->second.columns[0],
            R"({"job_id":1,"settings":{"name":"wide","tasks":[{"task_key":"a"},{"task_key":"b"}]}})");
}

// A job that is changed between two calls must not become one that never was.
TEST(ItemReader, reads_the_pages_of_a_job_again_that_changed_meanwhile) {
  Written world;
  one_job(world, "1", "wide");
  const auto page = [](int version, const char* task, const char* more) {
    return fmt::format(R"({{"job_id":1,"settings":{{"name":"wide{}","tasks":[{{"task_key":"{}"}}]}}{}}})", version,
                       task, more);
  };
  const std::string first = "/api/2.2/jobs/get?job_id=1";
  const std::string second = first + "&page_token=t";
  int version = 0;
  int changes = 1;
  const auto write = [&] {
    world.set(first, page(version, "a", R"(,"next_page_token":"t")"));
    world.set(second, page(version, "b", ""));
  };
  write();
  world.before = [&](const std::string& target) {
    if (target != second || changes == 0) return;
    --changes;
    ++version;
    write();
  };
  EXPECT_EQ(world.read("jobs").rows.begin()->second.columns[0],
            R"({"job_id":1,"settings":{"name":"wide1","tasks":[{"task_key":"a"},{"task_key":"b"}]}})");
  changes = 1000;
  const Rows got = world.read("jobs");
  EXPECT_TRUE(got.rows.empty());
  ASSERT_EQ(got.stretches.size(), 1U);
  EXPECT_NE(got.stretches[0].second.find("changed"), std::string::npos);
}

TEST(ItemReader, reads_files_of_dbfs_in_pieces_and_leaves_mounts_alone) {
  Written world;
  world.set(
      "/api/2.0/dbfs/list?path=%2F",
      R"({"files":[{"path":"/mnt","is_dir":true,"file_size":0},{"path":"/x.jar","is_dir":false,"file_size":1048578,"modification_time":5}]})");
  const std::string whole(1U << 20U, 'a');
  std::string base64;
  for (std::size_t i = 0; i + 1 < whole.size(); i += 3) base64 += "YWFh";  // aaa
  base64 += "YQ==";
  world.set("/api/2.0/dbfs/read?path=%2Fx.jar&offset=0&length=1048576",
            R"({"bytes_read":1048576,"data":")" + base64 + "\"}");
  world.set("/api/2.0/dbfs/read?path=%2Fx.jar&offset=1048576&length=1048576", R"({"bytes_read":2,"data":"YmM="})");
  world.set("/api/2.0/dbfs/get-status?path=%2Fx.jar",
            R"({"path":"/x.jar","is_dir":false,"file_size":1048578,"modification_time":5})");
  const Rows got = world.read("dbfs-files");
  ASSERT_EQ(got.rows.size(), 1U);
  EXPECT_EQ(got.rows.begin()->second.columns[1], whole + "bc");
  EXPECT_EQ(world.asked("/api/2.0/dbfs/list?path=%2Fmnt"), 0U);
}

TEST(ItemReader, reads_on_behind_a_short_piece_of_a_dbfs_file) {
  Written world;
  world.set("/api/2.0/dbfs/list?path=%2F",
            R"({"files":[{"path":"/x","is_dir":false,"file_size":5,"modification_time":5}]})");
  const auto piece = [](int offset) {
    return fmt::format("/api/2.0/dbfs/read?path=%2Fx&offset={}&length=1048576", offset);
  };
  world.set(piece(0), R"({"bytes_read":3,"data":"YWFh"})");
  world.set(piece(3), R"({"bytes_read":2,"data":"YmM="})");
  world.set("/api/2.0/dbfs/get-status?path=%2Fx",
            R"({"path":"/x","is_dir":false,"file_size":5,"modification_time":5})");
  EXPECT_EQ(world.read("dbfs-files").rows.begin()->second.columns[1], "aaabc");
  world.set(piece(3), R"({"bytes_read":0,"data":""})");
  world.set("/api/2.0/dbfs/get-status?path=%2Fx", R"({"path":"/x","is_dir":false,"file_size":5})");
  const Rows cut = world.read("dbfs-files");
  ASSERT_EQ(cut.partials.size(), 1U);
  EXPECT_NE(cut.partials[0].second.find("3 bytes came of '/x', which has 5"), std::string::npos);
  world.set("/api/2.0/dbfs/get-status?path=%2Fx", R"({"path":"/x","is_dir":false,"file_size":3})");
  EXPECT_EQ(world.read("dbfs-files").rows.begin()->second.columns[1], "aaa");
}

TEST(ItemReader, reads_a_file_of_dbfs_again_that_was_written_between_two_pieces) {
  Written world;
  world.set("/api/2.0/dbfs/list?path=%2F",
            R"({"files":[{"path":"/x","is_dir":false,"file_size":5,"modification_time":5}]})");
  const auto piece = [](int offset) {
    return fmt::format("/api/2.0/dbfs/read?path=%2Fx&offset={}&length=1048576", offset);
  };
  int changes = 1;
  int time = 5;
  const auto write = [&](const char* base64) {
    world.set(piece(0), fmt::format(R"({{"bytes_read":3,"data":"{}"}})", base64));
    world.set("/api/2.0/dbfs/get-status?path=%2Fx",
              fmt::format(R"({{"path":"/x","is_dir":false,"file_size":5,"modification_time":{}}})", time));
  };
  write("YWFh");
  world.set(piece(3), R"({"bytes_read":2,"data":"YmM="})");
  world.before = [&](const std::string& target) {
    if (target != piece(3) || changes == 0) return;
    --changes;
    ++time;
    write("ZGRk");
  };
  EXPECT_EQ(world.read("dbfs-files").rows.begin()->second.columns[1], "dddbc");
  changes = 1000;
  const Rows got = world.read("dbfs-files");
  ASSERT_EQ(got.partials.size(), 1U);
  EXPECT_NE(got.partials[0].second.find("written"), std::string::npos);
}

TEST(ItemReader, refuses_by_name_and_without_a_call_what_the_repository_would_refuse) {
  EXPECT_EQ(platform::databricks::k_content_most, repository::k_value_bytes_max);
  Written world;
  world.set("/api/2.0/dbfs/list?path=%2F",
            R"({"files":[{"path":"/x.jar","is_dir":false,"file_size":16777217,"modification_time":5}]})");
  world.set("/api/2.0/workspace/list?path=%2F",
            R"({"objects":[{"path":"/f","object_type":"FILE","object_id":1,"size":16777217}]})");
  for (const auto& [kind, path] : {std::pair{"dbfs-files", "/x.jar"}, std::pair{"files", "/f"}}) {
    const Rows got = world.read(kind);
    ASSERT_EQ(got.partials.size(), 1U);
    EXPECT_NE(got.partials[0].second.find(fmt::format("'{}' is larger than 16 MiB", path)), std::string::npos);
  }
  for (const std::string& target : world.session.asked()) {
    EXPECT_EQ(target.find("/read"), std::string::npos) << target;
    EXPECT_EQ(target.find("/export"), std::string::npos) << target;
  }
}

}  // namespace
}  // namespace holdfast::test
