#include "cli/cutover.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/resource_view.h"
#include "engine/backup.h"
#include "engine/id_map_store.h"
#include "engine/reference.h"
#include "engine/replication.h"
#include "engine/resource_restore.h"
#include "engine/snapshot_marks.h"
#include "model/kind_set.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using model::ResourceAction;
using model::ResourcePlan;

}  // namespace

void CutoverFlags::declare_writing(FlagTable& flags) {
  flags.toggle("--yes", yes, "do it, although it changes what is there");
  flags.dry_run(dry_run);
}

void CutoverFlags::declare(FlagTable& flags) {
  plan.declare(flags);
  flags.toggle("--keep-changed", keep_changed, "let be what somebody changed on the target");
  declare_writing(flags);
}

Cutover::Cutover(Context& context, const CutoverFlags& flags, std::string_view verb)
    : context_(context), flags_(flags), verb_(verb), store_(context.state()) {
  if (flags.keep_changed && flags.plan.existing == model::Existing::replace)
    throw Error(ErrorKind::usage, "--keep-changed and --existing replace contradict one another",
                "Leave one of them out: what somebody changed on the target either stays or is overwritten.");
}

int worse(int code, int other) noexcept {
  return code == k_exit_ok ? other : code;
}

platform::Connector& Cutover::connector(const std::string& name) {
  auto& held = connectors_[name];
  if (!held) held = context_.open_connector(name);
  return *held;
}

repository::Snapshot Cutover::named(const std::string& snapshot) {
  return engine::resolve(context_.repository(), snapshot);
}

repository::Snapshot Cutover::newest(const std::string& name) {
  repository::Snapshot out = engine::resolve(context_.repository(), "latest", name);
  context_.events().note(
      fmt::format("snapshot {} of {}, taken {}", out.id.short_id(), name, base::to_rfc3339(out.taken)));
  return out;
}

repository::Snapshot Cutover::back_up(const std::string& name, platform::Sweep sweep, States states) {
  const ConnectorConfig& config = context_.connector_config(name);
  engine::BackupOptions options;
  options.capture = flags_.plan.capture.options(config);
  options.sweep = sweep;
  options.sweep_after = config.sweep_after.value_or(options.sweep_after);
  options.marks = engine::marks_of(store_, context_.repository(), name);
  // From here on it shows states of its own: what an earlier snapshot says of others no longer holds.
  if (states == States::own && !store_.fence(name))
    std::erase_if(options.marks, [](const auto& mark) { return mark.first == engine::k_states_mark; });
  const engine::BackupResult result = engine::backup(context_.repository(), connector(name), name, options,
                                                     context_.events(), context_.clock(), context_.stop());
  const repository::Snapshot& snapshot = result.snapshot;
  context_.events().note(fmt::format("snapshot {} of {}: {}, {}", snapshot.id.short_id(), name,
                                     ui::format_counted(rows_of(snapshot), "resource"), changes_text(snapshot.counts)));
  if (snapshot.partial())
    context_.events().warning(fmt::format("snapshot {} of {} is partial: {}", snapshot.id.short_id(), name,
                                          ui::format_counted(result.failures, "failure")));
  return snapshot;
}

// Nothing of a snapshot that is gone may stop a run: absent where it cannot be read.
std::optional<repository::Snapshot> Cutover::kept(const std::string& snapshot) {
  if (snapshot.empty()) return std::nullopt;
  try {
    return named(snapshot);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::corruption) return std::nullopt;
    throw;
  }
}

int Cutover::go_on(const std::string& source, const std::string& target, Trouble trouble) {
  int code = k_exit_ok;
  for (const engine::CutoverStore::Begun& begun : store_.begun(source, target)) {
    const std::string name = begun.plan ? begun.plan->id : begun.name;
    const char* how =
        begun.plan && engine::came_to_its_end(context_.state(), *begun.plan) ? "failed in part" : "was interrupted";
    if (dry()) {
      context_.events().note(fmt::format("plan {} {}; without --dry-run it is ended first", name, how));
      continue;
    }
    const std::optional<repository::Snapshot> snapshot = begun.plan ? kept(begun.plan->snapshot) : std::nullopt;
    if (!snapshot) {
      const std::string why = begun.plan ? fmt::format("snapshot {} is gone", begun.plan->snapshot) : begun.problem;
      context_.events().warning(fmt::format(
          "plan {} {}, and is dropped: {}; what it made without an answer may be made again", name, how, why));
      store_.drop(begun);
      continue;
    }
    try {
      context_.events().note(fmt::format("going on with plan {}, which {}", name, how));
      code = worse(code, end_begun(*begun.plan, *snapshot));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled || trouble == Trouble::stops) throw;
      context_.events().warning(fmt::format("plan {} {}, and could not be ended: {}", name, how, error.message()));
      code = worse(code, k_exit_partial);
    }
  }
  return code;
}

int Cutover::end_begun(const ResourcePlan& plan, const repository::Snapshot& source) {
  engine::ResourceApplyResult result;
  const int code =
      apply_resource_plan(context_, plan, {source, connector(plan.target), verb_, flags_.dry_run, &result});
  store_.end(plan);
  remember(plan, source, result);
  return code;
}

ResourcePlan Cutover::plan(const repository::Snapshot& wanted, const std::string& target, const engine::Pair& pair,
                           engine::Split::Strangers strangers) {
  const bool replaces = flags_.plan.existing == model::Existing::replace;
  const bool keeps_strangers = strangers == engine::Split::Strangers::keep;
  platform::Connector& there = connector(target);
  if (!keeps_strangers && (!pair.replicated || replaces))
    return make_resource_plan(context_, flags_.plan, wanted, there, target);
  const engine::LastRun last = pair.replicated.value_or(engine::LastRun());
  const std::optional<repository::Snapshot> source_then = kept(last.source_snapshot);
  const std::optional<repository::Snapshot> target_then = kept(last.target_snapshot);
  if (!target_then)
    context_.events().warning(
        fmt::format("how the last run left {} is not known: what was changed there since is not "
                    "noticed",
                    target));
  const model::IdMap ids = engine::ids_between(context_.state(), wanted.connector, target);
  engine::Split split{.source = source_then ? &*source_then : nullptr,
                      .target = target_then ? &*target_then : nullptr,
                      .counterparts = &ids,
                      .strangers = strangers};
  for (const engine::LeftAlone& one : last.differed) split.differed.emplace(one.kind, one.target_id);
  const engine::Pair other = store_.pair(target, wanted.connector);
  const bool begun = store_.pair(wanted.connector, target).replicated &&
                     store_.pair(wanted.connector, target).replicated->at > other.since;
  if (other.active == wanted.connector && !begun) split.way = engine::Split::Way::back;
  if (flags_.keep_changed) split.changed = engine::Split::Changed::keep;
  if (replaces) split.changed = engine::Split::Changed::overwrite;
  return make_resource_plan(context_, flags_.plan, wanted, there, target, &split);
}

void Cutover::show(const ResourcePlan& plan) {
  if (context_.json() || context_.global().quiet) return;
  print_resource_plan(context_, plan);
  context_.out().flush();
}

// What Holdfast itself brought, and nobody changed since, is nobody's loss.
void Cutover::refuse_destruction(const ResourcePlan& plan) {
  const engine::Pair pair = store_.pair(plan.source, plan.target);
  const bool known =
      pair.replicated && plan.existing != model::Existing::replace && kept(pair.replicated->target_snapshot);
  std::uint64_t gone = plan.count(ResourceAction::recreate) + plan.count(ResourceAction::remove);
  for (const auto& [one, count] : plan.removed_items()) gone += count;
  const std::uint64_t changed = known ? 0 : plan.count(ResourceAction::update);
  if (gone + changed != 0)
    ask(fmt::format("{} is not changed without being told to ({})", plan.target, counts_text(plan)));
}

int Cutover::apply(const ResourcePlan& plan, const repository::Snapshot& wanted) {
  engine::ResourceApplyResult result;
  const ResourceRun run{wanted, connector(plan.target), verb_, flags_.dry_run, &result};
  if (dry()) return apply_resource_plan(context_, plan, run);
  if (plan.does_nothing()) {
    context_.events().note(fmt::format("{} has nothing to be done", plan.target));
  } else {
    store_.begin(plan);
  }
  const int code = apply_resource_plan(context_, plan, run);
  // What failed is tried once more by the same plan, whose journal knows which answers were lost.
  if (result.wrote_all(plan)) store_.end(plan);
  remember(plan, wanted, result);
  return code;
}

// The target as it is now; absent where it cannot be read.
std::optional<repository::Snapshot> Cutover::again(const std::string& target) {
  try {
    // Permissions alone do not change the time at which a thing was modified.
    return back_up(target, platform::Sweep::everything);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    context_.events().warning(
        fmt::format("{} could not be read again, so that what is changed there until the next run "
                    "will not be noticed: {}",
                    target, error.message()));
    return std::nullopt;
  }
}

// From here on, what differs from the target as it is now was changed by somebody else; and what is not as the plan
// left it already was.
void Cutover::remember(const ResourcePlan& plan, const repository::Snapshot& source,
                       const engine::ResourceApplyResult& result) {
  const std::optional<engine::LastRun> before = store_.pair(plan.source, plan.target).replicated;
  const std::optional<repository::Snapshot> split = before ? kept(before->target_snapshot) : std::nullopt;
  const model::IdMap ids = engine::IdMapStore(context_.state(), plan.source, plan.target).snapshot();
  const model::KindSet kinds(connector(plan.target).kinds());
  engine::FinishedRun run{.plan = plan,
                          .result = result,
                          .source = source,
                          .target = nullptr,
                          .ids = ids,
                          .before = before ? &*before : nullptr,
                          .split = split ? &*split : nullptr};
  const auto left_alone = [&](const std::optional<repository::Snapshot>& target) {
    run.target = target ? &*target : nullptr;
    return engine::left_alone(context_.repository(), kinds, run, context_.stop());
  };
  const bool same = split && plan.does_nothing();
  std::optional<repository::Snapshot> now = same ? split : again(plan.target);
  std::vector<engine::LeftAlone> differed = left_alone(now);
  if (same && differed.size() < before->differed.size()) {
    // What somebody had changed is as it was before: the snapshot still has it otherwise.
    now = again(plan.target);
    differed = left_alone(now);
  }
  // Reading takes its time, in which somebody else may have been put in charge.
  engine::Pair pair = store_.pair(plan.source, plan.target);
  pair.replicated = engine::LastRun{.plan = plan.id,
                                    .source_snapshot = plan.snapshot,
                                    .target_snapshot = now ? now->id.name() : std::string(),
                                    .at = context_.clock().now(),
                                    .differed = std::move(differed)};
  store_.save(pair);
}

}  // namespace holdfast::cli
