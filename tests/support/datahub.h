// DataHub's connector as tests open it: on a URL and nothing else.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "platform/platform.h"

namespace holdfast::test {

// `clock` outlives the connector.
std::unique_ptr<platform::Connector> open_datahub(const std::string& url, const base::Clock& clock);

}  // namespace holdfast::test
