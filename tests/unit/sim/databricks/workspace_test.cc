#include "sim/databricks/workspace.h"

#include <gtest/gtest.h>

#include "model/base64.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using nlohmann::json;
using test::Asked;
using test::WorkspaceWorld;

struct WorkspaceTest : testing::Test {
  WorkspaceWorld world;

  Asked import(const std::string& path, const std::string& content, json more) {
    more["path"] = path;
    more["content"] = model::base64_encode(content);
    return world.post("/api/2.0/workspace/import", more);
  }
  std::string exported(const std::string& path, const std::string& format) {
    return world.get("/api/2.0/workspace/export?direct_download=true&format=" + format + "&path=" + path).response.body;
  }
  json status(const std::string& path) { return world.get("/api/2.0/workspace/get-status?path=" + path).json; }
};

TEST_F(WorkspaceTest, ListsFoldersAndAnswersEmptyOnesWithoutAList) {
  EXPECT_EQ(world.post("/api/2.0/workspace/mkdirs", {{"path", "/Shared/a/b"}}).status, 200);
  EXPECT_EQ(world.post("/api/2.0/workspace/mkdirs", {{"path", "/Shared/a/b"}}).status, 200);
  const auto listed = world.get("/api/2.0/workspace/list?path=/Workspace/Shared").json["objects"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["path"], "/Shared/a");
  EXPECT_EQ(listed[0]["object_type"], "DIRECTORY");
  EXPECT_EQ(world.get("/api/2.0/workspace/list?path=/Shared/a/b").json.dump(), "{}");
  EXPECT_EQ(world.get("/api/2.0/workspace/list?path=/missing").code(), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(world.get("/api/2.0/workspace/list?path=relative").code(), "INVALID_PARAMETER_VALUE");
}

TEST_F(WorkspaceTest, KeepsNotebooksWithTheirMarker) {
  EXPECT_EQ(import("/Shared/n", "SELECT 1\n", {{"language", "SQL"}}).status, 200);
  EXPECT_EQ(exported("/Shared/n", "SOURCE"), "-- Databricks notebook source\nSELECT 1\n");
  EXPECT_EQ(status("/Shared/n")["language"], "SQL");
  EXPECT_EQ(import("/Shared/n", "SELECT 2", {{"language", "SQL"}}).code(), "RESOURCE_ALREADY_EXISTS");
  const auto id = status("/Shared/n")["object_id"];
  EXPECT_EQ(import("/Shared/n", "SELECT 2", {{"language", "SQL"}, {"overwrite", true}}).status, 200);
  EXPECT_EQ(status("/Shared/n")["object_id"], id);
  EXPECT_EQ(import("/Shared/m", "x", json::object()).code(), "INVALID_PARAMETER_VALUE") << "SOURCE needs a language";
  EXPECT_EQ(import("/Shared/m", "x", {{"language", "COBOL"}}).code(), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(import("/nowhere/m", "x", {{"language", "R"}}).code(), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(WorkspaceTest, TellsNotebooksFromFilesAsAutoDoes) {
  const std::string source = "# Databricks notebook source\nprint(1)\n";
  import("/Shared/a.py", source, {{ "format", "AUTO" }});
  import("/Shared/b.py", source, {{ "format", "RAW" }});
  import("/Shared/c.py", "print(1)\n", {{ "format", "AUTO" }});
  EXPECT_EQ(status("/Shared/a")["object_type"], "NOTEBOOK");
  EXPECT_EQ(status("/Shared/b.py")["object_type"], "FILE");
  EXPECT_EQ(status("/Shared/c.py")["object_type"], "FILE");
  EXPECT_EQ(exported("/Shared/b.py", "AUTO"), source);
  EXPECT_EQ(status("/Shared/b.py")["size"], source.size());
}

TEST_F(WorkspaceTest, GivesJupyterBackWhatCameAsJupyter) {
  const std::string notebook =
      R"({"cells":[{"cell_type":"code","source":["a\n","b"]},{"cell_type":"code","source":"c"}],)"
      R"("metadata":{"language_info":{"name":"python"}},"nbformat":4,"nbformat_minor":0})";
  EXPECT_EQ(import("/Shared/j", notebook, {{"format", "JUPYTER"}}).status, 200);
  EXPECT_EQ(exported("/Shared/j", "SOURCE"), "# Databricks notebook source\na\nb\n\n# COMMAND ----------\n\nc");
  const auto back = json::parse(exported("/Shared/j", "AUTO"));
  EXPECT_EQ(back["cells"].size(), 2U);
  EXPECT_EQ(back["cells"][0]["source"][0], "a\nb");
  EXPECT_EQ(
      world.get("/api/2.0/workspace/get-status?path=/Shared/j&return_export_info=true").json["repos_export_format"],
      "JUPYTER");
  EXPECT_EQ(import("/Shared/k", "{}", {{"format", "JUPYTER"}}).code(), "INVALID_PARAMETER_VALUE");
}

// Fields of a zip file are little-endian; its last 22 bytes say how large the directory is and where it begins.
std::size_t number_in(std::string_view text, std::size_t at, std::size_t bytes) {
  std::size_t out = 0;
  for (std::size_t i = bytes; i-- > 0;) out = out << 8 | static_cast<unsigned char>(text[at + i]);
  return out;
}

TEST_F(WorkspaceTest, ListsArchivesInADirectoryThatEveryUnzipReads) {
  import("/Shared/n", "print(1)", {{ "language", "PYTHON" }});
  const auto archive = exported("/Shared/n", "DBC");
  const auto end = archive.size() - 22;
  const auto start = number_in(archive, end + 16, 4);
  EXPECT_EQ(start + number_in(archive, end + 12, 4), end);
  const auto name_size = number_in(archive, start + 28, 2);
  EXPECT_EQ(number_in(archive, end + 12, 4), 46 + name_size);
  EXPECT_EQ(archive.substr(start + 46, name_size), "n.py");
  EXPECT_EQ(number_in(archive, start + 42, 4), 0U);  // where the entry begins
}

TEST_F(WorkspaceTest, RoundTripsFoldersAsArchives) {
  import("/Shared/n", "print(1)", {{ "language", "PYTHON" }});
  world.post("/api/2.0/workspace/mkdirs", {{"path", "/Shared/d/e"}});
  import("/Shared/d/e/m", "println(1)", {{ "language", "SCALA" }});
  const auto archive = exported("/Shared", "DBC");
  EXPECT_EQ(import("/copy", archive, {{"format", "DBC"}}).status, 200);
  EXPECT_EQ(exported("/copy/n", "SOURCE"), exported("/Shared/n", "SOURCE"));
  EXPECT_EQ(exported("/copy/d/e/m", "SOURCE"), "// Databricks notebook source\nprintln(1)");
  EXPECT_EQ(import("/copy", archive, {{"format", "DBC"}}).code(), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(import("/copy", archive, {{"format", "DBC"}, {"overwrite", true}}).code(), "INVALID_PARAMETER_VALUE");
  auto broken = archive;
  broken[50] = static_cast<char>(broken[50] ^ 1);
  EXPECT_EQ(import("/broken", broken, {{"format", "DBC"}}).status, 400);
}

TEST_F(WorkspaceTest, RefusesWhatIsTooLargeInBothShapes) {
  auto& tree = world.stand_in.world();
  auto& notebook = add_node(tree, *find_node(tree, "/Shared"), NodeKind::notebook, "big");
  notebook.language = "PYTHON";
  notebook.content = "# Databricks notebook source\n1";
  notebook.outputs_size = 10'485'760;
  const auto refused = world.get("/api/2.0/workspace/export?path=/Shared/big&format=JUPYTER");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.code(), "MAX_NOTEBOOK_SIZE_EXCEEDED");
  EXPECT_EQ(world.get("/api/2.0/workspace/export?path=/Shared/big&format=SOURCE").status, 200);
  const auto large = world.ask("POST", "/api/2.0/workspace-files/import-file/Shared%2Flarge.bin?overwrite=false",
                               std::string(10'485'761, 'x'));
  EXPECT_EQ(large.status, 200);
  const auto file = world.get("/api/2.0/workspace/export?path=/Shared/large.bin&format=AUTO");
  EXPECT_EQ(file.code(), "BAD_REQUEST");
  EXPECT_EQ(file.json["details"][0]["reason"], "MAX_READ_SIZE_EXCEEDED");
  EXPECT_EQ(world.get("/api/2.0/workspace-files/Shared/large.bin").response.body.size(), 10'485'761U);
  EXPECT_EQ(import("/Shared/too", std::string(10'485'761, 'x'), {{"format", "RAW"}}).code(),
            "MAX_NOTEBOOK_SIZE_EXCEEDED");
}

TEST_F(WorkspaceTest, AnswersTheFilesEndpointInItsOwnWay) {
  const std::string target = "/api/2.0/workspace-files/import-file/Shared/f.txt?overwrite=";
  EXPECT_EQ(world.ask("POST", target + "false", "1").status, 200);
  EXPECT_EQ(world.ask("POST", target + "false", "2").status, 409);
  EXPECT_EQ(world.ask("POST", target + "true", "2").status, 200);
  EXPECT_EQ(world.ask("POST", "/api/2.0/workspace-files/import-file/no/f.txt", "1").status, 404);
}

TEST_F(WorkspaceTest, TakesFormsAsTheSdkSendsThem) {
  world.more_headers = {{"content-type", "multipart/form-data; boundary=B"}};
  const std::string form =
      "--B\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/Shared/u\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"language\"\r\n\r\nR\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\nx <- 1\r\n--B--\r\n";
  EXPECT_EQ(world.ask("POST", "/api/2.0/workspace/import", form).status, 200);
  EXPECT_EQ(exported("/Shared/u", "SOURCE"), "# Databricks notebook source\nx <- 1");
}

TEST_F(WorkspaceTest, BringsHomesWithUsersOnly) {
  EXPECT_EQ(world.post("/api/2.0/workspace/mkdirs", {{"path", "/Users/nobody@example.test"}}).code(),
            "DIRECTORY_PROTECTED");
  world.post("/api/2.0/preview/scim/v2/Users", {{"userName", "eva@example.test"}});
  EXPECT_EQ(status("/Users/eva@example.test")["object_type"], "DIRECTORY");
  EXPECT_EQ(world.post("/api/2.0/workspace/delete", {{"path", "/Users/eva@example.test"}, {"recursive", true}}).code(),
            "DIRECTORY_PROTECTED");
}

TEST_F(WorkspaceTest, DeletesFullFoldersOnlyWhenTold) {
  import("/Shared/n", "1", {{ "language", "PYTHON" }});
  world.post("/api/2.0/workspace/mkdirs", {{"path", "/d"}});
  import("/d/n", "1", {{ "language", "PYTHON" }});
  EXPECT_EQ(world.post("/api/2.0/workspace/delete", {{"path", "/d"}}).code(), "DIRECTORY_NOT_EMPTY");
  EXPECT_EQ(world.post("/api/2.0/workspace/delete", {{"path", "/d"}, {"recursive", true}}).status, 200);
  EXPECT_EQ(world.get("/api/2.0/workspace/get-status?path=/d/n").status, 404);
}

TEST_F(WorkspaceTest, ListsWhatChangedSince) {
  import("/Shared/old", "1", {{ "language", "PYTHON" }});
  const auto then = status("/Shared/old")["modified_at"].get<std::int64_t>();
  world.clock.advance(std::chrono::seconds(5));
  import("/Shared/new", "1", {{ "language", "PYTHON" }});
  const auto listed = world.get("/api/2.0/workspace/list?path=/Shared&notebooks_modified_after=" + std::to_string(then))
                          .json["objects"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["path"], "/Shared/new");
}

TEST_F(WorkspaceTest, KeepsGitFolders) {
  EXPECT_EQ(world
                .post("/api/2.0/repos", {{"url", "https://git.example.test/a/tools.git"},
                                         {"provider", "gitHub"},
                                         {"path", "/Repos/team/tools"}})
                .status,
            404);
  const auto made =
      world.post("/api/2.0/repos", {{"url", "https://git.example.test/a/tools.git"}, {"provider", "gitHub"}});
  EXPECT_EQ(made.json["path"], "/Repos/admin@example.test/tools");
  EXPECT_EQ(status("/Repos/admin@example.test/tools")["object_type"], "REPO");
  const auto one = "/api/2.0/repos/" + made.json["id"].dump();
  const auto before = world.get(one).json["head_commit_id"];
  EXPECT_EQ(world.patch(one, {{"branch", "next"}}).status, 200);
  EXPECT_EQ(world.get(one).json["branch"], "next");
  EXPECT_NE(world.get(one).json["head_commit_id"], before);
  EXPECT_EQ(world.get("/api/2.0/repos?path_prefix=/Repos/admin").json["repos"].size(), 1U);
  EXPECT_EQ(world.remove(one).status, 200);
  EXPECT_EQ(world.get(one).status, 404);
  EXPECT_EQ(world.get("/api/2.0/repos").json.dump(), "{}");
}

TEST_F(WorkspaceTest, HidesTheTokensOfGitCredentials) {
  const auto made =
      world.post("/api/2.0/git-credentials",
                 {{"git_provider", "gitLab"}, {"git_username", "u"}, {"personal_access_token", "hidden"}});
  EXPECT_EQ(made.response.body.find("hidden"), std::string::npos);
  EXPECT_EQ(world.get("/api/2.0/git-credentials").json["credentials"][0]["git_username"], "u");
  EXPECT_EQ(world.post("/api/2.0/git-credentials", {{"git_provider", "gitLab"}}).code(), "RESOURCE_ALREADY_EXISTS");
}

}  // namespace
}  // namespace holdfast::sim::databricks
