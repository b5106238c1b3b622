#include "engine/cutover/other_takeovers.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "engine/cutover/other_hosts.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/known_workspace.h"

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

// To which workspaces connectors lead.
class Workspaces {
public:
  // `known`: that of the charge's target, where a plan says it.
  Workspaces(repository::Repository& repository, const std::string& target, const std::string& known)
      : repository_(repository) {
    if (!known.empty()) known_.emplace(target, known);
  }
  bool are_one(const std::string& one, const std::string& other) {
    return one == other || (!of(one).empty() && of(one) == of(other));
  }

private:
  const std::string& of(const std::string& connector) {
    const auto found = known_.find(connector);
    if (found != known_.end()) return found->second;
    return known_.emplace(connector, known_workspace(repository_, connector)).first->second;
  }

  repository::Repository& repository_;
  std::map<std::string, std::string> known_;
};

}  // namespace

void add_other_takeovers(Charge& charge, CutoverStore& store, repository::Repository& repository,
                         const std::vector<std::string>& connectors, const std::string& target_workspace) {
  const std::string& source = charge.pair.source;
  const std::string& target = charge.pair.target;
  const std::vector<Pair> all = takeovers(store, repository, connectors);
  Workspaces workspaces(repository, target, target_workspace);
  for (const Pair& pair : all) {
    if (are_same(pair, source, target)) continue;
    // What somebody took over from is in charge no more.
    const auto replaced = [&](const Pair& one) { return workspaces.are_one(one.source, pair.target); };
    OtherTakeover other{
        .source = pair.source,
        .target = pair.target,
        .from_source = workspaces.are_one(pair.source, source),
        .copied = store.pair(pair.source, source).replicated.has_value(),
        .is_target = workspaces.are_one(pair.target, target) && std::none_of(all.begin(), all.end(), replaced),
        .paused = is_paused(store, repository, pair)};
    if (other.from_source || other.is_target) charge.others.push_back(std::move(other));
  }
}

}  // namespace holdfast::engine
