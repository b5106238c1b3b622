#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover/confirmable.h"
#include "cli/cutover/cutover.h"
#include "cli/cutover/fence_look.h"
#include "cli/cutover/fires_nowhere.h"
#include "cli/cutover/gates.h"
#include "cli/cutover/left_paused.h"
#include "cli/cutover/run.h"
#include "cli/cutover/takeover.h"
#include "cli/cutover/ticks_view.h"
#include "engine/cutover/whole_source.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

class FailoverCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"failover", "let a target take over from its source",
            "A last replicate, then SOURCE is fenced, and only when all that fires there was seen to\n"
            "be paused, TARGET is activated.  A source that cannot be read stops this before anything\n"
            "is written: no answer of it is waited for longer than two minutes.  Where it is lost,\n"
            "add --source-lost: its newest snapshot is brought to TARGET, a fence is opened, and\n"
            "TARGET is activated; the repository and TARGET are enough.  What fires on SOURCE goes on\n"
            "until \"holdfast fence SOURCE\" has paused it.\n"
            "Where only a part of SOURCE could be read it is told what is missing, and nothing is\n"
            "written without --source-partial.  What fires on SOURCE and could not be brought would\n"
            "fire nowhere behind the fence: it is named, and nothing is paused (exit 3) without\n"
            "--leave-paused.\n"
            "A recovery plan of holdfast.toml may have gates, before which this stops (exit 5): run the\n"
            "same again with --pass GATE.  Interrupted, with something that could not be activated, or\n"
            "to activate what a --select had left out: run it again.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SOURCE", source_, "what is lost, or to be left").offer = Offer::connectors;
    flags.argument("TARGET", target_, "what takes over").offer = Offer::connectors;
    flags.toggle("--source-lost", source_lost_, "do not ask SOURCE: it may go on firing");
    flags.toggle("--source-partial", source_partial_, "go on where not all of SOURCE could be read");
    flags.toggle("--leave-paused", leave_paused_,
                 "go on although something that fires could not be brought: it stays paused until a failback");
    gates_.declare(flags);
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover cutover(context, flags_, "failover");
    const int code = take_over_from(context, cutover);
    return worse(code, cutover.code());
  }

private:
  int take_over_from(Context& context, Cutover& cutover) {
    cutover.check_sides(source_, target_);
    gates_.set(cutover, source_, target_);
    cutover.require_writing(target_, platform::Writing::cutover);
    cutover.lock(source_, base::FileLock::Mode::exclusive);
    cutover.lock(target_, base::FileLock::Mode::exclusive);
    const engine::Charge charge = cutover.charge(source_, target_);
    switch (engine::failover_step(charge)) {
      case engine::FailoverStep::nothing:
        return worse(tell_open_fence(context, charge), activate_rest(context, cutover, charge.pair));
      case engine::FailoverStep::activate:
        cutover.ask(fmt::format("{} took over, and not all of it was activated", target_));
        return activate(context, cutover, {cutover.named(charge.pair.recorded), flags_.plan.select}, k_exit_ok);
      case engine::FailoverStep::begin:
        break;
    }
    enter_source(cutover);
    cutover.ask(fmt::format("{} would take over from {}", target_, source_));
    if (source_lost_) cutover.require_repository();  // else the backup of the source finds out
    Takeover takeover(cutover);
    const Lost lost = source_lost_ ? Lost::yes : Lost::no;
    // Read before anything is written: only --source-lost says that it is lost, no answer does.
    const repository::Snapshot wanted = ask_source(cutover);
    gates_.enter(cutover, {.gate = k_gate_replicate,
                           .done = fmt::format("Nothing was written to {} or {}.", source_, target_),
                           .next = fmt::format("a last replicate of {} into {}", source_, target_)});
    const LastReplicate last = bring(cutover, wanted);
    const repository::Snapshot recorded = takeover.recorded_states(wanted, charge.pair, lost);
    const bool stops = ends_before_fence(cutover, recorded, last);
    if (cutover.dry()) {
      const int code = tell_dry(context, takeover, recorded);
      if (!source_lost_) require_confirmable(cutover, wanted, target_);
      return code;
    }
    if (stops) return k_exit_partial;
    gates_.enter_fence(cutover, source_, fmt::format("{} was brought to {}", source_, target_), lost);
    takeover.close_fence(source_, target_, wanted, lost);
    return activate(context, cutover, {recorded, flags_.plan.select}, last.code);
  }

  // Behind the fence it would fire nowhere, and only a failback let it fire again.  Of a source that is lost nothing is
  // paused, and nothing is won by waiting.
  bool ends_before_fence(Cutover& cutover, const repository::Snapshot& recorded, const LastReplicate& last) const {
    const bool goes_on = source_lost_ || leave_paused_;
    if (goes_on && !cutover.dry()) return false;  // it is named behind the activation
    if (!tell_cannot_fire(cutover, recorded, last) || goes_on) return false;
    base::Events& events = cutover.context().events();
    if (cutover.dry()) {
      events.warning("that would fire nowhere: without --leave-paused it would end here (exit 3)");
      return false;
    }
    const std::optional<engine::Fence> fence = cutover.store().fence(source_);
    const bool fires = !fence || fence->snapshot.empty();
    events.warning(fmt::format(
        "{0} was brought to {1} less that; {2}, and nothing was activated: mend that and run the same again, or add "
        "--leave-paused, by which it stays paused until a failback",
        source_, target_, fires ? source_ + " fires as before" : source_ + " stays fenced"));
    return true;
  }

  // It took over while the source was lost, which this time nobody says.
  int tell_open_fence(Context& context, const engine::Charge& charge) const {
    if (source_lost_ || !charge.source || charge.source->state != engine::Fence::State::open) return k_exit_ok;
    context.events().warning(fmt::format(
        "what fires on {0} was not seen to be paused, and may run beside {1}: \"holdfast fence {0}\" pauses it",
        source_, target_));
    return k_exit_partial;
  }

  void enter_source(Cutover& cutover) const {
    if (source_lost_) return;
    // Who fails over has no time for a source that half answers.  Where it is waited for, that is said.
    cutover.connector(source_).limit_patience(k_source_patience);
    Takeover(cutover).require_writing(source_, "Nothing was written.");
  }

  repository::Snapshot ask_source(Cutover& cutover) const {
    Takeover takeover(cutover);
    if (source_lost_) return takeover.ask(source_, Lost::yes, {});
    const repository::Snapshot out = takeover.ask(source_, Lost::no, "Nothing was written.");
    if (!source_partial_ && !cutover.dry()) engine::require_whole(out);
    if (!cutover.dry()) require_confirmable(cutover, out, target_);  // else everything would rest on both sides
    if (const std::string rests = engine::lacks_of_cluster(out); !rests.empty())
      cutover.context().events().warning(
          fmt::format("the cluster that tells {} of {} could not be asked: they are brought as a snapshot before has "
                      "them, if one does, "
                      "and nothing of them fires",
                      rests, source_));
    return out;
  }

  LastReplicate bring(Cutover& cutover, const repository::Snapshot& wanted) const {
    CutoverRun run(cutover);
    // Of a lost source no run that was begun before stops this.
    const int gone_on =
        run.go_on(source_, target_, source_lost_ ? CutoverRun::Trouble::warns : CutoverRun::Trouble::stops);
    LastReplicate out{.plan = run.plan(wanted, target_, run.parted(source_, target_))};
    cutover.show(out.plan);
    const std::optional<engine::LastRun> before = cutover.store().pair(source_, target_).replicated;
    if (before) out.before = before->target_snapshot;
    // What a plan of before did not do is in this one again, unless this one looks at less.
    const int code = run.apply(out.plan, wanted);
    out.code = worse(flags_.plan.select.empty() ? k_exit_ok : gone_on, code);
    return out;
  }

  // What is not there yet cannot be planned to fire.
  int tell_dry(Context& context, Takeover& takeover, const repository::Snapshot& recorded) const {
    std::uint64_t fires = 0;
    for (const auto& [key, state] : takeover.firing(recorded, flags_.plan.select)) fires += state.fires && state.chosen;
    if (!source_lost_ && !source_partial_ && recorded.partial() && engine::lacks_of_cluster(recorded).empty())
      context.events().warning(
          fmt::format("the newest snapshot of {} is partial ({}): where the next one is, too, this "
                      "takes --source-partial",
                      source_, engine::lacks(recorded)));
    takeover.tell_fence(source_, source_lost_ ? Lost::yes : Lost::no);
    context.events().note(fmt::format("then {} would be activated: {} as snapshot {} recorded it", target_,
                                      ui::format_counted(fires, "resource"), recorded.id.short_id()));
    return k_exit_ok;
  }

  // It ended, of all that was chosen then.  What somebody set since is left as it is.
  int activate_rest(Context& context, Cutover& cutover, const engine::Pair& pair) const {
    context.events().note(fmt::format("{} took over {}", target_, base::to_rfc3339(pair.since)));
    if (!pair.given) return k_exit_ok;
    const repository::Snapshot recorded = cutover.named(pair.recorded);
    const LeftPausedStates left = left_for_target(cutover, pair, recorded);
    const int known = left.lost.empty() ? k_exit_ok : k_exit_partial;
    Takeover takeover(cutover);
    const engine::FiringStates fired = takeover.firing(recorded, flags_.plan.select);
    const auto rest = std::make_shared<const std::set<engine::FiringKey>>(
        engine::never_given(fired, *pair.given, takeover.ids_of_then(fired, pair)));
    const std::size_t count = rest->size() + left.known.size();
    if (count == 0) return worse(known, tell_fires_nowhere(cutover, recorded, pair));
    cutover.ask(fmt::format("{} on {} that {} not activated then would be", ui::format_counted(count, "resource"),
                            target_, count == 1 ? "was" : "were"));
    const auto is_left = [rest](const std::string& kind, const std::string& id) { return rest->contains({kind, id}); };
    return activate(context, cutover, {recorded, flags_.plan.select, is_left}, k_exit_ok);
  }

  void warn_of_rest(Context& context, Takeover& takeover, const repository::Snapshot& recorded,
                    const engine::Pair& pair) const {
    if (flags_.plan.select.empty()) return;
    const engine::FiringStates fired = takeover.firing(recorded, flags_.plan.select);
    const model::IdMap ids = takeover.ids_of_then(fired, pair);
    std::uint64_t rest = 0;
    for (const auto& [key, state] : fired) {
      const model::IdEntry* there = ids.by_source(key.first, key.second);
      const bool given = there && pair.given && pair.given->contains({key.first, there->target_id});
      rest += state.fires && !state.chosen && !given;
    }
    if (rest != 0)
      context.events().warning(fmt::format(
          "{} that fired on {} and {} not chosen: paused until failback; what of that is on {} is activated by "
          "\"holdfast failover {} {}\"",
          ui::format_counted(rest, "resource"), source_, rest == 1 ? "was" : "were", target_, source_, target_));
  }

  std::string done_before_activation(Cutover& cutover) const {
    if (cutover.store().pair(source_, target_).active == target_)
      return fmt::format("{} took over, and not all of it was activated.", target_);
    if (source_lost_) return fmt::format("{} was brought to {}, and a fence of {} opened.", source_, target_, source_);
    return fmt::format("{} was brought to {}, and {} is paused: nothing fires.", source_, target_, source_);
  }

  int activate(Context& context, Cutover& cutover, const Takeover::Activation& what, int code) const {
    gates_.enter(cutover, {.gate = k_gate_activate,
                           .done = done_before_activation(cutover),
                           .next = fmt::format("the activation of {}", target_)});
    Takeover takeover(cutover);
    const engine::Pair before = cutover.store().pair(source_, target_);
    const Takeover::PutInCharge out = take_over(cutover, before, plan_takeover(cutover, before, what));
    code = worse(code, out.code);
    if (!out.in_charge) return code;
    code = worse(code, tell_fires_nowhere(cutover, what.recorded, before));
    const engine::Pair pair = cutover.store().pair(source_, target_);
    warn_of_rest(context, takeover, what.recorded, pair);
    tell_ticks(cutover, source_, target_);
    takeover.tell_charge(pair);
    return code;
  }

  std::string source_;
  std::string target_;
  bool source_lost_ = false;
  bool source_partial_ = false;
  bool leave_paused_ = false;
  Gates gates_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_failover_command() {
  return std::make_unique<FailoverCommand>();
}

}  // namespace holdfast::cli
