// The state of one workspace.  Every group of endpoints keeps its own part, a default-constructible struct that lives
// in its own files; World holds one of each, and what all need: time, chance, ids.
//
// Not thread-safe: the router holds mutex() while a handler runs; tests that look into a running stand-in take it too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace holdfast::sim::databricks {

struct WorldOptions {
  std::uint64_t seed = 1;  // the same seed and the same requests give the same ids
  std::string name = "primary";
  std::string region = "westeurope";
  std::string workspace_id = "1000000000000001";
  std::string account_id = "0b6b1a2c-0d3e-4f5a-8b7c-9d0e1f2a3b4c";
  // A tier without access control lists: what needs them answers 500 with FEATURE_DISABLED in its text.
  enum class Tier { premium, standard } tier = Tier::premium;
};

class World {
public:
  World(WorldOptions options, const base::Clock& clock);

  std::mutex& mutex() noexcept { return mutex_; }
  const WorldOptions& options() const noexcept { return options_; }

  // Milliseconds since 1970, as the API writes times.  A seed sets it back, so that its objects are older than today.
  std::int64_t now_ms() const;
  void pretend_time(std::optional<std::int64_t> now_ms) noexcept { pretended_ms_ = now_ms; }

  // A new id of 15 digits, as the platform gives to notebooks, jobs and principals; never twice the same.
  std::int64_t new_id();
  std::string new_uuid();           // 8-4-4-4-12
  std::string new_hex(int digits);  // lower case
  std::uint64_t random(std::uint64_t below);

  // The part of the state that `Part` is, made on first use.
  template <class Part>
  Part& part() {
    auto& held = parts_[std::type_index(typeid(Part))];
    if (!held) held = std::make_shared<Part>();
    return *static_cast<Part*>(held.get());
  }

  // What happens by itself as time passes: run before every request, and by whoever moved the clock.
  void add_daemon(std::function<void(World&)> daemon) { daemons_.push_back(std::move(daemon)); }
  void run_daemons();

private:
  std::uint64_t next_random() noexcept;

  WorldOptions options_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::uint64_t random_state_ = 0;
  std::int64_t ids_given_ = 0;
  std::int64_t id_base_ = 0;
  std::optional<std::int64_t> pretended_ms_;
  std::vector<std::function<void(World&)>> daemons_;
  // Shared only because a shared pointer to void knows how to delete what it holds.
  std::unordered_map<std::type_index, std::shared_ptr<void>> parts_;
};

}  // namespace holdfast::sim::databricks
