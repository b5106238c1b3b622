// What is sent of a body, where that is not all that was read.
#pragma once

#include <string>

#include "model/kind.h"
#include "platform/databricks/writes.h"
#include "platform/platform.h"

namespace holdfast::platform::databricks {

// Without what calls refuse.
std::string accepted_body(const model::Kind& kind, const std::string& definition);
// With what KindWrites::cleared says.
std::string changing_body(const KindWrites& writes, const std::string& body);
// Whether KindWrites::part takes all that differs.
bool goes_in_part(const KindWrites& writes, const ResourceWriter::Content& content);

}  // namespace holdfast::platform::databricks
