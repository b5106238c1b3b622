#include <fmt/format.h>

#include <utility>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/json_list.h"
#include "cli/resolve.h"
#include "engine/browse.h"
#include "engine/reference.h"
#include "ui/json_text.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

class LsCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"ls", "list what a snapshot holds, level by level",
            "Without a path the collections; below them folder by folder where names are paths,\n"
            "and entity types, objects, aspects and versions where they are URNs:\n"
            "  holdfast ls latest\n"
            "  holdfast ls latest notebooks/Users/anna\n"
            "  holdfast ls primary:/jobs                  the latest snapshot of a connector\n"
            "  holdfast ls latest aspect/dataset\n"
            "  holdfast ls latest aspect/urn:li:corpuser:anna"};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SNAPSHOT", snapshot_, "which one: latest, latest~2, an id, @INSTANT").offer = Offer::snapshots;
    flags.optional_argument("PATH", path_, "where to look; everything when left out");
    flags.text("--connector", "NAME", connector_, "whose latest").offer = Offer::connectors;
  }

  int run(Context& context) override {
    const engine::Reference reference = engine::parse_reference(snapshot_);
    const repository::Snapshot snapshot = resolve_reference(context, reference, connector_);
    say_whose(context, snapshot, reference.snapshot, connector_);
    // "ls latest:aspect" means what "ls latest aspect" does.
    const std::string path = path_.empty() ? reference.path : path_;
    if (context.json())
      print_json(context, snapshot, path);
    else
      print_lines(context, snapshot, path);
    return k_exit_ok;
  }

private:
  // Line by line in columns of a fixed width: a platform may hold millions of objects.
  static void print_lines(Context& context, const repository::Snapshot& snapshot, const std::string& path) {
    constexpr std::string_view k_columns = "{:>11}  {:>10}  {}";
    bool headed = false;
    std::uint64_t empty = 0;
    engine::list(
        context.repository(), snapshot, path,
        [&](const engine::ListEntry& entry) {
          // Of a platform's many kinds most workspaces use a few.
          if (entry.rows == 0 && !context.global().verbose) {
            ++empty;
            return;
          }
          if (!std::exchange(headed, true)) {
            context.out().line(fmt::format(k_columns, "ROWS", "SIZE", "NAME"));
            context.out().line("-----------  ----------  ----");
          }
          context.out().line(fmt::format(k_columns, ui::format_count(entry.rows), ui::format_bytes(entry.bytes),
                                         ui::printable(entry.name)));
        },
        context.stop());
    if (!headed) context.events().note(fmt::format("{} holds nothing there", snapshot.id.short_id()));
    if (empty != 0)
      context.events().note(fmt::format("{} without rows; -v lists them", ui::format_counted(empty, "collection")));
  }

  static void print_json(Context& context, const repository::Snapshot& snapshot, const std::string& path) {
    JsonList list(context.out(), fmt::format("{{\"format_version\":1,\"snapshot\":{},\"path\":{},\"entries\":[",
                                             ui::json_quote(snapshot.id.short_id()), ui::json_quote(path)));
    engine::list(
        context.repository(), snapshot, path,
        [&](const engine::ListEntry& entry) {
          list.add(fmt::format("{{\"name\":{},\"rows\":{},\"bytes\":{}}}", ui::json_quote(entry.name), entry.rows,
                               entry.bytes));
        },
        context.stop());
    list.end();
  }

  std::string snapshot_;
  std::string path_;
  std::string connector_;
};

}  // namespace

std::unique_ptr<Command> make_ls_command() {
  return std::make_unique<LsCommand>();
}

}  // namespace holdfast::cli
