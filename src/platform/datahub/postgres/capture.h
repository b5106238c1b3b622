// One instant of the aspect table, exported by one session and imported by the readers.
#pragma once

#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "platform/datahub/sql/store.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::postgres {

std::unique_ptr<Capture> open_capture(const SqlAddress& address, const CaptureOptions& options,
                                      const base::Clock& clock, std::stop_token stop);

// What exists in the database and does not come along.
std::vector<LeftOut> list_left_out(const SqlAddress& address, std::stop_token stop);

}  // namespace holdfast::platform::datahub::postgres
