// Before somebody acts by it a confirmed fence is looked at: what was paused once may fire again.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/time.h"
#include "cli/cutover/cutover.h"

namespace holdfast::cli {

// Nobody who takes over waits longer for what is left.
inline constexpr std::chrono::minutes k_source_patience(2);

enum class Paused {
  no,        // there is no fence, or it is open; also where it was confirmed until now, which is said of each
  seen,      // by this look
  believed,  // what fires could not be seen, as was said: what an earlier look saw holds
};
// Writes nothing to the connector.  Opens the fence where something fires; not in a dry run.  With a patience no answer
// is waited for longer, nor is any later one in the same run.
[[nodiscard]] Paused look_behind_fence(Cutover& cutover, const std::string& name,
                                       std::optional<base::Duration> patience = std::nullopt);

}  // namespace holdfast::cli
