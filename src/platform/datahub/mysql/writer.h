// Changes of single rows, each only while the row is still what the plan saw.
#pragma once

#include <memory>

#include "platform/datahub/mysql/client.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::mysql {

// `endpoint` outlives the writer.  Throws Error{refused} when the table lacks a column of the collection.
std::unique_ptr<RowWriter> open_writer(Endpoint& endpoint, const model::Collection& collection);

}  // namespace holdfast::platform::datahub::mysql
