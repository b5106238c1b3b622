#include "engine/fires_nowhere.h"

#include <map>
#include <optional>
#include <utility>

namespace holdfast::engine {

namespace {

using model::ResourceAction;

// By kind and id of the source: the id that it has on the target, empty where it is not there.
std::map<FiringKey, std::string> counterparts(const RunBeforeFence& run) {
  std::map<FiringKey, std::string> out;
  for (const model::IdEntry& entry : run.plan.matches) out[{entry.kind, entry.source_id}] = entry.target_id;
  for (std::size_t i = 0; i < run.plan.steps.size(); ++i) {
    const model::ResourceStep& step = run.plan.steps[i];
    if (step.source_id.empty()) continue;
    const FiringKey key(step.kind, step.source_id);
    out[key] = step.target_id;
    if (step.action != ResourceAction::create && step.action != ResourceAction::recreate) continue;
    const StepEnd end = run.result && i < run.result->ends.size() ? run.result->ends[i] : StepEnd::open;
    const bool made = end == StepEnd::done || end == StepEnd::already;
    const model::IdEntry* entry = made ? run.ids.by_source(step.kind, step.source_id) : nullptr;
    out[key] = entry ? entry->target_id : std::string();
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
  if (!run.result)
    for (const model::ResourceStep& step : run.plan.steps)
      if (step.action == ResourceAction::create || step.action == ResourceAction::recreate)
        would_be_made.emplace(step.kind, step.source_id);
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
