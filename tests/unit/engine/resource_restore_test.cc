#include "engine/resource_restore.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace_connector.h"
#include "support/resource_world.h"

namespace holdfast::engine {
namespace {

using model::ResourceAction;

class ResourceRestoring : public testing::Test {
protected:
  ResourceRestoring() {
    test::fill_workspace(source_.workspace);
    test::fill_workspace(target_.workspace);
  }
  void take_snapshot() {
    const auto connector = test::connect(source_);
    snapshot_ =
        backup(*world_.repository, *connector, "primary", test::EngineWorld::small(), world_.events, world_.clock, {})
            .snapshot;
  }
  model::ResourcePlan plan(bool removes) {
    const auto connector = test::connect(target_);
    ResourceRestoreOptions options;
    options.target = "secondary";
    options.removes = removes;
    return plan_resource_restore(
        {.repository = *world_.repository, .snapshot = snapshot_, .target = *connector, .state = *state_}, options,
        world_.events, world_.clock, world_.random, {});
  }
  static std::size_t count(const model::ResourcePlan& plan, const std::string& kind, ResourceAction action) {
    return static_cast<std::size_t>(std::count_if(plan.steps.begin(), plan.steps.end(), [&](const auto& step) {
      return step.kind == kind && step.action == action;
    }));
  }

  test::EngineWorld world_;
  test::WorkspaceAccount source_{world_.clock, 1'000, "one"};
  test::WorkspaceAccount target_{world_.clock, 5'000, "two"};
  std::unique_ptr<storage::Backend> state_ = storage::make_memory_backend();
  repository::Snapshot snapshot_;
};

TEST_F(ResourceRestoring, removes_nothing_of_a_kind_that_the_snapshot_does_not_have) {
  source_.absent = {"jobs"};
  take_snapshot();
  target_.workspace.put("pools", "extra", R"({"name":"extra","origin":"extra"})");
  const model::ResourcePlan got = plan(true);
  EXPECT_EQ(count(got, "jobs", ResourceAction::remove), 0U);
  EXPECT_EQ(count(got, "jobs", ResourceAction::skip), target_.workspace.count("jobs"));
  EXPECT_EQ(count(got, "pools", ResourceAction::remove), 1U) << "of others it does";
}

TEST_F(ResourceRestoring, creates_nothing_of_a_kind_that_the_target_does_not_offer) {
  take_snapshot();
  target_.absent = {"jobs"};
  const model::ResourcePlan got = plan(false);
  EXPECT_EQ(count(got, "jobs", ResourceAction::create), 0U);
  EXPECT_EQ(count(got, "jobs", ResourceAction::conflict), source_.workspace.count("jobs"));
}

}  // namespace
}  // namespace holdfast::engine
