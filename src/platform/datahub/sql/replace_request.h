// What a whole restore asks of either server.
#pragma once

#include <cstdint>

#include "model/collection.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub {

struct ReplaceRequest {
  model::Collection collection;
  ReplaceOptions options;
  std::uint64_t bytes_expected = 0;
};

}  // namespace holdfast::platform::datahub
