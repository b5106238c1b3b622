// Git folders and git credentials.
#pragma once

#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

void add_repo_routes(Router& router);

}  // namespace holdfast::sim::databricks
