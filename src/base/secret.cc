#include "base/secret.h"

#include <string.h>

namespace holdfast::base {

void Secret::wipe(std::string& value) noexcept {
  // A short string lives inside the object, so the whole capacity is overwritten, not only the size.
  if (value.capacity() != 0) {
    value.resize(value.capacity());
    explicit_bzero(value.data(), value.size());
  }
  value.clear();
}

}  // namespace holdfast::base
