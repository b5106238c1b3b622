// Two workspaces, a local state, and what a restore from one into the other takes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/resources/apply.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/plan.h"
#include "storage/memory/memory_backend.h"
#include "support/engine_world.h"
#include "support/fake_workspace.h"

namespace holdfast::test {

class ResourceWorld {
public:
  ResourceWorld();

  ManualClock clock;
  FakeWorkspace source;
  FakeWorkspace target;  // holds what its platform and its directory brought along
  Tripwire wire;         // strikes at calls of the target and at records of the journal
  engine::ResourcePlanOptions options;
  RecordedEvents events;

  // The source as it is now becomes the snapshot.
  void take_snapshot();
  const std::vector<model::Resource>& snapshot() const { return snapshot_; }
  model::ResourcePlan plan();
  model::ResourcePlan activation(model::FiringMode mode);
  engine::ResourceApplyResult apply(const model::ResourcePlan& plan);
  model::IdMap ids();
  storage::Backend& state() { return *state_; }

private:
  std::unique_ptr<storage::Backend> state_;
  SeededRandom random_{7};
  std::vector<model::Resource> snapshot_;
};

// The only step of this path; fails the test where there is none.
const model::ResourceStep& step_of(const model::ResourcePlan& plan, const std::string& kind, const std::string& name);
std::vector<std::string> actions_of(const model::ResourcePlan& plan);  // "create jobs/nightly", ids left out
std::vector<std::string> outcomes_of(const engine::ResourceApplyResult& result);

}  // namespace holdfast::test
