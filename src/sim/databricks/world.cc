#include "sim/databricks/world.h"

#include <fmt/format.h>

#include <chrono>

namespace holdfast::sim::databricks {

World::World(WorldOptions options, const base::Clock& clock)
    : options_(std::move(options)), clock_(clock), random_state_(options_.seed) {
  // Two workspaces of different seeds have no id in common, as in life.
  id_base_ = 100'000'000'000'000 + static_cast<std::int64_t>(random(800'000'000)) * 1'000'000;
}

std::int64_t World::now_ms() const {
  if (pretended_ms_) return *pretended_ms_;
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch()).count();
}

// SplitMix64.  What the stand-in draws are ids, not keys.
std::uint64_t World::next_random() noexcept {
  random_state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

std::uint64_t World::random(std::uint64_t below) {
  return next_random() % below;
}

// Ids grow, with gaps: others use the platform, too.
std::int64_t World::new_id() {
  ids_given_ += 1 + static_cast<std::int64_t>(random(7));
  return id_base_ + ids_given_;
}

void World::run_daemons() {
  for (const auto& daemon : daemons_) daemon(*this);
}

std::string World::new_hex(int digits) {
  std::string out;
  while (static_cast<int>(out.size()) < digits) out += fmt::format("{:016x}", next_random());
  out.resize(static_cast<std::size_t>(digits));
  return out;
}

std::string World::new_uuid() {
  const auto hex = new_hex(32);
  return fmt::format("{}-{}-4{}-a{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3),
                     hex.substr(20, 12));
}

}  // namespace holdfast::sim::databricks
