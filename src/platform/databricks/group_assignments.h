// Groups of the account: a workspace does not make them, they are assigned to it.
#pragma once

#include <string>

#include "platform/databricks/write_calls.h"

namespace holdfast::platform::databricks {

inline constexpr std::string_view k_group_assignments = "group-assignments";  // the kind

// Assigns the account's group of this name with the `permissions` of `body`; its id.  Throws platform::ByHand where the
// account has none, or does not let us.
std::string assign_group(const Calls& calls, const std::string& name, const std::string& body);
// What the group may do; `call` is the one of the table.  Throws as assign_group does.
void change_assignment(const Calls& calls, const WriteCall& call, const WriteValues& values);

}  // namespace holdfast::platform::databricks
