// Where the definitions of a workspace name places outside of it.
#pragma once

#include <vector>

#include "platform/outside.h"

namespace holdfast::platform::databricks {

// Beside these, every text of every definition is searched for storage and for hosts that are known by their names.
const std::vector<OutsideField>& fields_that_lead_outside();

}  // namespace holdfast::platform::databricks
