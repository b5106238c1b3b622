#include "cli/cutover/takeover.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/error.h"
#include "cli/command.h"
#include "cli/cutover/beside_view.h"
#include "cli/cutover/first_words.h"
#include "cli/cutover/not_given.h"
#include "cli/resource_view.h"
#include "engine/cutover/pause.h"
#include "engine/cutover/snapshot_marks.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/restore.h"
#include "ui/printers.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;
using model::ResourceAction;

[[noreturn]] void throw_no_kinds(const std::string& platform) {
  throw Error(ErrorKind::internal, fmt::format("the kinds of the platform {} are not known", platform));
}

// Asks a side that may be lost.  No answer says that it is: who gets none is told how to say so.
template <class Work>
auto unless_lost(const std::string& name, std::string_view undone, const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (Error& error) {
    static constexpr std::array k_not_by_it{ErrorKind::cancelled, ErrorKind::refused, ErrorKind::config,
                                            ErrorKind::usage};
    static constexpr std::array k_of_this_host{ErrorKind::io, ErrorKind::no_repository, ErrorKind::wrong_key,
                                               ErrorKind::corruption};
    const auto is_one_of = [&](const auto& kinds) {
      return std::find(kinds.begin(), kinds.end(), error.kind()) != kinds.end();
    };
    // What a repository, or the local state, does not take or give is no word of the connector.
    if (is_one_of(k_of_this_host))
      error.set_hint(
          fmt::format("{}  {}", undone, error.hint().empty() ? "Run it again when that is mended." : error.hint()));
    else if (!is_one_of(k_not_by_it))
      error.set_hint(
          fmt::format("{0}  Where {1} is lost, add --source-lost, which goes by its newest snapshot; what fires on {1} "
                      "goes on until \"holdfast fence {1}\".",
                      undone, name));
    throw;
  }
}

}  // namespace

std::vector<Takeover::PlannedActivation> Takeover::plan_activations(const std::string& target,
                                                                    const std::vector<Activation>& all) {
  std::vector<PlannedActivation> out;
  for (const Activation& one : all) {
    PlannedActivation planned{.what = one};
    add_beside(planned);
    engine::ResourceRestoreOptions options;
    options.target = target;
    options.selection = model::Selection(one.selection);
    options.only = one.only;
    options.beside = &planned.beside;
    options.mapping = cutover_.context().config().mapping(one.recorded.connector, target);
    options.capture = cutover_.flags().plan.capture.options(cutover_.context().connector_config(target));
    planned.plan = engine::plan_resource_activation(
        {cutover_.context().repository(), one.recorded, cutover_.connector(target), cutover_.context().state()},
        options, cutover_.context().events(), cutover_.context().clock(), cutover_.context().random(),
        cutover_.context().stop());
    cutover_.show(planned.plan);
    tell_absent(planned, target);
    tell_left_out(cutover_.context(), one.recorded.connector, planned.left_out);
    out.push_back(std::move(planned));
  }
  return out;
}

void Takeover::add_beside(PlannedActivation& planned) {
  Activation& what = planned.what;
  if (what.beside.empty()) {
    engine::PausedBeside kept = beside(what.recorded.connector, what.recorded.id.name());
    what.beside = std::move(kept.values);
    planned.left_out = kept.left_out;
  }
  for (const engine::PausedState& state : what.beside)
    if (!what.only || what.only(state.kind, state.id)) planned.beside.paused.push_back(state);
}

// In place it is gone, by somebody's hand.
void Takeover::tell_absent(PlannedActivation& planned, const std::string& target) {
  const std::string& source = planned.what.recorded.connector;
  if (source == target) planned.beside.absent.clear();
  for (const std::string& path : planned.beside.absent)
    cutover_.context().events().warning(fmt::format(
        "{} fired on {} and is in no snapshot of it: {} does not have it, and it stays paused", path, source, target));
}

engine::FiringStates Takeover::wanted(const Activation& what) {
  engine::FiringStates out = states(what.recorded, what.selection, what.beside);
  for (auto& [key, state] : out) state.chosen = state.chosen && (!what.only || what.only(key.first, key.second));
  return out;
}

Takeover::Activated Takeover::activate(const std::vector<PlannedActivation>& planned, const engine::Pair& pair) {
  const auto quiet = [](const PlannedActivation& one) {
    return one.plan.does_nothing() && one.plan.count(ResourceAction::conflict) == 0;
  };
  const bool any = !std::all_of(planned.begin(), planned.end(), quiet);
  if (any && !cutover_.dry()) fires_from_now(planned.front().plan.target);
  Activated out{.code = k_exit_ok};
  for (const PlannedActivation& one : planned) {
    engine::ResourceApplyResult result;
    ResourceRun run{one.what.recorded, cutover_.connector(one.plan.target), "activate", cutover_.flags().dry_run};
    run.result = &result;
    run.beside = &one.beside;
    out.whole = out.whole && one.beside.absent.empty() && one.left_out == 0;
    if (!any || !quiet(one)) out.code = worse(out.code, apply_resource_plan(cutover_.context(), one.plan, run));
    out.anything = out.anything || result.activated + result.paused + result.already != 0;
    if (cutover_.dry()) continue;
    const engine::FiringStates states = wanted(one.what);
    const std::set<engine::FiringKey> left = engine::not_set(states, one.plan, result);
    out.given.push_back(one.what.recorded.connector == pair.target
                            ? engine::given_states(states, left)
                            : engine::given_states(states, left, ids_of_then(states, pair)));
    const std::string snapshot = one.what.recorded.id.name();
    for (const auto& [key, state] : states)
      if (state.fires && state.chosen)
        (left.contains(key) ? out.left : out.set)
            .push_back({snapshot, key.first, key.second, engine::paused_of(one.what.beside, key.first, key.second)});
  }
  return out;
}

model::IdMap Takeover::ids_of_then(const engine::FiringStates& states, const engine::Pair& pair) {
  storage::Backend& state = cutover_.context().state();
  return engine::ids_as_called(engine::IdMapStore(state, pair.source, pair.target).snapshot(),
                               engine::IdMapStore(state, pair.source, pair.source).snapshot(),
                               [&](const std::string& kind, const std::string& id) {
                                 return states.contains({kind, id});
                               });
}

// Said before the first write: killed behind it, nobody may take the connector for paused.
void Takeover::fires_from_now(const std::string& name) {
  std::optional<engine::Fence> fence = cutover_.store().fence(name);
  if (!fence || fence->state == engine::Fence::State::open) return;
  fence->state = engine::Fence::State::open;
  cutover_.store().save(*fence);
}

Takeover::Activated Takeover::take_charge(const std::vector<PlannedActivation>& planned, const engine::Pair& pair,
                                          Nothing nothing) {
  if (cutover_.dry()) return activate(planned, pair);
  const engine::Pair before = cutover_.store().pair(pair.source, pair.target);
  // Said before anything is set: interrupted, the same command activates again.
  cutover_.store().save(pair);
  const bool takes_over = pair.active == pair.target;
  std::string said;
  try {
    if (takes_over) said = say_in_charge(cutover_, pair.source, pair.target);
  } catch (const Error&) {
    cutover_.store().save(before);
    throw;
  }
  // A plan of before is of another time: what is in charge is not written over by it.
  cutover_.store().drop_begun(pair.source, pair.target);
  Activated out = activate(planned, pair);
  if (out.code != k_exit_ok && !out.anything && nothing == Nothing::undoes_it) {
    const bool was_so = before.active == pair.active;
    if (takes_over && !was_so && !take_back(cutover_, pair.target, said)) return out;
    cutover_.store().save(before);
    if (!was_so)
      cutover_.context().events().warning(
          fmt::format("nothing could be activated, so {} is not in charge by this", pair.active));
    return out;
  }
  engine::Pair now = pair;
  for (const engine::GivenStates& given : out.given) now = engine::with_given(now, given);
  now.complete = out.code == k_exit_ok;
  cutover_.store().save(now);
  cutover_.store().drop_begun(pair.source, pair.target);
  return out;
}

Takeover::PutInCharge Takeover::put_in_charge(const std::string& source, const std::string& target,
                                              const std::vector<PlannedActivation>& planned) {
  const engine::Pair before = cutover_.store().pair(source, target);
  const bool changes = before.active != target || std::any_of(planned.begin(), planned.end(),
                                                              [](const auto& one) { return !one.plan.does_nothing(); });
  const std::string recorded = planned.front().what.recorded.id.name();
  const Activated out =
      take_charge(planned, engine::put_in_charge(before, target, recorded, cutover_.context().clock().now()));
  if (cutover_.dry() || cutover_.store().pair(source, target).active != target) return {out.code, false};
  cutover_.store().lift(target);  // of a failback by which it was lost, and paused when it was back
  bool shown = !changes || remember_behind(source, target);
  const std::optional<engine::Fence> fence = cutover_.store().fence(source);
  if (fence && fence->state == engine::Fence::State::confirmed) shown = leave_marks(source) && shown;
  return {out.whole && shown ? out.code : worse(out.code, k_exit_partial), true};
}

std::string Takeover::back_up_behind(const std::string& name, Cutover::States states) {
  const auto recorded = engine::recorded_before(cutover_.store(), cutover_.context().repository(), name);
  return back_up_since(name, states, {.from = recorded ? std::optional(recorded->taken) : std::nullopt});
}

std::string Takeover::back_up_in_charge(const std::string& name) {
  std::string behind = back_up_since(name, Cutover::States::own, {});
  if (behind.empty())
    cutover_.context().events().warning(
        fmt::format("what {0} was given when it was put in charge stands in for that, until \"holdfast backup {0}\" "
                    "could read all of it",
                    name));
  return behind;
}

std::string Takeover::back_up_since(const std::string& name, Cutover::States states, const engine::LastRead& when) {
  try {
    const repository::Snapshot behind = cutover_.back_up(name, platform::Sweep::everything, states);
    cutover_.tell_never_read(behind);
    const std::string kinds = unread(behind, when);
    if (kinds.empty()) return behind.id.name();
    cutover_.context().events().warning(fmt::format(
        "not all {} of {} could be read behind its activation, so that its newest snapshot does not show what fires",
        kinds, name));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    cutover_.context().events().warning(fmt::format(
        "{} could not be backed up behind its activation, so that its newest snapshot does not show what fires: {}",
        name, error.message()));
  }
  return {};
}

std::string Takeover::unread(const repository::Snapshot& snapshot, const engine::LastRead& when) {
  Context& context = cutover_.context();
  const std::vector<model::Kind> kinds = context.kinds_of(context.connector_config(snapshot.connector).platform);
  if (kinds.empty()) throw_no_kinds(context.connector_config(snapshot.connector).platform);
  return fmt::format(
      "{}",
      fmt::join(engine::unread_firing(snapshot.trees, kinds, when, cutover_.known_gaps(snapshot.connector)), ", "));
}

void Takeover::require_states(const repository::Snapshot& now, std::string_view undone) {
  cutover_.tell_never_read(now);
  const std::string kinds = unread(now);
  if (cutover_.dry() || kinds.empty()) return;
  throw Error(ErrorKind::refused,
              fmt::format("not all {} of {} could be read, so it is not known what shall fire", kinds, now.connector),
              fmt::format("{}  Run it again when they can be read.  What no snapshot ever had stops this once only: it "
                          "is named then, and left as it is.",
                          undone));
}

bool Takeover::remember_behind(const std::string& source, const std::string& target) {
  const std::string behind = back_up_in_charge(target);
  engine::Pair pair = cutover_.store().pair(source, target);
  if (pair.behind.empty()) pair.behind = behind;
  cutover_.store().save(pair);
  return !behind.empty();
}

bool Takeover::leave_marks(const std::string& name) {
  if (cutover_.dry()) return true;
  repository::Repository& repository = cutover_.context().repository();
  const auto left_by = [&](const repository::Snapshot& snapshot) {
    return engine::said_by(snapshot) == engine::marks_of(cutover_.store(), repository, name);
  };
  const std::optional<repository::Snapshot> newest = repository.latest(name);
  if (newest && left_by(*newest)) return true;
  try {
    const repository::Snapshot now = cutover_.back_up(name, platform::Sweep::changes);
    if (left_by(now) || unread(now).empty()) return true;
    cutover_.context().events().warning(
        fmt::format("not all {0} of {1} could be read, so that its newest snapshot leads to an earlier one: \"holdfast "
                    "backup {1}\" when they can be read",
                    unread(now), name));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    cutover_.context().events().warning(
        fmt::format("{0} could not be backed up, so that only this host knows by which snapshot it is to fire: {1}; "
                    "\"holdfast backup {0}\" when it can be read",
                    name, error.message()));
  }
  return false;
}

repository::Snapshot Takeover::ask(const std::string& name, Lost lost, std::string_view undone) {
  if (lost == Lost::yes) return cutover_.newest(name);
  return unless_lost(name, undone, [&] { return cutover_.take(name); });
}

void Takeover::require_writing(const std::string& name, std::string_view undone) {
  unless_lost(name, undone, [&] { cutover_.require_writing(name, platform::Writing::cutover); });
}

repository::Snapshot Takeover::recorded_states(const repository::Snapshot& now, const engine::Pair& pair, Lost lost) {
  const std::optional<engine::Fence> fence = cutover_.fence(now.connector);
  if (fence && !fence->snapshot.empty()) return cutover_.named(fence->snapshot);
  // Of one that was put in charge, and that no snapshot shows since: what it was given.
  const bool may_be_given = pair.active == now.connector && !pair.recorded.empty();
  const auto shown = [&] {
    return (pair.complete || lost == Lost::no) && engine::shown_since(cutover_.context().repository(), now.connector,
                                                                      cutover_.context().kinds_of(now.platform),
                                                                      pair.since, cutover_.known_gaps(now.connector));
  };
  if (!may_be_given || shown()) return states_by(now);
  cutover_.context().events().warning(
      fmt::format("no snapshot shows all that fires on {0} since it was put in charge: this goes by what it was given "
                  "then, {1}, and nothing that was made or set on {0} since counts",
                  now.connector, base::to_rfc3339(pair.since)));
  return states_by(cutover_.named(pair.recorded));
}

void Takeover::open_fence(const std::string& name, const std::string& active) {
  if (cutover_.dry()) return;
  const std::optional<engine::Fence> known = cutover_.store().fence(name);
  if (known && (active.empty() || known->active == active)) return;
  engine::Fence fence = known.value_or(engine::Fence{.connector = name, .since = cutover_.context().clock().now()});
  // Who paused it long ago, by which snapshot, and what beside that, its newest one may say.
  fence.snapshot = engine::recorded_name(cutover_.store(), cutover_.context().repository(), name);
  fence.beside = beside(name, fence.snapshot).values;
  fence.active = active;
  cutover_.store().save(fence);
}

void Takeover::keep_what_is_told(const engine::Charge& charge) {
  if (cutover_.dry() || charge.told != engine::Charge::Told::by_snapshot) return;
  engine::Pair pair = charge.pair.active.empty() ? charge.back : charge.pair;
  if (pair.active == pair.source) return cutover_.store().save(pair);  // it is so again
  const auto first = engine::first_in_charge(cutover_.context().repository(), pair.target, pair.source);
  if (first && unread(*first).empty()) pair.behind = first->id.name();
  open_fence(pair.source, pair.target);
  cutover_.store().save(pair);
}

void Takeover::require_fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded,
                             const engine::Unconfirmed& otherwise) {
  if (!fence(name, active, recorded, recorded ? Unread::taken : Unread::ends_it))
    engine::throw_unconfirmed(name, otherwise);
}

void Takeover::close_fence(const std::string& name, const std::string& active, const repository::Snapshot& recorded,
                           Lost lost) {
  if (lost == Lost::no)
    return require_fence(
        name, active, &recorded,
        {.not_done = fmt::format("{} was not activated", active), .lost = engine::Unconfirmed::Lost::helps});
  open_fence(name, active);
  cutover_.context().events().warning(fmt::format(
      "{0} is not paused: what fires there goes on, or will when it is back; \"holdfast fence {0}\" then", name));
}

std::string Takeover::attributes_now(const repository::Snapshot& now, std::string_view undone) {
  if (!cutover_.dry()) return now.attributes;
  const auto options = cutover_.flags().plan.capture.options(cutover_.context().connector_config(now.connector));
  return unless_lost(now.connector, undone, [&] {
    return cutover_.connector(now.connector).capture(options, cutover_.context().stop())->attributes();
  });
}

void Takeover::tell_fence(const std::string& name, Lost lost) {
  cutover_.context().events().note(lost == Lost::yes
                                       ? fmt::format("then {} would not be asked, and a fence opened for it", name)
                                       : fmt::format("then {} would be fenced: all that fires there is paused", name));
}

bool Takeover::fence(const std::string& name, const std::string& active, const repository::Snapshot* recorded,
                     Unread partial) {
  cutover_.connector(name);  // whoever opens it afterwards is told of the fence that this is about to close
  open_fence(name, active);
  const std::optional<engine::Fence> opened = cutover_.store().fence(name);
  const repository::Snapshot now = recorded ? *recorded : cutover_.take(name);
  cutover_.tell_never_read(now);
  const bool took_over = engine::took_over(cutover_.store(), {.connector = name, .active = active});
  if (!cutover_.dry() && !keep_recorded(now, took_over ? Unread::taken : partial)) return false;
  const engine::ResourceRestore restore{cutover_.context().repository(), now, cutover_.connector(name),
                                        cutover_.context().state()};
  const auto capture = cutover_.flags().plan.capture.options(cutover_.context().connector_config(name));
  const auto pause = [&] {
    return engine::plan_resource_pause(restore, capture, cutover_.context().events(), cutover_.context().clock(),
                                       cutover_.context().random(), cutover_.context().stop());
  };
  const engine::ResourcePause first = pause();
  cutover_.show(first.plan);
  if (!cutover_.dry()) {
    keep_beside(name, first.fires);
    say_paused(cutover_, *opened);
  }
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

bool Takeover::keep_recorded(const repository::Snapshot& now, Unread partial) {
  engine::Fence fence = *cutover_.store().fence(now.connector);
  if (!fence.snapshot.empty()) return true;  // taken again it would show what was paused
  const std::string states = engine::states_of(now);
  const std::string kinds = states == now.id.name() ? unread(now) : std::string();
  if (!kinds.empty() && partial == Unread::ends_it) {
    cutover_.context().events().warning(
        fmt::format("not all {0} of {1} could be read, so it is not recorded what fires there, and nothing was paused: "
                    "run \"holdfast fence {1}\" again when they can be read, or add --source-partial",
                    kinds, now.connector));
    return false;
  }
  fence.snapshot = states;
  cutover_.store().save(fence);
  return true;
}

repository::Snapshot Takeover::states_by(const repository::Snapshot& snapshot) {
  return engine::recorded_by(cutover_.context().repository(), snapshot);
}

engine::PausedBeside Takeover::beside(const std::string& fenced, const std::string& recorded) {
  return engine::kept_beside(cutover_.store(), cutover_.context().repository(), fenced, recorded);
}

// Written down before it is paused: who is killed in between finds it again.
void Takeover::keep_beside(const std::string& fenced, const engine::PausedStates& fires) {
  engine::Fence fence = *cutover_.store().fence(fenced);
  const std::optional<repository::Snapshot> recorded = cutover_.kept(fence.snapshot);
  const engine::PausedStates then = recorded ? engine::firing_in(cutover_.context().repository(), *recorded,
                                                                 kinds_of(fenced), cutover_.context().stop())
                                             : engine::PausedStates();
  engine::PausedBeside now = beside(fenced, fence.snapshot);
  now.values = engine::paused_beside(std::move(now.values), fires, then);
  if (now.values == fence.beside && now.left_out == fence.left_out) return;
  fence.beside = std::move(now.values);
  fence.left_out = now.left_out;
  cutover_.store().save(fence);
  tell_kept_beside(cutover_.context(), fence, recorded ? recorded->id.short_id() : fence.snapshot);
}

model::KindSet Takeover::kinds_of(const std::string& connector) {
  // Asked of the platform, not of the connector: that may be lost.
  const std::string& platform = cutover_.context().connector_config(connector).platform;
  model::KindSet kinds(cutover_.context().kinds_of(platform));
  // By none of them nothing would fire, and a failback would end well with everything paused.
  if (kinds.size() == 0) throw_no_kinds(platform);
  return kinds;
}

engine::FiringStates Takeover::states(const repository::Snapshot& snapshot, const std::vector<std::string>& selection,
                                      const engine::PausedStates& beside) {
  return engine::firing_states(cutover_.context().repository(), snapshot, kinds_of(snapshot.connector),
                               model::Selection(selection), cutover_.context().stop(), beside);
}

engine::FiringStates Takeover::firing(const repository::Snapshot& snapshot, const std::vector<std::string>& selection) {
  return states(snapshot, selection, beside(snapshot.connector, snapshot.id.name()).values);
}

void Takeover::tell_charge(const engine::Pair& pair) {
  const std::string active = pair.active.empty() ? pair.source : pair.active;
  std::string activated = pair.complete ? "as a whole" : "not all: run it again";
  // A --select left it out, or it is not there.
  if (const std::optional<std::uint64_t> rest = not_given(cutover_.context(), cutover_.store(), pair); !rest)
    activated = "all that was chosen";
  else if (*rest != 0)
    activated =
        fmt::format("all but {0} that fired on {1}: \"holdfast failover {1} {2}\" activates those that are on {2}",
                    ui::format_count(*rest), pair.source, pair.target);
  if (const std::size_t left = engine::left_paused(pair); left != 0)
    activated = fmt::format("all but {}, left paused", ui::format_count(left));
  std::vector<std::string> fenced;
  for (const std::string& name : {pair.source, pair.target})
    if (const std::optional<engine::Fence> fence = cutover_.store().fence(name))
      fenced.push_back(fmt::format(
          "{} ({})", name, fence->state == engine::Fence::State::confirmed ? "confirmed" : "open, it may fire"));
  cutover_.context().events().summary(
      "in charge", {ui::fact_text("connector", active), ui::fact_text("since", base::to_rfc3339(pair.since)),
                    ui::fact_text("activated", activated),
                    ui::fact_text("fenced", fenced.empty() ? "nothing" : fmt::format("{}", fmt::join(fenced, ", ")))});
}

}  // namespace holdfast::cli
