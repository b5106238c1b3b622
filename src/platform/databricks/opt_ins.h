// What is read of a workspace only because somebody asked for it in the connector's settings.
#pragma once

#include "platform/databricks/secret_values.h"

namespace holdfast::platform::databricks {

struct OptIns {
  SecretValues secret_values = SecretValues::left_out;
};

}  // namespace holdfast::platform::databricks
