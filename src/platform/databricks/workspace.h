// What a workspace says of itself, and of us.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "platform/databricks/client.h"

namespace holdfast::platform::databricks {

struct Workspace {
  std::string host;
  std::string workspace_id;  // these are empty where nobody says
  std::string account_id;
  std::string cloud;
  std::string region;
  std::string me;  // login of a user, application id of a service principal
  bool admin = false;
  base::Instant taken{};  // by the server's clock, to the second
};

// Throws Refused when we are not let in; what else cannot be learnt stays empty.
Workspace look_at_workspace(const Client& client, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::platform::databricks
