#include "cli/takeover.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/resource_view.h"
#include "engine/resource_restore.h"
#include "engine/snapshot_marks.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using model::ResourceAction;

}  // namespace

std::vector<Takeover::PlannedActivation> Takeover::plan_activations(const std::string& target,
                                                                    const std::vector<Activation>& all) {
  std::vector<PlannedActivation> out;
  for (const Activation& one : all) {
    engine::ResourceRestoreOptions options;
    options.target = target;
    options.selection = model::Selection(one.selection);
    options.only = one.only;
    options.mapping = cutover_.context().config().mapping(one.recorded.connector, target);
    options.capture = cutover_.flags().plan.capture.options(cutover_.context().connector_config(target));
    out.push_back({one.recorded,
                   engine::plan_resource_activation({cutover_.context().repository(), one.recorded,
                                                     cutover_.connector(target), cutover_.context().state()},
                                                    options, cutover_.context().events(), cutover_.context().clock(),
                                                    cutover_.context().random(), cutover_.context().stop())});
    cutover_.show(out.back().plan);
  }
  return out;
}

int Takeover::activate(const std::vector<PlannedActivation>& planned) {
  bool anything = false;
  return activate(planned, anything);
}

int Takeover::activate(const std::vector<PlannedActivation>& planned, bool& anything) {
  int code = k_exit_ok;
  for (const PlannedActivation& one : planned) {
    engine::ResourceApplyResult result;
    ResourceRun run{one.recorded, cutover_.connector(one.plan.target), "activate", cutover_.flags().dry_run};
    run.result = &result;
    code = worse(code, apply_resource_plan(cutover_.context(), one.plan, run));
    anything = anything || result.activated + result.paused + result.already != 0;
  }
  return code;
}

int Takeover::take_charge(const std::vector<PlannedActivation>& planned, engine::Pair pair) {
  if (cutover_.dry()) return activate(planned);
  const engine::Pair before = cutover_.store().pair(pair.source, pair.target);
  // Said before anything is set: interrupted, the same command activates again.
  pair.complete = false;
  pair.since = before.active == pair.active ? before.since : cutover_.context().clock().now();
  cutover_.store().save(pair);
  // A plan of before is of another time: what is in charge is not written over by it.
  cutover_.store().drop_begun(pair.source, pair.target);
  bool anything = false;
  const int code = activate(planned, anything);
  if (code != k_exit_ok && !anything) {
    cutover_.store().save(before);
    cutover_.context().events().warning(
        fmt::format("nothing could be activated, so {} is not in charge by this", pair.active));
    return code;
  }
  pair.complete = code == k_exit_ok;
  cutover_.store().save(pair);
  cutover_.store().drop_begun(pair.source, pair.target);
  return code;
}

std::string Takeover::back_up_behind(const std::string& name) {
  try {
    return cutover_.back_up(name, platform::Sweep::everything, Cutover::States::own).id.name();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    cutover_.context().events().warning(fmt::format(
        "{} could not be backed up behind its activation, so that its newest snapshot does not show what fires: {}",
        name, error.message()));
    return {};
  }
}

void Takeover::remember_behind(const std::string& source, const std::string& target) {
  const std::string behind = back_up_behind(target);
  engine::Pair pair = cutover_.store().pair(source, target);
  if (pair.behind.empty()) pair.behind = behind;
  cutover_.store().save(pair);
}

void Takeover::open_fence(const std::string& name, const std::string& active) {
  if (cutover_.dry()) return;
  const std::optional<engine::Fence> known = cutover_.store().fence(name);
  if (known && (active.empty() || known->active == active)) return;
  engine::Fence fence = known.value_or(engine::Fence{.connector = name, .since = cutover_.context().clock().now()});
  fence.active = active;
  cutover_.store().save(fence);
}

void Takeover::require_fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded,
                             const engine::Unconfirmed& otherwise) {
  if (!fence(name, active, recorded)) engine::throw_unconfirmed(name, otherwise);
}

bool Takeover::fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded) {
  cutover_.connector(name);  // whoever opens it afterwards is told of the fence that this is about to close
  open_fence(name, active);
  const repository::Snapshot now = recorded ? *recorded : cutover_.take(name);
  if (!cutover_.dry()) {
    engine::Fence fence = *cutover_.store().fence(name);
    // Taken again it would show what this pauses.
    if (fence.snapshot.empty()) fence.snapshot = engine::states_of(now);
    cutover_.store().save(fence);
  }
  const engine::ResourceRestore restore{cutover_.context().repository(), now, cutover_.connector(name),
                                        cutover_.context().state()};
  const auto capture = cutover_.flags().plan.capture.options(cutover_.context().connector_config(name));
  const auto pause = [&] {
    return engine::plan_resource_pause(restore, capture, cutover_.context().events(), cutover_.context().clock(),
                                       cutover_.context().random(), cutover_.context().stop());
  };
  const engine::ResourcePause first = pause();
  cutover_.show(first.plan);
  (void)apply_resource_plan(cutover_.context(), first.plan,
                            {now, cutover_.connector(name), "fence", cutover_.flags().dry_run});
  if (cutover_.dry()) return true;
  const engine::ResourcePause after = pause();
  for (const std::string& why : after.unread) cutover_.context().events().warning(fmt::format("{}: {}", name, why));
  for (const model::ResourceStep& step : after.plan.steps)
    if (step.action != ResourceAction::skip)
      cutover_.context().events().warning(fmt::format("still fires on {}: {}", name, step.path));
  const bool confirmed =
      after.unread.empty() && after.plan.does_nothing() && after.plan.count(ResourceAction::conflict) == 0;
  engine::Fence fence = *cutover_.store().fence(name);
  fence.state = confirmed ? engine::Fence::State::confirmed : engine::Fence::State::open;
  cutover_.store().save(fence);
  return confirmed;
}

repository::Snapshot Takeover::states_by(const repository::Snapshot& snapshot) {
  return engine::recorded_by(cutover_.context().repository(), snapshot);
}

repository::Snapshot Takeover::states_without(const std::string& lost, const engine::Pair& pair) {
  const repository::Snapshot last = cutover_.newest(lost);
  const bool shows_it = pair.complete && last.started > pair.since;
  if (pair.active == lost && !pair.recorded.empty() && !shows_it) return states_by(cutover_.named(pair.recorded));
  return states_by(last);
}

engine::FiringStates Takeover::firing(const repository::Snapshot& snapshot, const std::vector<std::string>& selection) {
  // Asked of the platform, not of the connector: that may be lost.
  const std::string& platform = cutover_.context().connector_config(snapshot.connector).platform;
  const model::KindSet kinds(cutover_.context().kinds_of(platform));
  // By none of them nothing would fire, and a failback would end well with everything paused.
  if (kinds.size() == 0)
    throw Error(ErrorKind::internal, fmt::format("the kinds of the platform {} are not known", platform));
  return engine::firing_states(cutover_.context().repository(), snapshot, kinds, model::Selection(selection),
                               cutover_.context().stop());
}

void Takeover::tell_charge(const engine::Pair& pair) {
  const std::string active = pair.active.empty() ? pair.source : pair.active;
  std::vector<std::string> fenced;
  for (const std::string& name : {pair.source, pair.target})
    if (const std::optional<engine::Fence> fence = cutover_.store().fence(name))
      fenced.push_back(fmt::format(
          "{} ({})", name, fence->state == engine::Fence::State::confirmed ? "confirmed" : "open, it may fire"));
  cutover_.context().events().summary(
      "in charge", {ui::fact_text("connector", active), ui::fact_text("since", base::to_rfc3339(pair.since)),
                    ui::fact_text("activated", pair.complete ? "as a whole" : "not all: run it again"),
                    ui::fact_text("fenced", fenced.empty() ? "nothing" : fmt::format("{}", fmt::join(fenced, ", ")))});
}

}  // namespace holdfast::cli
