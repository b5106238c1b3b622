// What a cluster of the stand-in runs, and what it refuses.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "model/base64.h"
#include "sim/databricks/commands.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

constexpr const char* k_printing =
    "    except Exception as error:\n"
    "        answer = {\"error\": str(error)[:1000]}\n"
    "    print(base64.b64encode(json.dumps([number, answer], default=str).encode()).decode())\n";

std::string mounts_from(int from, int to) {
  return fmt::format(
      "import base64, json\nmounts = dbutils.fs.mounts()\nfor number in range({}, min({}, len(mounts))):\n    try:\n"
      "        answer = [mounts[number].mountPoint, mounts[number].source, mounts[number].encryptionType]\n"
      "{}print(\"end\", len(mounts))\n",
      from, to, k_printing);
}

std::string queries(const Json& statements) {
  return fmt::format(
      "import base64, json\nstatements = json.loads(base64.b64decode(\"{}\"))\n"
      "for number in range(len(statements)):\n    try:\n"
      "        answer = [list(row) for row in spark.sql(statements[number]).collect()]\n"
      "{}print(\"end\", len(statements))\n",
      model::base64_encode(statements.dump()), k_printing);
}

// As the vendor's SDK sends it; tests/clients/databricks_sdk/cluster.py has the SDK itself do so.
std::string remote(const std::string& method, const std::string& arguments) {
  return fmt::format(
      "\n        import json\n        (args, kwargs) = json.loads('{}')\n        result = dbutils.fs.{}(*args, "
      "**kwargs)\n"
      "        dbutils.notebook.exit(json.dumps(result))\n        ",
      arguments, method);
}

class Programs : public testing::Test {
protected:
  Json run(const std::string& text) { return run_python(world_.stand_in.world(), text, "admin@example.test"); }
  // The lines, and the last one as it is.
  std::vector<Json> lines(const std::string& text) {
    std::vector<Json> out;
    std::string data = run(text).at("data");
    for (std::size_t end = data.find('\n'); end != std::string::npos; end = data.find('\n')) {
      const std::string line = data.substr(0, end);
      data.erase(0, end + 1);
      out.push_back(line.starts_with("end ") ? Json(line) : Json::parse(model::base64_decode(line)));
    }
    return out;
  }
  CommandState& state() { return world_.stand_in.world().part<CommandState>(); }
  WorkspaceWorld world_;
};

TEST_F(Programs, ListMountsFromOneNumberToAnother) {
  state().mounts["/mnt/a"] = {"abfss://a@b.test/", "", {{"k", "secret"}}, {}};
  state().mounts["/mnt/b"] = {"wasbs://c@d.test/", "sse", {}, {}};
  state().mounts["/mnt/c"].trouble = "gone";
  EXPECT_EQ(lines(mounts_from(2, 4)),
            (std::vector<Json>{
                {2, {"/mnt/a", "abfss://a@b.test/", ""}}, {3, {"/mnt/b", "wasbs://c@d.test/", "sse"}}, "end 5"}));
  EXPECT_EQ(lines(mounts_from(4, 9)), (std::vector<Json>{Json::array({4, {{"error", "gone"}}}), "end 5"}));
}

TEST_F(Programs, RunStatementsAndTellTheErrorOfEach) {
  state().objects["DATABASE s"].owner = "anna";
  state().objects["CATALOG"].granted["users"] = {"USAGE"};
  state().objects["VIEW s.`v``.w`"].denied["x"] = {"SELECT"};
  state().objects["FUNCTION s.f"];
  const auto told =
      lines(queries({"SHOW GRANTS ON VIEW s.`v``.w`", "SELECT 1", "GRANT SELECT ON FUNCTION s.f TO `a``b`",
                     "SHOW VIEWS IN s", "SHOW USER FUNCTIONS IN s", "SHOW TABLES IN t"}));
  ASSERT_EQ(told.size(), 7U);
  EXPECT_EQ(told[0][1], Json::array({{"users", "USAGE", "CATALOG", ""},
                                     {"anna", "OWN", "DATABASE", "s"},
                                     {"x", "DENIED_SELECT", "VIEW", "s.`v``.w`"}}));
  EXPECT_TRUE(told[1][1].contains("error"));
  EXPECT_EQ(told[2][1], Json::array());
  EXPECT_TRUE(state().objects["FUNCTION s.f"].granted.contains("a`b"));
  EXPECT_EQ(told[3][1], Json::array({Json::array({"s", "v`.w", "false"})}));
  EXPECT_EQ(told[4][1], Json::array({Json::array({"spark_catalog.s.f"})}));
  EXPECT_TRUE(told[5][1].contains("error")) << "there is no such database";
}

TEST_F(Programs, CutOffWhatIsTooLong) {
  state().most_printed = 20;
  const Json result = run(mounts_from(0, 9));
  EXPECT_EQ(result["truncated"], true);
  EXPECT_EQ(result["data"].get<std::string>().size(), 20U);
  state().most_printed = 2'000;
  EXPECT_EQ(run(mounts_from(0, 9))["truncated"], false);
}

TEST_F(Programs, OfTheSdkMountShowMoveAndUnmount) {
  const auto told = [&](const std::string& method, const std::string& arguments) {
    return Json::parse(run(remote(method, arguments)).at("data").get<std::string>());
  };
  EXPECT_EQ(told("mount", R"([["abfss://a@b.test/", "/mnt/\u00fc"], {"extra_configs": {"k": "secret"}}])"), true);
  EXPECT_EQ(told("mounts", "[[], {}]"), Json::array({{"/databricks-datasets", "databricks-datasets", ""},
                                                     {"/", "DatabricksRoot", ""},
                                                     {"/mnt/ü", "abfss://a@b.test/", ""}}));
  EXPECT_EQ(state().mounts["/mnt/ü"].extra_configs.at("k"), "secret");
  EXPECT_EQ(told("updateMount", R"([["s3a://b"], {"mount_point": "/mnt/\u00fc", "encryption_type": "sse-s3"}])"), true);
  EXPECT_EQ(state().mounts["/mnt/ü"].encryption, "sse-s3");
  EXPECT_TRUE(state().mounts["/mnt/ü"].extra_configs.empty());
  EXPECT_EQ(told("refreshMounts", "[[], {}]"), true);
  EXPECT_EQ(told("unmount", R"([["/mnt/\u00fc"], {}])"), true);
  EXPECT_TRUE(state().mounts.empty());
}

TEST_F(Programs, OfTheSdkAreRefusedAsTheClusterRefusesThem) {
  state().mounts["/mnt/a"].source = "abfss://a@b.test/";
  for (const auto& [method, arguments] : std::vector<std::pair<const char*, const char*>>{
           {"mount", R"([["abfss://a@b.test/", "/mnt/a"], {}])"},
           {"mount", R"([["abfss://a@b.test/"], {}])"},
           {"mount", R"([["", "/mnt/b"], {}])"},
           {"mount", R"([["abfss://a@b.test/", "/mnt/b"], {"mount_point": "/mnt/b"}])"},
           {"mount", R"([["abfss://a@b.test/", "/mnt/b"], {"configs": {}}])"},
           {"mount", R"([["abfss://a@b.test/", "/mnt/b"], {"extra_configs": {"k": 1}}])"},
           {"mount", R"([["abfss://a@b.test/", "/mnt/\"b"], {}])"},
           {"mount", R"([["abfss://a@b.test/", "/mnt/'b"], {}])"},
           {"mount", R"([["abfss://a@b.test/", "/mnt/\u0001b"], {}])"},
           {"updateMount", R"([["abfss://a@b.test/", "/mnt/b"], {}])"},
           {"unmount", R"([["/mnt/b"], {}])"},
           {"unmount", R"([["/mnt/a", "/mnt/a"], {}])"},
           {"mounts", R"([["/mnt/a"], {}])"},
           {"mounts", "{}"},
           {"rm", R"([["/mnt/a"], {}])"}})
    EXPECT_THROW(run(remote(method, arguments)), ApiError) << method << arguments;
  EXPECT_THROW(run(remote("mounts", "[[], {}]") + " "), ApiError);
  EXPECT_EQ(state().mounts.size(), 1U);
  state().mounts["/mnt/a"].trouble = "gone";
  EXPECT_THROW(run(remote("mounts", "[[], {}]")), ApiError);
}

TEST_F(Programs, OfAnyOtherFormAreRefused) {
  for (const std::string& text : {std::string("import base64, json\nprint(1)\n"), mounts_from(0, 9) + "x",
                                  queries({"SHOW DATABASES"}) + "print(dbutils.secrets.get(\"a\", \"b\"))\n"})
    EXPECT_THROW(run(text), ApiError) << text;
}

}  // namespace
}  // namespace holdfast::sim::databricks
