#include "support/fakes.h"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>

#include "base/error.h"

namespace holdfast::test {

ManualClock::ManualClock(base::Instant start) : now_(start), start_(start) {}

base::Instant ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

base::Duration ManualClock::elapsed() const {
  const std::lock_guard lock(mutex_);
  return now_ - start_;
}

bool ManualClock::sleep(base::Duration duration, std::stop_token stop) const {
  if (stop.stop_requested()) return false;
  const std::lock_guard lock(mutex_);
  now_ += duration;
  return true;
}

void ManualClock::advance(base::Duration duration) {
  const std::lock_guard lock(mutex_);
  now_ += duration;
}

SeededRandom::SeededRandom(std::uint64_t seed) : state_(seed) {}

void SeededRandom::fill(std::span<char> out) {
  const std::lock_guard lock(mutex_);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) {
      // SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixer; equal seeds give equal bytes on every machine.
      state_ += 0x9e3779b97f4a7c15u;
      word = state_;
      word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
      word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
      word ^= word >> 31;
    }
    out[i] = static_cast<char>(word >> (8 * (i % 8)));
  }
}

TempFolder::TempFolder() : path_((std::filesystem::temp_directory_path() / "holdfast-test-XXXXXX").string()) {
  if (::mkdtemp(path_.data()) == nullptr)
    throw base::Error(base::ErrorKind::io, "cannot make a temporary folder like " + path_,
                      "Set TMPDIR to a folder that you may write to.");
}

TempFolder::~TempFolder() {
  if (::getenv("HOLDFAST_KEEP") != nullptr) {
    std::fprintf(stderr, "kept: %s\n", path_.c_str());
    return;
  }
  // What a dead server left half-removed must not turn a passed test into an abort.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace holdfast::test
