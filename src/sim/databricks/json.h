// JSON of the stand-in, declared only.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace holdfast::sim::databricks {

using Json = nlohmann::json;

}  // namespace holdfast::sim::databricks
