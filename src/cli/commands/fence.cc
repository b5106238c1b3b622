#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover/cutover.h"
#include "cli/cutover/queued_runs.h"
#include "cli/cutover/takeover.h"
#include "cli/cutover/ticks_view.h"

namespace holdfast::cli {
namespace {

class FenceCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"fence", "pause all that fires on a connector",
            "Takes a backup, which records the states, pauses all that starts by itself, and looks\n"
            "again: the fence is confirmed when everything was seen to be paused, else it stays open\n"
            "(exit 3) and every command that meets the connector says so.  Where the backup could not\n"
            "read all that may fire, nothing is paused (exit 3): run it again, or add --source-partial.\n"
            "Lifted by failback, or by \"holdfast activate SOURCE --from SOURCE\" where nobody took over.\n"
            "A run that waits begins all the same, and one that runs goes on: --cancel-queued\n"
            "cancels the first kind and lists the second.\n\n"
            "Where somebody took over, it lists which ticks of schedules ran on both sides until\n"
            "then, and which on neither.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SOURCE", source_, "the connector").offer = Offer::connectors;
    flags.toggle("--cancel-queued", cancel_queued_, "cancel runs that wait, of what fired; what runs is listed");
    flags.toggle("--source-partial", source_partial_, "pause although not all states could be recorded");
    flags_.declare_writing(flags);
  }

  int run(Context& context) override {
    context.connector_config(source_);
    Cutover cutover(context, flags_, "fence");
    cutover.require_writing(source_, platform::Writing::cutover);
    cutover.lock(source_, base::FileLock::Mode::exclusive);
    const std::optional<engine::Fence> kept = cutover.store().fence(source_);
    // Let fire by another host since, it is paused by what fires now.
    const std::optional<engine::Fence> before = cutover.fence(source_);
    if (!before) cutover.ask(fmt::format("all that fires on {} would be paused", source_));
    if (cancel_queued_) require_runs(cutover, source_);
    Takeover takeover(cutover);
    if (kept && !before && !cutover.dry()) cutover.store().lift(source_);
    const bool confirmed = takeover.fence(source_, kept ? kept->active : std::string(), nullptr,
                                          source_partial_ ? Takeover::Unread::taken : Takeover::Unread::ends_it);
    const int known = takeover.leave_marks(source_) ? k_exit_ok : k_exit_partial;
    if (confirmed && !cutover.dry()) {
      context.events().note(fmt::format("the fence of {} is confirmed", source_));
      if (before && !before->active.empty()) tell_ticks(cutover, source_, before->active);
    }
    // Only what is paused makes no new ones, and of what was not recorded nothing was paused.
    const std::optional<engine::Fence> now = cutover.store().fence(source_);
    const bool paused = cutover.dry() || (now && !now->snapshot.empty());
    const int runs = cancel_queued_ && paused ? cancel(cutover, takeover) : k_exit_ok;
    return confirmed || cutover.dry() ? worse(cutover.code(), worse(runs, known)) : k_exit_partial;
  }

private:
  // The fence stands by now: what goes wrong with runs takes nothing of it back.
  int cancel(Cutover& cutover, Takeover& takeover) const {
    try {
      return cancel_queued(cutover, source_, recorded(cutover, takeover));
    } catch (const base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled) throw;
      cutover.context().events().warning(
          fmt::format("not all that waits to run on {} is known: {}", source_, error.message()));
      return k_exit_partial;
    }
  }

  // What fired before it was fenced, which may be long ago.
  engine::FiringStates recorded(Cutover& cutover, Takeover& takeover) const {
    const std::optional<engine::Fence> fence = cutover.store().fence(source_);
    return takeover.firing(fence && !fence->snapshot.empty() ? cutover.named(fence->snapshot)
                                                             : takeover.states_by(cutover.newest(source_)));
  }

  std::string source_;
  bool cancel_queued_ = false;
  bool source_partial_ = false;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_fence_command() {
  return std::make_unique<FenceCommand>();
}

}  // namespace holdfast::cli
