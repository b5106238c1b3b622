#include <fmt/format.h>

#include <chrono>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"
#include "cli/cutover_run.h"
#include "cli/takeover.h"
#include "cli/ticks_view.h"
#include "engine/whole_source.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::chrono::minutes k_patience(2);

class FailoverCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"failover", "let a target take over from its source",
            "A last replicate, then SOURCE is fenced, and only when all that fires there was seen to\n"
            "be paused, TARGET is activated.  A source that cannot be read stops this before anything\n"
            "is written.  Where it is lost, add --source-lost: its newest snapshot is brought to\n"
            "TARGET, a fence is opened, and TARGET is activated; the repository and TARGET are\n"
            "enough.  What fires on SOURCE goes on until \"holdfast fence SOURCE\" has paused it.\n"
            "Where only a part of SOURCE could be read it is told what is missing, and nothing is\n"
            "written without --source-partial.\n"
            "Interrupted, or with something that could not be activated: run it again.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SOURCE", source_, "what is lost, or to be left").offer = Offer::connectors;
    flags.argument("TARGET", target_, "what takes over").offer = Offer::connectors;
    flags.toggle("--source-lost", source_lost_, "do not ask SOURCE: it may go on firing");
    flags.toggle("--source-partial", source_partial_, "go on where not all of SOURCE could be read");
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover cutover(context, flags_, "failover");
    cutover.check_sides(source_, target_);
    cutover.lock(source_, base::FileLock::Mode::exclusive);
    cutover.lock(target_, base::FileLock::Mode::exclusive);
    const engine::Charge charge = cutover.charge(source_, target_);
    switch (engine::failover_step(charge)) {
      case engine::FailoverStep::nothing:
        context.events().note(fmt::format("{} took over {}", target_, base::to_rfc3339(charge.pair.since)));
        return k_exit_ok;
      case engine::FailoverStep::activate:
        cutover.ask(fmt::format("{} took over, and not all of it was activated", target_));
        return activate(context, cutover, cutover.named(charge.pair.recorded), k_exit_ok);
      case engine::FailoverStep::begin:
        break;
    }
    cutover.ask(fmt::format("{} would take over from {}", target_, source_));
    // Read before anything is written: only --source-lost says that it is lost, no answer does.
    const repository::Snapshot wanted = source_lost_ ? cutover.newest(source_) : ask_source(cutover);
    const int code = bring(cutover, wanted);
    const bool known = charge.source && !charge.source->snapshot.empty();
    const repository::Snapshot recorded = known          ? cutover.named(charge.source->snapshot)
                                          : source_lost_ ? Takeover(cutover).states_without(source_, charge.pair)
                                                         : Takeover(cutover).states_by(wanted);
    if (cutover.dry()) return tell_dry(context, cutover, recorded);
    close_fence(context, cutover, wanted);
    return activate(context, cutover, recorded, code);
  }

private:
  repository::Snapshot ask_source(Cutover& cutover) const {
    // Who fails over has no time for a source that half answers.  Where it is waited for, that is said.
    cutover.connector(source_).limit_patience(k_patience);
    const repository::Snapshot out = read_source(cutover);
    if (!source_partial_ && !cutover.dry()) engine::require_whole(out);
    return out;
  }

  repository::Snapshot read_source(Cutover& cutover) const {
    try {
      return cutover.take(source_);
    } catch (Error& error) {
      if (error.kind() != ErrorKind::cancelled) error.set_hint(lost_hint());
      throw;
    }
  }

  std::string lost_hint() const {
    return fmt::format(
        "Nothing was written.  Where {} is lost, add --source-lost, which takes over by its newest snapshot; what "
        "fires "
        "on {} goes on until \"holdfast fence {}\".",
        source_, source_, source_);
  }

  int bring(Cutover& cutover, const repository::Snapshot& wanted) const {
    // Of a lost source no run that was begun before stops this.
    const int gone_on = CutoverRun(cutover).go_on(
        source_, target_, source_lost_ ? CutoverRun::Trouble::warns : CutoverRun::Trouble::stops);
    const model::ResourcePlan plan =
        CutoverRun(cutover).plan(wanted, target_, CutoverRun(cutover).parted(source_, target_));
    cutover.show(plan);
    // What a plan of before did not do is in this one again, unless this one looks at less.
    return worse(flags_.plan.select.empty() ? k_exit_ok : gone_on, CutoverRun(cutover).apply(plan, wanted));
  }

  // What is not there yet cannot be planned to fire.
  int tell_dry(Context& context, Cutover& cutover, const repository::Snapshot& recorded) const {
    std::uint64_t fires = 0;
    for (const auto& [key, state] : Takeover(cutover).firing(recorded, flags_.plan.select))
      fires += state.fires && state.chosen;
    if (!source_lost_ && !source_partial_ && recorded.partial())
      context.events().warning(
          fmt::format("the newest snapshot of {} is partial ({}): where the next one is, too, this "
                      "takes --source-partial",
                      source_, engine::lacks(recorded)));
    if (source_lost_)
      context.events().note(fmt::format("then {} would not be asked, and a fence opened for it", source_));
    else
      context.events().note(fmt::format("then {} would be fenced: all that fires there is paused", source_));
    context.events().note(fmt::format("then {} would be activated: {} as snapshot {} recorded it", target_,
                                      ui::format_counted(fires, "resource"), recorded.id.short_id()));
    return k_exit_ok;
  }

  void close_fence(Context& context, Cutover& cutover, const repository::Snapshot& recorded) const {
    if (!source_lost_)
      return Takeover(cutover).require_fence(
          source_, target_, &recorded,
          {.not_done = fmt::format("{} was not activated", target_), .lost = engine::Unconfirmed::Lost::helps});
    Takeover(cutover).open_fence(source_, target_);
    context.events().warning(
        fmt::format("{} is not paused: what fires there goes on, or will when it is back; \"holdfast "
                    "fence {}\" then",
                    source_, source_));
  }

  void warn_of_rest(Context& context, Cutover& cutover, const repository::Snapshot& recorded) const {
    if (flags_.plan.select.empty()) return;
    std::uint64_t rest = 0;
    for (const auto& [key, state] : Takeover(cutover).firing(recorded, flags_.plan.select))
      rest += state.fires && !state.chosen;
    if (rest != 0)
      context.events().warning(fmt::format("{} that fired on {} and {} not chosen: paused until failback",
                                           ui::format_counted(rest, "resource"), source_, rest == 1 ? "was" : "were"));
  }

  int activate(Context& context, Cutover& cutover, const repository::Snapshot& recorded, int code) const {
    const auto planned = Takeover(cutover).plan_activations(target_, {{recorded, flags_.plan.select}});
    engine::Pair pair = cutover.store().pair(source_, target_);
    if (pair.active != target_) pair.behind.clear();
    pair.active = target_;
    pair.recorded = recorded.id.name();
    code = worse(code, Takeover(cutover).take_charge(planned, pair));
    if (cutover.dry() || cutover.store().pair(source_, target_).active != target_) return code;
    cutover.store().lift(target_);  // of a failback by which it was lost, and paused when it was back
    Takeover(cutover).remember_behind(source_, target_);
    warn_of_rest(context, cutover, recorded);
    tell_ticks(cutover, source_, target_);
    Takeover(cutover).tell_charge(cutover.store().pair(source_, target_));
    return code;
  }

  std::string source_;
  std::string target_;
  bool source_lost_ = false;
  bool source_partial_ = false;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_failover_command() {
  return std::make_unique<FailoverCommand>();
}

}  // namespace holdfast::cli
