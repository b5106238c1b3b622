#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/cutover.h"
#include "cli/takeover.h"
#include "cli/ticks_view.h"

namespace holdfast::cli {
namespace {

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
    Cutover cutover(context, flags_, "fence");
    cutover.lock(source_, base::FileLock::Mode::exclusive);
    const std::optional<engine::Fence> before = cutover.store().fence(source_);
    if (!before) cutover.ask(fmt::format("all that fires on {} would be paused", source_));
    const bool confirmed = Takeover(cutover).fence(source_, before ? before->active : std::string(), nullptr);
    if (cutover.dry()) return k_exit_ok;
    if (confirmed) context.events().note(fmt::format("the fence of {} is confirmed", source_));
    if (confirmed && before && !before->active.empty()) tell_ticks(context, cutover, source_, before->active);
    return confirmed ? k_exit_ok : k_exit_partial;
  }

private:
  std::string source_;
  CutoverFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_fence_command() {
  return std::make_unique<FenceCommand>();
}

}  // namespace holdfast::cli
