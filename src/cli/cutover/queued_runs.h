// What runs on a connector that is fenced.
#pragma once

#include <string>

#include "cli/cutover/cutover.h"
#include "engine/cutover/firing_states.h"

namespace holdfast::cli {

// Throws Error{usage} where nothing runs there that could be cancelled.
void require_runs(Cutover& cutover, const std::string& name);
// Cancels what waits and belongs to what fired, and says what runs on.  `recorded` is what the fence recorded.  Returns
// the exit code.
[[nodiscard]] int cancel_queued(Cutover& cutover, const std::string& name, const engine::FiringStates& recorded);

}  // namespace holdfast::cli
