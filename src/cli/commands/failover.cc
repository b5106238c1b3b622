#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

class FailoverCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"failover", "let a target take over from its source",
            "Where SOURCE answers: a last replicate, then SOURCE is fenced, and only when all that\n"
            "fires there was seen to be paused, TARGET is activated.  Where it does not answer, the\n"
            "newest snapshot is brought to TARGET, a fence is opened, and TARGET is activated: the\n"
            "repository and TARGET are enough.  Run \"holdfast fence SOURCE\" when SOURCE is back.\n"
            "Interrupted, run it again.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SOURCE", source_, "what is lost, or to be left").offer = Offer::connectors;
    flags.argument("TARGET", target_, "what takes over").offer = Offer::connectors;
    flags.toggle("--source-lost", source_lost_, "do not ask SOURCE, it does not answer");
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover run(context, flags_, "failover");
    run.check_sides(source_, target_);
    const engine::Pair before = run.store().pair(source_, target_);
    if (before.active == target_) {
      context.events().note(fmt::format("{} took over {}", target_, base::to_rfc3339(before.since)));
      return run.activate(run.named(before.recorded), target_, {flags_.plan.select});
    }
    run.ask(fmt::format("{} would take over from {}", target_, source_));
    int code = run.go_on(source_, target_, source_lost_ ? Cutover::Trouble::warns : Cutover::Trouble::stops);
    const std::optional<engine::Fence> fence = run.store().fence(source_);
    const bool known = fence && !fence->snapshot.empty();
    const bool interrupted = known && fence->active == target_;  // the last replicate is done
    bool answers = interrupted && !source_lost_;
    std::optional<repository::Snapshot> recorded;
    if (known) recorded = run.named(fence->snapshot);
    if (!interrupted) {
      std::optional<repository::Snapshot> wanted = ask_source(context, run);
      answers = wanted.has_value();
      if (!wanted) wanted = run.newest(source_);
      const model::ResourcePlan plan = run.plan(*wanted, target_, before);
      run.show(plan);
      code = run.apply(plan, *wanted);
      if (!recorded) recorded = wanted;
    }
    close_fence(context, run, answers ? &*recorded : nullptr);
    run.put_in_charge(run.store().pair(source_, target_), target_, recorded->id.name());
    return worse(code, run.activate(*recorded, target_, {flags_.plan.select}));
  }

private:
  // A last snapshot; absent where it does not answer.
  std::optional<repository::Snapshot> ask_source(Context& context, Cutover& run) const {
    if (source_lost_) return std::nullopt;
    try {
      return run.take(source_);
    } catch (Error& error) {
      if (error.kind() == ErrorKind::unavailable) {
        context.events().warning(fmt::format("{} does not answer: {}", source_, error.message()));
        return std::nullopt;
      }
      if (error.kind() == ErrorKind::auth) error.set_hint("Where it is lost all the same, add --source-lost.");
      throw;
    }
  }

  void close_fence(Context& context, Cutover& run, const repository::Snapshot* recorded) const {
    if (run.dry()) return context.events().note(fmt::format("{} would be fenced", source_));
    if (!recorded) {
      run.open_fence(source_, target_);
      context.events().warning(fmt::format(
          "{} is not paused: what fires there will run when it is back; \"holdfast fence {}\" then", source_, source_));
      return;
    }
    if (run.fence(source_, target_, recorded)) return;
    throw Error(ErrorKind::refused,
                fmt::format("not all that fires on {} was paused, so {} was not activated", source_, target_),
                "See what was said about each of them and run it again, or add --source-lost.");
  }

  std::string source_;
  std::string target_;
  bool source_lost_ = false;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_failover_command() {
  return std::make_unique<FailoverCommand>();
}

}  // namespace holdfast::cli
