#include "cli/capture_flags.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/difference_printer.h"
#include "cli/resolve.h"
#include "engine/compare.h"
#include "engine/reference.h"

namespace holdfast::cli {
namespace {

class DiffCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"diff", "what differs between two snapshots, or a snapshot and the platform",
            "  holdfast diff latest~1 latest --fields\n"
            "  holdfast diff latest catalog              against the live platform\n"
            "A second argument that is the name of a connector means the platform as it is now.\n"
            "+ only in the second, - only in the first, ~ in both but different; rows that one\n"
            "side carries as stale are marked and counted apart.\n\n"
            "Exit 0 whatever it finds; with --exit-code 4 where something differs."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("BEFORE", before_, "a snapshot").offer = Offer::snapshots;
    flags.argument("AFTER", after_, "a snapshot, or a connector").offer = Offer::snapshots;
    flags.texts("--select", "CONDITIONS", select_, "only these rows; may be given several times");
    flags.toggle("--fields", fields_, "show the fields that changed");
    flags.toggle("--exit-code", exit_code_, "exit 4 where something differs");
    capture_.declare(flags);
  }

  int run(Context& context) override {
    repository::Repository& repository = context.repository();
    const ConnectorConfig* live = context.config().connector(after_);
    const repository::Snapshot before =
        live != nullptr ? resolve_beside(repository, before_, after_) : engine::resolve(repository, before_);
    const model::Selection selection(select_);
    const std::string before_name = before.id.short_id();
    engine::CompareCounts counts;
    if (live != nullptr) {
      const auto connector = context.open_connector(after_);
      DifferencePrinter printer(context, options(before_name, after_));
      counts = engine::compare_live(repository, before, *connector, capture_.options(*live), selection,
                                    context.events(), context.stop(), visitor(printer));
      printer.end(counts);
    } else {
      const repository::Snapshot after = engine::resolve(repository, after_);
      DifferencePrinter printer(context, options(before_name, after.id.short_id()));
      const auto values = fields_ ? repository::Values::yes : repository::Values::no;
      counts = engine::compare_snapshots(repository, before, after, selection, values, visitor(printer));
      printer.end(counts);
    }
    return exit_code_ && counts.any() ? k_exit_differs : k_exit_ok;
  }

private:
  DifferencePrinter::Options options(std::string before, std::string after) const {
    DifferencePrinter::Options out;
    out.fields = fields_ ? Fields::show : Fields::hide;
    out.before = std::move(before);
    out.after = std::move(after);
    return out;
  }

  static engine::Visitor visitor(DifferencePrinter& printer) {
    return [&printer](const model::Collection& collection, const repository::Difference& difference, bool stale) {
      printer.show(collection, difference, stale);
    };
  }

  std::string before_;
  std::string after_;
  std::vector<std::string> select_;
  bool fields_ = false;
  bool exit_code_ = false;
  CaptureFlags capture_;
};

}  // namespace

std::unique_ptr<Command> make_diff_command() {
  return std::make_unique<DiffCommand>();
}

}  // namespace holdfast::cli
