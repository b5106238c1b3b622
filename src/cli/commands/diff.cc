#include <fmt/format.h>

#include "base/error.h"
#include "base/suggest.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/difference_printer.h"
#include "cli/resolve.h"
#include "engine/carry_forward.h"
#include "engine/compare.h"
#include "engine/reference.h"
#include "engine/resources/compare.h"
#include "ui/table.h"

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
            "side carries as stale are marked and counted apart, as are those that the platform\n"
            "did not let us read (?).  Resources are compared by what people set in them; --raw\n"
            "compares bytes.\n\n"
            "Exit 0 whatever it finds; with --exit-code 4 where something differs."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("BEFORE", before_, "a snapshot").offer = Offer::snapshots;
    flags.argument("AFTER", after_, "a snapshot, or a connector").offer = Offer::snapshots;
    compare_.declare(flags);
    flags.toggle("--exit-code", exit_code_, "exit 4 where something differs");
  }

  int run(Context& context) override {
    const engine::CompareCounts counts =
        context.config().connector(after_) != nullptr ? diff_live(context) : diff_snapshots(context);
    return exit_code_ && (counts.any() || counts.extra != 0) ? k_exit_differs : k_exit_ok;
  }

private:
  engine::CompareCounts diff_live(Context& context) const {
    const auto before = resolve_beside(context, before_, after_);
    say_snapshot(context, before);
    warn_of_own(context, before, before_, after_, fmt::format("holdfast diff {{}} {}", after_));
    return show_live_differences(context, before, after_, compare_, UINT64_MAX);
  }

  // What is neither may be a mistyped connector.
  repository::Snapshot resolve_after(Context& context) const {
    try {
      return engine::resolve(context.repository(), after_);
    } catch (base::Error& error) {
      std::vector<std::string> connectors;
      for (const ConnectorConfig& one : context.config().connectors) connectors.push_back(one.name);
      const auto meant = base::nearest(after_, connectors);
      if (error.kind() == base::ErrorKind::not_found && meant)
        error.set_hint(fmt::format("Did you mean the connector \"{}\"?", *meant));
      throw;
    }
  }

  engine::CompareCounts diff_snapshots(Context& context) const {
    repository::Repository& repository = context.repository();
    const repository::Snapshot before = resolve_reference(context, {.snapshot = before_, .path = {}}, {});
    const repository::Snapshot after = resolve_after(context);
    for (const repository::Snapshot* one : {&before, &after}) say_snapshot(context, *one);
    const model::Selection selection(compare_.select);
    const auto values = compare_.fields ? repository::Values::yes : repository::Values::no;
    DifferencePrinter printer(
        context,
        {.fields = compare_.fields ? Fields::show : Fields::hide, .before = before, .after = after.id.short_id()});
    const std::vector<model::Kind> kinds = before.platform == after.platform && !compare_.raw
                                               ? context.kinds_of(after.platform)
                                               : std::vector<model::Kind>{};
    const auto counts =
        kinds.empty() ? engine::compare_snapshots(
                            repository, {.before = before, .after = after, .selection = selection, .values = values},
                            context.stop(), printer.visitor())
                      : engine::compare_resource_snapshots(
                            {.repository = repository,
                             .before = before,
                             .state = context.state(),
                             .kinds = kinds,
                             .selection = selection,
                             .mapping = context.config().mapping(before.connector, after.connector)},
                            after, context.events(), context.stop(), printer.resource_visitor());
    printer.end(counts);
    if (const std::uint64_t stale = after.partial() ? engine::stale_rows(repository, after, context.stop()) : 0)
      context.events().note(
          fmt::format("{} of {} not read when it was taken, and compared as the snapshot before has it",
                      ui::format_counted(stale, "row"), after.id.short_id()));
    return counts;
  }

  std::string before_;
  std::string after_;
  CompareFlags compare_;
  bool exit_code_ = false;
};

}  // namespace

std::unique_ptr<Command> make_diff_command() {
  return std::make_unique<DiffCommand>();
}

}  // namespace holdfast::cli
