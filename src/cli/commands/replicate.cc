#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

class ReplicateCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"replicate", "bring to another connector what changed since the last time",
            "Backs up SOURCE and brings TARGET up to it, by the same id map as the last time: what\n"
            "is there is updated, nothing is made twice, and all that fires stays paused.  Again at\n"
            "once it has nothing to do.\n\n"
            "What somebody changed on TARGET since, or TARGET had of its own, is left alone and listed\n"
            "(exit 3): --existing replace overwrites it, --keep-changed lets it be.  What is gone from\n"
            "SOURCE stays unless --remove is given.  Where TARGET took over, this is refused (exit 5); a\n"
            "fence that is still open is closed first.",
            Kind::run};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SOURCE", source_, "the connector to back up").offer = Offer::connectors;
    flags.argument("TARGET", target_, "the connector to write to").offer = Offer::connectors;
    flags_.declare(flags);
  }

  int run(Context& context) override {
    Cutover run(context, flags_, "replicate");
    run.check_sides(source_, target_);
    const std::optional<engine::Fence> fence = run.store().fence(source_);
    if (fence && fence->state == engine::Fence::State::open && !run.fence(source_, fence->active, nullptr))
      throw Error(ErrorKind::refused, fmt::format("not all that fires on {} could be paused", source_),
                  "See what was said about each of them, then run it again.");
    run.refuse_taken_over(source_, target_);
    const int gone_on = run.go_on(source_, target_);
    const repository::Snapshot snapshot = run.take(source_);
    const model::ResourcePlan plan = run.plan(snapshot, target_, run.store().pair(source_, target_));
    run.show(plan);
    run.refuse_destruction(plan);
    // What a plan of before did not do is in this one again, unless this one looks at less.
    return worse(flags_.plan.select.empty() ? k_exit_ok : gone_on, run.apply(plan, snapshot));
  }

private:
  std::string source_;
  std::string target_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_replicate_command() {
  return std::make_unique<ReplicateCommand>();
}

}  // namespace holdfast::cli
