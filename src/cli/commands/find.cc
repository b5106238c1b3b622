#include <fmt/format.h>

#include <utility>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/json_list.h"
#include "cli/resolve.h"
#include "engine/browse.h"
#include "ui/json_text.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

class FindCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"find", "find rows by a pattern of their name",
            "  holdfast find '/notebooks/Users/anna/**'\n"
            "  holdfast find 'kind:jobs,name:nightly*'\n"
            "  holdfast find 'urn:li:dataset:*finance*'\n"
            "  holdfast find type:dashboard,aspect:ownership\n"
            "  holdfast find owner:urn:li:corpuser:anna --all\n"
            "Conditions joined by commas must all hold: kind:GLOB, path:GLOB (what begins with a\n"
            "slash; * stops at slashes, ** does not), name:, id:, creator:, tag:, owner:, each a\n"
            "glob; of URNs key:GLOB (the default), type:ENTITY, aspect:GLOB, platform:NAME,\n"
            "owner:URN.  One path a line; -v adds sizes.\n"
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
  int find_in_one(Context& context) const {
    repository::Repository& repository = context.repository();
    const repository::Snapshot snapshot = engine::resolve(repository, snapshot_, connector_);
    say_whose(context, snapshot, snapshot_, connector_);
    const std::string id = snapshot.id.short_id();
    JsonList list(context.out(), fmt::format("{{\"format_version\":1,\"snapshot\":{},\"found\":[", ui::json_quote(id)));
    bool any = false;
    const auto show = [&](const std::string& path, std::uint64_t bytes) {
      any = true;
      if (context.json()) return list.add(fmt::format("{{\"path\":{},\"bytes\":{}}}", ui::json_quote(path), bytes));
      const std::string size =
          context.global().verbose ? fmt::format("{:>10}  ", ui::format_bytes(bytes)) : std::string();
      context.out().line(size + ui::printable(path));
    };
    engine::find(repository, snapshot, model::Selection({pattern_}), show, context.stop());
    if (context.json())
      list.end();
    else if (!any)
      context.events().note(fmt::format("nothing in {} of {} matches", id, snapshot.connector));
    return k_exit_ok;
  }

  // Shown as found: what matches may be every row of every snapshot.
  int find_in_all(Context& context) const {
    const model::Selection selection({pattern_});
    const auto snapshots = snapshots_named(context, connector_);
    constexpr std::string_view k_columns = "{:<8}  {:<8}  {:>9}  {}";
    JsonList list(context.out(), "{\"format_version\":1,\"found\":[");
    bool any = false;
    engine::find_in_all(
        context.repository(), snapshots, selection,
        [&](const engine::Sighting& one) {
          const std::string first = snapshots[one.first].id.short_id();
          const std::string last = snapshots[one.last].id.short_id();
          const bool begins = !std::exchange(any, true);
          if (context.json())
            return list.add(fmt::format("{{\"path\":{},\"first\":\"{}\",\"last\":\"{}\",\"snapshots\":{}}}",
                                        ui::json_quote(one.path), first, last, one.snapshots));
          if (begins) {
            context.out().line(fmt::format(k_columns, "FIRST", "LAST", "SNAPSHOTS", "PATH"));
            context.out().line("--------  --------  ---------  ----");
          }
          context.out().line(
              fmt::format(k_columns, first, last, ui::format_count(one.snapshots), ui::printable(one.path)));
        },
        context.stop());
    if (context.json())
      list.end();
    else if (!any)
      context.events().note("nothing in any snapshot matches");
    return k_exit_ok;
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
