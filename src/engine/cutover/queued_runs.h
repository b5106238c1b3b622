// Runs that a fence finds: what waits would begin on a side that is left, and what runs goes on there.
#pragma once

#include <string>
#include <vector>

#include "engine/cutover/firing_states.h"
#include "platform/runs.h"

namespace holdfast::engine {

struct FencedRuns {
  std::vector<platform::ActiveRun> waiting;  // of what fired before it was fenced
  std::vector<platform::ActiveRun> others;   // that wait, and belong to nothing that fired
  std::vector<platform::ActiveRun> running;
};
// `recorded` is what the fence recorded.
FencedRuns fenced_runs(const std::vector<platform::ActiveRun>& active, const FiringStates& recorded);

// "nightly, run 12, since 2026-11-22T02:00:00Z"
std::string run_text(const platform::ActiveRun& run);

}  // namespace holdfast::engine
