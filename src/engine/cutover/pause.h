// The plan of a fence, and what of a target lost its counterpart meanwhile.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/events.h"
#include "base/random.h"
#include "engine/resources/paused_states.h"
#include "engine/resources/restore.h"
#include "model/id_map.h"
#include "model/resource_plan.h"
#include "platform/platform.h"

namespace holdfast::engine {

// All that fires on a connector is paused, also what no snapshot has; `snapshot` is the connector's own.
struct ResourcePause {
  model::ResourcePlan plan{};
  PausedStates fires{};               // all that it pauses
  std::vector<std::string> unread{};  // why something may fire that nobody saw, each with what to do about it
};
ResourcePause plan_resource_pause(const ResourceRestore& restore, const platform::CaptureOptions& capture,
                                  base::Events& events, const base::Clock& clock, base::Random& random,
                                  std::stop_token stop);

// What may fire, is named as a source by the id map, and has no counterpart in the snapshot of the target any more, nor
// in what a fence paused beside that.
std::vector<std::string> gone_counterparts(const ResourceRestore& restore, const model::IdMap& ids,
                                           const PausedStates& beside, std::stop_token stop);

}  // namespace holdfast::engine
