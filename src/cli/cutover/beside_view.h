// What is said of that which a fence paused beside its snapshot.
#pragma once

#include <string>

#include "cli/context.h"
#include "engine/cutover/beside_mark.h"

namespace holdfast::cli {

// Who fences: what is kept with the fence now, and how much of it only this host knows.  `recorded` is the snapshot, as
// people are told of it.
void tell_kept_beside(Context& context, const engine::Fence& fence, const std::string& recorded);
// Who sets the rest.
void tell_left_out(Context& context, const std::string& connector, std::uint64_t left_out);

}  // namespace holdfast::cli
