// Whether a snapshot shows all of a source that is about to be left.
#pragma once

#include <string>

#include "base/error.h"
#include "repository/repository.h"

namespace holdfast::engine {

// What a partial snapshot lacks, in one line: "3 failures, the first: jobs: 503"; empty: nothing.
std::string lacks(const repository::Snapshot& snapshot);
// What it lacks where that is nothing but what a cluster tells: "mounts, table-acls".  Nothing of that fires, and what
// the snapshot before has of it stands in for it.  Empty: it lacks nothing, or something else.
std::string lacks_of_cluster(const repository::Snapshot& snapshot);
// Throws Error{refused} where it lacks something else, with the way that leads on.
void require_whole(const repository::Snapshot& snapshot);

}  // namespace holdfast::engine
