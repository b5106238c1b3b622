// What the repository is told before anything is paused or activated, so that other hosts hear of it whatever becomes
// of the backup behind it, and where nothing follows any more.
#pragma once

#include <string>

#include "cli/cutover/cutover.h"
#include "engine/cutover/store.h"

namespace holdfast::cli {

// Before anything fires on the target: that it takes over.  Returns from whom it had taken over before; throws where
// the repository does not take it.
std::string say_in_charge(Cutover& cutover, const std::string& source, const std::string& target);
// Nothing fires on it all the same.  False, with a warning: the repository does not take that.
[[nodiscard]] bool take_back(Cutover& cutover, const std::string& target, const std::string& before);
// Before anything is paused by a fence that stands: which snapshot recorded the states, so that nobody takes for
// somebody's will what is read from then on.  Where the repository does not take it this throws, and the fence is as it
// was `opened`.
void say_paused(Cutover& cutover, const engine::Fence& opened);

}  // namespace holdfast::cli
