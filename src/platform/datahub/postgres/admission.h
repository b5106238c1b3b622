// Looks at every row before anything is written: what this server cannot hold is named first.
#pragma once

#include <memory>

#include "model/collection.h"
#include "platform/datahub/sql/store.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::postgres {

std::unique_ptr<Connector::Admission> open_admission(const SqlAddress& address, const model::Collection& collection);

}  // namespace holdfast::platform::datahub::postgres
