#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "cli/json_list.h"
#include "cli/resolve.h"
#include "engine/browse.h"
#include "model/field_diff.h"
#include "ui/json_text.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using Entry = engine::HistoryEntry;
using What = Entry::What;

std::string_view word_of(What what) noexcept {
  switch (what) {
    case What::first_seen:
      return "first seen";
    case What::changed:
      return "changed";
    case What::removed:
      return "removed";
  }
  return "?";
}

class HistoryCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"history", "one object through all snapshots",
            "  holdfast history primary:/jobs/nightly-load\n"
            "  holdfast history jobs/nightly-load          as find and ls print it\n"
            "  holdfast history /notebooks/Users/anna      a folder, of every connector\n"
            "  holdfast history urn:li:corpuser:anna\n"
            "Oldest first: in which snapshot, of which connector, each of the object's rows\n"
            "appeared, changed and went.  --fields shows what changed, down to the JSON field.\n"
            "Exit 1 when no snapshot holds it."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("OBJECT", object_, "CONNECTOR:/PATH, a path or a URN");
    flags.optional_argument("ASPECT", aspect_, "only this aspect of it");
    flags.toggle("--fields", fields_, "show the fields that changed");
    flags.text("--connector", "NAME", connector_, "whose snapshots").offer = Offer::connectors;
  }

  int run(Context& context) override {
    name_object();
    const auto snapshots = snapshots_named(context, connector_);
    const bool any = context.json() ? print_json(context, snapshots) : print_lines(context, snapshots);
    if (!any)
      throw base::Error(base::ErrorKind::not_found,
                        fmt::format("no snapshot holds {}{}{}", object_, aspect_.empty() ? "" : "/", aspect_),
                        "\"holdfast find '*WORD*' --all\" looks for a part of a name.");
    return k_exit_ok;
  }

private:
  void name_object() {
    wanted_ = {.urn = object_, .aspect = aspect_};
    std::optional<ObjectPath> path = parse_object_path(object_);
    if (!path) return;
    if (!aspect_.empty())
      throw base::Error(base::ErrorKind::usage, fmt::format("\"{}\" names its rows itself", object_),
                        "Leave ASPECT out, or write it behind the path.");
    if (!path->connector.empty() && !connector_.empty() && connector_ != path->connector)
      throw base::Error(base::ErrorKind::usage,
                        fmt::format("two connectors are named: {} and {}", path->connector, connector_),
                        "Name the connector once.");
    if (!path->connector.empty()) connector_ = path->connector;
    path_ = std::move(path->path);
    wanted_ = {.path = path_};
  }

  static std::vector<model::FieldChange> changes(const Entry& entry) {
    std::vector<base::ColumnView> columns_before;
    std::vector<base::ColumnView> columns_after;
    std::optional<base::RowView> before;
    std::optional<base::RowView> after;
    if (entry.before != nullptr) before = base::to_view(*entry.before, columns_before);
    if (entry.after != nullptr) after = base::to_view(*entry.after, columns_after);
    return model::field_diff(entry.collection, before ? &*before : nullptr, after ? &*after : nullptr);
  }

  // Whether any snapshot holds it.
  bool print_lines(Context& context, const std::vector<repository::Snapshot>& snapshots) const {
    std::size_t width = 0;
    for (const auto& snapshot : snapshots) width = std::max(width, snapshot.connector.size());
    bool any = false;
    engine::history(context.repository(), snapshots, wanted_, context.stop(), [&](const Entry& entry) {
      any = true;
      context.out().line(fmt::format("{}  {}  {:<{}}  {:<10}  {}", entry.snapshot.id.short_id(),
                                     short_time(entry.snapshot.taken), entry.snapshot.connector, width,
                                     word_of(entry.what), ui::printable(entry.path)));
      if (fields_ && entry.what == What::changed) context.out().write(field_lines(changes(entry)));
    });
    return any;
  }

  bool print_json(Context& context, const std::vector<repository::Snapshot>& snapshots) const {
    JsonList list(context.out(),
                  fmt::format("{{\"format_version\":1,\"{}\":{},\"history\":[", wanted_.path.empty() ? "urn" : "path",
                              ui::json_quote(wanted_.path.empty() ? wanted_.urn : wanted_.path)));
    bool any = false;
    engine::history(context.repository(), snapshots, wanted_, context.stop(), [&](const Entry& entry) {
      any = true;
      nlohmann::ordered_json one{{"snapshot", entry.snapshot.id.short_id()},
                                 {"taken", base::to_rfc3339(entry.snapshot.taken)},
                                 {"connector", entry.snapshot.connector},
                                 {"what", word_of(entry.what)},
                                 {"path", entry.path}};
      if (fields_) one["fields"] = to_json(changes(entry));
      list.add(to_line(one));
    });
    list.end();
    return any;
  }

  std::string object_;
  std::string aspect_;
  std::string path_;
  engine::ObjectName wanted_;
  std::string connector_;
  bool fields_ = false;
};

}  // namespace

std::unique_ptr<Command> make_history_command() {
  return std::make_unique<HistoryCommand>();
}

}  // namespace holdfast::cli
