// What of a cutover says who is in charge: fences, activations, and what is asked before them.
#include <fmt/format.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/cutover.h"
#include "cli/resource_view.h"
#include "engine/resource_restore.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using model::ResourceAction;
using model::ResourcePlan;

}  // namespace

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

void Cutover::ask(const std::string& what) const {
  if (flags_.yes || dry()) return;
  throw Error(ErrorKind::refused, what, "See what it would do with --dry-run, then add --yes.");
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
  for (const std::string& why : after.unread) context_.events().warning(fmt::format("{}: {}", name, why));
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

repository::Snapshot Cutover::take(const std::string& name) {
  return dry() ? newest(name) : back_up(name, platform::Sweep::changes);
}

}  // namespace holdfast::cli
