// Bytes that must not be seen: no stream operator, no formatter, wiped when they go.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace holdfast::base {

class Secret {
public:
  Secret() = default;
  explicit Secret(std::string value) noexcept : value_(std::move(value)) {}
  Secret(Secret&& other) noexcept : value_(std::exchange(other.value_, {})) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      value_ = std::exchange(other.value_, {});
      other.wipe();
    }
    return *this;
  }
  Secret(const Secret& other) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      value_ = other.value_;
    }
    return *this;
  }
  ~Secret() { wipe(); }

  // The one way to the bytes, named so that a review finds every use.
  std::string_view reveal() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }

private:
  void wipe() noexcept;
  std::string value_;
};

}  // namespace holdfast::base
