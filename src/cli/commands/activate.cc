#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"
#include "cli/resolve.h"

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
    const repository::Snapshot snapshot = recorded.empty() ? run.newest(source) : run.named(recorded);
    run.put_in_charge(pair, target_, snapshot.id.name());
    return run.activate(snapshot, target_, {});
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

}  // namespace

std::unique_ptr<Command> make_activate_command() {
  return std::make_unique<ActivateCommand>();
}

}  // namespace holdfast::cli
