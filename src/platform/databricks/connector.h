// Databricks: one workspace.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/events.h"
#include "base/random.h"
#include "net/http.h"
#include "platform/databricks/arm.h"
#include "platform/databricks/opt_ins.h"
#include "platform/databricks/profile.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

// The entry of the list in cli/main.cc.  `random` outlives all connectors.
Platform databricks_platform(base::Random& random);

// Every kind of resource of a workspace, as every connector has them.
const std::vector<model::Kind>& resource_kinds();

// With a way of its own to the other side; what it is given outlives it.
struct ConnectorParts {
  std::string name{};  // in the configuration
  Account account;
  std::unique_ptr<net::HttpClient> http;
  const base::Clock& clock;
  base::Random& random;
  base::Events& events = base::silent_events();  // told of calls that are made again
  ArmOptions arm{};
  std::unique_ptr<net::HttpClient> arm_http{};  // absent: what lies in Azure is not asked for
  OptIns opt_ins{};
};
std::unique_ptr<Connector> make_connector(ConnectorParts parts);

}  // namespace holdfast::platform::databricks
