// A workspace at one instant, as far as a REST platform has instants: every kind is listed when the capture begins, and
// what is read afterwards may be younger.  What is gone by then is not there; what is new is not seen.
#pragma once

#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "platform/databricks/client.h"
#include "platform/databricks/opt_ins.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

// `client` outlives the capture.  Throws Refused when we are not let in.
std::unique_ptr<Capture> open_capture(const Client& client, const CaptureOptions& options, const base::Clock& clock,
                                      std::stop_token stop, const OptIns& opt_ins = {});

// Kinds and what of them is not included, as `doctor` and a snapshot's attributes list them.
std::vector<LeftOut> declared_left_out(const OptIns& opt_ins);

}  // namespace holdfast::platform::databricks
