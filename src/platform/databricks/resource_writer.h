// Writing resources one by one.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "platform/databricks/client.h"
#include "platform/databricks/opt_ins.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

// `client` and `clock` outlive the writer.  What a warehouse or a cluster had begun when it is told to stop may take
// effect all the same.
std::unique_ptr<ResourceWriter> make_resource_writer(const Client& client, const base::Clock& clock,
                                                     const OptIns& opt_ins = {}, std::stop_token stop = {});

}  // namespace holdfast::platform::databricks
