#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover/beside_view.h"
#include "cli/cutover/cutover.h"
#include "cli/cutover/fence_look.h"
#include "cli/cutover/gates.h"
#include "cli/cutover/left_paused.h"
#include "cli/cutover/takeover.h"
#include "cli/resolve.h"
#include "cli/resource_view.h"
#include "engine/cutover/other_hosts.h"
#include "engine/cutover/snapshot_marks.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

class ActivateCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"activate", "let fire what was recorded",
            "Sets exactly the schedules, triggers and pause states on TARGET that were recorded of its\n"
            "source, and nothing else, and says that TARGET is in charge.  What fired on the source\n"
            "and is missing on TARGET is listed (exit 3).  Where the source is not fenced, its fence\n"
            "is opened: \"holdfast fence SOURCE\" pauses what fires there.\n"
            "  holdfast activate primary --from primary\n"
            "sets what fires there as its newest snapshot has it, such as what a restore made anew,\n"
            "which arrived paused, but also what somebody paused since; where primary is fenced and\n"
            "nobody took over, it sets what was recorded then and lifts the fence; where a failback\n"
            "left something paused, it sets that.\n"
            "A confirmed fence of SOURCE is looked at before TARGET is activated: where something\n"
            "fires there all the same, this ends (exit 5).  Before a gate \"activate\" of a recovery\n"
            "plan it stops as well: run the same again with --pass activate.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("TARGET", target_, "where it shall fire").offer = Offer::connectors;
    flags.text("--from", "SOURCE", from_, "whose states were recorded").offer = Offer::connectors;
    flags.text("--snapshot", "SNAPSHOT", snapshot_, "which snapshot of it has them").offer = Offer::snapshots;
    flags.texts("--select", "CONDITIONS", flags_.plan.select, "only these resources; may be given several times");
    gates_.declare(flags, {k_gate_activate});
    flags_.declare_writing(flags);
  }

  int run(Context& context) override {
    context.connector_config(target_);
    Cutover cutover(context, flags_, "activate");
    const int code = activate(context, cutover);
    return worse(code, cutover.code());
  }

private:
  int activate(Context& context, Cutover& cutover) {
    cutover.require_writing(target_, platform::Writing::cutover);
    // Its own states, where it is fenced: nobody has to know who it was that a fence was opened for.  Asked before it
    // is heard that another host lifted it, or this one, which was killed then.
    const bool fenced = cutover.store().fence(target_).has_value();
    cutover.lock(target_, base::FileLock::Mode::exclusive);
    const std::string given = from_.value_or(fenced ? target_ : std::string());
    const std::string source = given.empty() ? only_source(cutover) : given;
    gates_.set(cutover, source, target_);
    if (source == target_) return in_place(context, cutover);
    cutover.check_sides(source, target_);
    cutover.lock(source, base::FileLock::Mode::exclusive);  // its fence is opened or lifted
    const engine::Charge charge = cutover.charge(source, target_);
    engine::require_activation(charge);
    const repository::Snapshot recorded = states_of_source(context, cutover, charge);
    Takeover takeover(cutover);
    const PlannedTakeover ready = plan(context, cutover, charge.pair, {recorded, flags_.plan.select});
    look_at_source(context, cutover, charge);
    if (cutover.dry()) return takeover.activate(ready.planned, charge.pair).code;
    if (charge.pair.active != target_ || std::any_of(ready.planned.begin(), ready.planned.end(), writes)) {
      cutover.ask(fmt::format("{} would be in charge in place of {} ({})", target_, source, counts_of(ready.planned)));
      gates_.enter(cutover, {.gate = k_gate_activate,
                             .done = fmt::format("Nothing was written to {} or {}.", source, target_),
                             .next = fmt::format("the activation of {}", target_)});
    }
    cutover.require_repository();
    takeover.open_fence(source, target_);
    const Takeover::PutInCharge out = take_over(cutover, charge.pair, ready);
    if (out.in_charge)
      takeover.tell_charge(cutover.store().pair(source, target_));
    else if (!charge.source)
      cutover.store().lift(source);
    return out.code;
  }

  std::string only_source(Cutover& cutover) const {
    if (who_left(cutover)) return target_;
    std::vector<std::string> sources;
    for (const engine::Pair& pair : cutover.store().pairs())
      if (pair.target == target_ && (pair.replicated || !pair.active.empty())) sources.push_back(pair.source);
    if (sources.size() == 1) return sources.front();
    throw Error(
        ErrorKind::usage, fmt::format("it is not clear whose states {} shall have", target_),
        sources.empty() ? "Add --from SOURCE." : fmt::format("Add --from, one of: {}.", fmt::join(sources, ", ")));
  }

  // Who names a snapshot wants what that has, and no more: what else was to fire is named.
  PlannedTakeover plan(Context& context, Cutover& cutover, const engine::Pair& pair,
                       const Takeover::Activation& what) const {
    if (!snapshot_) return plan_takeover(cutover, pair, what);
    const bool forgets = tell_forgotten(context, cutover, pair.source, what.recorded);
    const bool leaves = tell_left(context, cutover, pair, what.recorded);
    return {.planned = Takeover(cutover).plan_activations(target_, {what}),
            .left = pair.left,
            .whole = !forgets && !leaves};
  }

  // What was paused once may fire again, by somebody's hand.
  void look_at_source(Context& context, Cutover& cutover, const engine::Charge& charge) const {
    const std::string& source = charge.pair.source;
    if (!charge.source || charge.source->state != engine::Fence::State::confirmed) {
      context.events().warning(fmt::format(
          "{} is not fenced: what fires there may run on both sides; \"holdfast fence {}\"", source, source));
      return;
    }
    if (look_behind_fence(cutover, source, k_source_patience) != Paused::no) return;
    const std::string what = fmt::format("not all that fires on {} is paused any more", source);
    if (cutover.dry()) return context.events().warning(fmt::format("{}: this would end here (exit 5)", what));
    throw Error(ErrorKind::refused, fmt::format("{}, so {} was not activated", what, target_),
                fmt::format("\"holdfast fence {}\" pauses it and looks again.  Its fence is open now: the same command "
                            "once more goes on all the same, and what fires there runs on both sides.",
                            source));
  }

  repository::Snapshot states_of_source(Context& context, Cutover& cutover, const engine::Charge& charge) const {
    if (snapshot_) return Takeover(cutover).states_by(resolve_beside(context, *snapshot_, charge.pair.source));
    if (charge.source && !charge.source->snapshot.empty()) return cutover.named(charge.source->snapshot);
    if (charge.pair.replicated) {
      // As it was brought; of a source that was paused by us at that time the newest one says more.
      const repository::Snapshot brought = cutover.named(charge.pair.replicated->source_snapshot);
      if (Takeover(cutover).states_by(brought).id == brought.id) return brought;
    }
    return Takeover(cutover).states_by(cutover.newest(charge.pair.source));
  }

  int in_place(Context& context, Cutover& cutover) const {
    const std::optional<engine::Fence> fence = cutover.fence(target_);
    const std::vector<engine::Charge> told = lock_who_is_told(context, cutover);
    engine::require_own_name(cutover.charge(target_, target_));
    engine::require_own_activation(target_, fence, engine::pairs_by_all(cutover.store(), context.repository()), told);
    if (fence && fence->snapshot.empty()) {  // nothing was paused yet
      if (!cutover.dry()) cutover.store().lift(target_);
      return k_exit_ok;
    }
    Takeover takeover(cutover);
    const std::optional<engine::Pair> owed = fence || snapshot_ ? std::nullopt : who_left(cutover);
    const auto planned = takeover.plan_activations(
        target_,
        owed ? activations_of(cutover, owed->left, flags_.plan.select)
             : std::vector<Takeover::Activation>{{states_of_its_own(context, cutover, fence), flags_.plan.select}});
    const engine::Pair pair = owed.value_or(engine::Pair{.source = target_, .target = target_});
    const bool changes =
        fence || owed || !told.empty() || is_marked(context) || std::any_of(planned.begin(), planned.end(), writes);
    if (cutover.dry() || !changes) return takeover.activate(planned, pair).code;
    cutover.ask(fmt::format("{} is not changed without being told to ({})", target_, counts_of(planned)));
    const bool forgets = snapshot_ && tell_forgotten(context, cutover, target_, planned.front().what.recorded);
    const Takeover::Activated out = takeover.activate(planned, pair);
    const bool named = forgets || !out.whole;
    if (owed) keep_left(context, cutover, out);
    if (fence && !flags_.plan.select.empty())
      context.events().warning(fmt::format(
          "what was not chosen stays paused, and the fence of {} stands: \"holdfast activate {}\" sets the rest",
          target_, target_));
    return worse(end_in_place(context, cutover, out.code, told), named ? k_exit_partial : k_exit_ok);
  }

  // Only a snapshot of what fires now ends what an earlier one says of the states, so nothing is lifted before there is
  // one: run again, it goes on here.
  int end_in_place(Context& context, Cutover& cutover, int code, const std::vector<engine::Charge>& told) const {
    const bool whole = code == k_exit_ok && flags_.plan.select.empty();
    const auto states = whole ? Cutover::States::own : Cutover::States::by_marks;
    const bool again = is_marked(context);
    if (Takeover(cutover).back_up_behind(target_, states).empty()) {
      context.events().warning(fmt::format(
          "until there is a snapshot of what fires on {0} now, earlier ones say what shall fire there: \"holdfast {1}",
          target_,
          again ? fmt::format("activate {0} --from {0}\" again", target_) : fmt::format("backup {}\"", target_)));
      return k_exit_partial;
    }
    if (!whole) return code;
    cutover.store().lift(target_);
    for (const engine::Charge& charge : told) code = worse(code, take_home(context, cutover, charge));
    return code;
  }

  // By another snapshot than the fence's nothing counts that was paused beside that.  Whether any of it stays paused.
  bool tell_forgotten(Context& context, Cutover& cutover, const std::string& fenced,
                      const repository::Snapshot& recorded) const {
    const std::string by = engine::recorded_name(cutover.store(), context.repository(), fenced);
    if (by == recorded.id.name() || !flags_.plan.select.empty()) return false;
    const engine::PausedBeside beside = engine::kept_beside(cutover.store(), context.repository(), fenced, by);
    const engine::FiringStates set = Takeover(cutover).firing(recorded);
    std::set<std::string> paths;
    for (const engine::PausedState& one : beside.values)
      if (const auto state = set.find({one.kind, one.id}); state == set.end() || !state->second.fires)
        paths.insert(one.path);
    for (const std::string& path : paths)
      context.events().warning(
          fmt::format("what the snapshot does not show was paused by the fence of {} and stays so: {}", fenced, path));
    tell_left_out(context, fenced, beside.left_out);
    return !paths.empty() || beside.left_out != 0;
  }

  // The same of what a failback left paused.
  bool tell_left(Context& context, Cutover& cutover, const engine::Pair& pair,
                 const repository::Snapshot& recorded) const {
    const LeftPausedStates left = left_for_target(cutover, pair, recorded);
    for (const engine::LeftOnBoth& one : left.known)
      context.events().warning(
          fmt::format("what a failback left paused does not fire in the snapshot and stays so on {}: {}/{}", target_,
                      one.what.kind, one.what.id));
    return !left.known.empty() || !left.lost.empty();
  }

  // Its newest snapshot was taken while it was held paused, and shows no states of its own.
  bool is_marked(Context& context) const {
    const std::optional<repository::Snapshot> newest = context.repository().latest(target_);
    return newest && engine::states_of(*newest) != newest->id.name();
  }

  static bool writes(const Takeover::PlannedActivation& one) { return !one.plan.does_nothing(); }
  static std::string counts_of(const std::vector<Takeover::PlannedActivation>& planned) {
    std::vector<std::string> out;
    for (const Takeover::PlannedActivation& one : planned) out.push_back(counts_text(one.plan));
    return fmt::format("{}", fmt::join(out, "; "));
  }

  // Theirs is changed as well: each is held, and then looked at again.
  std::vector<engine::Charge> lock_who_is_told(Context& context, Cutover& cutover) const {
    std::set<std::string> held;
    for (const engine::Charge& one : told_of_others(context, cutover))
      if (held.insert(one.pair.target).second) cutover.lock(one.pair.target, base::FileLock::Mode::exclusive);
    if (held.empty()) return {};
    std::vector<engine::Charge> out = told_of_others(context, cutover);
    std::erase_if(out, [&](const engine::Charge& one) { return !held.contains(one.pair.target); });
    return out;
  }

  // Who took over from it, as only snapshots say.
  std::vector<engine::Charge> told_of_others(Context& context, Cutover& cutover) const {
    std::vector<std::string> names;
    for (const ConnectorConfig& one : context.config().connectors) names.push_back(one.name);
    std::vector<engine::Charge> out = engine::told_by_snapshots(cutover.store(), context.repository(), names);
    std::erase_if(out, [&](const engine::Charge& one) { return one.pair.source != target_; });
    return out;
  }

  // A way home without the id map of the two: nothing was brought back, and this one is in charge again.
  int take_home(Context& context, Cutover& cutover, const engine::Charge& charge) const {
    const std::string& other = charge.pair.target;
    cutover.store().save(engine::given_back(charge.pair, {}, context.clock().now()));
    engine::Fence fence = *charge.target;
    if (fence.state == engine::Fence::State::confirmed) {
      cutover.store().lift(other);
      return Takeover(cutover).leave_marks(other) ? k_exit_ok : k_exit_partial;
    }
    fence.active = target_;
    cutover.store().save(fence);
    context.events().warning(fmt::format(
        "{0} is not paused: what fires there goes on, or will when it is back; \"holdfast fence {0}\" then", other));
    return k_exit_ok;
  }

  repository::Snapshot states_of_its_own(Context& context, Cutover& cutover,
                                         const std::optional<engine::Fence>& fence) const {
    if (fence && !snapshot_) return cutover.named(fence->snapshot);
    return Takeover(cutover).states_by(resolve_beside(context, snapshot_.value_or("latest"), target_));
  }

  // What a failback left paused on it.
  std::optional<engine::Pair> who_left(Cutover& cutover) const {
    for (const engine::Pair& pair : cutover.store().pairs())
      if (pair.source == target_ && pair.active == target_ && !pair.left.empty()) return pair;
    return std::nullopt;
  }

  void keep_left(Context& context, Cutover& cutover, const Takeover::Activated& done) const {
    engine::Pair pair = *who_left(cutover);
    std::erase_if(pair.left, [&](const engine::LeftPaused& one) {
      return std::find(done.set.begin(), done.set.end(), one) != done.set.end();
    });
    cutover.store().save(pair);
    if (!pair.left.empty())
      context.events().warning(fmt::format("{} of what the failback left paused {} so: run it again",
                                           ui::format_counted(pair.left.size(), "resource"),
                                           pair.left.size() == 1 ? "stays" : "stay"));
  }

  std::string target_;
  std::optional<std::string> from_;
  std::optional<std::string> snapshot_;
  Gates gates_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_activate_command() {
  return std::make_unique<ActivateCommand>();
}

}  // namespace holdfast::cli
