// What the table of kinds leaves to people: users of a directory, which brings them, and bindings to workspaces.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using sim::databricks::Seed;
using Lines = std::vector<std::string>;

class LeftToPeople : public testing::Test {
protected:
  Lines migrate() {
    BackedUp backup(world, primary, "primary");
    const auto connector = secondary.connect();
    return outcomes_of(
        backup.apply(backup.plan(secondary, "secondary", *local), *connector, {.state = *local, .clock = world.clock}));
  }
  static std::size_t count(const Lines& lines, const std::string& begin) {
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.starts_with(begin); }));
  }
  static void bring_ada(StoodWorkspace& to) {
    Seed seed(to.stand_in);
    seed.post("/api/2.0/preview/scim/v2/Users", {{"userName", "ada@example.test"}, {"externalId", "e-ada"}});
  }
  bool has(const std::string& path) {
    try {
      Seed(secondary.stand_in).get(path);
      return true;
    } catch (const base::Error&) {
      return false;
    }
  }

  EngineWorld world;
  StoodWorkspace primary{world.clock, 1};
  StoodWorkspace secondary{world.clock, 2};
  std::unique_ptr<storage::Backend> local = storage::make_memory_backend();
};

TEST_F(LeftToPeople, are_users_of_a_directory_and_what_is_theirs_waits_for_them) {
  constexpr const char* k_own = "/api/2.0/workspace/get-status?path=%2FUsers%2Fada%40example.test%2Fown";
  Seed there(primary.stand_in);
  bring_ada(primary);
  there.notebook("/Users/ada@example.test/own", "SQL", "SELECT 1");
  there.user("bob@example.test", "Bob", "Bell");
  const Lines first = migrate();
  EXPECT_EQ(count(first, "manual users/ada@example.test: Have the directory of ada@example.test provision"), 1U)
      << testing::PrintToString(first);
  EXPECT_FALSE(has(k_own));
  const std::string users = Seed(secondary.stand_in).get("/api/2.0/preview/scim/v2/Users?count=100").dump();
  EXPECT_EQ(users.find("ada@example.test"), std::string::npos);
  EXPECT_NE(users.find("bob@example.test"), std::string::npos);
  bring_ada(secondary);
  const Lines second = migrate();
  EXPECT_EQ(second, Lines{});
  EXPECT_TRUE(has(k_own));
}

TEST_F(LeftToPeople, are_bindings_of_what_is_isolated) {
  Seed there(primary.stand_in);
  const std::string base = "/api/2.1/unity-catalog/";
  for (const char* name : {"open", "closed"}) {
    there.post(base + "catalogs", {{"name", name}});
    there.post(base + "storage-credentials",
               {{"name", name}, {"azure_managed_identity", {{"access_connector_id", "/subscriptions/s/lake"}}}});
    there.post(
        base + "external-locations",
        {{"name", name}, {"url", fmt::format("abfss://{}@lake.dfs.core.test/", name)}, {"credential_name", name}});
  }
  there.patch(base + "catalogs/closed", {{"isolation_mode", "ISOLATED"}});
  for (const char* kind : {"storage-credentials", "external-locations"})
    there.patch(base + kind + "/closed", {{"isolation_mode", "ISOLATION_MODE_ISOLATED"}});
  const Lines lines = migrate();
  for (const char* kind : {"catalogs", "storage-credentials", "external-locations"}) {
    const auto told = [&](const char* name) {
      return std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.starts_with(fmt::format("manual {}/{}: Bind the ", kind, name));
      });
    };
    EXPECT_EQ(told("closed"), 1) << kind << testing::PrintToString(lines);
    EXPECT_EQ(told("open"), 0) << kind;
  }
}

TEST_F(LeftToPeople, are_visualizations_of_the_queries_that_have_some) {
  Seed there(primary.stand_in);
  const auto query = [&](const char* name) {
    return there.post("/api/2.0/sql/queries", {{"query", {{"display_name", name}, {"query_text", "SELECT 1"}}}})
        .at("id")
        .get<std::string>();
  };
  query("plain");
  there.post(
      "/api/2.0/sql/visualizations",
      {{"visualization",
        {{"query_id", query("drawn")}, {"display_name", "x"}, {"type", "CHART"}, {"serialized_options", "{}"}}}});
  const Lines lines = migrate();
  EXPECT_EQ(count(lines, "manual queries/drawn"), 1U) << testing::PrintToString(lines);
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("Make the visualizations of the query drawn again") != std::string::npos;
  })) << testing::PrintToString(lines);
  EXPECT_EQ(count(lines, "manual queries/plain"), 0U) << testing::PrintToString(lines);
  EXPECT_EQ(migrate(), Lines{}) << "it is told when the query is made";
}

}  // namespace
}  // namespace holdfast::test
