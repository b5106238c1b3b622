// The comparison with an instant of the live platform that is open already.
#pragma once

#include "engine/compare.h"

namespace holdfast::engine {

// As compare_live(), for callers that have to look at the capture themselves.  At most `readers` ranges are read at
// once.
CompareCounts compare_capture(repository::Repository& repository, const repository::Snapshot& before,
                              platform::Capture& capture, unsigned readers, const model::Selection& selection,
                              base::Events& events, std::stop_token stop, const Visitor& visit);

}  // namespace holdfast::engine
