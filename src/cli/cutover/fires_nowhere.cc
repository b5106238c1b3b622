#include "cli/cutover/fires_nowhere.h"

#include <fmt/format.h>

#include <optional>

#include "cli/command.h"
#include "cli/cutover/takeover.h"
#include "engine/cutover/fires_nowhere.h"

namespace holdfast::cli {
namespace {

engine::FiringStates starts(Cutover& cutover, const repository::Snapshot& snapshot,
                            const std::vector<std::string>& selection = {}) {
  const model::KindSet kinds(cutover.context().kinds_of(snapshot.platform));
  return engine::that_start(Takeover(cutover).firing(snapshot, selection), kinds);
}

// What the target has by its newest snapshot; nullopt: that may lack what was brought.
std::optional<engine::FiringStates> all_there(Cutover& cutover, const engine::Pair& pair) {
  const bool seen = pair.replicated && !pair.replicated->target_snapshot.empty() && pair.replicated->written.empty();
  const std::optional<repository::Snapshot> newest = cutover.context().repository().latest(pair.target);
  if (!seen || !newest || newest->partial()) return std::nullopt;
  return starts(cutover, *newest);
}

}  // namespace

bool tell_cannot_fire(Cutover& cutover, const repository::Snapshot& recorded, const LastReplicate& last) {
  const std::string& source = last.plan.source;
  const std::string& target = last.plan.target;
  // Where they are the target's own the source took over from it, and goes by what it was given: the target has it.
  if (recorded.connector != source) return false;
  const engine::Pair pair = cutover.store().pair(source, target);
  const engine::FiringStates wanted = starts(cutover, recorded, cutover.flags().plan.select);
  const model::IdMap ids = Takeover(cutover).ids_of_then(wanted, pair);
  // One of before shows nothing that was made since, and what this run did not read again has not changed.
  std::optional<engine::FiringStates> there;
  if (pair.replicated && pair.replicated->written.empty() && pair.replicated->target_snapshot != last.before)
    if (const std::optional<repository::Snapshot> behind = cutover.kept(pair.replicated->target_snapshot))
      there = starts(cutover, *behind);
  using Applied = engine::RunBeforeFence::Applied;
  const engine::FiringStates lacks = engine::cannot_fire(wanted, {.plan = last.plan,
                                                                  .applied = cutover.dry() ? Applied::no : Applied::yes,
                                                                  .ids = ids,
                                                                  .target = there ? &*there : nullptr});
  for (const auto& [key, state] : lacks)
    cutover.context().events().warning(fmt::format("fires on {}, and could not on {}: {}", source, target, state.path));
  return !lacks.empty();
}

int tell_fires_nowhere(Cutover& cutover, const repository::Snapshot& recorded, const engine::Pair& before) {
  engine::Pair pair = cutover.store().pair(before.source, before.target);
  if (cutover.dry() || !pair.given) return k_exit_ok;
  const engine::FiringStates wanted = starts(cutover, recorded, cutover.flags().plan.select);
  const model::IdMap ids = Takeover(cutover).ids_of_then(wanted, pair);
  const std::optional<engine::FiringStates> there = all_there(cutover, pair);
  const engine::GivenStates given_before =
      before.active == before.target ? before.given.value_or(engine::GivenStates()) : engine::GivenStates();
  engine::FiringNowhere nowhere =
      engine::fires_nowhere(wanted, {.now = *pair.given,
                                     .before = given_before,
                                     .ids = recorded.connector == pair.target ? nullptr : &ids,
                                     .target = there ? &*there : nullptr});
  for (const std::string& path : nowhere.paths)
    cutover.context().events().warning(
        fmt::format("fired on {}, and does not on {}: {}", pair.source, pair.target, path));
  if (nowhere.given != *pair.given) {
    pair.given = std::move(nowhere.given);
    cutover.store().save(pair);
  }
  return nowhere.paths.empty() ? k_exit_ok : k_exit_partial;
}

}  // namespace holdfast::cli
