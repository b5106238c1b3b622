// Columns beside the body on their way into a workspace: each is held against what the plan saw, in the words of the
// stand-in's own answers; and what others made meanwhile is theirs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "engine/resources/sides.h"
#include "platform/databricks/kinds.h"
#include "platform/databricks/writes.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using model::KindColumn;
using nlohmann::json;
using sim::databricks::Seed;
using Lines = std::vector<std::string>;

class Columns : public testing::Test {
protected:
  Columns() {
    seed_every_kind(primary.stand_in);
    bring_account_group(secondary.stand_in);
    backup = std::make_unique<BackedUp>(world, primary, "primary");
  }
  model::ResourcePlan plan() { return backup->plan(secondary, "secondary", *state); }
  engine::ResourceApplyResult apply(const model::ResourcePlan& plan) {
    const auto connector = secondary.connect();
    world.clock.advance(std::chrono::minutes(10));
    return backup->apply(plan, *connector, {.state = *state, .clock = world.clock});
  }
  void migrate() {
    EXPECT_EQ(troubles(apply(plan())), Lines{});
    world.clock.advance(std::chrono::minutes(10));
  }
  std::vector<model::Resource> of_secondary() {
    const BackedUp now(world, secondary, "secondary");
    return engine::read_stored_side(*world.repository, now.snapshot(), databricks_kinds(), {});
  }
  static Lines conflicts(const engine::ResourceApplyResult& result) {
    Lines out = outcomes_of(result);
    std::erase_if(out, [](const std::string& one) { return !one.starts_with("conflict "); });
    return out;
  }

  // What waits for something to be done by hand is none.
  static Lines troubles(const engine::ResourceApplyResult& result) {
    Lines out = outcomes_of(result);
    std::erase_if(out,
                  [](const std::string& one) { return one.starts_with("manual ") || one.starts_with("waiting "); });
    return out;
  }

  EngineWorld world;
  StoodWorkspace primary{world.clock, 1};
  StoodWorkspace secondary{world.clock, 2};
  std::unique_ptr<storage::Backend> state = storage::make_memory_backend();
  std::unique_ptr<BackedUp> backup;
};

TEST_F(Columns, are_read_one_by_one_in_the_words_of_a_capture) {
  migrate();
  const auto connector = secondary.connect();
  const auto writer = connector->resource_writer();
  std::map<std::string, unsigned> read;
  for (const model::Resource& one : of_secondary()) {
    const model::ReadyKind& kind = databricks_kinds().at(one.kind);
    for (const KindColumn& column : kind.kind.columns) {
      if (column.written != KindColumn::Written::afterwards || column.name == "values") continue;
      const auto& captured = one.row.columns.at(kind.column(column.name));
      EXPECT_EQ(writer->read_column(kind.kind, one.id, column.name), captured) << kind.label() << "/" << one.name;
      if (captured) ++read[column.name];
    }
  }
  for (const char* column : {"permissions", "acls", "grants", "tags", "libraries", "schedules", "published"})
    EXPECT_GT(read[column], 0U) << column;
}

// Whatever the platform fills in, no column is taken for changed that nobody touched.
TEST_F(Columns, that_nobody_touched_since_are_written) {
  migrate();
  const std::map<std::string, std::string> empty{
      {"permissions", R"({"access_control_list":[]})"}, {"acls", R"({"items":[]})"},
      {"grants", R"({"privilege_assignments":[]})"},    {"tags", R"({"tag_assignments":[]})"},
      {"libraries", R"({"library_statuses":[]})"},      {"schedules", R"({"schedules":[]})"}};
  const auto connector = secondary.connect();
  const auto writer = connector->resource_writer();
  for (const model::Resource& one : of_secondary()) {
    const model::ReadyKind& kind = databricks_kinds().at(one.kind);
    if (one.system || platform::databricks::find_writes(kind.label()) == nullptr) continue;
    for (const KindColumn& column : kind.kind.columns)
      if (empty.contains(column.name)) {
        try {
          writer->set_column(kind.kind, one.id, column.name, empty.at(column.name));
        } catch (const base::Error&) {
          continue;  // some need an owner
        }
      }
  }
  world.clock.advance(std::chrono::minutes(10));
  const model::ResourcePlan again = plan();
  EXPECT_GT(again.count(model::ResourceAction::update), 10U);
  EXPECT_EQ(troubles(apply(again)), Lines{});
  EXPECT_EQ(plan().count(model::ResourceAction::update), 0U);
}

TEST_F(Columns, that_somebody_changed_after_the_plan_stay_and_the_others_are_written) {
  migrate();
  const std::string cluster = [&] {
    for (const model::Resource& one : of_secondary()) {
      const model::ReadyKind& kind = databricks_kinds().at(one.kind);
      if (kind.label() != "clusters") continue;
      const auto& libraries = one.row.columns.at(kind.column("libraries"));
      if (libraries && libraries->find("pyyaml") != std::string::npos) return one.id;
    }
    return std::string("none");
  }();
  const auto connector = secondary.connect();
  const auto writer = connector->resource_writer();
  const model::Kind& clusters = platform::databricks::find_kind("clusters")->kind;
  writer->set_column(clusters, cluster, "libraries", R"({"library_statuses":[]})");
  writer->set_column(clusters, cluster, "permissions", R"({"access_control_list":[]})");
  world.clock.advance(std::chrono::minutes(10));
  const model::ResourcePlan both = plan();
  const auto step = std::find_if(both.steps.begin(), both.steps.end(),
                                 [](const model::ResourceStep& one) { return one.kind == "clusters"; });
  ASSERT_NE(step, both.steps.end());
  Seed(secondary.stand_in)
      .put("/api/2.0/permissions/clusters/" + cluster,
           {{"access_control_list", json::array({{{"group_name", "staff"}, {"permission_level", "CAN_ATTACH_TO"}}})}});
  const auto result = apply(both);
  EXPECT_EQ(conflicts(result),
            Lines{fmt::format("conflict {}: somebody changed its permissions after the plan was made", step->path)});
  const std::string permissions = writer->read_column(clusters, cluster, "permissions").value_or("");
  EXPECT_NE(permissions.find("staff"), std::string::npos) << permissions;
  EXPECT_EQ(permissions.find("analysts"), std::string::npos) << permissions;
  EXPECT_NE(writer->read_column(clusters, cluster, "libraries")->find("pyyaml"), std::string::npos);
}

TEST_F(Columns, of_a_scope_that_others_made_after_the_plan_are_theirs) {
  const model::ResourcePlan made = plan();
  Seed seed(secondary.stand_in);
  seed.user("anna@example.test", "Anna", "Other");
  seed.post("/api/2.0/secrets/scopes/create", {{"scope", "keys"}});
  seed.post("/api/2.0/secrets/put", {{"scope", "keys"}, {"key", "db"}, {"string_value", "theirs"}});
  seed.post("/api/2.0/secrets/acls/put",
            {{"scope", "keys"}, {"principal", "anna@example.test"}, {"permission", "MANAGE"}});
  // Also by the same plan again, which knows of its first attempt.
  for (int run = 0; run < 2; ++run) {
    const Lines told = conflicts(apply(made));
    EXPECT_EQ(
        std::count_if(told.begin(), told.end(),
                      [](const std::string& one) {
                        return one.starts_with("conflict secret-scopes/keys: somebody made it after the plan was made");
                      }),
        1)
        << testing::PrintToString(told);
    const auto& scope = secondary.stand_in.world().part<sim::databricks::Secrets>().scopes.at("keys");
    EXPECT_EQ(scope.secrets.at("db").value, "theirs");
    EXPECT_TRUE(scope.acls.contains("anna@example.test"));
    EXPECT_FALSE(scope.acls.contains("analysts"));
  }
}

TEST_F(Columns, of_a_folder_that_others_made_after_the_plan_are_theirs) {
  const model::ResourcePlan made = plan();
  Seed seed(secondary.stand_in);
  seed.user("anna@example.test", "Anna", "Other");
  seed.folder("/Shared/team");
  seed.share("/Shared/team", json::array({{{"user_name", "anna@example.test"}, {"permission_level", "CAN_MANAGE"}}}));
  const Lines told = conflicts(apply(made));
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [](const std::string& one) {
                            return one.starts_with("conflict folders/Shared/team: somebody made it");
                          }),
            1)
      << testing::PrintToString(told);
  const auto connector = secondary.connect();
  const auto writer = connector->resource_writer();
  const std::string permissions =
      writer->read_column(platform::databricks::find_kind("folders")->kind, "/Shared/team", "permissions").value_or("");
  EXPECT_NE(permissions.find("anna@example.test"), std::string::npos) << permissions;
  EXPECT_EQ(permissions.find("analysts"), std::string::npos) << permissions;
}

// What a git folder of ours brings along is ours; what lies in one that others made meanwhile is not.
TEST_F(Columns, of_what_a_git_folder_brought_along_are_written_where_the_plan_made_it) {
  const auto result = apply(plan());
  EXPECT_EQ(troubles(result), Lines{});

  StoodWorkspace third{world.clock, 3};
  bring_account_group(third.stand_in);
  const auto other = storage::make_memory_backend();
  const model::ResourcePlan made = backup->plan(third, "third", *other);
  Seed seed(third.stand_in);
  seed.folder("/Repos/eve@example.test");
  seed.post("/api/2.0/repos", {{"url", "https://git.example.test/data/etl.git"},
                               {"provider", "gitHub"},
                               {"path", "/Repos/eve@example.test/etl"}});
  const auto connector = third.connect();
  world.clock.advance(std::chrono::minutes(10));
  const auto beside = backup->apply(made, *connector, {.state = *other, .clock = world.clock});
  EXPECT_EQ(beside.adopted + 2, result.adopted)
      << "a notebook and a file: " << testing::PrintToString(outcomes_of(beside));
}

}  // namespace
}  // namespace holdfast::test
