// What a workspace is and has, to be held against another one.
#pragma once

#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "platform/databricks/client.h"
#include "platform/outside.h"

namespace holdfast::platform::databricks {

// Throws Refused when we are not let in; what else cannot be learnt is a line.
Side survey_workspace(const Client& client, const base::Clock& clock, std::stop_token stop);

// Where resources name node types and runtimes.
const std::vector<UsedField>& fields_that_name_offers();

}  // namespace holdfast::platform::databricks
