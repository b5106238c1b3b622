// What goes with a resource that is removed, and no snapshot has.
#pragma once

#include <optional>
#include <string>

#include "model/json_text.h"
#include "model/kind.h"

namespace holdfast::model {

// What people do in place of a removal that would lose more than a snapshot has: a full sentence.  nullopt: a call does
// it.
std::optional<std::string> removal_task(const Kind& kind, const std::string& id, const JsonText& body);

}  // namespace holdfast::model
