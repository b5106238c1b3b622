// Which workspace a connector leads to, as its snapshots say: ids, id maps and fences mean something there only.
#pragma once

#include <string>

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

}  // namespace holdfast::engine
