#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"
#include "cli/cutover_run.h"
#include "cli/takeover.h"
#include "cli/ticks_view.h"
#include "engine/id_map_store.h"
#include "engine/resource_restore.h"
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
            "set otherwise on SECONDARY since it took over as it is there, all else as it was.\n\n"
            "What was changed on PRIMARY since the two parted is shown field by field and stops this\n"
            "(exit 5): --existing replace takes what SECONDARY has, --keep-changed leaves PRIMARY's.\n"
            "Fences are lifted only when everything was activated (else exit 3): run it again, or add\n"
            "--leave-paused.  Where SECONDARY is lost, --source-lost goes by its newest snapshot.\n"
            "Interrupted, run it again.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SECONDARY", secondary_, "what is in charge now").offer = Offer::connectors;
    flags.argument("PRIMARY", primary_, "what shall be in charge again").offer = Offer::connectors;
    flags.toggle("--source-lost", source_lost_, "do not ask SECONDARY: it may go on firing");
    flags.toggle("--leave-paused", leave_paused_, "lift the fences although not everything was activated");
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover cutover(context, flags_, "failback");
    cutover.check_sides(secondary_, primary_);
    cutover.lock(secondary_, base::FileLock::Mode::exclusive);
    cutover.lock(primary_, base::FileLock::Mode::exclusive);
    const engine::Charge charge = cutover.charge(primary_, secondary_);
    const engine::FailbackStep step = engine::failback_step(charge);
    cutover.ask(fmt::format("{} would be in charge again in place of {}", primary_, secondary_));
    if (step == engine::FailbackStep::finish) return finish(context, cutover, charge.pair, k_exit_ok);
    require_id_map(context, charge);
    if (!cutover.dry() && !(charge.source && charge.source->state == engine::Fence::State::confirmed)) {
      Takeover(cutover).require_fence(primary_, secondary_, nullptr, {.not_done = "nothing was brought back"});
      tell_ticks(cutover, primary_, secondary_);
    }
    if (cutover.dry() && !(charge.source && charge.source->state == engine::Fence::State::confirmed))
      context.events().note(fmt::format("first all that fires on {} would be paused", primary_));
    const repository::Snapshot now = source_lost_ ? cutover.newest(secondary_) : ask_secondary(cutover);
    const int code = bring_back(context, cutover, now);
    if (code != k_exit_ok && !cutover.dry() && !leave_paused_) {
      context.events().warning(fmt::format(
          "not everything was brought back, so {} stays in charge: run it again, or add --leave-paused", secondary_));
      return code;
    }
    const bool known = charge.target && !charge.target->snapshot.empty();
    const repository::Snapshot recorded = known          ? cutover.named(charge.target->snapshot)
                                          : source_lost_ ? Takeover(cutover).states_without(secondary_, charge.pair)
                                                         : Takeover(cutover).states_by(now);
    if (cutover.dry()) return tell_dry(context, recorded);
    close_fence(context, cutover, now);
    engine::Pair pair = cutover.store().pair(primary_, secondary_);
    pair.recorded = recorded.id.name();
    return finish(context, cutover, pair, code);
  }

private:
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

  repository::Snapshot ask_secondary(Cutover& cutover) const {
    try {
      return cutover.take(secondary_);
    } catch (Error& error) {
      if (error.kind() != ErrorKind::cancelled)
        error.set_hint(
            fmt::format("Nothing was brought back yet.  Where {} is lost, add --source-lost, which goes by its "
                        "newest snapshot; what fires there goes on until \"holdfast fence {}\".",
                        secondary_, secondary_));
      throw;
    }
  }

  int bring_back(Context& context, Cutover& cutover, const repository::Snapshot& wanted) const {
    // Said of both directions alike.
    if (!cutover.dry()) engine::mirror_id_map(context.state(), primary_, secondary_);
    const int gone_on = CutoverRun(cutover).go_on(
        secondary_, primary_, source_lost_ ? CutoverRun::Trouble::warns : CutoverRun::Trouble::stops);
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
    const int code = worse(flags_.plan.select.empty() ? k_exit_ok : gone_on, CutoverRun(cutover).apply(plan, wanted));
    if (cutover.dry()) return code;
    engine::mirror_id_map(context.state(), secondary_, primary_);
    // From here on both go their own ways again.
    engine::Pair now = cutover.store().pair(primary_, secondary_);
    now.replicated = engine::turned_round(cutover.store().pair(secondary_, primary_)).replicated;
    cutover.store().save(now);
    return code;
  }

  int tell_dry(Context& context, const repository::Snapshot& recorded) const {
    context.events().note(source_lost_
                              ? fmt::format("then {} would not be asked, and a fence opened for it", secondary_)
                              : fmt::format("then all that fires on {} would be paused", secondary_));
    context.events().note(
        fmt::format("then {} would be activated: what was set otherwise on {} since it took over as "
                    "snapshot {} recorded it, all else as it was before",
                    primary_, secondary_, recorded.id.short_id()));
    return k_exit_ok;
  }

  void close_fence(Context& context, Cutover& cutover, const repository::Snapshot& now) const {
    if (!source_lost_)
      return Takeover(cutover).require_fence(
          secondary_, primary_, &now,
          {.not_done = fmt::format("{} was not activated", primary_), .lost = engine::Unconfirmed::Lost::helps});
    Takeover(cutover).open_fence(secondary_, primary_);
    context.events().warning(
        fmt::format("{} is not paused: what fires there goes on, or will when it is back; \"holdfast fence {}\" then",
                    secondary_, secondary_));
  }

  // What fires on the primary: as it was set on the secondary since that took over, else as it was before.
  struct States {
    std::vector<Takeover::Activation> activations{};
    std::vector<std::string> fired{};  // before the fence of the primary
    bool any = false;                  // fires from now on
  };

  States states(Context& context, Cutover& cutover, const engine::Pair& pair) const {
    const repository::Snapshot recorded = cutover.named(pair.recorded);
    const std::optional<engine::Fence> fence = cutover.store().fence(primary_);
    States out;
    if (recorded.connector != secondary_ || !fence || fence->snapshot.empty()) {
      // Of a secondary of which no snapshot is young enough: what it was given.
      out.activations.push_back({recorded});
      out.any = true;
      return out;
    }
    const auto there = std::make_shared<const engine::FiringStates>(Takeover(cutover).firing(recorded));
    const auto follows = std::make_shared<const engine::FiringStates>(since_taken_over(context, cutover, pair, *there));
    const auto ids =
        std::make_shared<const model::IdMap>(engine::IdMapStore(context.state(), primary_, secondary_).snapshot());
    const auto of_secondary = [follows](const std::string& kind, const std::string& id) {
      return follows->contains({kind, id});
    };
    const auto of_primary = [ids, there, follows](const std::string& kind, const std::string& id) {
      const model::IdEntry* entry = ids->by_source(kind, id);
      if (!entry) return true;
      const std::pair<std::string, std::string> other(kind, entry->target_id);
      return there->contains(other) && !follows->contains(other);
    };
    out.activations.push_back({recorded, {}, of_secondary});
    out.activations.push_back({cutover.named(fence->snapshot), {}, of_primary});
    for (const auto& [key, state] : *follows) out.any = out.any || state.fires;
    for (const auto& [key, state] : Takeover(cutover).firing(out.activations.back().recorded)) {
      if (!state.fires) continue;
      out.fired.push_back(state.path);
      out.any = out.any || of_primary(key.first, key.second);
    }
    return out;
  }

  // Everything where no snapshot shows what it was given.
  engine::FiringStates since_taken_over(Context& context, Cutover& cutover, const engine::Pair& pair,
                                        const engine::FiringStates& there) const {
    if (pair.behind.empty()) return there;
    try {
      const repository::Snapshot behind = cutover.named(pair.behind);
      // What the primary was found to be when it was back says nothing of what fired before it was lost.
      const std::optional<engine::Fence> fence = cutover.store().fence(primary_);
      if (fence && !fence->snapshot.empty() && cutover.named(fence->snapshot).started > behind.started) return there;
      return engine::changed_states(Takeover(cutover).firing(behind), there);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
      context.events().warning(fmt::format(
          "the snapshot of {} behind its activation is gone: all that has a counterpart there fires as it does there",
          secondary_));
      return there;
    }
  }

  void tell_gone(Context& context, Cutover& cutover, const repository::Snapshot& recorded) const {
    if (recorded.connector != secondary_) return;
    const model::IdMap ids = engine::IdMapStore(context.state(), primary_, secondary_).snapshot();
    const std::vector<std::string> gone = engine::gone_counterparts(
        {context.repository(), recorded, cutover.connector(primary_), context.state()}, ids, context.stop());
    for (const std::string& one : gone)
      context.events().warning(
          fmt::format("stays paused on {}: {} was removed from {} meanwhile", primary_, one, secondary_));
  }

  // Activates, and lifts the fences where that was all.  Run again it comes here at once.
  int finish(Context& context, Cutover& cutover, engine::Pair pair, int code) const {
    if (pair.active == primary_ && pair.complete) return end(context, cutover, code);
    const States wanted = states(context, cutover, pair);
    tell_gone(context, cutover, cutover.named(pair.recorded));
    const auto planned = Takeover(cutover).plan_activations(primary_, wanted.activations);
    pair.active = primary_;
    int activated = Takeover(cutover).take_charge(planned, pair);
    if (cutover.dry()) return activated;
    if (!wanted.any && !wanted.fired.empty()) {
      for (const std::string& one : wanted.fired)
        context.events().warning(fmt::format("fired on {} before, and nothing fires on either now: {}", primary_, one));
      activated = k_exit_partial;
    }
    if (activated == k_exit_ok || leave_paused_) return end(context, cutover, worse(code, activated));
    pair = cutover.store().pair(primary_, secondary_);
    pair.complete = pair.complete && pair.active != primary_;
    cutover.store().save(pair);
    context.events().warning(fmt::format(
        "not everything was activated on {}, so the fences stand: run it again, or add --leave-paused", primary_));
    Takeover(cutover).tell_charge(cutover.store().pair(primary_, secondary_));
    return k_exit_partial;
  }

  int end(Context& context, Cutover& cutover, int code) const {
    if (cutover.dry()) return code;
    engine::Pair pair = cutover.store().pair(primary_, secondary_);
    if (pair.active != primary_) pair.since = context.clock().now();  // all of it is left paused
    pair.active = primary_;
    pair.complete = true;
    pair.behind.clear();
    cutover.store().save(pair);
    cutover.store().forget(secondary_, primary_);  // what it said is the pair's own by now
    // Of a secondary that was lost it stays: what fires there was not paused.
    const std::optional<engine::Fence> fence = cutover.store().fence(secondary_);
    if (fence && fence->state == engine::Fence::State::confirmed) cutover.store().lift(secondary_);
    cutover.store().lift(primary_);
    Takeover(cutover).back_up_behind(primary_);
    tell_ticks(cutover, secondary_, primary_);
    Takeover(cutover).tell_charge(cutover.store().pair(primary_, secondary_));
    return code;
  }

  std::string secondary_;
  std::string primary_;
  bool source_lost_ = false;
  bool leave_paused_ = false;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_failback_command() {
  return std::make_unique<FailbackCommand>();
}

}  // namespace holdfast::cli
