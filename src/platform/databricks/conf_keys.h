// workspace-conf: settings that can be asked for by name and not be listed.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

struct WorkspaceConf {
  struct Unread {
    std::string key;
    Refused refused;
  };
  std::vector<std::string> set{};  // one object {"KEY": value} for each known key that is set, values byte for byte
  std::vector<Unread> unread{};    // keys that may be set and were refused
};
// Throws Refused when none can be read.
WorkspaceConf read_workspace_conf(const Client& client, const Ask& ask, std::stop_token stop);

}  // namespace holdfast::platform::databricks
