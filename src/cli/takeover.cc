// What of a cutover says who is in charge: fences, activations, and what is asked before them.
#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/connector_lock.h"
#include "cli/cutover.h"
#include "cli/resource_view.h"
#include "engine/resource_restore.h"
#include "engine/snapshot_marks.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using model::ResourceAction;
using model::ResourcePlan;

}  // namespace

void Cutover::lock(const std::string& connector, base::FileLock::Mode mode) {
  if (dry()) return;
  locks_.push_back(lock_connector(context_, connector, mode));
}

engine::Charge Cutover::charge(const std::string& source, const std::string& target) {
  return engine::charge_by_all(store_, context_.repository(), source, target);
}

void Cutover::lock_to_write(const std::string& source, const std::string& target) {
  lock(target, base::FileLock::Mode::exclusive);
  lock(source, base::FileLock::Mode::shared);
}

void Cutover::begin_writing(const std::string& source, const std::string& target) {
  const engine::Charge known = charge(source, target);
  engine::require_writable(known);
  // Of what took over back to what it took over from: that way is known by the other one.
  if (!dry() && known.back.active == source) engine::mirror_id_map(context_.state(), target, source);
}

void Cutover::end_writing(const std::string& source, const std::string& target) {
  if (!dry() && store_.pair(target, source).active == source) engine::mirror_id_map(context_.state(), source, target);
}

engine::Pair Cutover::parted(const std::string& source, const std::string& target) {
  const engine::Pair out = engine::split_of(charge(source, target));
  // What a run leaves alone is told by how the one before ended.
  if (!dry() && store_.pair(target, source).active == source) {
    engine::Pair own = store_.pair(source, target);
    own.replicated = out.replicated;
    store_.save(own);
  }
  return out;
}

Cutover::Brought Cutover::bring(const std::string& source, const std::string& target) {
  const int gone_on = go_on(source, target);
  const repository::Snapshot snapshot = take(source);
  const model::ResourcePlan plan = this->plan(snapshot, target, parted(source, target));
  show(plan);
  return {snapshot, plan, flags_.plan.select.empty() ? k_exit_ok : gone_on};
}

std::vector<Cutover::PlannedActivation> Cutover::plan_activations(const std::string& target,
                                                                  const std::vector<Activation>& all) {
  std::vector<PlannedActivation> out;
  for (const Activation& one : all) {
    engine::ResourceRestoreOptions options;
    options.target = target;
    options.selection = model::Selection(one.selection);
    options.only = one.only;
    options.mapping = context_.config().mapping(one.recorded.connector, target);
    options.capture = flags_.plan.capture.options(context_.connector_config(target));
    out.push_back(
        {one.recorded, engine::plan_resource_activation(
                           {context_.repository(), one.recorded, connector(target), context_.state()}, options,
                           context_.events(), context_.clock(), context_.random(), context_.stop())});
    show(out.back().plan);
  }
  return out;
}

int Cutover::activate(const std::vector<PlannedActivation>& planned) {
  bool anything = false;
  return activate(planned, anything);
}

int Cutover::activate(const std::vector<PlannedActivation>& planned, bool& anything) {
  int code = k_exit_ok;
  for (const PlannedActivation& one : planned) {
    engine::ResourceApplyResult result;
    ResourceRun run{one.recorded, connector(one.plan.target), "activate", flags_.dry_run};
    run.result = &result;
    code = worse(code, apply_resource_plan(context_, one.plan, run));
    anything = anything || result.activated + result.paused + result.already != 0;
  }
  return code;
}

int Cutover::take_charge(const std::vector<PlannedActivation>& planned, engine::Pair pair) {
  if (dry()) return activate(planned);
  const engine::Pair before = store_.pair(pair.source, pair.target);
  // Said before anything is set: interrupted, the same command activates again.
  pair.complete = false;
  pair.since = before.active == pair.active ? before.since : context_.clock().now();
  store_.save(pair);
  // A plan of before is of another time: what is in charge is not written over by it.
  store_.drop_begun(pair.source, pair.target);
  bool anything = false;
  const int code = activate(planned, anything);
  if (code != k_exit_ok && !anything) {
    store_.save(before);
    context_.events().warning(fmt::format("nothing could be activated, so {} is not in charge by this", pair.active));
    return code;
  }
  pair.complete = code == k_exit_ok;
  store_.save(pair);
  store_.drop_begun(pair.source, pair.target);
  return code;
}

std::string Cutover::back_up_behind(const std::string& name) {
  try {
    return back_up(name, platform::Sweep::everything, States::own).id.name();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    context_.events().warning(fmt::format(
        "{} could not be backed up behind its activation, so that its newest snapshot does not show what fires: {}",
        name, error.message()));
    return {};
  }
}

void Cutover::remember_behind(const std::string& source, const std::string& target) {
  const std::string behind = back_up_behind(target);
  engine::Pair pair = store_.pair(source, target);
  if (pair.behind.empty()) pair.behind = behind;
  store_.save(pair);
}

void Cutover::open_fence(const std::string& name, const std::string& active) {
  if (dry()) return;
  const std::optional<engine::Fence> known = store_.fence(name);
  if (known && (active.empty() || known->active == active)) return;
  engine::Fence fence = known.value_or(engine::Fence{.connector = name, .since = context_.clock().now()});
  fence.active = active;
  store_.save(fence);
}

void Cutover::require_fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded,
                            const engine::Unconfirmed& otherwise) {
  if (!fence(name, active, recorded)) engine::throw_unconfirmed(name, otherwise);
}

repository::Snapshot Cutover::states_by(const repository::Snapshot& snapshot) {
  return engine::recorded_by(context_.repository(), snapshot);
}

repository::Snapshot Cutover::states_without(const std::string& lost, const engine::Pair& pair) {
  const repository::Snapshot last = newest(lost);
  const bool shows_it = pair.complete && last.started > pair.since;
  if (pair.active == lost && !pair.recorded.empty() && !shows_it) return states_by(named(pair.recorded));
  return states_by(last);
}

engine::FiringStates Cutover::firing(const repository::Snapshot& snapshot, const std::vector<std::string>& selection) {
  // Asked of the platform, not of the connector: that may be lost.
  const std::string& platform = context_.connector_config(snapshot.connector).platform;
  const model::KindSet kinds(context_.kinds_of(platform));
  // By none of them nothing would fire, and a failback would end well with everything paused.
  if (kinds.size() == 0)
    throw Error(ErrorKind::internal, fmt::format("the kinds of the platform {} are not known", platform));
  return engine::firing_states(context_.repository(), snapshot, kinds, model::Selection(selection), context_.stop());
}

void Cutover::tell_charge(const engine::Pair& pair) {
  const std::string active = pair.active.empty() ? pair.source : pair.active;
  std::vector<std::string> fenced;
  for (const std::string& name : {pair.source, pair.target})
    if (const std::optional<engine::Fence> fence = store_.fence(name))
      fenced.push_back(fmt::format(
          "{} ({})", name, fence->state == engine::Fence::State::confirmed ? "confirmed" : "open, it may fire"));
  context_.events().summary(
      "in charge", {ui::fact_text("connector", active), ui::fact_text("since", base::to_rfc3339(pair.since)),
                    ui::fact_text("activated", pair.complete ? "as a whole" : "not all: run it again"),
                    ui::fact_text("fenced", fenced.empty() ? "nothing" : fmt::format("{}", fmt::join(fenced, ", ")))});
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

void Cutover::ask(const std::string& what) const {
  if (flags_.yes || dry()) return;
  throw Error(ErrorKind::refused, what, "See what it would do with --dry-run, then add --yes.");
}

bool Cutover::fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded) {
  connector(name);  // whoever opens it afterwards is told of the fence that this is about to close
  open_fence(name, active);
  const repository::Snapshot now = recorded ? *recorded : take(name);
  if (!dry()) {
    engine::Fence fence = *store_.fence(name);
    // Taken again it would show what this pauses.
    if (fence.snapshot.empty()) fence.snapshot = engine::states_of(now);
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
