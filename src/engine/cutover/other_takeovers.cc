#include "engine/cutover/other_takeovers.h"

#include <algorithm>
#include <optional>

#include "engine/cutover/other_hosts.h"
#include "engine/cutover/snapshot_marks.h"

namespace holdfast::engine {

namespace {

bool are_same(const Pair& pair, const std::string& one, const std::string& other) {
  return (pair.source == one && pair.target == other) || (pair.source == other && pair.target == one);
}

// In which the target is in charge.
std::vector<Pair> takeovers(CutoverStore& store, repository::Repository& repository,
                            const std::vector<std::string>& connectors) {
  std::vector<Pair> out = one_of_each(pairs_by_all(store, repository));
  for (const Charge& told : told_by_snapshots(store, repository, connectors)) {
    std::erase_if(out, [&](const Pair& one) { return are_same(one, told.pair.source, told.pair.target); });
    out.push_back(told.pair);
  }
  std::erase_if(out, [](const Pair& one) { return one.active.empty() || one.active != one.target; });
  return out;
}

bool is_paused(CutoverStore& store, repository::Repository& repository, const Pair& pair) {
  const std::optional<Fence> fence = standing_fence(store, repository, pair.target);
  return fence && fence->state == Fence::State::confirmed && (fence->active.empty() || fence->active == pair.source);
}

}  // namespace

void add_other_takeovers(Charge& charge, CutoverStore& store, repository::Repository& repository,
                         const std::vector<std::string>& connectors) {
  for (const Pair& pair : takeovers(store, repository, connectors))
    if (pair.source == charge.pair.source && !are_same(pair, charge.pair.source, charge.pair.target))
      charge.others.push_back({.source = pair.source,
                               .target = pair.target,
                               .from_source = true,
                               .paused = is_paused(store, repository, pair)});
}

}  // namespace holdfast::engine
