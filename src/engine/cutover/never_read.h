// What a platform never let us read: a job that only its owner sees, a kind that is refused.  Nothing of it was ever
// recorded, so nothing of it can be a state that is ours.  It may fire, and is named.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/kind.h"
#include "repository/repository.h"
#include "repository/tree.h"
#include "storage/backend.h"

namespace holdfast::engine {

// Whether something that is known may lie in a stretch of this kind that was not read.
using KnownGap = std::function<bool(const std::string& kind, const repository::StaleRange& gap)>;

// Known is what any snapshot of the connector has, and what an id map of the local state names: a run made it there, or
// it was brought from there.  Where there was a last good read also what was read well in one of the two newest
// snapshots: what could not be read once may be read tomorrow.  The repository and the state outlive it.  Not
// thread-safe; reads when it is asked first.
KnownGap known_gaps(repository::Repository& repository, storage::Backend& state, std::string connector,
                    std::vector<model::Kind> kinds);

// What of a snapshot may fire and could never be read: "jobs/nightly/17 (403 PERMISSION_DENIED)", in key order.
std::vector<std::string> never_read(const repository::Snapshot& snapshot, const std::vector<model::Kind>& kinds,
                                    const KnownGap& known);

}  // namespace holdfast::engine
