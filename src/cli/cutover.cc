#include "cli/cutover.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "cli/resource_view.h"
#include "engine/backup.h"
#include "engine/reference.h"
#include "engine/resource_restore.h"
#include "ui/printers.h"
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

void Cutover::check_sides(const std::string& source, const std::string& target) {
  for (const std::string& name : {source, target}) context_.connector_config(name);
  if (source == target)
    throw Error(ErrorKind::usage, fmt::format("{} cannot be source and target at once", source),
                "Name two connectors; \"holdfast restore\" brings a snapshot back in place.");
  if (context_.connector_config(source).platform != context_.connector_config(target).platform)
    throw Error(ErrorKind::usage, fmt::format("{} and {} are not of one platform", source, target),
                "Name two connectors of the same platform.");
  if (!has_resources(connector(target)))
    throw Error(ErrorKind::unsupported, fmt::format("{} is not restored resource by resource", target),
                "Use \"holdfast backup\" and \"holdfast restore --to\"; rows of this platform do not start anything.");
}

void Cutover::refuse_taken_over(const std::string& source, const std::string& target) {
  if (store_.pair(source, target).active == target)
    throw Error(ErrorKind::refused, fmt::format("{} took over from {}", target, source),
                fmt::format("What is done there goes back by \"holdfast failback {} {}\".", target, source));
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

repository::Snapshot Cutover::take(const std::string& name) {
  return dry() ? newest(name) : back_up(name, platform::Sweep::changes);
}

void Cutover::go_on(const std::string& source, const std::string& target) {
  for (const ResourcePlan& plan : store_.begun(source, target)) {
    if (dry()) {
      context_.events().note(fmt::format("plan {} was interrupted; without --dry-run it is ended first", plan.id));
      continue;
    }
    context_.events().note(fmt::format("going on with plan {}, which was interrupted", plan.id));
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

void Cutover::ask(const std::string& what) const {
  if (flags_.yes || dry()) return;
  throw Error(ErrorKind::refused, what, "See what it would do with --dry-run, then add --yes.");
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

int Cutover::activate(const repository::Snapshot& recorded, const std::string& target, const Activation& how) {
  engine::ResourceRestoreOptions options;
  options.target = target;
  options.selection = model::Selection(how.selection);
  options.apart_from = how.apart_from;
  options.mapping = context_.config().mapping(recorded.connector, target);
  options.capture = flags_.plan.capture.options(context_.connector_config(target));
  const ResourcePlan plan =
      engine::plan_resource_activation({context_.repository(), recorded, connector(target), context_.state()}, options,
                                       context_.events(), context_.clock(), context_.random(), context_.stop());
  show(plan);
  return apply_resource_plan(context_, plan, {recorded, connector(target), "activate", flags_.dry_run});
}

void Cutover::open_fence(const std::string& name, const std::string& active) {
  if (dry()) return;
  const std::optional<engine::Fence> known = store_.fence(name);
  if (known && (active.empty() || known->active == active)) return;
  engine::Fence fence = known.value_or(engine::Fence{.connector = name, .since = context_.clock().now()});
  fence.active = active;
  store_.save(fence);
}

void Cutover::put_in_charge(engine::Pair pair, const std::string& active, const std::string& recorded) {
  if (dry()) return;
  pair.active = active;
  pair.recorded = recorded;
  pair.since = context_.clock().now();
  store_.save(pair);
}

bool Cutover::fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded) {
  open_fence(name, active);
  const repository::Snapshot now = recorded ? *recorded : take(name);
  if (!dry()) {
    engine::Fence fence = *store_.fence(name);
    // Taken again it would show what this pauses.
    if (fence.snapshot.empty()) fence.snapshot = now.id.name();
    store_.save(fence);
  }
  const engine::ResourceRestore restore{context_.repository(), now, connector(name), context_.state()};
  const auto capture = flags_.plan.capture.options(context_.connector_config(name));
  const auto pause = [&] {
    return engine::plan_resource_pause(restore, capture, context_.events(), context_.clock(), context_.random(),
                                       context_.stop());
  };
  const engine::ResourcePause first = pause();
  show(first.plan);
  (void)apply_resource_plan(context_, first.plan, {now, connector(name), "fence", flags_.dry_run});
  if (dry()) return true;
  const engine::ResourcePause after = pause();
  for (const std::string& kind : after.unread)
    context_.events().warning(fmt::format("not all {} of {} could be read: some may fire", kind, name));
  for (const model::ResourceStep& step : after.plan.steps)
    if (step.action != ResourceAction::skip)
      context_.events().warning(fmt::format("still fires on {}: {}", name, step.path));
  const bool confirmed =
      after.unread.empty() && after.plan.does_nothing() && after.plan.count(ResourceAction::conflict) == 0;
  engine::Fence fence = *store_.fence(name);
  fence.state = confirmed ? engine::Fence::State::confirmed : engine::Fence::State::open;
  store_.save(fence);
  return confirmed;
}

}  // namespace holdfast::cli
