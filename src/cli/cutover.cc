#include "cli/cutover.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/resource_view.h"
#include "engine/backup.h"
#include "engine/reference.h"
#include "engine/resource_restore.h"
#include "engine/snapshot_marks.h"
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

repository::Snapshot Cutover::back_up(const std::string& name, platform::Sweep sweep) {
  const ConnectorConfig& config = context_.connector_config(name);
  engine::BackupOptions options;
  options.capture = flags_.plan.capture.options(config);
  options.sweep = sweep;
  options.sweep_after = config.sweep_after.value_or(options.sweep_after);
  options.marks = engine::marks_of(store_, context_.repository(), name);
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

void Cutover::go_on(const std::string& source, const std::string& target) {
  for (const ResourcePlan& plan : store_.begun(source, target)) {
    const char* how = engine::came_to_its_end(context_.state(), plan) ? "failed in part" : "was interrupted";
    if (dry()) {
      context_.events().note(fmt::format("plan {} {}; without --dry-run it is ended first", plan.id, how));
      continue;
    }
    context_.events().note(fmt::format("going on with plan {}, which {}", plan.id, how));
    const repository::Snapshot snapshot = named(plan.snapshot);
    apply_resource_plan(context_, plan, {snapshot, connector(target), verb_});
    store_.end(plan);
    remember(plan);
  }
}

ResourcePlan Cutover::plan(const repository::Snapshot& wanted, const std::string& target, const engine::Pair& pair) {
  PlanFlags flags = flags_.plan;
  const bool replaces = flags.existing == model::Existing::replace;
  if (!pair.replicated || pair.replicated->target_snapshot.empty() || replaces)
    return make_resource_plan(context_, flags, wanted, connector(target), target);
  const engine::Replicated& last = *pair.replicated;
  const repository::Snapshot source = named(last.source_snapshot);
  const repository::Snapshot there = named(last.target_snapshot);
  engine::Split split{.source = &source, .target = &there};
  for (const engine::LeftAlone& one : last.differed) split.differed.emplace(one.kind, one.target_id);
  if (flags_.keep_changed) split.changed = engine::Split::Changed::keep;
  return make_resource_plan(context_, flags, wanted, connector(target), target, &split);
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
      pair.replicated && !pair.replicated->target_snapshot.empty() && plan.existing != model::Existing::replace;
  const std::uint64_t gone = plan.count(ResourceAction::recreate) + plan.count(ResourceAction::remove);
  const std::uint64_t changed = known ? 0 : plan.count(ResourceAction::update);
  if (gone + changed != 0)
    ask(fmt::format("{} is not changed without being told to ({})", plan.target, counts_text(plan)));
}

int Cutover::apply(const ResourcePlan& plan, const repository::Snapshot& wanted) {
  const ResourceRun run{wanted, connector(plan.target), verb_, flags_.dry_run};
  if (dry()) return apply_resource_plan(context_, plan, run);
  if (plan.does_nothing()) {
    context_.events().note(fmt::format("{} has nothing to be done", plan.target));
  } else {
    store_.begin(plan);
  }
  const int code = apply_resource_plan(context_, plan, run);
  // What failed is tried once more by the same plan, whose journal knows which answers were lost.
  if (code == k_exit_ok) store_.end(plan);
  remember(plan);
  return code;
}

// The target as it is now: from here on, what differs from it was changed by somebody else.
void Cutover::remember(const ResourcePlan& plan) {
  engine::Pair pair = store_.pair(plan.source, plan.target);
  const bool same = pair.replicated && plan.does_nothing() && !pair.replicated->target_snapshot.empty();
  engine::Replicated now{.source_snapshot = plan.snapshot,
                         .target_snapshot = same ? pair.replicated->target_snapshot : std::string(),
                         .selection = flags_.plan.select,
                         .at = context_.clock().now(),
                         .differed = engine::left_alone(plan)};
  try {
    // Permissions alone do not change the time at which a thing was modified.
    if (!same) now.target_snapshot = back_up(plan.target, platform::Sweep::everything).id.name();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    context_.events().warning(
        fmt::format("{} could not be read again, so that what is changed there until the next run "
                    "will not be noticed: {}",
                    plan.target, error.message()));
  }
  pair.replicated = std::move(now);
  store_.save(pair);
}

}  // namespace holdfast::cli
