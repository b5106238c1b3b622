#include "cli/cutover/left_paused.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "engine/reference.h"
#include "engine/resources/id_map_store.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using engine::LeftOnBoth;
using engine::LeftPaused;

std::vector<LeftPaused> plain(const std::vector<LeftOnBoth>& left) {
  std::vector<LeftPaused> out;
  for (const LeftOnBoth& one : left) out.push_back(one.what);
  return out;
}

// What the source fires by now somebody started there: that is recorded like all else.
LeftPausedStates undecided(Cutover& cutover, const engine::Pair& pair, const engine::FiringStates& recorded) {
  LeftPausedStates out = left_of(cutover, pair);
  std::erase_if(out.known, [&](const LeftOnBoth& one) { return !engine::is_for_target(one, recorded, nullptr); });
  return out;
}

std::vector<LeftOnBoth> not_given(std::vector<LeftOnBoth> left, const engine::Pair& pair) {
  if (pair.active == pair.target && pair.given)
    std::erase_if(left, [&](const LeftOnBoth& one) { return !engine::is_for_target(one, {}, &*pair.given); });
  return left;
}

}  // namespace

LeftPausedStates left_of(Cutover& cutover, const engine::Pair& pair) {
  LeftPausedStates out;
  if (pair.left.empty()) return out;
  const model::IdMap ids = engine::IdMapStore(cutover.context().state(), pair.source, pair.target).snapshot();
  const model::IdMap anew = engine::IdMapStore(cutover.context().state(), pair.source, pair.source).snapshot();
  std::map<std::string, engine::FiringStates> now;  // of both connectors
  for (const LeftPaused& one : pair.left) {
    if (const std::optional<repository::Snapshot> by = cutover.kept(one.snapshot)) {
      const auto tried = now.try_emplace(by->connector);
      engine::FiringStates& there = tried.first->second;
      if (tried.second)
        there = Takeover(cutover).firing(engine::resolve(cutover.context().repository(), "latest", by->connector));
      LeftOnBoth left = engine::left_on_both(one, by->connector, ids, anew);
      // Who removed it, or what fired in it, has decided; what we made anew in its place is not removed.
      const std::set<std::string> called = by->connector == pair.source ? left.source_ids : std::set{left.target_id};
      const auto is_there = [&](const std::string& id) { return there.contains({one.kind, id}); };
      if (std::any_of(called.begin(), called.end(), is_there)) out.known.push_back(std::move(left));
      continue;
    }
    out.lost.push_back(one);
    cutover.context().events().warning(
        fmt::format("{}/{} was left paused by a failback, and stays so: snapshot {}, which knows how it fired, is gone",
                    one.kind, one.id, one.snapshot));
  }
  return out;
}

std::vector<Takeover::Activation> activations_of(Cutover& cutover, const std::vector<LeftPaused>& left,
                                                 const std::vector<std::string>& selection) {
  struct Left {
    std::set<engine::FiringKey> keys{};
    engine::PausedStates beside{};
  };
  std::map<std::string, Left> by_snapshot;
  for (const LeftPaused& one : left) {
    Left& to = by_snapshot[one.snapshot];
    to.keys.emplace(one.kind, one.id);
    to.beside.insert(to.beside.end(), one.beside.begin(), one.beside.end());
  }
  std::vector<Takeover::Activation> out;
  for (auto& [snapshot, of_it] : by_snapshot) {
    const auto chosen = std::make_shared<const std::set<engine::FiringKey>>(std::move(of_it.keys));
    out.push_back({.recorded = cutover.named(snapshot),
                   .selection = selection,
                   .only =
                       [chosen](const std::string& kind, const std::string& id) {
                         return chosen->contains({kind, id});
                       },
                   .beside = std::move(of_it.beside)});
  }
  return out;
}

Takeover::Activation without(Takeover::Activation what, const std::vector<LeftOnBoth>& left) {
  std::set<engine::FiringKey> keys;
  for (const LeftOnBoth& one : left)
    for (const std::string& id : one.source_ids) keys.emplace(one.what.kind, id);
  // As it is recorded it would be paused again by whoever goes on with what set it.
  what.only = [keys = std::make_shared<const std::set<engine::FiringKey>>(std::move(keys)), only = what.only](
                  const std::string& kind, const std::string& id) {
    return !keys->contains({kind, id}) && (!only || only(kind, id));
  };
  return what;
}

LeftPausedStates left_for_target(Cutover& cutover, const engine::Pair& pair, const repository::Snapshot& recorded) {
  if (pair.left.empty()) return {};
  LeftPausedStates out = undecided(cutover, pair, Takeover(cutover).firing(recorded));
  out.known = not_given(std::move(out.known), pair);
  return out;
}

PlannedTakeover plan_takeover(Cutover& cutover, const engine::Pair& pair, Takeover::Activation what) {
  Takeover takeover(cutover);
  if (pair.left.empty()) return {.planned = takeover.plan_activations(pair.target, {what})};
  const LeftPausedStates left = undecided(cutover, pair, takeover.firing(what.recorded));
  const std::vector<std::string> selection = what.selection;
  PlannedTakeover out{.planned = takeover.plan_activations(pair.target, {without(std::move(what), left.known)}),
                      .left = plain(left.known),
                      .whole = left.lost.empty()};
  out.left.insert(out.left.end(), left.lost.begin(), left.lost.end());
  for (const Takeover::Activation& one : activations_of(cutover, plain(not_given(left.known, pair)), selection)) {
    // Nobody's takeover ends by what was left behind one of before.
    try {
      for (Takeover::PlannedActivation& planned : takeover.plan_activations(pair.target, {one}))
        out.planned.push_back(std::move(planned));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      out.whole = false;
      cutover.context().events().warning(fmt::format("what a failback left paused by snapshot {} stays so: {}",
                                                     one.recorded.id.short_id(), error.message()));
    }
  }
  return out;
}

Takeover::PutInCharge take_over(Cutover& cutover, const engine::Pair& pair, const PlannedTakeover& ready) {
  if (!cutover.dry()) {
    engine::Pair now = cutover.store().pair(pair.source, pair.target);
    now.left = ready.left;
    cutover.store().save(now);
  }
  Takeover::PutInCharge out = Takeover(cutover).put_in_charge(pair.source, pair.target, ready.planned);
  if (!ready.whole) out.code = worse(out.code, k_exit_partial);
  return out;
}

}  // namespace holdfast::cli
