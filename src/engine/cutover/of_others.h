// One target may have taken over from several sources: what each of them brought there goes home to it, and to no other
// one.
#pragma once

#include <map>
#include <string>

#include "engine/cutover/firing_states.h"
#include "engine/cutover/store.h"
#include "repository/repository.h"
#include "storage/backend.h"

namespace holdfast::engine {

// Kind and id of what runs made on the target for other sources, and not for this one too, with the connector that it
// came from.  A connector that leads to the source's own workspace is no other one, nor is one that the source brings
// its own to or has it from: what came from it may be the source's.
std::map<FiringKey, std::string> made_for_others(storage::Backend& state, repository::Repository& repository,
                                                 const std::string& source, const std::string& target);

}  // namespace holdfast::engine
