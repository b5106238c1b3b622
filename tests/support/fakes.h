// Injected time and randomness for tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/random.h"

namespace holdfast::test {

// Stands still until told; sleep() moves it and returns at once.
class ManualClock : public base::Clock {
public:
  explicit ManualClock(base::Instant start);
  base::Instant now() const override;
  base::Duration elapsed() const override;
  bool sleep(base::Duration duration, std::stop_token stop) const override;
  void advance(base::Duration duration);

private:
  mutable std::mutex mutex_;
  mutable base::Instant now_;
  base::Instant start_;
};

// Deterministic; lives in tests only, so that the shipped program cannot be linked with it.
class SeededRandom : public base::Random {
public:
  explicit SeededRandom(std::uint64_t seed);
  void fill(std::span<char> out) override;

private:
  std::mutex mutex_;
  std::uint64_t state_;
};

// A folder that goes with the object, unless HOLDFAST_KEEP is set: then its path is printed.
class TempFolder {
public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

}  // namespace holdfast::test
