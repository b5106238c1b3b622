#include "cli/cutover/run.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/error.h"
#include "cli/cutover/takeover.h"
#include "cli/resource_view.h"
#include "engine/cutover/of_others.h"
#include "engine/cutover/replication.h"
#include "engine/known_workspace.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/restore.h"
#include "model/kind_set.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using model::ResourceAction;
using model::ResourcePlan;

}  // namespace

void CutoverRun::begin_writing(const std::string& source, const std::string& target) {
  const engine::Charge known = cutover_.charge(source, target);
  engine::require_writable(known);
  if (known.back.active == source) mirror_ids(source, target);
}

void CutoverRun::mirror_ids(const std::string& source, const std::string& target) {
  if (cutover_.dry()) return;
  storage::Backend& state = cutover_.context().state();
  // A run that has gone this way since, and was perhaps interrupted before it said so, knows better what it made.
  const bool gone = !engine::goes_back(cutover_.charge(source, target));
  if (gone || !cutover_.store().begun(source, target).empty()) engine::mirror_id_map(state, source, target);
  engine::mirror_id_map(state, target, source);
}

void CutoverRun::end_writing(const std::string& source, const std::string& target) {
  if (!cutover_.dry() && cutover_.store().pair(target, source).active == source)
    engine::mirror_id_map(cutover_.context().state(), source, target);
}

engine::Pair CutoverRun::parted(const std::string& source, const std::string& target) {
  const engine::Pair out = engine::split_of(cutover_.charge(source, target));
  // What a run leaves alone is told by how the one before ended.
  if (!cutover_.dry() && cutover_.store().pair(target, source).active == source) {
    engine::Pair own = cutover_.store().pair(source, target);
    own.replicated = out.replicated;
    cutover_.store().save(own);
  }
  return out;
}

CutoverRun::Brought CutoverRun::bring(const std::string& source, const std::string& target) {
  const int gone_on = go_on(source, target);
  const repository::Snapshot snapshot = cutover_.take(source);
  const model::ResourcePlan plan = this->plan(snapshot, target, parted(source, target));
  cutover_.show(plan);
  return {snapshot, plan, cutover_.flags().plan.select.empty() ? k_exit_ok : gone_on};
}

std::string CutoverRun::why_dropped(const engine::CutoverStore::Begun& begun,
                                    const std::optional<repository::Snapshot>& snapshot) {
  if (!begun.plan) return begun.problem;
  if (!snapshot) return fmt::format("snapshot {} is gone", begun.plan->snapshot);
  // Where no snapshot of the target says so it may be led astray, and the plan is refused.
  const std::string known = engine::known_workspace(cutover_.context().repository(), begun.plan->target);
  const std::string& then = begun.plan->target_workspace;
  if (known.empty() || then.empty() || known == then) return {};
  return fmt::format("{} led to workspace {} then", begun.plan->target, then);
}

int CutoverRun::go_on(const std::string& source, const std::string& target, Trouble trouble) {
  int code = k_exit_ok;
  for (const engine::CutoverStore::Begun& begun : cutover_.store().begun(source, target)) {
    const std::string name = begun.plan ? begun.plan->id : begun.name;
    const char* how =
        begun.plan && engine::how_it_ended(cutover_.context().state(), *begun.plan) != engine::PlanEnd::none
            ? "failed in part"
            : "was interrupted";
    if (cutover_.dry()) {
      cutover_.context().events().note(fmt::format("plan {} {}; without --dry-run it is ended first", name, how));
      continue;
    }
    const std::optional<repository::Snapshot> snapshot =
        begun.plan ? cutover_.kept(begun.plan->snapshot) : std::nullopt;
    if (const std::string why = why_dropped(begun, snapshot); !why.empty()) {
      cutover_.context().events().warning(fmt::format(
          "plan {} {}, and is dropped: {}; what it made without an answer may be made again", name, how, why));
      cutover_.store().drop(begun);
      continue;
    }
    try {
      cutover_.context().events().note(fmt::format("going on with plan {}, which {}", name, how));
      code = worse(code, end_begun(*begun.plan, *snapshot));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled || trouble == Trouble::stops) throw;
      cutover_.context().events().warning(
          fmt::format("plan {} {}, and could not be ended: {}", name, how, error.message()));
      code = worse(code, k_exit_partial);
    }
  }
  return code;
}

int CutoverRun::end_begun(const ResourcePlan& plan, const repository::Snapshot& source) {
  engine::ResourceApplyResult result;
  const int code = apply_resource_plan(
      cutover_.context(), plan,
      {source, cutover_.connector(plan.target), cutover_.verb(), cutover_.flags().dry_run, &result});
  remember(plan, source, result);
  cutover_.store().end(plan);
  return worse(code, behind_);
}

void CutoverRun::leave_to_others(Context& context, const std::string& from, const std::string& home,
                                 engine::Split& split) {
  std::set<std::string> others;
  for (const auto& [key, other] : engine::made_for_others(context.state(), context.repository(), home, from)) {
    split.of_others.insert(key);
    others.insert(other);
  }
  if (!others.empty())
    context.events().note(fmt::format("what was brought to {} from {} stays there", from, fmt::join(others, ", ")));
}

ResourcePlan CutoverRun::plan(const repository::Snapshot& wanted, const std::string& target, const engine::Pair& pair,
                              engine::Split::Strangers strangers) {
  const bool replaces = cutover_.flags().plan.existing == model::Existing::replace;
  const bool keeps_strangers = strangers == engine::Split::Strangers::keep;
  platform::Connector& there = cutover_.connector(target);
  const engine::Charge charge = cutover_.charge(wanted.connector, target);
  const bool back = engine::goes_back(charge);
  if (!keeps_strangers && (replaces || (!pair.replicated && !back)))
    return make_resource_plan(cutover_.context(), cutover_.flags().plan, wanted, there, target);
  const engine::LastRun last = pair.replicated.value_or(engine::LastRun());
  const std::optional<repository::Snapshot> source_then = cutover_.kept(last.source_snapshot);
  const std::optional<repository::Snapshot> target_then = cutover_.kept(last.target_snapshot);
  if (!target_then && !back)
    cutover_.context().events().warning(
        fmt::format("how the last run left {} is not known: what was changed there since is not noticed", target));
  const model::IdMap ids = engine::ids_between(cutover_.context().state(), wanted.connector, target);
  engine::Split split{.source = source_then ? &*source_then : nullptr,
                      .target = target_then ? &*target_then : nullptr,
                      .counterparts = &ids,
                      .strangers = strangers};
  for (const engine::LeftAlone& one : last.differed) split.differed.emplace(one.kind, one.target_id);
  for (const engine::LeftAlone& one : last.written) split.written.emplace(one.kind, one.target_id);
  if (back) split.way = engine::Split::Way::back;
  if (engine::goes_home(charge)) {
    split.home = engine::Split::Home::yes;
    leave_to_others(cutover_.context(), wanted.connector, target, split);
  }
  if (cutover_.flags().keep_changed) split.changed = engine::Split::Changed::keep;
  if (replaces) split.changed = engine::Split::Changed::overwrite;
  return make_resource_plan(cutover_.context(), cutover_.flags().plan, wanted, there, target, &split);
}

// What Holdfast itself brought, and nobody changed since, is nobody's loss.
void CutoverRun::refuse_destruction(const ResourcePlan& plan) {
  const engine::Pair pair = cutover_.store().pair(plan.source, plan.target);
  const bool known =
      pair.replicated && plan.existing != model::Existing::replace && cutover_.kept(pair.replicated->target_snapshot);
  std::uint64_t gone = plan.count(ResourceAction::recreate) + plan.count(ResourceAction::remove);
  for (const auto& [one, count] : plan.removed_items()) gone += count;
  const std::uint64_t changed = known ? 0 : plan.count(ResourceAction::update);
  if (gone + changed != 0)
    cutover_.ask(fmt::format("{} is not changed without being told to ({})", plan.target, counts_text(plan)));
}

int CutoverRun::apply(const ResourcePlan& plan, const repository::Snapshot& wanted) {
  engine::ResourceApplyResult result;
  return apply(plan, wanted, result);
}

int CutoverRun::apply(const ResourcePlan& plan, const repository::Snapshot& wanted,
                      engine::ResourceApplyResult& result) {
  // Of a target that was never backed up only the plan knows whose workspace that is.
  engine::require_writable(charge_with_others(cutover_.context(), plan.source, plan.target, plan.target_workspace));
  const ResourceRun run{wanted, cutover_.connector(plan.target), cutover_.verb(), cutover_.flags().dry_run, &result};
  if (cutover_.dry()) return apply_resource_plan(cutover_.context(), plan, run);
  Takeover(cutover_).keep_what_is_told(cutover_.charge(plan.source, plan.target));
  if (plan.does_nothing()) {
    cutover_.context().events().note(fmt::format("{} has nothing to be done", plan.target));
  } else if (has_ended(plan)) {
    // It says its conflicts again and writes nothing: what it wrote then may be somebody else's by now.
    return apply_resource_plan(cutover_.context(), plan, run);
  } else {
    cutover_.store().begin(plan);
  }
  const int code = apply_resource_plan(cutover_.context(), plan, run);
  if (left_to_people(plan, result))
    cutover_.context().events().note(fmt::format("{} has nothing to be done but what is left to people", plan.target));
  // Killed while it reads what it wrote, the plan is gone on with: it finds all of that, and knows that it is its own.
  remember(plan, wanted, result);
  // What failed is tried once more by the same plan, whose journal knows which answers were lost.
  if (result.wrote_all(plan)) cutover_.store().end(plan);
  return worse(code, behind_);
}

bool CutoverRun::has_ended(const ResourcePlan& plan) {
  return !cutover_.store().has_begun(plan) &&
         engine::how_it_ended(cutover_.context().state(), plan) == engine::PlanEnd::whole;
}

bool CutoverRun::left_to_people(const ResourcePlan& plan, const engine::ResourceApplyResult& result) {
  return result.left_all_to_people(plan,
                                   engine::IdMapStore(cutover_.context().state(), plan.source, plan.target).snapshot());
}

// The target as it is now; absent where it cannot be read.
std::optional<repository::Snapshot> CutoverRun::again(const std::string& target) {
  try {
    // Permissions alone do not change the time at which a thing was modified.
    return cutover_.back_up(target, platform::Sweep::everything);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    cutover_.context().events().warning(
        fmt::format("no snapshot of {} could be taken behind this run, so that what is changed until the next run in "
                    "what this one wrote will not be noticed: {}",
                    target, error.message()));
    // The target may rest; what keeps snapshots may not.
    if (error.kind() == ErrorKind::io) behind_ = k_exit_partial;
    return std::nullopt;
  }
}

// From here on, what differs from the target as it is now was changed by somebody else; and what is not as the plan
// left it already was.
void CutoverRun::remember(const ResourcePlan& plan, const repository::Snapshot& source,
                          const engine::ResourceApplyResult& result) {
  const std::optional<engine::LastRun> before = cutover_.store().pair(plan.source, plan.target).replicated;
  const std::optional<repository::Snapshot> split = before ? cutover_.kept(before->target_snapshot) : std::nullopt;
  const model::IdMap ids = engine::IdMapStore(cutover_.context().state(), plan.source, plan.target).snapshot();
  const model::KindSet kinds(cutover_.connector(plan.target).kinds());
  engine::FinishedRun run{.plan = plan,
                          .result = result,
                          .source = source,
                          .target = nullptr,
                          .ids = ids,
                          .before = before ? &*before : nullptr,
                          .split = split ? &*split : nullptr};
  const auto last = [&](const std::optional<repository::Snapshot>& target) {
    run.target = target ? &*target : nullptr;
    return engine::last_run(cutover_.context().repository(), kinds, run, cutover_.context().stop());
  };
  const bool quiet = plan.does_nothing() || result.left_all_to_people(plan, ids);
  const bool same = split && quiet && before->written.empty();
  engine::LastRun now = last(same ? split : again(plan.target));
  // What somebody had changed is as it was before: the snapshot still has it otherwise.
  if (same && now.differed.size() < before->differed.size()) now = last(again(plan.target));
  now.at = cutover_.context().clock().now();
  // Reading takes its time, in which somebody else may have been put in charge.
  engine::Pair pair = cutover_.store().pair(plan.source, plan.target);
  pair.replicated = std::move(now);
  cutover_.store().save(pair);
}

}  // namespace holdfast::cli
