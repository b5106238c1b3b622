// The template by which Azure makes a workspace like this one, in another region.  Nothing here deploys anything.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/databricks/client.h"
#include "platform/outside.h"

namespace holdfast::platform::databricks {

// What the workspace that it is made after is.
struct WorkspaceFacts {
  std::string resource{};                        // as the management of Azure has it, JSON; empty: it could not be read
  std::string region{};                          // of what the workspace says itself; empty: not known
  std::string tier{};                            // "standard", "premium or above"; empty: not known
  std::vector<std::string> access_connectors{};  // ARM ids that storage credentials name
};

// All but the resource.  What cannot be read stays empty, and is a line.
WorkspaceFacts facts_for_provision(const Client& client, const base::Clock& clock, std::vector<Diagnosis>& lines,
                                   std::stop_token stop);

// An ARM template.  What belongs to the old subscription or region is a parameter, and no id of it is in the text.
// Throws Error{unavailable} where `resource` is no JSON.
Provision render_provision(const WorkspaceFacts& facts, const ProvisionWish& wish);

}  // namespace holdfast::platform::databricks
