#include "engine/cutover/fires_nowhere.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace holdfast::engine {

namespace {

using model::ResourceAction;

bool makes(const model::ResourceStep& step) {
  return step.action == ResourceAction::create || step.action == ResourceAction::recreate;
}

// By kind and id of the source: the id that it has on the target, empty where it is not there.
std::map<FiringKey, std::string> counterparts(const RunBeforeFence& run) {
  std::map<FiringKey, std::string> out;
  for (const model::IdEntry& entry : run.plan.matches) out[{entry.kind, entry.source_id}] = entry.target_id;
  for (const model::ResourceStep& step : run.plan.steps) {
    if (step.source_id.empty()) continue;
    std::string& there = out[{step.kind, step.source_id}];
    there = step.target_id;
    if (!makes(step)) continue;
    // Whatever else of it failed, its id is learnt when it is made; what stood for it before is gone.
    const model::IdEntry* entry = run.ids.by_source(step.kind, step.source_id);
    const bool gone = step.action == ResourceAction::create && entry && entry->target_id == step.seen;
    there = entry && !gone ? entry->target_id : std::string();
  }
  return out;
}

}  // namespace

FiringStates that_start(FiringStates states, const model::KindSet& kinds) {
  std::erase_if(states, [&](const auto& one) {
    const std::optional<std::size_t> kind = kinds.find(one.first.first);
    return !kind || !may_fire(kinds.at(*kind).kind);
  });
  return states;
}

FiringStates cannot_fire(const FiringStates& wanted, const RunBeforeFence& run) {
  const std::map<FiringKey, std::string> found = counterparts(run);
  std::set<FiringKey> would_be_made;
  if (run.applied == RunBeforeFence::Applied::no)
    for (const model::ResourceStep& step : run.plan.steps)
      if (makes(step)) would_be_made.emplace(step.kind, step.source_id);
  FiringStates out;
  for (const auto& [key, state] : wanted) {
    if (!state.fires || !state.chosen || would_be_made.contains(key)) continue;
    const auto told = found.find(key);
    const model::IdEntry* entry = run.ids.by_source(key.first, key.second);
    std::string there = entry ? entry->target_id : std::string();
    if (told != found.end()) there = told->second;
    if (there.empty() || (run.target && !run.target->contains({key.first, there}))) out.emplace(key, state);
  }
  return out;
}

FiringNowhere fires_nowhere(const FiringStates& wanted, const GivenToTarget& given) {
  FiringNowhere out{.given = given.now};
  for (const auto& [key, state] : wanted) {
    if (!state.fires || !state.chosen) continue;
    FiringKey there = key;
    if (given.ids) {
      const model::IdEntry* entry = given.ids->by_source(key.first, key.second);
      there.second = entry ? entry->target_id : std::string();
    }
    if (given.before.contains(there)) continue;
    const bool absent = given.target && !given.target->contains(there);
    if (absent) out.given.erase(there);
    if (absent || !given.now.contains(there)) out.paths.push_back(state.path);
  }
  return out;
}

}  // namespace holdfast::engine
