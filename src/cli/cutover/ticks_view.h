// What a takeover did to schedules: ticks that ran on both sides, and ticks that ran on neither.
#pragma once

#include <string>

#include "cli/cutover/cutover.h"

namespace holdfast::cli {

// Asks both what they ran since the snapshot by which `entered` took over from `left` was taken.  Says nothing in a dry
// run, where `entered` did not take over, or where the platform keeps no list of runs; and while the fence of `left` is
// open, that it is told later.  What hinders it is a warning.
void tell_ticks(Cutover& cutover, const std::string& left, const std::string& entered);

}  // namespace holdfast::cli
