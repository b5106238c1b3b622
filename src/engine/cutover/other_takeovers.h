// Who else is in charge of a workspace than the two connectors that a command names: a second target of one source.
#pragma once

#include <string>
#include <vector>

#include "engine/cutover/charge.h"
#include "engine/cutover/store.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Charge::others of a charge_by_all(): by the local state, and by the newest snapshots of these connectors, which are
// all that there are.
void add_other_takeovers(Charge& charge, CutoverStore& store, repository::Repository& repository,
                         const std::vector<std::string>& connectors);

}  // namespace holdfast::engine
