#include <fmt/format.h>

#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "cli/resolve.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

using ui::Align;

class SnapshotsCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"snapshots", "list the snapshots",
            "Oldest first.  CHANGES counts rows that are new (+), changed (~) or gone (-)\n"
            "against the snapshot before; ADDED is what it takes in the repository.\n"
            "With --quiet only the ids, one a line; with -v more columns."};
  }

  void declare(FlagTable& flags) override {
    flags.text("--connector", "NAME", connector_, "only those of one connector").offer = Offer::connectors;
    flags.toggle("--all", all_, "those that were forgotten too");
  }

  int run(Context& context) override {
    const auto shown =
        snapshots_named(context, connector_, all_ ? engine::Forgotten::include : engine::Forgotten::leave_out);
    if (context.json())
      print_json(context, shown);
    else if (context.global().quiet)
      print_ids(context, shown);
    else
      print_table(context, shown);
    return k_exit_ok;
  }

private:
  static void print_json(Context& context, const std::vector<repository::Snapshot>& shown) {
    auto out = document();
    auto list = nlohmann::ordered_json::array();
    for (const auto& snapshot : shown) list.push_back(to_json(snapshot));
    out["snapshots"] = std::move(list);
    print_document(context, out);
  }

  static void print_ids(Context& context, const std::vector<repository::Snapshot>& shown) {
    for (const auto& snapshot : shown) context.out().line(snapshot.id.short_id());
  }

  void print_table(Context& context, const std::vector<repository::Snapshot>& shown) const {
    const bool wide = context.global().verbose;
    std::vector<ui::Table::Heading> headings{{"ID"},      {"TAKEN (UTC)"},        {"CONNECTOR"}, {"ROWS", Align::right},
                                             {"CHANGES"}, {"ADDED", Align::right}};
    if (wide) headings.insert(headings.end(), {{"SIZE", Align::right}, {"HOST"}, {"NAME"}});
    headings.push_back({"STATE"});
    ui::Table table(std::move(headings));
    for (const auto& snapshot : shown) {
      std::vector<std::string> cells{snapshot.id.short_id(),
                                     short_time(snapshot.taken),
                                     snapshot.connector,
                                     ui::format_count(rows_of(snapshot)),
                                     changes_text(snapshot.counts),
                                     ui::format_bytes(snapshot.bytes_added_stored)};
      if (wide) cells.insert(cells.end(), {ui::format_bytes(bytes_of(snapshot)), snapshot.host, snapshot.id.name()});
      cells.push_back(state_text(snapshot));
      table.row(std::move(cells));
    }
    if (shown.empty())
      context.events().note(fmt::format("there are no snapshots{} yet", connector_.empty() ? "" : " of " + connector_));
    else
      context.out().write(table.text());
  }

  std::string connector_;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> make_snapshots_command() {
  return std::make_unique<SnapshotsCommand>();
}

}  // namespace holdfast::cli
