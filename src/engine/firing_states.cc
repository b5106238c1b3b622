#include "engine/firing_states.h"

#include <fmt/format.h>

#include "engine/resource_sides.h"
#include "model/json_text.h"
#include "model/resource_text.h"

namespace holdfast::engine {

FiringState firing_state(const model::Resource& one, const model::KindSet& kinds) {
  FiringState out;
  out.path = kinds.path_of(one);
  for (const model::ReadyDocument& document : kinds.at(one.kind).documents) {
    if (document.firing.empty() || document.column >= one.row.columns.size()) continue;
    const auto& text = one.row.columns[document.column];
    const model::JsonText json(text ? std::string(*text) : "{}");
    for (const model::FiringValue& value : model::firing_values(json, document)) {
      out.values += fmt::format("{}={};", value.firing->field, value.value);
      out.fires = out.fires || value.value != value.firing->paused;
    }
  }
  return out;
}

FiringStates firing_states(repository::Repository& repository, const repository::Snapshot& snapshot,
                           const model::KindSet& kinds, const model::Selection& selection, std::stop_token stop) {
  const std::vector<model::Resource> all = read_stored_side(repository, snapshot, kinds, std::move(stop));
  const model::Selection chosen = taught(selection, kinds, {&all});
  FiringStates out;
  for (const model::Resource& one : all) {
    if (kinds.at(one.kind).kind.firing.empty()) continue;
    FiringState state = firing_state(one, kinds);
    if (state.values.empty()) continue;
    state.chosen = selected(chosen, kinds, one);
    out.emplace(std::pair(kinds.at(one.kind).label(), one.id), std::move(state));
  }
  return out;
}

FiringStates changed_states(const FiringStates& then, const FiringStates& now) {
  FiringStates out;
  for (const auto& [key, state] : now) {
    const auto before = then.find(key);
    if (before == then.end() || before->second.values != state.values) out.emplace(key, state);
  }
  return out;
}

}  // namespace holdfast::engine
