// Restores of snapshots into platforms of resources: reads both sides, plans, and applies.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/events.h"
#include "base/random.h"
#include "engine/resource_apply.h"
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
};

struct ResourceRestore {
  repository::Repository& repository;
  const repository::Snapshot& snapshot;
  platform::Connector& target;  // of a platform of resources
  storage::Backend& state;      // local: id maps and journals
};

// Reads both sides, writes nothing.  What the target did not let us read is neither created nor taken for gone.
// Throws Error{refused} where both connectors lead to one workspace, or the target leads elsewhere than it did;
// Error{unsupported} for snapshots of another platform; else as plan_resources().
model::ResourcePlan plan_resource_restore(const ResourceRestore& restore, const ResourceRestoreOptions& options,
                                          base::Events& events, const base::Clock& clock, base::Random& random,
                                          std::stop_token stop);

// Throws Error{conflict} under Existing::fail before anything is written; else as apply_resources().
ResourceApplyResult apply_resource_restore(const ResourceRestore& restore, const model::ResourcePlan& plan,
                                           base::Events& events, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::engine
