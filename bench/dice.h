// Numbers that depend on nothing but their seed: the same on every machine, unlike the standard distributions.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

namespace holdfast::bench {

// splitmix64's finalizer.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  return mix(mix(a) ^ b);
}

class Dice {
public:
  explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept { return state_ = mix(state_); }
  std::uint64_t below(std::uint64_t limit) noexcept { return next() % limit; }
  bool one_in(std::uint64_t chances) noexcept { return below(chances) == 0; }
  double real() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Skewed to the front of a list, as words and owners are in life.
  std::uint64_t low(std::uint64_t limit) noexcept {
    const double x = real();
    return static_cast<std::uint64_t>(x * x * static_cast<double>(limit));
  }
  // Log-normal by the sum of uniforms, which needs no library function whose last bit differs between machines but exp.
  double log_normal(double median, double sigma) noexcept {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += real();
    return median * std::exp(sigma * sum);
  }

private:
  std::uint64_t state_;
};

}  // namespace holdfast::bench
