// A descriptor of the system that is closed at the end of its scope.  For what is read, and for sockets: nobody asks
// how closing went, so nothing may be lost by it.
#pragma once

#include <unistd.h>

namespace holdfast::base {

class Descriptor {
public:
  explicit Descriptor(int number) noexcept : number_(number) {}  // negative: none
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return number_; }
  void close() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

private:
  int number_;
};

}  // namespace holdfast::base
