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
  bool stand_in = false;  // by its own word, which no workspace gives
  base::Instant taken{};  // by the server's clock, to the second
};

// Who we are there, and when: one call.  Throws Refused when we are not let in.
Workspace enter_workspace(const Client& client, const base::Clock& clock, std::stop_token stop);
// Adds what it calls itself, so that it can be told from others.
void identify_workspace(const Client& client, Workspace& workspace, const std::stop_token& stop);
// Adds that and what else the workspace says of itself; what cannot be learnt stays as it is.
void describe_workspace(const Client& client, Workspace& workspace, const std::stop_token& stop);
// Both.
Workspace look_at_workspace(const Client& client, const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::platform::databricks
