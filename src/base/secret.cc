#include "base/secret.h"

#include <string.h>

namespace holdfast::base {

void Secret::wipe() noexcept {
  // A short string lives inside the object, so the whole capacity is overwritten, not only the size.
  if (value_.capacity() != 0) {
    value_.resize(value_.capacity());
    explicit_bzero(value_.data(), value_.size());
  }
  value_.clear();
}

}  // namespace holdfast::base
