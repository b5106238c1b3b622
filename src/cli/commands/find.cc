#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "engine/browse.h"
#include "engine/reference.h"
#include "ui/json_text.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

class FindCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"find", "find rows by a pattern of their key",
            "  holdfast find 'urn:li:dataset:*finance*'\n"
            "  holdfast find type:dashboard,aspect:ownership\n"
            "  holdfast find owner:urn:li:corpuser:anna --all\n"
            "Conditions joined by commas must all hold: key:GLOB (the default), type:ENTITY,\n"
            "aspect:GLOB, platform:NAME, owner:URN.  One path a line; -v adds sizes.\n"
            "--all looks into every snapshot and says in which a row was seen first and last."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("PATTERN", pattern_, "what to look for");
    flags.text("--in", "SNAPSHOT", snapshot_, "where to look (latest)").offer = Offer::snapshots;
    flags.text("--connector", "NAME", connector_, "whose snapshots").offer = Offer::connectors;
    flags.toggle("--all", all_, "look into all snapshots");
  }

  int run(Context& context) override { return all_ ? find_in_all(context) : find_in_one(context); }

private:
  int find_in_one(Context& context) {
    repository::Repository& repository = context.repository();
    const repository::Snapshot snapshot = engine::resolve(repository, snapshot_, connector_);
    // Before the document begins: a pattern that is wrong must not leave half of one.
    const model::Selection selection({pattern_});
    std::uint64_t count = 0;
    ui::Output& out = context.out();
    if (context.json())
      out.write(
          fmt::format("{{\"format_version\":1,\"snapshot\":{},\"found\":[", ui::json_quote(snapshot.id.short_id())));
    engine::find(repository, snapshot, selection, [&](const std::string& path, std::uint64_t bytes) {
      if (context.json())
        out.write(fmt::format("{}\n{{\"path\":{},\"bytes\":{}}}", count == 0 ? "" : ",", ui::json_quote(path), bytes));
      else if (context.global().verbose)
        out.line(fmt::format("{:>10}  {}", ui::format_bytes(bytes), ui::printable(path)));
      else
        out.line(ui::printable(path));
      ++count;
    });
    if (context.json())
      out.line("]}");
    else if (count == 0)
      context.events().note(fmt::format("nothing in {} matches", snapshot.id.short_id()));
    return k_exit_ok;
  }

  struct Seen {
    std::string first;  // short ids
    std::string last;
    std::uint64_t snapshots = 0;
  };

  int find_in_all(Context& context) {
    repository::Repository& repository = context.repository();
    std::map<std::string, Seen> found;
    for (const repository::Snapshot& snapshot : repository.snapshots()) {
      if (snapshot.forgotten || (!connector_.empty() && connector_ != snapshot.connector)) continue;
      const std::string id = snapshot.id.short_id();
      engine::find(repository, snapshot, model::Selection({pattern_}), [&](const std::string& path, std::uint64_t) {
        Seen& seen = found[path];
        if (seen.snapshots++ == 0) seen.first = id;
        seen.last = id;
      });
    }
    if (context.json())
      print_json(context, found);
    else if (found.empty())
      context.events().note("nothing in any snapshot matches");
    else
      print_table(context, found);
    return k_exit_ok;
  }

  static void print_json(Context& context, const std::map<std::string, Seen>& found) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& [path, seen] : found)
      list.push_back({{"path", path}, {"first", seen.first}, {"last", seen.last}, {"snapshots", seen.snapshots}});
    auto out = document();
    out["found"] = std::move(list);
    print_document(context, out);
  }

  static void print_table(Context& context, const std::map<std::string, Seen>& found) {
    ui::Table table({{"FIRST"}, {"LAST"}, {"SNAPSHOTS", ui::Align::right}, {"PATH"}});
    for (const auto& [path, seen] : found) table.row({seen.first, seen.last, ui::format_count(seen.snapshots), path});
    context.out().write(table.text());
  }

  std::string pattern_;
  std::string snapshot_ = "latest";
  std::string connector_;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> make_find_command() {
  return std::make_unique<FindCommand>();
}

}  // namespace holdfast::cli
