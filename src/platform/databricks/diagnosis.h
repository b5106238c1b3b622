// What `doctor` says of a workspace.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/databricks/client.h"
#include "platform/databricks/opt_ins.h"
#include "platform/databricks/profile.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

std::vector<Diagnosis> diagnose_workspace(const Client& client, const Account& account, const base::Clock& clock,
                                          const OptIns& opt_ins = {});

// "standard" or "premium or above", told by whether there is access control; empty where that cannot be told.
std::string tier_of(const Client& client);
// Names of the kinds that the workspace has, as far as it lets us look.
std::vector<std::string> kinds_offered(const Client& client);

}  // namespace holdfast::platform::databricks
