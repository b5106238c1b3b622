// Objects in memory: for tests and dry runs.
#pragma once

#include <memory>

#include "storage/backend.h"

namespace holdfast::storage {

std::unique_ptr<Backend> make_memory_backend();

}  // namespace holdfast::storage
