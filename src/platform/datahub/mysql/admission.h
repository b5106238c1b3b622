// Which rows the target cannot hold, found before anything is written.
#pragma once

#include <memory>

#include "platform/datahub/mysql/client.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::mysql {

// Checks every row against the live table, or against DataHub's conventions where there is none: keys that the
// collation takes for equal, texts that are too long, instants that the column's type cannot hold.  `endpoint` outlives
// it.
std::unique_ptr<Connector::Admission> open_admission(Endpoint& endpoint, const model::Collection& collection);

}  // namespace holdfast::platform::datahub::mysql
