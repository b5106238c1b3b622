// What `holdfast doctor` tells of a PostgreSQL store.
#pragma once

#include <vector>

#include "platform/datahub/sql/store.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::postgres {

// Never throws for what is wrong with the other side: that is a Diagnosis.
std::vector<Diagnosis> diagnose(const SqlAddress& address);

}  // namespace holdfast::platform::datahub::postgres
