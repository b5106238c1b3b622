#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"
#include "cli/resolve.h"
#include "cli/resource_view.h"
#include "cli/takeover.h"

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
            "nobody took over, it sets what was recorded then and lifts the fence.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("TARGET", target_, "where it shall fire").offer = Offer::connectors;
    flags.text("--from", "SOURCE", from_, "whose states were recorded").offer = Offer::connectors;
    flags.text("--snapshot", "SNAPSHOT", snapshot_, "which snapshot of it has them").offer = Offer::snapshots;
    flags.texts("--select", "CONDITIONS", flags_.plan.select, "only these resources; may be given several times");
    flags_.declare_writing(flags);
  }

  int run(Context& context) override {
    context.connector_config(target_);
    Cutover cutover(context, flags_, "activate");
    cutover.lock(target_, base::FileLock::Mode::exclusive);
    const std::string source = from_.value_or(std::string()).empty() ? only_source(cutover) : *from_;
    if (source == target_) return in_place(context, cutover);
    cutover.check_sides(source, target_);
    const engine::Charge charge = cutover.charge(source, target_);
    engine::require_activation(charge);
    const repository::Snapshot recorded = states_of_source(context, cutover, charge);
    const auto planned = Takeover(cutover).plan_activations(target_, {{recorded, flags_.plan.select}});
    const bool fenced = charge.source && charge.source->state == engine::Fence::State::confirmed;
    if (!fenced)
      context.events().warning(fmt::format(
          "{} is not fenced: what fires there may run on both sides; \"holdfast fence {}\"", source, source));
    if (cutover.dry()) return Takeover(cutover).activate(planned);
    const bool changes = charge.pair.active != target_ || !planned.front().plan.does_nothing();
    if (changes)
      cutover.ask(
          fmt::format("{} would be in charge in place of {} ({})", target_, source, counts_text(planned.front().plan)));
    Takeover(cutover).open_fence(source, target_);
    engine::Pair pair = cutover.store().pair(source, target_);
    if (pair.active != target_) pair.behind.clear();
    pair.active = target_;
    pair.recorded = recorded.id.name();
    const int code = Takeover(cutover).take_charge(planned, pair);
    if (cutover.store().pair(source, target_).active != target_) {
      if (!charge.source) cutover.store().lift(source);
      return code;
    }
    if (changes) Takeover(cutover).remember_behind(source, target_);
    Takeover(cutover).tell_charge(cutover.store().pair(source, target_));
    return code;
  }

private:
  // Its own, where it is fenced: nobody has to know who it was that a fence was opened for.
  std::string only_source(Cutover& cutover) const {
    if (cutover.store().fence(target_)) return target_;
    std::vector<std::string> sources;
    for (const engine::Pair& pair : cutover.store().pairs())
      if (pair.target == target_ && (pair.replicated || !pair.active.empty())) sources.push_back(pair.source);
    if (sources.size() == 1) return sources.front();
    throw Error(
        ErrorKind::usage, fmt::format("it is not clear whose states {} shall have", target_),
        sources.empty() ? "Add --from SOURCE." : fmt::format("Add --from, one of: {}.", fmt::join(sources, ", ")));
  }

  repository::Snapshot states_of_source(Context& context, Cutover& cutover, const engine::Charge& charge) const {
    if (snapshot_)
      return Takeover(cutover).states_by(resolve_beside(context.repository(), *snapshot_, charge.pair.source));
    if (charge.source && !charge.source->snapshot.empty()) return cutover.named(charge.source->snapshot);
    if (charge.pair.replicated) {
      // As it was brought; of a source that was paused by us at that time the newest one says more.
      const repository::Snapshot brought = cutover.named(charge.pair.replicated->source_snapshot);
      if (Takeover(cutover).states_by(brought).id == brought.id) return brought;
    }
    return Takeover(cutover).states_by(cutover.newest(charge.pair.source));
  }

  int in_place(Context& context, Cutover& cutover) const {
    const std::optional<engine::Fence> fence = cutover.store().fence(target_);
    engine::require_own_activation(target_, fence, cutover.store().pairs());
    if (fence && fence->snapshot.empty()) {  // nothing was paused yet
      if (!cutover.dry()) cutover.store().lift(target_);
      return k_exit_ok;
    }
    const repository::Snapshot recorded =
        fence && !snapshot_
            ? cutover.named(fence->snapshot)
            : Takeover(cutover).states_by(resolve_beside(context.repository(), snapshot_.value_or("latest"), target_));
    const auto planned = Takeover(cutover).plan_activations(target_, {{recorded, flags_.plan.select}});
    const bool changes = fence || !planned.front().plan.does_nothing();
    if (cutover.dry() || !changes) return Takeover(cutover).activate(planned);
    cutover.ask(
        fmt::format("{} is not changed without being told to ({})", target_, counts_text(planned.front().plan)));
    const int code = Takeover(cutover).activate(planned);
    const bool whole = flags_.plan.select.empty();
    if (fence && code == k_exit_ok && whole) cutover.store().lift(target_);
    if (fence && !whole)
      context.events().warning(fmt::format(
          "what was not chosen stays paused, and the fence of {} stands: \"holdfast activate {}\" sets the rest",
          target_, target_));
    Takeover(cutover).back_up_behind(target_);
    return code;
  }

  std::string target_;
  std::optional<std::string> from_;
  std::optional<std::string> snapshot_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_activate_command() {
  return std::make_unique<ActivateCommand>();
}

}  // namespace holdfast::cli
