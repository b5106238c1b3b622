// Removals from a workspace: what goes with a resource is held against the plan, and what no snapshot has stays where
// nobody asked for it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "engine/resources/restore.h"
#include "engine/resources/sides.h"
#include "model/base64.h"
#include "model/selection.h"
#include "platform/databricks/writes.h"
#include "sim/databricks/secrets.h"
#include "sim/databricks/seeds.h"
#include "storage/memory/memory_backend.h"
#include "support/resource_world.h"
#include "workspaces/every_kind.h"
#include "workspaces/two_workspaces.h"

namespace holdfast::test {
namespace {

using model::ResourceAction;
using model::ResourcePlan;
using model::ResourceStep;
using nlohmann::json;
using sim::databricks::Seed;
using Lines = std::vector<std::string>;

// The snapshot has nothing that the target has of its own.
class Removals : public testing::Test {
protected:
  Removals() { backup = std::make_unique<BackedUp>(world, primary, "primary"); }
  ResourcePlan plan(const std::vector<std::string>& selected = {}) {
    world.clock.advance(std::chrono::minutes(1));
    const auto connector = secondary.connect();
    engine::ResourceRestoreOptions options;
    options.target = "secondary";
    options.removes = true;
    if (!selected.empty()) options.selection = model::Selection(selected);
    ResourcePlan out = engine::plan_resource_restore(
        {.repository = *world.repository, .snapshot = backup->snapshot(), .target = *connector, .state = *state},
        options, world.events, world.clock, world.random, {});
    world.clock.advance(std::chrono::minutes(1));
    return out;
  }
  Lines apply(const ResourcePlan& of) {
    const auto connector = secondary.connect();
    return outcomes_of(backup->apply(of, *connector, {.state = *state, .clock = world.clock}));
  }
  Seed there() { return Seed(secondary.stand_in); }

  EngineWorld world;
  StoodWorkspace primary{world.clock, 1};
  StoodWorkspace secondary{world.clock, 2};
  std::unique_ptr<storage::Backend> state = storage::make_memory_backend();
  std::unique_ptr<BackedUp> backup;
};

class ScopeRemovals : public Removals {
protected:
  ScopeRemovals() {
    there().post("/api/2.0/secrets/scopes/create", {{"scope", "old"}});
    put("a");
    put("b");
  }
  void put(const char* key) {
    there().post("/api/2.0/secrets/put", {{"scope", "old"}, {"key", key}, {"string_value", "v"}});
  }
  std::size_t secrets() {
    const auto& scopes = secondary.stand_in.world().part<sim::databricks::Secrets>().scopes;
    const auto scope = scopes.find("old");
    return scope == scopes.end() ? 0 : scope->second.secrets.size();
  }
};

TEST_F(ScopeRemovals, name_and_count_the_secrets_that_go_along) {
  const ResourcePlan made = plan();
  const ResourceStep& step = step_of(made, "secret-scopes", "old");
  EXPECT_EQ(step.action, ResourceAction::remove);
  ASSERT_EQ(step.removed_items.size(), 2U);
  EXPECT_EQ(step.removed_items[0].key, "a");
  EXPECT_EQ(made.removed_items(), (std::map<std::string, std::uint64_t>{{"secret", 2}}));
  EXPECT_EQ(step.calls, 3U) << "two columns are looked at";
  EXPECT_EQ(apply(made), Lines{});
  EXPECT_EQ(secrets(), 0U);
}

// Whether or not the connector was asked for the values.
TEST_F(ScopeRemovals, leave_a_scope_alone_into_which_somebody_put_a_secret_since) {
  for (const auto asked : {platform::databricks::SecretValues::left_out, platform::databricks::SecretValues::read}) {
    secondary.opt_ins.secret_values = asked;
    const ResourcePlan made = plan();
    const std::size_t before = secrets();
    put(asked == platform::databricks::SecretValues::read ? "more" : "prod-db");
    EXPECT_EQ(apply(made), Lines{"conflict secret-scopes/old: somebody changed its values after the plan was made"});
    EXPECT_EQ(secrets(), before + 1);
  }
}

TEST_F(ScopeRemovals, leave_a_scope_alone_of_which_somebody_rotated_a_secret_or_changed_who_may_use_it) {
  ResourcePlan made = plan();
  put("a");
  EXPECT_EQ(apply(made), Lines{"conflict secret-scopes/old: somebody changed its values after the plan was made"});
  made = plan();
  there().post("/api/2.0/secrets/acls/put", {{"scope", "old"}, {"principal", "users"}, {"permission", "READ"}});
  EXPECT_EQ(apply(made), Lines{"conflict secret-scopes/old: somebody changed its acls after the plan was made"});
  EXPECT_EQ(secrets(), 2U);
}

// Their data, which no snapshot has, goes along.
class Losses : public Removals {
protected:
  Losses() {
    const std::string catalog = "/api/2.1/unity-catalog/";
    there().post("/api/2.0/mlflow/experiments/create", {{"name", "/Shared/trials"}});
    there().post("/api/2.0/mlflow/registered-models/create", {{"name", "churn"}});
    there().post("/api/2.0/pipelines", {{"name", "orders"}, {"libraries", json::array()}});
    there().post(catalog + "catalogs", {{"name", "sales"}});
    there().post(catalog + "schemas", {{"name", "raw"}, {"catalog_name", "sales"}});
    volume("managed", {{"volume_type", "MANAGED"}});
    volume("external",
           {{"volume_type", "EXTERNAL"}, {"storage_location", "abfss://landing@lakeeast.dfs.core.test/drop"}});
  }
  void volume(const char* name, json more) {
    json body{{"name", name}, {"catalog_name", "sales"}, {"schema_name", "raw"}};
    body.update(more);
    there().post("/api/2.1/unity-catalog/volumes", body);
  }
  // Of those whose data is at stake.
  static Lines actions(const ResourcePlan& of) {
    Lines out;
    for (const ResourceStep& step : of.steps)
      for (const char* kind : {"experiments", "pipelines", "registered-models", "volumes"})
        if (step.kind == kind) out.push_back(fmt::format("{} {}", model::to_string(step.action), step.kind));
    std::sort(out.begin(), out.end());
    return out;
  }
};

TEST_F(Losses, are_none_where_nobody_chose_the_kind) {
  const ResourcePlan made = plan();
  EXPECT_EQ(actions(made),
            (Lines{"skip experiments", "skip pipelines", "skip registered-models", "skip volumes", "skip volumes"}));
  EXPECT_EQ(step_of(made, "experiments", "/Shared/trials").reason,
            "the snapshot does not have it, and experiments are removed only where --select names them");
}

TEST_F(Losses, of_a_kind_that_was_chosen_are_all_but_the_files_of_volumes) {
  const ResourcePlan made = plan({"/experiments/**", "/pipelines/**", "/registered-models/**", "/volumes/**"});
  EXPECT_EQ(actions(made), (Lines{"manual volumes", "remove experiments", "remove pipelines",
                                  "remove registered-models", "remove volumes"}))
      << "what is not done is not counted";
  EXPECT_EQ(apply(made), Lines{"manual volumes/sales.raw.managed: Remove the volume sales.raw.managed yourself, if it "
                               "shall go: it is MANAGED, and its files would go with it."});
  EXPECT_EQ(actions(plan({"/volumes/**"})), Lines{"manual volumes"});
}

// A git folder that the snapshot does not have, and the target with what a checkout brought.
class GitFolders : public Removals {
protected:
  GitFolders() {
    there().folder("/Repos/data");
    there().post(
        "/api/2.0/repos",
        {{"url", "https://git.example.test/data/etl.git"}, {"provider", "gitHub"}, {"path", "/Repos/data/etl"}});
  }
  ResourcePlan whole() { return plan({"/repos/**", "/*/Repos/data/etl/**"}); }
  void write(const std::string& path) {
    there().post("/api/2.0/workspace/import", {{"path", path},
                                               {"format", "SOURCE"},
                                               {"language", "PYTHON"},
                                               {"overwrite", true},
                                               {"content", model::base64_encode("print('not committed')\n")}});
  }
  // What is left there.
  Lines left() {
    Lines out;
    const auto list = [&](const std::string& path) {
      const json found = there().get("/api/2.0/workspace/list?path=" + path);
      for (const json& one : found.value("objects", json::array())) out.push_back(one.at("path"));
    };
    list("/Repos/data");
    if (!out.empty()) list("/Repos/data/etl");
    return out;
  }
};

TEST_F(GitFolders, go_with_all_that_is_in_them_where_all_was_named) {
  const ResourcePlan made = whole();
  EXPECT_EQ(made.count(ResourceAction::remove), 3U) << "the folder, a notebook and a file";
  EXPECT_EQ(step_of(made, "repos", "/Repos/data/etl").after.size(), 2U);
  EXPECT_EQ(apply(made), Lines{});
  EXPECT_EQ(left(), Lines{});
}

TEST_F(GitFolders, stay_where_something_in_them_was_not_named) {
  const ResourcePlan made = plan({"/repos/**"});
  const ResourceStep& step = step_of(made, "repos", "/Repos/data/etl");
  EXPECT_EQ(step.action, ResourceAction::conflict);
  EXPECT_TRUE(step.reason.ends_with("would go along, which this plan does not remove")) << step.reason;
  EXPECT_EQ(apply(made).size(), 1U);
  EXPECT_EQ(left().size(), 3U);
}

TEST_F(GitFolders, stay_where_somebody_put_something_into_them_since) {
  const ResourcePlan made = whole();
  write("/Repos/data/etl/mine");
  EXPECT_EQ(apply(made),
            Lines{"conflict repos/Repos/data/etl: /Repos/data/etl/mine would go along with the git folder"});
  EXPECT_EQ(left(), (Lines{"/Repos/data/etl", "/Repos/data/etl/mine"}));
}

TEST_F(GitFolders, stay_where_somebody_changed_something_in_them_since) {
  const ResourcePlan made = whole();
  world.clock.advance(std::chrono::minutes(1));
  write("/Repos/data/etl/main");
  EXPECT_EQ(apply(made),
            (Lines{"conflict notebooks/Repos/data/etl/main: somebody changed it after the plan was made",
                   "conflict repos/Repos/data/etl: /Repos/data/etl/main would go along with the git folder"}));
  EXPECT_EQ(left(), (Lines{"/Repos/data/etl", "/Repos/data/etl/main"}));
}

// Whatever the platform fills in, nothing that goes along is taken for changed where nobody touched it.
TEST_F(Removals, of_every_kind_are_done_where_nobody_changed_anything) {
  seed_every_kind(secondary.stand_in);
  const ResourcePlan made = plan();
  EXPECT_GT(made.count(ResourceAction::remove), 20U);
  Lines outcomes = apply(made);
  std::erase_if(outcomes, [](const std::string& one) { return one.find("after the plan was made") == one.npos; });
  EXPECT_EQ(outcomes, Lines{});
}

}  // namespace
}  // namespace holdfast::test
