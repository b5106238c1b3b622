#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"
#include "cli/describe.h"
#include "cli/resolve.h"
#include "ui/printers.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

class ActivateCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"activate", "let fire what was recorded",
            "Sets exactly the schedules, triggers and pause states on TARGET that were recorded of its\n"
            "source, and nothing else.  What fired on the source and is missing on TARGET is listed\n"
            "(exit 3).  Make sure that the source does not fire any more: \"holdfast fence SOURCE\".\n"
            "  holdfast activate primary --from primary\n"
            "sets what a restore made anew, which arrived paused, as the newest snapshot has it;\n"
            "where primary is fenced and nobody took over, it lifts the fence and sets what was\n"
            "recorded then.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("TARGET", target_, "where it shall fire").offer = Offer::connectors;
    flags.text("--from", "SOURCE", from_, "whose states were recorded").offer = Offer::connectors;
    flags.text("--snapshot", "SNAPSHOT", snapshot_, "which snapshot of it has them").offer = Offer::snapshots;
    flags_.declare_writing(flags);
  }

  int run(Context& context) override {
    context.connector_config(target_);
    Cutover run(context, flags_, "activate");
    const std::string source = from_.value_or(std::string()).empty() ? only_source(run) : *from_;
    if (source == target_) return in_place(context, run);
    run.check_sides(source, target_);
    const engine::Pair pair = run.store().pair(source, target_);
    const std::optional<engine::Fence> fence = run.store().fence(source);
    if (!fence || fence->state == engine::Fence::State::open)
      context.events().warning(fmt::format(
          "{} is not fenced: what fires there may run on both sides; \"holdfast fence {}\"", source, source));
    std::string recorded;
    if (snapshot_)
      recorded = resolve_beside(context.repository(), *snapshot_, source).id.name();
    else if (fence && !fence->snapshot.empty())
      recorded = fence->snapshot;
    else if (pair.replicated)
      recorded = pair.replicated->source_snapshot;
    Cutover::Activation how;
    if (pair.replicated) how.selection = pair.replicated->selection;
    const repository::Snapshot snapshot = recorded.empty() ? run.newest(source) : run.named(recorded);
    run.put_in_charge(pair, target_, snapshot.id.name());
    return run.activate(snapshot, target_, how);
  }

private:
  std::string only_source(Cutover& run) const {
    std::vector<std::string> sources;
    for (const engine::Pair& pair : run.store().pairs())
      if (pair.target == target_ && pair.replicated) sources.push_back(pair.source);
    if (sources.size() == 1) return sources.front();
    throw Error(
        ErrorKind::usage, fmt::format("it is not clear whose states {} shall have", target_),
        sources.empty() ? "Add --from SOURCE." : fmt::format("Add --from, one of: {}.", fmt::join(sources, ", ")));
  }

  int in_place(Context& context, Cutover& run) const {
    const std::optional<engine::Fence> fence = run.store().fence(target_);
    if (!fence)
      return run.activate(resolve_beside(context.repository(), snapshot_.value_or("latest"), target_), target_, {});
    if (!fence->active.empty())
      throw Error(ErrorKind::refused, fmt::format("{} took over from {}", fence->active, target_),
                  fmt::format("Bring it back by \"holdfast failback {} {}\".", fence->active, target_));
    if (fence->snapshot.empty()) {
      if (!run.dry()) run.store().lift(target_);
      return k_exit_ok;
    }
    const int code = run.activate(run.named(fence->snapshot), target_, {});
    if (code == k_exit_ok && !run.dry()) run.store().lift(target_);
    return code;
  }

  std::string target_;
  std::optional<std::string> from_;
  std::optional<std::string> snapshot_;
  CutoverFlags flags_;
};

class FenceCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"fence", "pause all that fires on a connector",
            "Takes a backup, which records the states, pauses all that starts by itself, and looks\n"
            "again: the fence is confirmed when everything was seen to be paused, else it stays open\n"
            "(exit 3) and every command that meets the connector says so.  Lifted by failback, or\n"
            "by \"holdfast activate SOURCE --from SOURCE\" where nobody took over.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SOURCE", source_, "the connector").offer = Offer::connectors;
    flags_.declare_writing(flags);
  }

  int run(Context& context) override {
    context.connector_config(source_);
    Cutover run(context, flags_, "fence");
    const std::optional<engine::Fence> before = run.store().fence(source_);
    if (!before) run.ask(fmt::format("all that fires on {} would be paused", source_));
    const bool confirmed = run.fence(source_, before ? before->active : std::string(), nullptr);
    if (run.dry()) return k_exit_ok;
    if (confirmed) context.events().note(fmt::format("the fence of {} is confirmed", source_));
    return confirmed ? k_exit_ok : k_exit_partial;
  }

private:
  std::string source_;
  CutoverFlags flags_;
};

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
    if (flags_.plan.select.empty() && before.replicated) flags_.plan.select = before.replicated->selection;
    if (before.active == target_) {
      context.events().note(fmt::format("{} took over {}", target_, base::to_rfc3339(before.since)));
      return run.activate(run.named(before.recorded), target_, {flags_.plan.select});
    }
    run.ask(fmt::format("{} would take over from {}", target_, source_));
    run.go_on(source_, target_);
    const std::optional<engine::Fence> fence = run.store().fence(source_);
    const bool known = fence && !fence->snapshot.empty();
    const bool interrupted = known && fence->active == target_;  // the last replicate is done
    bool answers = interrupted && !source_lost_;
    std::optional<repository::Snapshot> recorded;
    if (known) recorded = run.named(fence->snapshot);
    int code = k_exit_ok;
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

std::unique_ptr<Command> make_activate_command() {
  return std::make_unique<ActivateCommand>();
}
std::unique_ptr<Command> make_fence_command() {
  return std::make_unique<FenceCommand>();
}
std::unique_ptr<Command> make_failover_command() {
  return std::make_unique<FailoverCommand>();
}

}  // namespace holdfast::cli
