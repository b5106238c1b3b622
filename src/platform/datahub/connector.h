// DataHub: the SQL store.  (Search indices and GMS come with later pieces.)
#pragma once

#include "platform/platform.h"

namespace holdfast::platform::datahub {

// The entry of the list in cli/main.cc.
Platform datahub_platform();

}  // namespace holdfast::platform::datahub
