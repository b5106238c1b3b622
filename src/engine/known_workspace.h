// Which workspace a connector leads to, as its snapshots say: ids, id maps and fences mean something there only.
#pragma once

#include <string>

#include "base/events.h"
#include "repository/repository.h"

namespace holdfast::engine {

// platform::k_workspace_attribute of the newest snapshot of the connector that says it; empty: none does.
std::string known_workspace(repository::Repository& repository, const std::string& connector);

enum class Leads { as_before, elsewhere };
// Throws Error{refused} where what a capture says of itself, its attributes, is of another one, or is not where that is
// what it shall be.  A platform that names none, or a capture that cannot tell, leads as before.
void require_workspace(repository::Repository& repository, const std::string& connector, const std::string& attributes,
                       Leads leads);

// Before `over` gives back to the connector of this snapshot, by whose states it took over from that one.  Throws
// Error{refused} where that leads to another workspace by now: what is recorded of it was so in the one before.
void require_same_workspace(repository::Repository& repository, const repository::Snapshot& recorded,
                            const std::string& over);

// Throws Error{refused} where the snapshot's own connector leads to another workspace by now, or another connector,
// which `target` names, to the one that it was taken of: mistaken for those of another, ids lead to what is somebody
// else's.
void refuse_wrong_workspace(const repository::Snapshot& snapshot, const std::string& target,
                            const std::string& target_attributes);
// The same of a comparison.  It may hold a connector against what it led to before, and says so; what another
// connector leads to, held against itself, would be equal for ever, and is refused.  A target that leads elsewhere than
// its own newest snapshot is of is a warning.
void refuse_same_workspace(repository::Repository& repository, const repository::Snapshot& snapshot,
                           const std::string& target, const std::string& target_attributes, base::Events& events);

}  // namespace holdfast::engine
