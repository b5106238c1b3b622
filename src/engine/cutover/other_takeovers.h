// Who else is in charge of a workspace than the two connectors that a command names: a second target of one source, a
// second source of one target, and what goes by another name, as several connectors may lead to one workspace.
#pragma once

#include <string>
#include <vector>

#include "engine/cutover/charge.h"
#include "engine/cutover/store.h"
#include "repository/repository.h"

namespace holdfast::engine {

// Charge::others of a charge_by_all(): by the local state, and by the newest snapshots of these connectors, which are
// all that there are.  Two lead to one workspace where their snapshots say so; `target_workspace` is that of the target
// where more is known than its snapshots say.
void add_other_takeovers(Charge& charge, CutoverStore& store, repository::Repository& repository,
                         const std::vector<std::string>& connectors, const std::string& target_workspace = {});

}  // namespace holdfast::engine
