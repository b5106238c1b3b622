#include <fmt/format.h>

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover/confirmable.h"
#include "cli/cutover/cutover.h"
#include "cli/cutover/gates.h"
#include "cli/cutover/left_paused.h"
#include "cli/cutover/of_others_view.h"
#include "cli/cutover/run.h"
#include "cli/cutover/takeover.h"
#include "cli/cutover/ticks_view.h"
#include "engine/cutover/of_others.h"
#include "engine/cutover/pause.h"
#include "engine/cutover/replication.h"
#include "engine/cutover/whole_source.h"
#include "engine/known_workspace.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/restore.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

class FailbackCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"failback", "let the source be in charge again",
            "Fences PRIMARY where that was not confirmed yet, brings what was changed on SECONDARY\n"
            "back to it by the same id map, pauses SECONDARY, and sets on PRIMARY what fired: what was\n"
            "set otherwise on SECONDARY since it took over as it is there, all else as it was.  Before\n"
            "a gate of a recovery plan of holdfast.toml this stops (exit 5): run the same again with\n"
            "--pass GATE.\n\n"
            "What was changed on PRIMARY since the two parted is shown field by field and stops this\n"
            "(exit 5): --existing replace takes what SECONDARY has, --keep-changed leaves PRIMARY's.\n"
            "Fences are lifted only when everything was activated (else exit 3): run it again, or add\n"
            "--leave-paused, which keeps what it leaves for \"holdfast activate PRIMARY\".  What could\n"
            "not be brought back then stays on SECONDARY, and no replicate overwrites it unasked.\n"
            "Where SECONDARY is lost, --source-lost goes by its newest snapshot.  Where how both parted\n"
            "is not known here, whatever differs has to be decided like what both changed.\n"
            "Interrupted, run it again.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SECONDARY", secondary_, "what is in charge now").offer = Offer::connectors;
    flags.argument("PRIMARY", primary_, "what shall be in charge again").offer = Offer::connectors;
    gates_.declare(flags);
    flags.toggle("--source-lost", source_lost_, "do not ask SECONDARY: it may go on firing");
    flags.toggle("--leave-paused", leave_paused_,
                 "lift the fences although not everything was brought back or activated");
    flags_.declare_whole(flags);  // what is not brought back would be the older one on both sides
  }

  int run(Context& context) override {
    Cutover cutover(context, flags_, "failback");
    const int code = bring_home(context, cutover);
    return worse(code, cutover.code());
  }

private:
  int bring_home(Context& context, Cutover& cutover) {
    cutover.check_sides(secondary_, primary_);
    gates_.set(cutover, secondary_, primary_);
    cutover.require_writing(primary_, platform::Writing::cutover);
    cutover.lock(secondary_, base::FileLock::Mode::exclusive);
    cutover.lock(primary_, base::FileLock::Mode::exclusive);
    const engine::Charge charge = cutover.charge(primary_, secondary_);
    const engine::FailbackStep step = engine::failback_step(charge);
    if (step == engine::FailbackStep::nothing) return tell_ended(context, cutover, charge);
    cutover.ask(fmt::format("{} would be in charge again in place of {}", primary_, secondary_));
    if (source_lost_) cutover.require_repository();  // else a backup finds out before anything is brought
    if (step == engine::FailbackStep::finish) return finish(context, cutover, charge.pair, k_exit_ok);
    if (!source_lost_) Takeover(cutover).require_writing(secondary_, "Nothing was brought back yet.");
    require_same_workspace(cutover, charge.pair);
    require_id_map(context, charge);
    // A fence for another one, which took over as well, is this one's from now on.
    const bool fenced = charge.source && charge.source->state == engine::Fence::State::confirmed &&
                        (charge.source->active.empty() || charge.source->active == secondary_);
    Takeover takeover(cutover);
    if (!cutover.dry() && !fenced)
      takeover.require_fence(primary_, secondary_, nullptr, {.not_done = "nothing was brought back"});
    takeover.keep_what_is_told(charge);
    if (!cutover.dry() && !fenced) tell_ticks(cutover, primary_, secondary_);
    (void)takeover.leave_marks(primary_);  // its last word is a backup
    if (cutover.dry() && !fenced)
      context.events().note(fmt::format("first all that fires on {} would be paused", primary_));
    const Lost lost = source_lost_ ? Lost::yes : Lost::no;
    const std::string undone = "Nothing was brought back yet.";
    const repository::Snapshot now = takeover.ask(secondary_, lost, undone);
    if (lost == Lost::no) {
      takeover.require_states(now, undone);
      if (!cutover.dry()) require_confirmable(cutover, now, primary_);  // else everything would rest on both sides
      tell_of_others(cutover, primary_, now);
    }
    // Else it would be found behind what was brought that this is gone.
    const std::optional<engine::Fence> begun = cutover.fence(secondary_);
    if (begun && !begun->snapshot.empty() && !is_gone(cutover, begun->snapshot)) (void)named(cutover, begun->snapshot);
    gates_.enter(cutover, {.gate = k_gate_replicate,
                           .done = fmt::format("{} is paused, and nothing was brought back to it.", primary_),
                           .next = fmt::format("a replicate of {} into {}", secondary_, primary_)});
    const BroughtBack brought = bring_back(context, cutover, now);
    const int code = brought.code;
    if (!brought.all && !cutover.dry() && !gives_up_the_rest(context, cutover)) return code;
    std::optional<repository::Snapshot> recorded;
    if (!begun || !is_gone(cutover, begun->snapshot)) recorded = takeover.recorded_states(now, charge.pair, lost);
    if (cutover.dry()) {
      const int told = tell_dry(context, takeover, recorded);
      if (lost == Lost::no) require_confirmable(cutover, now, primary_);
      return told;
    }
    gates_.enter_fence(cutover, secondary_, fmt::format("{} was brought back to {}", secondary_, primary_), lost);
    takeover.close_fence(secondary_, primary_, now, lost);
    return finish(context, cutover,
                  engine::going_back(cutover.store().pair(primary_, secondary_),
                                     recorded ? recorded->id.name() : begun->snapshot),
                  code);
  }

  // What shall fire was recorded by a snapshot that is gone, and somebody said to go on without.
  bool is_gone(Cutover& cutover, const std::string& snapshot) const {
    if (!leave_paused_ || snapshot.empty()) return false;
    try {
      (void)cutover.named(snapshot);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // of a damaged one there may be another copy
      return true;
    }
    return false;
  }

  repository::Snapshot named(Cutover& cutover, const std::string& snapshot) const {
    return cutover.named(snapshot, "--leave-paused ends this as it is: set by hand what else shall fire.");
  }

  void require_same_workspace(Cutover& cutover, const engine::Pair& pair) const {
    const std::optional<repository::Snapshot> then = cutover.kept(pair.before.empty() ? pair.recorded : pair.before);
    if (then && then->connector == primary_)
      engine::require_same_workspace(cutover.context().repository(), *then, secondary_);
  }

  // Of what its last backups could not say, nothing else would.
  int tell_ended(Context& context, Cutover& cutover, const engine::Charge& charge) const {
    const engine::Pair& pair = charge.pair;
    context.events().note(fmt::format("{} is in charge again since {}", primary_, base::to_rfc3339(pair.since)));
    if (!pair.left.empty())
      context.events().note(fmt::format("{} stayed paused on it: \"holdfast activate {}\" sets what was recorded",
                                        ui::format_counted(pair.left.size(), "resource"), primary_));
    Takeover takeover(cutover);
    bool left = takeover.leave_marks(primary_);
    if (!charge.target || charge.target->state == engine::Fence::State::confirmed)
      left = takeover.leave_marks(secondary_) && left;
    const std::optional<repository::Snapshot> now = context.repository().latest(secondary_);
    if (now && tell_paused_of_others(cutover, primary_, secondary_, pair.recorded, &*now)) left = false;
    return left ? k_exit_ok : k_exit_partial;
  }

  // Without it everything would be made a second time, or taken for what it is not.
  void require_id_map(Context& context, const engine::Charge& charge) const {
    if (charge.told != engine::Charge::Told::by_snapshot) return;
    if (engine::IdMapStore(context.state(), primary_, secondary_).snapshot().size() != 0) return;
    throw Error(
        ErrorKind::refused, fmt::format("the id map of {} and {} is not here", primary_, secondary_),
        fmt::format("Bring it with \"holdfast idmap import\" from where it was exported.  Where there is none, "
                    "\"holdfast fence {}\" and \"holdfast activate {} --from {}\" bring nothing back and let {} fire.",
                    secondary_, primary_, primary_, primary_));
  }

  struct BroughtBack {
    int code;
    bool all;  // that can be: what is in no snapshot of a secondary that is lost nobody brings
  };
  BroughtBack bring_back(Context& context, Cutover& cutover, const repository::Snapshot& wanted) const {
    CutoverRun(cutover).mirror_ids(secondary_, primary_);
    // What that does not end is in the plan again.
    (void)CutoverRun(cutover).go_on(secondary_, primary_,
                                    source_lost_ ? CutoverRun::Trouble::warns : CutoverRun::Trouble::stops);
    // Originals that could not be brought to the secondary are no loss of it.
    const model::ResourcePlan plan = CutoverRun(cutover).plan(
        wanted, primary_, CutoverRun(cutover).parted(secondary_, primary_), engine::Split::Strangers::keep);
    cutover.show(plan);
    const std::uint64_t conflicts = plan.count(model::ResourceAction::conflict);
    if (conflicts != 0 && flags_.plan.existing != model::Existing::replace && !flags_.keep_changed) {
      const std::string what = fmt::format("{} on {} cannot be brought back without a decision",
                                           ui::format_counted(conflicts, "resource"), primary_);
      if (!cutover.dry())
        throw Error(ErrorKind::refused, what,
                    "Look at each of them above, then add --existing replace or --keep-changed.");
      context.events().warning(
          fmt::format("{}: without --existing replace or --keep-changed it would end here (exit 5)", what));
    }
    engine::ResourceApplyResult result;
    const int code = CutoverRun(cutover).apply(plan, wanted, result);
    // Nobody could ever bring what was never read.
    const bool lacks = !source_lost_ && !engine::unread_kinds(wanted, {}, cutover.known_gaps(secondary_)).empty();
    const bool all = result.complete() && !lacks;
    if (cutover.dry()) return {code, all};
    engine::mirror_id_map(context.state(), secondary_, primary_);
    // From here on both go their own ways again.
    const model::IdMap ids = engine::IdMapStore(context.state(), secondary_, primary_).snapshot();
    engine::Pair now = cutover.store().pair(primary_, secondary_);
    now.replicated =
        engine::turned_round(cutover.store().pair(secondary_, primary_), engine::not_brought(plan, result, ids))
            .replicated;
    cutover.store().save(now);
    return {code, all};
  }

  // The fences are not lifted over what is kept nowhere: the next run to the secondary would write over it.
  bool gives_up_the_rest(Context& context, Cutover& cutover) const {
    const bool kept = cutover.store().pair(primary_, secondary_).replicated.has_value();
    if (leave_paused_ && kept) return true;
    context.events().warning(
        fmt::format("not everything was brought back, so {} stays in charge: run it again{}", secondary_,
                    leave_paused_ ? fmt::format(" when {} can be read", primary_) : ", or add --leave-paused"));
    return false;
  }

  int tell_dry(Context& context, Takeover& takeover, const std::optional<repository::Snapshot>& recorded) const {
    takeover.tell_fence(secondary_, source_lost_ ? Lost::yes : Lost::no);
    if (recorded)
      context.events().note(
          fmt::format("then {} would be activated: what was set otherwise on {} since it took over as "
                      "snapshot {} recorded it, all else as it was before",
                      primary_, secondary_, recorded->id.short_id()));
    return k_exit_ok;
  }

  // What fires on the primary: as it was set on the secondary since that took over, else as it was before.
  struct States {
    std::vector<Takeover::Activation> activations{};
    std::vector<std::string> fired{};
    bool any = false;                        // fires from now on
    std::vector<engine::LeftPaused> lost{};  // what a failback of before left, and no snapshot says how it fired
    bool known = true;                       // what was set otherwise since; else it is as it is on the secondary
  };

  States states(Context& context, Cutover& cutover, const engine::Pair& pair) const {
    Takeover takeover(cutover);
    const repository::Snapshot recorded = named(cutover, pair.recorded);
    const std::optional<engine::Fence> fence = cutover.store().fence(primary_);
    const std::string before = !pair.before.empty() ? pair.before : fence ? fence->snapshot : std::string();
    const std::optional<repository::Snapshot> first = cutover.kept(before);
    const bool lacks_before = !first && !before.empty() && recorded.connector == secondary_;
    if (lacks_before) tell_before_is_gone(context, before);
    const auto others = std::make_shared<const std::map<engine::FiringKey, std::string>>(
        engine::made_for_others(context.state(), context.repository(), primary_, secondary_));
    const auto not_of_others = [others](const std::string& kind, const std::string& id) {
      return !others->contains({kind, id});
    };
    // Of a secondary of which no snapshot is young enough: what it was given.
    if (recorded.connector != secondary_ || !first) {
      const bool own = recorded.connector == primary_;
      States out{
          .activations = {own ? Takeover::Activation{recorded} : Takeover::Activation{recorded, {}, not_of_others}},
          .any = true,
          .known = !lacks_before};
      add_left(cutover, pair, recorded.connector == primary_ ? takeover.firing(recorded) : engine::FiringStates(), {},
               out);
      return out;
    }
    std::optional<repository::Snapshot> behind = cutover.kept(pair.behind);
    // What the primary was found to be when it was back says nothing of what fired before it was lost.
    if (behind && pair.before.empty() && first->started > behind->started) behind.reset();
    if (!behind) tell_behind_is_gone(context, pair);
    const engine::FiringStates then = behind ? takeover.firing(*behind) : engine::FiringStates();
    engine::FiringStates there = takeover.firing(recorded);
    for (const auto& [key, from] : *others) there.erase(key);
    const engine::FiringStates here = takeover.firing(*first);
    const model::IdMap ids = takeover.ids_of_then(here, pair);
    const auto home = std::make_shared<const engine::StatesAtHome>(
        engine::states_at_home({.primary = here,
                                .secondary = there,
                                .behind = behind ? &then : nullptr,
                                .given = pair.given ? &*pair.given : nullptr,
                                .ids = ids}));
    const auto by_secondary = [home](const std::string& kind, const std::string& id) {
      return home->by_secondary.contains({kind, id});
    };
    const auto by_primary = [home](const std::string& kind, const std::string& id) {
      return home->by_primary.contains({kind, id});
    };
    States out{.activations = {{recorded, {}, by_secondary}, {*first, {}, by_primary}},
               .fired = home->fired,
               .any = home->any};
    out.known = behind || pair.given;
    add_left(cutover, pair, here, *home, out);
    if (fence && fence->snapshot != before) add_made_since(cutover, *fence, here, out);
    return out;
  }

  // What the failback of before left paused, and nobody decided on since: what is recorded of the primary shows it so.
  void add_left(Cutover& cutover, const engine::Pair& pair, const engine::FiringStates& here,
                const engine::StatesAtHome& home, States& out) const {
    LeftPausedStates left = left_of(cutover, pair);
    std::erase_if(left.known, [&](const engine::LeftOnBoth& one) { return !engine::is_for_home(one, here, home); });
    out.lost = std::move(left.lost);
    if (left.known.empty()) return;
    out.any = true;
    for (Takeover::Activation& one : out.activations)
      if (one.recorded.connector == primary_) one = without(std::move(one), left.known);
    std::vector<engine::LeftPaused> all;
    for (const engine::LeftOnBoth& one : left.known) all.push_back(one.what);
    for (Takeover::Activation& one : activations_of(cutover, all)) out.activations.push_back(std::move(one));
  }

  // It was lost, and is fenced since it was back: what was made on it behind the snapshot that the secondary took over
  // by fires as it did when it was fenced.
  void add_made_since(Cutover& cutover, const engine::Fence& fence, const engine::FiringStates& known,
                      States& out) const {
    const std::optional<repository::Snapshot> found = cutover.kept(fence.snapshot);
    if (!found) return;
    const auto made = std::make_shared<std::set<engine::FiringKey>>();
    for (const auto& [key, state] : Takeover(cutover).firing(*found))
      if (state.fires && !known.contains(key)) made->insert(key);
    if (made->empty()) return;
    out.any = true;
    out.activations.push_back({*found, {}, [made](const std::string& kind, const std::string& id) {
                                 return made->contains({kind, id});
                               }});
  }

  void tell_before_is_gone(Context& context, const std::string& before) const {
    context.events().warning(
        fmt::format("snapshot {}, which shows how {} fired before {} took over, is not in this repository: all that "
                    "has a counterpart there fires as it does there, and nothing else",
                    before, primary_, secondary_));
  }

  void tell_behind_is_gone(Context& context, const engine::Pair& pair) const {
    std::string by = "what was set otherwise there since is told by what it was given then";
    if (!pair.given)
      by = "nor is it known what it was given, so that all that has a counterpart there fires as it does there";
    else if (pair.given->empty())
      by = fmt::format("what rests there counts as not activated, and fires as it did on {}", primary_);
    context.events().warning(fmt::format("no snapshot shows how {} was activated: {}", secondary_, by));
  }

  void tell_gone(Context& context, Cutover& cutover, const Takeover::Activation& first) const {
    const repository::Snapshot& recorded = first.recorded;
    if (recorded.connector != secondary_) return;
    const model::IdMap ids = engine::IdMapStore(context.state(), primary_, secondary_).snapshot();
    const std::vector<std::string> gone =
        engine::gone_counterparts({context.repository(), recorded, cutover.connector(primary_), context.state()}, ids,
                                  first.beside, context.stop());
    for (const std::string& one : gone)
      context.events().warning(
          fmt::format("stays paused on {}: {} was removed from {} meanwhile", primary_, one, secondary_));
  }

  // Activates, and lifts the fences where that was all.  Run again it comes here at once.
  int finish(Context& context, Cutover& cutover, const engine::Pair& pair, int code) const {
    if (pair.active == primary_ && pair.complete) return end(context, cutover, pair.left, code);
    gates_.enter(cutover, {.gate = k_gate_activate,
                           .done = fmt::format("{} was brought back to {}, which is paused.", secondary_, primary_),
                           .next = fmt::format("the activation of {}", primary_)});
    if (is_gone(cutover, pair.recorded)) {
      context.events().warning(
          fmt::format("snapshot {}, which shows what shall fire on {}, is not in this repository: what is paused there "
                      "stays so",
                      pair.recorded, primary_));
      cutover.store().drop_begun(primary_, secondary_);
      return end(context, cutover, pair.left, worse(code, k_exit_partial));
    }
    Takeover takeover(cutover);
    const States wanted = states(context, cutover, pair);
    const auto planned = takeover.plan_activations(primary_, wanted.activations);
    tell_gone(context, cutover, planned.front().what);  // the recorded states come first
    const Takeover::Activated done =
        takeover.take_charge(planned, engine::put_in_charge(pair, primary_, pair.recorded, context.clock().now()),
                             leave_paused_ ? Takeover::Nothing::counts : Takeover::Nothing::undoes_it);
    if (cutover.dry()) return done.code;
    const bool silent = !wanted.any && !wanted.fired.empty();
    if (silent)
      for (const std::string& one : wanted.fired)
        context.events().warning(fmt::format("fired before, and nothing fires on either side now: {}", one));
    if (!done.whole || !wanted.known || !wanted.lost.empty()) code = worse(code, k_exit_partial);
    const int activated = silent ? k_exit_partial : done.code;
    if (activated == k_exit_ok || leave_paused_) {
      std::vector<engine::LeftPaused> left = done.left;
      left.insert(left.end(), wanted.lost.begin(), wanted.lost.end());
      return end(context, cutover, std::move(left), worse(code, activated));
    }
    engine::Pair now = cutover.store().pair(primary_, secondary_);
    now.complete = now.complete && now.active != primary_;
    cutover.store().save(now);
    context.events().warning(fmt::format(
        "not everything was activated on {}, so the fences stand: run it again, or add --leave-paused", primary_));
    (void)takeover.leave_marks(secondary_);
    takeover.tell_charge(now);
    return k_exit_partial;
  }

  int end(Context& context, Cutover& cutover, std::vector<engine::LeftPaused> left, int code) const {
    if (cutover.dry()) return code;
    const engine::Pair pair =
        engine::given_back(cutover.store().pair(primary_, secondary_), std::move(left), context.clock().now());
    cutover.store().save(pair);
    cutover.store().forget(secondary_, primary_);  // what it said is the pair's own by now
    Takeover takeover(cutover);
    // Of a secondary that was lost it stays: what fires there was not paused.
    const std::optional<engine::Fence> fence = cutover.store().fence(secondary_);
    const bool paused = !fence || fence->state == engine::Fence::State::confirmed;
    if (paused) cutover.store().lift(secondary_);
    cutover.store().lift(primary_);
    if (takeover.back_up_in_charge(primary_).empty()) code = worse(code, k_exit_partial);
    if (paused && !takeover.leave_marks(secondary_)) code = worse(code, k_exit_partial);  // it is in charge no more
    if (!pair.left.empty())
      context.events().warning(fmt::format("{} on {} {} paused: \"holdfast activate {}\" sets what was recorded",
                                           ui::format_counted(pair.left.size(), "resource"), primary_,
                                           pair.left.size() == 1 ? "stays" : "stay", primary_));
    tell_ticks(cutover, secondary_, primary_);
    takeover.tell_charge(pair);
    if (paused && tell_paused_of_others(cutover, primary_, secondary_, pair.recorded, nullptr))
      code = worse(code, k_exit_partial);
    return code;
  }

  std::string secondary_;
  std::string primary_;
  bool source_lost_ = false;
  bool leave_paused_ = false;
  Gates gates_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_failback_command() {
  return std::make_unique<FailbackCommand>();
}

}  // namespace holdfast::cli
