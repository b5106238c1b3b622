// What a target has from other sources than the one that goes home: the fence of the target pauses that, too.
#pragma once

#include <string>

#include "cli/cutover/cutover.h"
#include "repository/repository.h"

namespace holdfast::cli {

// Before the fence: how much of it fires, as the target's own snapshot says.
void tell_of_others(Cutover& cutover, const std::string& source, const repository::Snapshot& target);
// Behind it: what fired by the snapshot `recorded`, by its name, and by how that can fire again.  Of what fires again
// by `now`, absent: it was fenced just now, nothing is said.  Whether there is any.
bool tell_paused_of_others(Cutover& cutover, const std::string& source, const std::string& target,
                           const std::string& recorded, const repository::Snapshot* now);

}  // namespace holdfast::cli
