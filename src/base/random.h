// Randomness is injected.  The shipped program only has the operating system's generator; a seeded one lives in
// tests/support.
#pragma once

#include <span>

#include "base/bytes.h"

namespace holdfast::base {

class Random {  // thread-safe
public:
  virtual ~Random() = default;
  virtual void fill(std::span<char> out) = 0;
  Bytes bytes(std::size_t size) {
    Bytes out(size, '\0');
    fill(out);
    return out;
  }
};

// getrandom(2); throws Error{io} when the kernel refuses.
Random& system_random();

}  // namespace holdfast::base
