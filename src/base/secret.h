// Bytes that must not be seen: no stream operator, no formatter, wiped when they go.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace holdfast::base {

class Secret {
public:
  Secret() = default;
  // A short string is copied when it is moved: what stays behind is wiped as well.
  explicit Secret(std::string value) noexcept : value_(std::move(value)) { wipe(value); }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(value_);
      value_ = std::move(other.value_);
      wipe(other.value_);
    }
    return *this;
  }
  Secret(const Secret& other) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe(value_);
      value_ = other.value_;
    }
    return *this;
  }
  ~Secret() { wipe(value_); }

  // The one way to the bytes, named so that a review finds every use.
  std::string_view reveal() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }

private:
  static void wipe(std::string& value) noexcept;
  std::string value_;
};

}  // namespace holdfast::base
