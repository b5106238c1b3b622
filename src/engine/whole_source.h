// Whether a snapshot shows all of a source that is about to be left.
#pragma once

#include <string>

#include "base/error.h"
#include "repository/repository.h"

namespace holdfast::engine {

// What a partial snapshot lacks, in one line: "3 failures, the first: jobs: 503"; empty: nothing.
std::string lacks(const repository::Snapshot& snapshot);
// Throws Error{refused} where it lacks something, with the way that leads on.
void require_whole(const repository::Snapshot& snapshot);

}  // namespace holdfast::engine
