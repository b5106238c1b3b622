#include "engine/cutover/firing_states.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/resources/id_map_store.h"
#include "engine/resources/sides.h"
#include "model/json_text.h"
#include "model/resource_text.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

void add(FiringState& to, const PausedStates& states) {
  for (const PausedState& one : states) to.values += fmt::format("{}={};", one.field, one.value);
  to.fires = to.fires || !states.empty();
}

}  // namespace

bool may_fire(const model::Kind& kind) {
  return std::any_of(kind.firing.begin(), kind.firing.end(), [](const model::Firing& one) { return !one.guards; });
}

std::vector<std::string> unread_firing(const std::vector<repository::Tree>& trees,
                                       const std::vector<model::Kind>& kinds, const LastRead& when,
                                       const KnownGap& known) {
  std::vector<std::string> out;
  for (const repository::Tree& tree : trees) {
    const auto fires = [&](const model::Kind& kind) { return kind.collection.name == tree.name && may_fire(kind); };
    if (std::none_of(kinds.begin(), kinds.end(), fires)) continue;
    // Of so many some were joined, which tells no more when each was last read;
    // what lies in them is known all the same.
    const bool joined = tree.stale.size() > repository::k_stale_ranges_max / 2;
    const auto in_time = [&](const repository::StaleRange& one) {
      if (!one.last_good) return !when.from;
      return (!when.from || *one.last_good >= *when.from) && (!when.before || *one.last_good < *when.before);
    };
    const auto counts = [&](const repository::StaleRange& one) {
      if (!joined && !in_time(one)) return false;
      if (!known) return joined || one.last_good.has_value();
      repository::StaleRange gap = one;
      if (joined && !gap.last_good) gap.last_good = base::Instant();  // of another one in it there may have been a read
      return known(tree.name, gap);
    };
    if (std::any_of(tree.stale.begin(), tree.stale.end(), counts)) out.push_back(tree.name);
  }
  return out;
}

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
                           const model::KindSet& kinds, const model::Selection& selection, std::stop_token stop,
                           const PausedStates& beside) {
  const std::vector<model::Resource> all = read_stored_side(repository, snapshot, kinds, std::move(stop));
  const model::Selection chosen = taught(selection, kinds, {&all});
  std::map<FiringKey, PausedStates> paused;
  for (const PausedState& one : beside) paused[{one.kind, one.id}].push_back(one);
  FiringStates out;
  for (const model::Resource& one : all) {
    const model::ReadyKind& kind = kinds.at(one.kind);
    if (kind.kind.firing.empty()) continue;
    const FiringKey key(kind.label(), one.id);
    FiringState state;
    if (const auto own = paused.find(key); own != paused.end()) {
      model::Resource whole = one;
      const PausedStates rest = put_back(own->second, kind, whole.row);
      state = firing_state(whole, kinds);
      add(state, rest);
      paused.erase(own);
    } else {
      state = firing_state(one, kinds);
    }
    if (state.values.empty()) continue;
    state.chosen = selected(chosen, kinds, one);
    out.emplace(key, std::move(state));
  }
  for (const auto& [key, states] : paused) {
    FiringState state{.path = states.front().path, .chosen = selection.everything()};
    add(state, states);
    out.emplace(key, std::move(state));
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

std::set<FiringKey> not_set(const FiringStates& wanted, const model::ResourcePlan& plan,
                            const ResourceApplyResult& result) {
  std::set<FiringKey> out;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const model::ResourceStep& step = plan.steps[i];
    if (step.action == model::ResourceAction::skip) continue;
    const StepEnd end = i < result.ends.size() ? result.ends[i] : StepEnd::open;
    if (end == StepEnd::done || end == StepEnd::already) continue;
    const auto state = wanted.find({step.kind, step.source_id});
    if (state != wanted.end() && state->second.fires && state->second.chosen) out.insert(state->first);
  }
  return out;
}

GivenStates given_states(const FiringStates& wanted, const std::set<FiringKey>& left_out, const model::IdMap& ids) {
  GivenStates out;
  for (const auto& [key, state] : wanted) {
    if (!state.fires || !state.chosen || left_out.contains(key)) continue;
    if (const model::IdEntry* entry = ids.by_source(key.first, key.second))
      out.emplace(FiringKey(key.first, entry->target_id), state.values);
  }
  return out;
}

GivenStates given_states(const FiringStates& wanted, const std::set<FiringKey>& left_out) {
  GivenStates out;
  for (const auto& [key, state] : wanted)
    if (state.fires && state.chosen && !left_out.contains(key)) out.emplace(key, state.values);
  return out;
}

std::set<FiringKey> never_given(const FiringStates& wanted, const GivenStates& given, const model::IdMap& ids) {
  std::set<FiringKey> out;
  for (const auto& [key, state] : wanted) {
    if (!state.fires || !state.chosen) continue;
    const model::IdEntry* entry = ids.by_source(key.first, key.second);
    if (entry && !given.contains({key.first, entry->target_id})) out.insert(key);
  }
  return out;
}

std::uint64_t not_given(const FiringStates& recorded, const GivenStates& given, const model::IdMap& ids) {
  return static_cast<std::uint64_t>(std::count_if(recorded.begin(), recorded.end(), [&](const auto& one) {
    const FiringKey& key = one.first;
    const model::IdEntry* there = ids.by_source(key.first, key.second);
    return one.second.fires && !(there && given.contains({key.first, there->target_id}));
  }));
}

LeftOnBoth left_on_both(const LeftPaused& what, const std::string& of, const model::IdMap& ids,
                        const model::IdMap& anew) {
  LeftOnBoth out{.what = what};
  if (of == ids.source()) {
    out.source_ids = ids_ever(anew, what.kind, what.id);
    for (const std::string& id : out.source_ids)
      if (const model::IdEntry* entry = ids.by_source(what.kind, id)) out.target_id = entry->target_id;
    return out;
  }
  out.target_id = what.id;
  if (const model::IdEntry* entry = ids.by_target(what.kind, what.id))
    out.source_ids = ids_ever(anew, what.kind, entry->source_id);
  return out;
}

bool is_for_target(const LeftOnBoth& left, const FiringStates& recorded, const GivenStates* given) {
  for (const std::string& id : left.source_ids)
    if (const auto now = recorded.find({left.what.kind, id}); now != recorded.end() && now->second.fires) return false;
  return !(given && given->contains({left.what.kind, left.target_id}));
}

namespace {

// What was never given, and rests, was left so by us.
FiringStates set_since(const GivenStates& given, const FiringStates& now) {
  FiringStates out;
  for (const auto& [key, state] : now) {
    const auto then = given.find(key);
    if (then == given.end() ? state.fires : then->second != state.values) out.emplace(key, state);
  }
  return out;
}

}  // namespace

StatesAtHome states_at_home(const WayHome& way) {
  FiringStates follows = way.secondary;
  if (way.behind)
    follows = changed_states(*way.behind, way.secondary);
  else if (way.given)
    follows = set_since(*way.given, way.secondary);
  StatesAtHome out;
  for (const auto& [key, state] : way.secondary)
    if (state.fires) out.fired.push_back(state.path);
  for (const auto& [key, state] : follows) {
    out.by_secondary.insert(key);
    out.any = out.any || state.fires;
  }
  for (const auto& [key, state] : way.primary) {
    if (state.fires) out.fired.push_back(state.path);
    const model::IdEntry* entry = way.ids.by_source(key.first, key.second);
    const FiringKey there(key.first, entry ? entry->target_id : std::string());
    // What has a counterpart that is gone was removed on the secondary.
    if (entry && (follows.contains(there) || !way.secondary.contains(there))) continue;
    out.by_primary.insert(key);
    out.any = out.any || state.fires;
  }
  return out;
}

bool is_for_home(const LeftOnBoth& left, const FiringStates& primary, const StatesAtHome& home) {
  for (const std::string& id : left.source_ids) {
    const FiringKey here(left.what.kind, id);
    const auto then = primary.find(here);
    if (then != primary.end() && then->second.fires && home.by_primary.contains(here)) return false;
  }
  return !home.by_secondary.contains({left.what.kind, left.target_id});
}

}  // namespace holdfast::engine
