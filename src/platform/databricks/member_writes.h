// Changes to resources that no single call takes: each member of the definition goes by a call of its own.
#pragma once

#include <string>

#include "model/kind.h"
#include "platform/databricks/write_calls.h"

namespace holdfast::platform::databricks {

// As KindWrites::members says; `there` is the body as the platform shows it now.  Throws ByHand where something is to
// go that no call takes away, and what Calls throws.
void write_members(const Calls& calls, const KindWrites& writes, const model::Kind& kind, const WriteValues& values,
                   const std::string& there);

}  // namespace holdfast::platform::databricks
