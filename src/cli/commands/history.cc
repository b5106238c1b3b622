#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "engine/browse.h"
#include "model/field_diff.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using What = engine::HistoryEntry::What;

// For machines; people see a blank in place of the underscore.
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
            "Oldest first: in which snapshot each of the object's rows appeared, changed and\n"
            "went.  --fields shows what changed, down to the JSON field."};
  }

  void declare(FlagTable& flags) override {
    flags.argument("URN", urn_, "the object");
    flags.optional_argument("ASPECT", aspect_, "only this aspect of it");
    flags.toggle("--fields", fields_, "show the fields that changed");
    flags.text("--connector", "NAME", connector_, "whose snapshots").offer = Offer::connectors;
  }

  int run(Context& context) override {
    const auto entries = engine::history(context.repository(), urn_, aspect_, connector_);
    if (context.json()) {
      print_json(context, entries);
      return k_exit_ok;
    }
    if (entries.empty())
      context.events().note(fmt::format("no snapshot holds {}{}{}", urn_, aspect_.empty() ? "" : "/", aspect_));
    std::map<std::string, const base::Row*> last;
    for (const auto& entry : entries) {
      context.out().line(
          fmt::format("{}  {}  {:<10}  {}", entry.snapshot.id.short_id(), short_time(entry.snapshot.taken),
                      entry.what == What::first_seen ? "first seen" : word_of(entry.what), ui::printable(entry.path)));
      const base::Row*& before = last[entry.path];
      if (fields_ && entry.what == What::changed) context.out().write(field_lines(changes(entry, before)));
      before = entry.row ? &*entry.row : nullptr;
    }
    return k_exit_ok;
  }

private:
  static std::vector<model::FieldChange> changes(const engine::HistoryEntry& entry, const base::Row* before) {
    const std::string name = entry.path.substr(0, entry.path.find('/'));
    const model::Collection collection = engine::collection_of(engine::tree_of(entry.snapshot, name));
    std::vector<base::ColumnView> columns_before;
    std::vector<base::ColumnView> columns_after;
    std::optional<base::RowView> view_before;
    std::optional<base::RowView> view_after;
    if (before != nullptr) view_before = base::to_view(*before, columns_before);
    if (entry.row) view_after = base::to_view(*entry.row, columns_after);
    return model::field_diff(collection, view_before ? &*view_before : nullptr, view_after ? &*view_after : nullptr);
  }

  void print_json(Context& context, const std::vector<engine::HistoryEntry>& entries) const {
    auto list = nlohmann::ordered_json::array();
    std::map<std::string, const base::Row*> last;
    for (const auto& entry : entries) {
      nlohmann::ordered_json one{{"snapshot", entry.snapshot.id.short_id()},
                                 {"taken", base::to_rfc3339(entry.snapshot.taken)},
                                 {"what", word_of(entry.what)},
                                 {"path", entry.path}};
      const base::Row*& before = last[entry.path];
      if (fields_) one["fields"] = to_json(changes(entry, before));
      before = entry.row ? &*entry.row : nullptr;
      list.push_back(std::move(one));
    }
    auto out = document();
    out["urn"] = urn_;
    out["history"] = std::move(list);
    print_document(context, out);
  }

  std::string urn_;
  std::string aspect_;
  std::string connector_;
  bool fields_ = false;
};

}  // namespace

std::unique_ptr<Command> make_history_command() {
  return std::make_unique<HistoryCommand>();
}

}  // namespace holdfast::cli
