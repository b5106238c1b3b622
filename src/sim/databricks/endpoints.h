// The list of all groups of endpoints: the one place to name a new one.
#pragma once

#include "sim/databricks/router.h"
#include "sim/databricks/world.h"

namespace holdfast::sim::databricks {

void add_all_routes(Router& router);
// Makes what every workspace has from its first minute: built-in groups, folders, types of permissions.
void found_workspace(World& world);

}  // namespace holdfast::sim::databricks
