// Single rows, written only while they are as planned.
#pragma once

#include <memory>

#include "model/collection.h"
#include "platform/datahub/sql/store.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::postgres {

std::unique_ptr<RowWriter> open_writer(const SqlAddress& address, const model::Collection& collection);

}  // namespace holdfast::platform::datahub::postgres
