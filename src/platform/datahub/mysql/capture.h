// One consistent instant of the aspect table, read by several sessions.
#pragma once

#include <memory>
#include <stop_token>

#include "platform/datahub/mysql/client.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::mysql {

// Opens the sessions and takes the instant.  `endpoint` and `clock` outlive the capture.
std::unique_ptr<Capture> open_capture(Endpoint& endpoint, const CaptureOptions& options, const base::Clock& clock,
                                      std::stop_token stop);

}  // namespace holdfast::platform::datahub::mysql
