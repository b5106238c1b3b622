// What a failback left paused on the source of a pair, as the verbs that come behind it set it.
#pragma once

#include <string>
#include <vector>

#include "cli/cutover/cutover.h"
#include "cli/cutover/takeover.h"
#include "engine/cutover/firing_states.h"

namespace holdfast::cli {

struct LeftPausedStates {
  std::vector<engine::LeftOnBoth> known{};
  std::vector<engine::LeftPaused> lost{};  // the snapshot that knows how it fired is gone, as was said
};
// Less what is gone where it was left.
LeftPausedStates left_of(Cutover& cutover, const engine::Pair& pair);

// One for each snapshot.  Throws where one of them is gone.
std::vector<Takeover::Activation> activations_of(Cutover& cutover, const std::vector<engine::LeftPaused>& left,
                                                 const std::vector<std::string>& selection = {});
// The same activation, less what is left.
Takeover::Activation without(Takeover::Activation what, const std::vector<engine::LeftOnBoth>& left);

// What a target is to fire when it takes over: `what` was recorded of the source, and what is left.
struct PlannedTakeover {
  std::vector<Takeover::PlannedActivation> planned{};  // the first is `what`
  std::vector<engine::LeftPaused> left{};              // nobody decided on it since
  bool whole = true;                                   // else some of what is left stays so, as was said
};
PlannedTakeover plan_takeover(Cutover& cutover, const engine::Pair& pair, Takeover::Activation what);
// Of the left states those that nobody decided on stay known.
[[nodiscard]] Takeover::PutInCharge take_over(Cutover& cutover, const engine::Pair& pair, const PlannedTakeover& ready);
// What of the left states a target that was put in charge was not given yet.
LeftPausedStates left_for_target(Cutover& cutover, const engine::Pair& pair, const repository::Snapshot& recorded);

}  // namespace holdfast::cli
