// workspace-conf: settings that can be asked for by name and not be listed.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

// One object {"KEY": value} for each known key that this workspace has set, values byte for byte.  Throws Refused when
// none can be read.
std::vector<std::string> read_workspace_conf(const Client& client, const Ask& ask, std::stop_token stop);

}  // namespace holdfast::platform::databricks
