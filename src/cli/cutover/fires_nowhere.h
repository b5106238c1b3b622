// What fires on the source of a failover and cannot on its target: told before the fence, and behind the activation.
#pragma once

#include <string>

#include "cli/cutover/cutover.h"
#include "model/resource_plan.h"

namespace holdfast::cli {

// The last replicate before the fence.
struct LastReplicate {
  int code = 0;
  model::ResourcePlan plan{};
  std::string before{};  // the snapshot of the target behind the run before
};
// Names what of the recorded states fires, is chosen by the command, and could not on the target.  Whether there is
// any.
[[nodiscard]] bool tell_cannot_fire(Cutover& cutover, const repository::Snapshot& recorded, const LastReplicate& last);

// Names what of them the target was not given: by this activation, or by what it was given `before`.  What it has
// nothing of that may fire counts as not given from then on.  Returns the exit code.
[[nodiscard]] int tell_fires_nowhere(Cutover& cutover, const repository::Snapshot& recorded,
                                     const engine::Pair& before);

}  // namespace holdfast::cli
