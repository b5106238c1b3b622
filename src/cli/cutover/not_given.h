// What a takeover did not set of what fired on its source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/context.h"
#include "engine/cutover/store.h"

namespace holdfast::cli {

// How much of what fired on the source the target was not given when it took over: nobody chose it, or it was not
// there.  None where not all is set that was chosen, which is told.  Absent where that is not known; a warning says why
// where it could not be read.
std::optional<std::uint64_t> not_given(Context& context, engine::CutoverStore& store, const engine::Pair& pair);

}  // namespace holdfast::cli
