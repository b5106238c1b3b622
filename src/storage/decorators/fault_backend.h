// Counts calls, and breaks them on demand: the tool behind "killed at the k-th call, for every k" and "reads per
// look-up".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "storage/backend.h"

namespace holdfast::storage {

struct CallCounts {
  std::atomic<std::uint64_t> stats{0};
  std::atomic<std::uint64_t> gets{0};
  std::atomic<std::uint64_t> puts{0};
  std::atomic<std::uint64_t> removes{0};
  std::atomic<std::uint64_t> lists{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> bytes_written{0};
};

enum class Call { stat, get, put, remove, list };

// `before` is called ahead of every call and may throw in its place; `after` once it succeeded (a throw there is the
// answer that was lost).  Either may be empty.  `inner` and `counts` outlive the decorator; `counts` may be nullptr.
struct FaultPlan {
  std::function<void(Call, const std::string& name)> before;
  std::function<void(Call, const std::string& name)> after;
};
std::unique_ptr<Backend> make_fault_backend(Backend& inner, FaultPlan plan, CallCounts* counts);

}  // namespace holdfast::storage
