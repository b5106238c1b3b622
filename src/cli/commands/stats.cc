#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "ui/printer_kinds.h"
#include "ui/printers.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

class StatsCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"stats", "how large the repository is",
            "\"plain\" is what its blocks hold uncompressed, each counted once; \"rows in all\n"
            "snapshots\" is what they would hold if nothing were shared."};
  }

  void declare(FlagTable&) override {}

  int run(Context& context) override {
    repository::Repository& repository = context.repository();
    const repository::RepositoryStats stats = repository.stats();
    std::uint64_t logical = 0;
    for (const auto& snapshot : repository.snapshots()) logical += snapshot.forgotten ? 0 : bytes_of(snapshot);
    if (context.json()) {
      auto out = document();
      out.update({{"snapshots", stats.snapshots},
                  {"packs", stats.packs},
                  {"blocks", stats.blocks},
                  {"stored_bytes", stats.stored_bytes},
                  {"plain_bytes", stats.plain_bytes},
                  {"logical_bytes", logical}});
      print_document(context, out);
      return k_exit_ok;
    }
    context.out().write(ui::summary_text(
        context.repository_url(),
        {ui::fact_count("snapshots", stats.snapshots), ui::fact_count("packs", stats.packs),
         ui::fact_count("blocks", stats.blocks), ui::fact_bytes("stored", stats.stored_bytes),
         ui::fact_bytes("plain", stats.plain_bytes), ui::fact_bytes("rows_in_all_snapshots", logical)}));
    return k_exit_ok;
  }
};

}  // namespace

std::unique_ptr<Command> make_stats_command() {
  return std::make_unique<StatsCommand>();
}

}  // namespace holdfast::cli
