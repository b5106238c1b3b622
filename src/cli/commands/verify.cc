#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/difference_printer.h"
#include "cli/resolve.h"
#include "engine/compare.h"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t k_lines_most = 50;

class VerifyCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"verify", "read a platform again and compare it with a snapshot",
            "Reads the platform as it is now and compares every row with the snapshot.\n"
            "+ only on the platform, - only in the snapshot, ~ in both but different.\n"
            "Resources are compared by what people set in them, not by what the platform fills\n"
            "in; ids of another workspace are mapped back.  What only that has is extra (+), and\n"
            "what arrived there paused is counted apart (=, with --fields).\n\n"
            "A --select that neither side has a row for is an error (exit 1).\n"
            "Exit 0 when nothing differs, 4 when something does, 3 when something differs only\n"
            "where the snapshot is partial, or the platform did not let all be read (?): nobody\n"
            "can tell which of the two is right there."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SNAPSHOT", snapshot_, "what it should be").offer = Offer::snapshots;
    flags.argument("CONNECTOR", connector_, "what to read").offer = Offer::connectors;
    compare_.declare(flags);
    flags.toggle("--strict", strict_, "what is extra in another workspace counts as a difference");
  }

  int run(Context& context) override {
    // Before the snapshot: a mistyped connector must not be taken for one that has no snapshot of its own.
    context.connector_config(connector_);
    const auto snapshot = resolve_beside(context, snapshot_, connector_);
    say_snapshot(context, snapshot);
    warn_of_own(context, snapshot, snapshot_, connector_, fmt::format("holdfast verify {{}} {}", connector_));
    const engine::CompareCounts counts = show_live_differences(context, snapshot, connector_, compare_,
                                                               context.global().verbose ? UINT64_MAX : k_lines_most);
    if (counts.any() || (strict_ && counts.extra != 0)) return k_exit_differs;
    return counts.stale + counts.unread == 0 ? k_exit_ok : k_exit_partial;
  }

private:
  std::string snapshot_;
  std::string connector_;
  CompareFlags compare_;
  bool strict_ = false;
};

}  // namespace

std::unique_ptr<Command> make_verify_command() {
  return std::make_unique<VerifyCommand>();
}

}  // namespace holdfast::cli
