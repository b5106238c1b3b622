// Groups of the account, which a workspace does not make: they are assigned to it.
#pragma once

#include <map>
#include <string>

#include "sim/databricks/identity.h"
#include "sim/databricks/router.h"

namespace holdfast::sim::databricks {

struct Account {
  std::map<std::string, Identity> groups;  // by id, assigned or not; members are kept where they are assigned
};

// A group that the directory brought.  Its id.
std::string add_account_group(World& world, const std::string& name, const std::string& external_id);

void add_account_routes(Router& router);

}  // namespace holdfast::sim::databricks
