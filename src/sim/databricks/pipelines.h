// Pipelines: their specs and updates.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/databricks/documents.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct PipelineUpdate {
  std::string id;
  std::string cause;  // API_CALL, JOB_TASK, USER_ACTION, SERVICE_UPGRADE
  std::int64_t start_ms = 0;
  std::int64_t end_ms = -1;  // -1: it goes on until somebody stops it
};

struct Pipelines {                                             // part of a World
  Documents documents;                                         // {"spec", "creator", "run_as"?, "modified"}
  std::map<std::string, std::vector<PipelineUpdate>> updates;  // kept when a pipeline goes
  std::int64_t update_ms = 60'000;
  std::vector<std::string> cascaded;  // pipelines that were deleted together with their tables
};

std::string create_pipeline(World& world, const Json& request, const Principal& creator);

void found_pipelines(World& world);
void add_pipeline_routes(Router& router);

}  // namespace holdfast::sim::databricks
