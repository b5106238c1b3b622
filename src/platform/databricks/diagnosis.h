// What `doctor` says of a workspace.
#pragma once

#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "platform/databricks/client.h"
#include "platform/databricks/opt_ins.h"
#include "platform/databricks/profile.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

std::vector<Diagnosis> diagnose_workspace(const Client& client, const Account& account, const base::Clock& clock,
                                          const OptIns& opt_ins = {});

}  // namespace holdfast::platform::databricks
