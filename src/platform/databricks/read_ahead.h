// Resources of many kinds read at once and handed over in order.  A REST platform answers one call after the other, and
// slowly, and each family of endpoints has a limit of its own: only who has all of them under way is bound by limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "platform/databricks/item_reader.h"

namespace holdfast::platform::databricks {

class ReadAhead {  // thread-safe
public:
  struct Shelf {            // one kind
    std::size_t count = 0;  // of its resources, numbered from 0
    unsigned parallel = 1;  // most of them under way at once
  };
  // Both are called from several threads and must stay callable until the ReadAhead is gone.
  struct Source {
    std::function<ReadItem(std::size_t shelf, std::size_t number, std::stop_token stop)> read;
    std::function<std::uint64_t(std::size_t shelf, std::size_t number)> expected_bytes;
  };
  struct Limits {
    unsigned threads = 1;
    // Of what is under way or waits for its turn.  One resource is read for each reader however much is held: otherwise
    // nobody would go on.
    std::uint64_t held_bytes = std::uint64_t{96} << 20U;
  };

  ReadAhead(const std::vector<Shelf>& shelves, Source source, const Limits& limits, std::stop_token stop);
  ~ReadAhead();  // stops what is under way

  // All of these will be asked for, in this order: they may be read before.
  void expect(const std::vector<std::size_t>& shelves);

  struct Stretch {
    std::size_t shelf = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  // Calls `take` with each resource of the stretch, in order and in this thread.  Throws what `read` threw of the first
  // one that could not be read, what `take` throws, and Error{cancelled}; the rest of the stretch is given up then.
  using Take = std::function<void(std::size_t number, ReadItem item)>;
  void hand_over(const Stretch& stretch, const Take& take, std::stop_token stop);

private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace holdfast::platform::databricks
