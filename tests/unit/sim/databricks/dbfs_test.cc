#include "sim/databricks/dbfs.h"

#include <gtest/gtest.h>

#include <chrono>

#include "model/base64.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using nlohmann::json;
using test::WorkspaceWorld;

struct DbfsTest : testing::Test {
  WorkspaceWorld world;
  test::Asked call(const std::string& name, const json& body) { return world.post("/api/2.0/dbfs/" + name, body); }
  test::Asked get(const std::string& rest) { return world.get("/api/2.0/dbfs/" + rest); }
  test::Asked put(const std::string& path, const std::string& content) {
    return call("put", {{"path", path}, {"contents", model::base64_encode(content)}});
  }
};

TEST_F(DbfsTest, ReadsInPiecesOfAtMostOneMegabyte) {
  put("/d/f", "0123456789");
  EXPECT_EQ(get("read?path=dbfs:/d/f&offset=4&length=3").json["data"], model::base64_encode("456"));
  EXPECT_EQ(get("read?path=/d/f&offset=8&length=100").json["bytes_read"], 2);
  EXPECT_EQ(get("read?path=/d/f&offset=10").json["bytes_read"], 0);
  EXPECT_EQ(get("read?path=/d/f&offset=11").status, 400);
  EXPECT_EQ(get("read?path=/d/f&length=1048577").code(), "MAX_READ_SIZE_EXCEEDED");
  EXPECT_EQ(get("read?path=/d").status, 400);
  EXPECT_EQ(get("read?path=/missing").code(), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(DbfsTest, TakesFormsOfAnySizeAsTheOldCommandLineSendsThem) {
  world.more_headers = {{"content-type", "multipart/form-data; boundary=B"}};
  const std::string content(2'000'000, 'x');
  const std::string form =
      "--B\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/f\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n" +
      content + "\r\n--B--\r\n";
  EXPECT_EQ(world.ask("POST", "/api/2.0/dbfs/put", form).status, 200);
  EXPECT_EQ(get("get-status?path=/f").json["file_size"], 2'000'000);
}

TEST_F(DbfsTest, WritesInBlocksUntilTheHandleExpires) {
  const auto handle = call("create", {{"path", "/f"}}).json["handle"];
  const auto data = model::base64_encode(std::string(1'048'576, 'x'));
  EXPECT_EQ(call("add-block", {{"handle", handle}, {"data", data}}).status, 200);
  EXPECT_EQ(get("get-status?path=/f").status, 404) << "it is there when it is closed";
  EXPECT_EQ(call("add-block", {{"handle", handle}, {"data", model::base64_encode(std::string(1'048'577, 'x'))}}).code(),
            "MAX_BLOCK_SIZE_EXCEEDED");
  EXPECT_EQ(call("close", {{"handle", handle}}).status, 200);
  EXPECT_EQ(get("get-status?path=/f").json["file_size"], 1'048'576);
  EXPECT_EQ(call("create", {{"path", "/f"}}).code(), "RESOURCE_ALREADY_EXISTS");
  const auto late = call("create", {{"path", "/f"}, {"overwrite", true}}).json["handle"];
  world.clock.advance(std::chrono::minutes(11));
  EXPECT_EQ(call("add-block", {{"handle", late}, {"data", data}}).code(), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(DbfsTest, ListsOneLevel) {
  put("/d/f", "1");
  put("/d/e/g", "1");
  put("/d.txt", "1");
  const auto root = get("list?path=/").json["files"];
  ASSERT_EQ(root.size(), 2U);
  EXPECT_EQ(root[0]["path"], "/d");
  EXPECT_EQ(root[0]["is_dir"], true);
  EXPECT_EQ(get("list?path=/d").json["files"].size(), 2U);
  EXPECT_EQ(get("list?path=/d/f").json["files"][0]["path"], "/d/f");
  EXPECT_EQ(put("/d/f/g", "1").status, 400) << "below a file";
}

TEST_F(DbfsTest, MovesAndDeletesWithWhatIsBelow) {
  put("/d/e/f", "1");
  put("/other", "1");
  EXPECT_EQ(call("move", {{"source_path", "/d"}, {"destination_path", "/d/x"}}).status, 400);
  EXPECT_EQ(call("move", {{"source_path", "/d"}, {"destination_path", "/other"}}).status, 400);
  EXPECT_EQ(call("move", {{"source_path", "/d"}, {"destination_path", "/n/d"}}).status, 200);
  EXPECT_EQ(get("get-status?path=/n/d/e/f").status, 200);
  EXPECT_EQ(get("get-status?path=/d").status, 404);
  EXPECT_EQ(call("delete", {{"path", "/n"}}).code(), "IO_ERROR");
  EXPECT_EQ(call("delete", {{"path", "/n"}, {"recursive", true}}).status, 200);
  EXPECT_EQ(get("list?path=/").json["files"].size(), 1U);
}

TEST_F(DbfsTest, GivesUpOnLargeTreesUntilAskedAgain) {
  world.stand_in.world().part<Dbfs>().most_deleted_at_once = 3;
  for (int i = 0; i < 5; ++i) put("/d/f" + std::to_string(i), "1");
  const json body = {{"path", "/d"}, {"recursive", true}};
  const auto first = call("delete", body);
  EXPECT_EQ(first.status, 503);
  EXPECT_EQ(first.code(), "PARTIAL_DELETE");
  EXPECT_EQ(call("delete", body).status, 200);
  EXPECT_EQ(get("get-status?path=/d").status, 404);
}

}  // namespace
}  // namespace holdfast::sim::databricks
