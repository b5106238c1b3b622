#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "engine/browse.h"
#include "engine/reference.h"
#include "ui/table.h"

namespace holdfast::cli {
namespace {

class LsCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"ls", "list what a snapshot holds, level by level",
            "Without a path the collections, then entity types, objects, aspects and versions:\n"
            "  holdfast ls latest\n"
            "  holdfast ls latest aspect/dataset\n"
            "  holdfast ls latest aspect/urn:li:corpuser:anna"};
  }

  void declare(FlagTable& flags) override {
    flags.argument("SNAPSHOT", snapshot_, "which one: latest, latest~2, an id, @INSTANT").offer = Offer::snapshots;
    flags.optional_argument("PATH", path_, "where to look; everything when left out");
    flags.text("--connector", "NAME", connector_, "whose latest").offer = Offer::connectors;
  }

  int run(Context& context) override {
    repository::Repository& repository = context.repository();
    const engine::Reference reference = engine::parse_reference(snapshot_);
    const repository::Snapshot snapshot = engine::resolve(repository, reference.snapshot, connector_);
    // "ls latest:aspect" means what "ls latest aspect" does.
    const std::string path = path_.empty() ? reference.path : path_;
    const auto entries = engine::list(repository, snapshot, path);
    if (context.json()) {
      auto out = document();
      out["snapshot"] = snapshot.id.short_id();
      out["path"] = path;
      auto list = nlohmann::ordered_json::array();
      for (const auto& entry : entries)
        list.push_back({{"name", entry.name}, {"rows", entry.rows}, {"bytes", entry.bytes}});
      out["entries"] = std::move(list);
      print_document(context, out);
      return k_exit_ok;
    }
    ui::Table table({{"ROWS", ui::Align::right}, {"SIZE", ui::Align::right}, {"NAME"}});
    for (const auto& entry : entries)
      table.row({ui::format_count(entry.rows), ui::format_bytes(entry.bytes), entry.name});
    context.out().write(table.text());
    return k_exit_ok;
  }

private:
  std::string snapshot_;
  std::string path_;
  std::string connector_;
};

}  // namespace

std::unique_ptr<Command> make_ls_command() {
  return std::make_unique<LsCommand>();
}

}  // namespace holdfast::cli
