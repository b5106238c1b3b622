// What fires on a source, and on the target that takes over from it could not, or does not: behind a fence it would
// fire nowhere.
#pragma once

#include <string>
#include <vector>

#include "engine/cutover/firing_states.h"
#include "engine/cutover/store.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"

namespace holdfast::engine {

// Less what merely guards, which no fence touches.
FiringStates that_start(FiringStates states, const model::KindSet& kinds);

// A run into the target.
struct RunBeforeFence {
  const model::ResourcePlan& plan;
  enum class Applied { no, yes } applied;  // else what it would make counts as made
  const model::IdMap& ids;                 // behind it, for states of the source
  const FiringStates* target = nullptr;    // behind it; absent: not known, so what the run found there counts
};
// Of the chosen states that fire what the target has not, or nothing of it that may fire.
FiringStates cannot_fire(const FiringStates& wanted, const RunBeforeFence& run);

// What the target was given when it took over.
struct GivenToTarget {
  const GivenStates& now;
  const GivenStates& before;             // by earlier commands: what became of that since is somebody's will
  const model::IdMap* ids;               // for states of the source; nullptr: they are the target's own
  const FiringStates* target = nullptr;  // behind the activation; absent: not known, so what was given counts
};
struct FiringNowhere {
  std::vector<std::string> paths{};  // in the order of the states
  GivenStates given{};               // less what the target has nothing of that may fire
};
// Of the chosen states that fire what was not given.
FiringNowhere fires_nowhere(const FiringStates& wanted, const GivenToTarget& given);

}  // namespace holdfast::engine
