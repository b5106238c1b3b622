// When resources of a workspace start by themselves: by their definitions, and by the runs that the workspace lists.
#pragma once

#include <stop_token>
#include <string>

#include "platform/databricks/client.h"
#include "platform/runs.h"

namespace holdfast::platform::databricks {

Timetable timetable_of(const std::string& kind, const std::string& body, const Stretch& within);

// Runs of jobs, day by day from the end, until they are more than `most`.  Throws what Client::list() throws.
OwnRuns list_own_runs(const Client& client, const Stretch& within, std::size_t most, std::stop_token stop);

}  // namespace holdfast::platform::databricks
