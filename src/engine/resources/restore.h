// Restores of snapshots into platforms of resources: reads both sides, plans, and applies.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/events.h"
#include "base/random.h"
#include "engine/resources/apply.h"
#include "engine/resources/drift.h"
#include "engine/resources/paused_states.h"
#include "model/id_map.h"
#include "model/resource_plan.h"
#include "model/selection.h"
#include "platform/platform.h"
#include "repository/repository.h"
#include "storage/backend.h"

namespace holdfast::engine {

struct ResourceRestoreOptions {
  std::string target{};          // name of the connector; the snapshot's own: restored in place
  model::Selection selection{};  // empty: everything
  model::Existing existing = model::Existing::update;
  bool removes = false;            // what the selection has on the target and not in the snapshot is removed
  bool with_dependencies = false;  // what the selection needs and the target lacks comes along
  // By default what is there fires as it does in place, and everything arrives paused elsewhere.
  std::optional<model::FiringMode> firing{};
  model::Mapping mapping{};
  platform::CaptureOptions capture{};
  const Split* split{};  // what somebody changed on the target since is held back
  // Of an activation: what of the snapshot it is about, by kind and id; absent: everything.
  std::function<bool(const std::string& kind, const std::string& id)> only{};
  RowsBeside* beside{};  // of an activation: what was paused beside the snapshot; what becomes of it is filled in
};

struct ResourceRestore {
  repository::Repository& repository;
  const repository::Snapshot& snapshot;
  platform::Connector& target;         // of a platform of resources
  storage::Backend& state;             // local: id maps and journals
  const RowsBeside* beside = nullptr;  // of an activation that is applied: as its plan filled it in
};

// Reads both sides, writes nothing.  What the target did not let us read is neither created nor taken for gone.
// Throws Error{refused} where both connectors lead to one workspace, or the target leads elsewhere than it did;
// Error{unsupported} for snapshots of another platform; else as plan_resources().
model::ResourcePlan plan_resource_restore(const ResourceRestore& restore, const ResourceRestoreOptions& options,
                                          base::Events& events, const base::Clock& clock, base::Random& random,
                                          std::stop_token stop);

// What fires by itself on the target is set as the snapshot has it (FiringMode::recorded, which it is by default), or
// paused; nothing else is touched.  Throws as the above.
model::ResourcePlan plan_resource_activation(const ResourceRestore& restore, const ResourceRestoreOptions& options,
                                             base::Events& events, const base::Clock& clock, base::Random& random,
                                             std::stop_token stop);

// Entries of one direction become entries of the other.
void mirror_id_map(storage::Backend& state, const std::string& source, const std::string& target);

// Throws Error{refused} where the target may not be written to so, or leads to another workspace than the plan was made
// for: one of before did not say which that is.
void require_planned_target(platform::Connector& target, const model::ResourcePlan& plan, std::stop_token stop);

// Throws Error{conflict} under Existing::fail, and as require_planned_target(), before anything is written; else as
// apply_resources().
ResourceApplyResult apply_resource_restore(const ResourceRestore& restore, const model::ResourcePlan& plan,
                                           base::Events& events, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::engine
