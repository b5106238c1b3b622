// Many reads at once, handed over in order: a REST platform answers one resource after the other, and slowly.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "platform/databricks/item_reader.h"

namespace holdfast::platform::databricks {

// What all ranges of a capture hold in memory together.
struct HeldBytes {
  std::atomic<std::uint64_t> now{0};
  std::uint64_t most = std::uint64_t{96} << 20U;
};

struct OrderedReads {
  std::size_t count = 0;
  unsigned parallel = 1;
  std::function<ReadItem(std::size_t, std::stop_token)> read;  // from several threads
  std::function<void(std::size_t, ReadItem)> take;             // from the caller's thread, in the order of numbers
};

// Throws what `read` and `take` throw, and Error{cancelled}.
void read_in_order(const OrderedReads& reads, HeldBytes& held, std::stop_token stop);

}  // namespace holdfast::platform::databricks
