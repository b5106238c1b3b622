#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover/cutover.h"
#include "cli/cutover/run.h"
#include "cli/cutover/takeover.h"
#include "cli/cutover/ticks_view.h"

namespace holdfast::cli {
namespace {

class ReplicateCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"replicate", "bring to another connector what changed since the last time",
            "Backs up SOURCE and brings TARGET up to it, by the same id map as the last time: what\n"
            "is there is updated, nothing is made twice, and all that fires stays paused.  Again at\n"
            "once it has nothing to do.\n\n"
            "What somebody changed on TARGET since, or TARGET had of its own, is left alone and listed\n"
            "(exit 3): --existing replace overwrites it, --keep-changed lets it be.  What is gone from\n"
            "SOURCE stays unless --remove is given.  Where TARGET took over, this is refused (exit 5);\n"
            "the fence of a SOURCE that somebody took over from is closed first where it is open.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SOURCE", source_, "the connector to back up").offer = Offer::connectors;
    flags.argument("TARGET", target_, "the connector to write to").offer = Offer::connectors;
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover cutover(context, flags_, "replicate");
    cutover.check_sides(source_, target_);
    cutover.require_writing(target_, platform::Writing::resources);
    cutover.lock_to_write(source_, target_);
    const std::optional<engine::Fence> fence = cutover.fence(source_);
    if (fence && fence->state == engine::Fence::State::open) close_fence(context, cutover, *fence);
    require_fenced_target(cutover);
    CutoverRun(cutover).begin_writing(source_, target_);
    const CutoverRun::Brought brought = CutoverRun(cutover).bring(source_, target_);
    CutoverRun(cutover).refuse_destruction(brought.plan);
    const int code = worse(brought.before, CutoverRun(cutover).apply(brought.plan, brought.snapshot));
    CutoverRun(cutover).end_writing(source_, target_);
    return code;
  }

private:
  // A failover that was begun and has not ended is no reason to pause what goes on firing, nor is the fence that an
  // activation has opened: what somebody started nobody pauses unasked.
  void close_fence(Context& context, Cutover& cutover, const engine::Fence& fence) const {
    if (engine::took_over(cutover.store(), fence)) {
      cutover.require_writing(source_, platform::Writing::cutover);
      Takeover takeover(cutover);
      takeover.require_fence(source_, fence.active, nullptr, {.not_done = "nothing was replicated"});
      (void)takeover.leave_marks(source_);  // what could not be said now the next run says
      return tell_ticks(cutover, source_, fence.active);
    }
    context.events().warning(way_on(cutover, fence));
  }

  // What fires there is not a change of somebody's, and is no difference that this could mend.
  void require_fenced_target(Cutover& cutover) const {
    const std::optional<engine::Fence> fence = cutover.fence(target_);
    if (!fence || fence->state != engine::Fence::State::open || fence->active != source_) return;
    if (!engine::took_over(cutover.store(), *fence)) return;
    throw base::Error(
        base::ErrorKind::refused,
        fmt::format("{} took over from {}, and what fires on {} was not seen to be paused", source_, target_, target_),
        fmt::format("Pause it first with \"holdfast fence {}\".", target_));
  }

  std::string way_on(Cutover& cutover, const engine::Fence& fence) const {
    if (fence.active.empty())
      return fmt::format(
          "the fence of {0} is open, and what fires there goes on: \"holdfast fence {0}\" pauses it, \"holdfast "
          "activate {0}\" sets what was recorded and lifts the fence",
          source_);
    if (const auto begun = engine::begun_failback(cutover.store(), fence))
      return fmt::format("{}: {}", begun->what, begun->way);
    return fmt::format(
        "a failover from {0} to {1} was begun and has not ended: go on with \"holdfast failover {0} {1}\", or "
        "give it up with \"holdfast activate {0}\"",
        source_, fence.active);
  }

  std::string source_;
  std::string target_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_replicate_command() {
  return std::make_unique<ReplicateCommand>();
}

}  // namespace holdfast::cli
