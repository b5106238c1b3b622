#include "cli/capture_flags.h"
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
            "+ only on the platform, - only in the snapshot, ~ in both but different.\n\n"
            "Exit 0 when nothing differs, 4 when something does, 3 when something differs only\n"
            "where the snapshot is partial: nobody can tell which of the two is right there."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SNAPSHOT", snapshot_, "what it should be").offer = Offer::snapshots;
    flags.argument("CONNECTOR", connector_, "what to read").offer = Offer::connectors;
    flags.texts("--select", "CONDITIONS", select_, "only these rows; may be given several times");
    flags.toggle("--fields", fields_, "show the fields that differ");
    capture_.declare(flags);
  }

  int run(Context& context) override {
    const platform::CaptureOptions capture = capture_.options(context.connector_config(connector_));
    const model::Selection selection(select_);
    repository::Repository& repository = context.repository();
    const repository::Snapshot snapshot = resolve_beside(repository, snapshot_, connector_);
    const auto connector = context.open_connector(connector_);
    DifferencePrinter::Options options;
    options.fields = fields_ ? Fields::show : Fields::hide;
    if (!context.global().verbose) options.lines_most = k_lines_most;
    options.before = snapshot.id.short_id();
    options.after = connector_;
    DifferencePrinter printer(context, options);
    const engine::CompareCounts counts =
        engine::compare_live(repository, snapshot, *connector, capture, selection, context.events(), context.stop(),
                             [&](const model::Collection& collection, const repository::Difference& difference,
                                 bool stale) { printer.show(collection, difference, stale); });
    printer.end(counts);
    if (counts.any()) return k_exit_differs;
    return counts.stale == 0 ? k_exit_ok : k_exit_partial;
  }

private:
  std::string snapshot_;
  std::string connector_;
  std::vector<std::string> select_;
  bool fields_ = false;
  CaptureFlags capture_;
};

}  // namespace

std::unique_ptr<Command> make_verify_command() {
  return std::make_unique<VerifyCommand>();
}

}  // namespace holdfast::cli
