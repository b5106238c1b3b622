#include "sim/databricks/seeds.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "sim/databricks/identity.h"
#include "sim/databricks/workspace.h"
#include "support/workspace_world.h"

namespace holdfast::sim::databricks {
namespace {

using test::WorkspaceWorld;

std::map<NodeKind, std::size_t> count_nodes(World& world) {
  std::map<NodeKind, std::size_t> counts;
  for (const auto& [id, node] : world.part<Folders>().by_id) ++counts[node->kind];
  return counts;
}

TEST(Seeds, MakeARealisticWorkspace) {
  WorkspaceWorld world;
  seed_workspace(world.stand_in, "realistic");
  auto counts = count_nodes(world.stand_in.world());
  EXPECT_GE(counts[NodeKind::notebook], 200U);
  EXPECT_GE(counts[NodeKind::file], 15U);
  EXPECT_EQ(counts[NodeKind::repo], 4U);
  EXPECT_EQ(world.get("/api/2.0/repos").json["repos"].size(), 3U) << "one was made by git itself";
  EXPECT_EQ(world.get("/api/2.0/secrets/scopes/list").json["scopes"].size(), 4U);
  EXPECT_GE(world.get("/api/2.0/preview/scim/v2/Users?count=100").json["totalResults"], 25);
  EXPECT_EQ(world.get("/api/2.0/dbfs/get-status?path=/FileStore/models/large.bin").json["file_size"], 3'000'000);
  EXPECT_EQ(
      world.get("/api/2.0/workspace/export?path=/Users/anna.berg@example.test/with%20large%20results&format=JUPYTER")
          .code(),
      "MAX_NOTEBOOK_SIZE_EXCEEDED");
}

TEST(Seeds, SuitATierWithoutAccessControlLists) {
  for (const auto* what : {"small", "realistic", "notebooks=20,groups=3,members=5,permissions=10,jobs=3"}) {
    StandInOptions options;
    options.world.tier = WorldOptions::Tier::standard;
    WorkspaceWorld world(options);
    ASSERT_NO_THROW(seed_workspace(world.stand_in, what)) << what;
    EXPECT_GE(count_nodes(world.stand_in.world())[NodeKind::notebook], 2U) << what;
    EXPECT_EQ(world.get("/api/2.0/permissions/authorization/tokens").status, 500) << what;
  }
}

TEST(Seeds, AreTheSameEveryTime) {
  WorkspaceWorld one;
  WorkspaceWorld two;
  seed_workspace(one.stand_in, "realistic");
  seed_workspace(two.stand_in, "realistic");
  for (const auto* target :
       {"/api/2.0/workspace/list?path=/Production/nightly", "/api/2.0/preview/scim/v2/Groups?count=100",
        "/api/2.0/repos", "/api/2.0/dbfs/list?path=/FileStore"}) {
    EXPECT_EQ(one.get(target).response.body, two.get(target).response.body);
    EXPECT_EQ(one.get(target).status, 200);
  }
}

TEST(Seeds, AreOlderThanToday) {
  WorkspaceWorld world;
  seed_workspace(world.stand_in, "realistic");
  const auto modified = world.get("/api/2.0/workspace/list?path=/Production/nightly").json["objects"][0]["modified_at"];
  EXPECT_LT(modified.get<std::int64_t>(), world.stand_in.world().now_ms() - 86'400'000);
  world.post("/api/2.0/workspace/mkdirs", {{"path", "/now"}});
  EXPECT_EQ(find_node(world.stand_in.world(), "/now")->created_ms, world.stand_in.world().now_ms());
}

TEST(Seeds, MakeAsMuchAsAskedFor) {
  WorkspaceWorld world;
  seed_workspace(world.stand_in, "notebooks=500,groups=20,members=100,permissions=50");
  auto& inner = world.stand_in.world();
  EXPECT_EQ(count_nodes(inner)[NodeKind::notebook], 500U);
  EXPECT_EQ(inner.part<Identities>().group_ids.size(), 22U);
  EXPECT_EQ(inner.part<Identities>().user_ids.size(), 101U);
  const auto list = world.get("/api/2.0/workspace/list?path=/Shared/many").json["objects"];
  EXPECT_LE(list.size(), 30U) << "spread over folders";
}

TEST(Seeds, RefuseWhatIsNotUnderstood) {
  WorkspaceWorld world;
  for (const auto* what : {"huge", "notebooks", "notebooks=x", "notebooks=1,=2", "notebooks=99999999"}) {
    try {
      seed_workspace(world.stand_in, what);
      FAIL() << what;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::usage);
    }
  }
}

}  // namespace
}  // namespace holdfast::sim::databricks
