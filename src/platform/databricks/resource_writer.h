// Writing resources one by one.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "platform/databricks/client.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

// `client` outlives the writer.  `warehouse` is the name or the id of the SQL warehouse that runs what no other call
// does; empty: that is left to people.
std::unique_ptr<ResourceWriter> make_resource_writer(const Client& client, const base::Clock& clock,
                                                     const std::string& warehouse = {});

}  // namespace holdfast::platform::databricks
