// Serving endpoints.
#pragma once

#include <cstdint>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct ServingEndpoints {  // part of a World
  Documents documents;     // by name: as GET shows them, and "updated", when the last change of the config began
  std::int64_t update_ms = 2'000;
};

void found_serving(World& world);
void add_serving_routes(Router& router);

}  // namespace holdfast::sim::databricks
