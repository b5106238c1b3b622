#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/suggest.h"
#include "cli/commands/commands.h"
#include "cli/connector_lock.h"
#include "cli/context.h"
#include "cli/describe.h"
#include "engine/browse.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/sides.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "ui/printers.h"
#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::cli {
namespace {

using base::Error;
using base::ErrorKind;

void declare_sides(FlagTable& flags, std::string& source, std::string& target) {
  flags.argument("SOURCE", source, "the connector that was backed up").offer = Offer::connectors;
  flags.argument("TARGET", target, "the connector that was restored into").offer = Offer::connectors;
}

// What fits a screen beside one another: a kind, two ids, a name and how it was learnt.
constexpr std::size_t k_columns_most = 100;
constexpr std::size_t k_kind_most = 18;
constexpr std::size_t k_id_most = 22;
constexpr std::size_t k_strange_most = 10;  // named one by one

// Throws Error{not_found} where nothing is known of them, with the nearest name for a connector that nobody knows.
model::IdMap known_map(Context& context, const std::string& source, const std::string& target) {
  model::IdMap map = engine::IdMapStore(context.state(), source, target).snapshot();
  if (map.size() != 0) return map;
  for (const std::string& name : {source, target}) context.connector_config(name);
  throw Error(ErrorKind::not_found, fmt::format("there is no id map of {} and {}", source, target),
              "A restore from one into the other makes it, and so does \"holdfast idmap import\".");
}

// What a snapshot has: names by kind and id; and the ids by kind and name, for who wrote a name in place of an id.
struct KnownIds {
  using Key = std::pair<std::string, std::string>;
  std::map<Key, std::string> names;
  std::map<Key, std::string> by_name;
};

KnownIds ids_in(Context& context, const repository::Snapshot& snapshot, const model::KindSet& kinds) {
  KnownIds out;
  for (const model::Resource& one : engine::read_stored_side(context.repository(), snapshot, kinds, context.stop(),
                                                             [](model::Resource& read) { read.row = {}; })) {
    const std::string& kind = kinds.at(one.kind).label();
    out.names.emplace(std::pair(kind, one.id), one.name);
    out.by_name.emplace(std::pair(kind, one.name), one.id);
  }
  return out;
}

struct LookedUp {
  KnownIds known;           // nothing, where there is no snapshot
  std::size_t strange = 0;  // ids that stand for nothing
};

// Names those whose id on one side its newest snapshot does not have.  Nobody knows that of a kind that was not read as
// a whole.
LookedUp tell_strange_ids(Context& context, const model::KindSet& kinds, const model::IdMap& map,
                          const std::string& connector, std::string model::IdEntry::*id) {
  const std::optional<repository::Snapshot> newest = context.repository().latest(connector);
  if (!newest) {
    context.events().note(fmt::format("there is no snapshot of {}: its ids were not looked up", connector));
    return {};
  }
  LookedUp out{.known = ids_in(context, *newest, kinds)};
  const KnownIds& known = out.known;
  const model::IdMap anew = engine::ids_between(context.state(), connector, connector);
  std::size_t& strange = out.strange;
  for (const model::IdEntry& entry : map.entries()) {
    const repository::Tree* tree = engine::find_tree(*newest, entry.kind);
    if (tree == nullptr || !tree->stale.empty()) continue;
    const std::set<std::string> ever = engine::ids_ever(anew, entry.kind, entry.*id);
    if (std::any_of(ever.begin(), ever.end(), [&](const auto& one) { return known.names.contains({entry.kind, one}); }))
      continue;
    if (++strange > k_strange_most) continue;
    const auto named = known.by_name.find({entry.kind, entry.*id});
    context.events().warning(fmt::format(
        "{} {} stands for nothing: {}, the newest of {}, has no such id{}", entry.kind, entry.*id,
        newest->id.short_id(), connector,
        named == known.by_name.end() ? std::string() : fmt::format("; it is the name of {}", named->second)));
  }
  if (strange > k_strange_most)
    context.events().warning(fmt::format("{} more ids of {} stand for nothing", strange - k_strange_most, connector));
  return out;
}

// Names entries whose two sides are called differently, though neither a rule nor the entry itself says so: a line that
// slipped leads a job to somebody else's, which the next run then writes over.
void tell_other_names(Context& context, const model::KindSet& kinds, const model::IdMap& map, const KnownIds& source,
                      const KnownIds& target) {
  const model::Mapping mapping = context.config().mapping(map.source(), map.target());
  std::vector<std::string> others;
  std::size_t count = 0;
  for (const model::IdEntry& entry : map.entries()) {
    const auto from = source.names.find({entry.kind, entry.source_id});
    const auto to = target.names.find({entry.kind, entry.target_id});
    if (from == source.names.end() || to == target.names.end() || entry.target_name == to->second) continue;
    const std::size_t kind = *kinds.find(entry.kind);
    const std::string wanted = kinds.mapped_name(kind, from->second, mapping);
    if (kinds.folded(kind, wanted) == kinds.folded(kind, to->second)) continue;
    if (++count > k_strange_most) continue;
    others.push_back(fmt::format("{} {} is {} on {}, and {} is {} on {}", entry.kind, entry.source_id, from->second,
                                 map.source(), entry.target_id, to->second, map.target()));
  }
  if (count == 0) return;
  std::string more;
  if (count > k_strange_most) more = fmt::format("; and {} more", ui::format_count(count - k_strange_most));
  context.events().warning(
      ui::printable(fmt::format("{} to what is called otherwise, which the next run would write over: {}{}",
                                count == 1 ? "1 entry leads" : fmt::format("{} entries lead", ui::format_count(count)),
                                fmt::join(others, "; "), more)));
}

class IdMapShowCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"idmap show", "which resource of a target stands for which of a source",
            "Restores learn it and keep it in the local state of this host."};
  }
  void declare(FlagTable& flags) override { declare_sides(flags, source_, target_); }

  int run(Context& context) override {
    const model::IdMap map = known_map(context, source_, target_);
    if (context.json()) {
      context.out().line(fmt::format("{{\"format_version\":1,\"id_map\":{}}}", model::to_json(map)));
      return k_exit_ok;
    }
    const std::string whole = table_of(map, Cells::whole);
    if (context.global().verbose || widest_line(whole) <= k_columns_most) {
      context.out().write(whole);
      return k_exit_ok;
    }
    context.out().write(table_of(map, Cells::shortened));
    context.events().note("-v shows ids and names whole, and so does \"holdfast idmap export\"");
    return k_exit_ok;
  }

private:
  enum class Cells { whole, shortened };
  static std::string table_of(const model::IdMap& map, Cells cells) {
    const auto cell = [&](const std::string& text, std::size_t most) {
      const std::string safe = ui::printable(text);
      return cells == Cells::whole ? safe : ui::shorten(safe, most);
    };
    ui::Table table({{"KIND"}, {"SOURCE ID"}, {"TARGET ID"}, {"NAME"}, {"LEARNT"}});
    for (const model::IdEntry& one : map.entries()) {
      const bool renamed = one.source_name != one.target_name && !one.target_name.empty();
      const std::string name = renamed ? fmt::format("{} -> {}", one.source_name, one.target_name) : one.source_name;
      table.row({cell(one.kind, k_kind_most), cell(one.source_id, k_id_most), cell(one.target_id, k_id_most),
                 cell(name, k_id_most), std::string(model::to_string(one.learnt))});
    }
    return table.text();
  }
  static std::size_t widest_line(const std::string& text) {
    std::size_t out = 0;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = std::min(text.find('\n', from), text.size());
      out = std::max(out, ui::display_width(std::string_view(text).substr(from, end - from)));
      from = end + 1;
    }
    return out;
  }

  std::string source_;
  std::string target_;
};

class IdMapExportCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"idmap export", "print an id map for \"idmap import\"",
            "As CSV with a line of headings, or with --json as JSON:\n"
            "  holdfast idmap export primary secondary > ids.csv"};
  }
  void declare(FlagTable& flags) override { declare_sides(flags, source_, target_); }

  int run(Context& context) override {
    const model::IdMap map = known_map(context, source_, target_);
    if (!context.json()) {
      context.out().write(model::to_csv(map));
      return k_exit_ok;
    }
    context.out().line("{");
    context.out().write("  \"format_version\": 1,");
    context.out().write(model::to_json(map).substr(1));  // behind its '{'
    return k_exit_ok;
  }

private:
  std::string source_;
  std::string target_;
};

class IdMapImportCommand final : public Command {
public:
  CommandDoc doc() const override {
    return {"idmap import", "say which resource stands for which",
            "Reads CSV whose first line names the columns, of which kind, source_id and target_id\n"
            "must be there, or the JSON that \"idmap export --json\" prints.  What the file says takes\n"
            "the place of what was known of the same resources; the rest stays.  An id that the\n"
            "newest snapshot of its side does not have is named, and taken all the same (exit 3).  So\n"
            "is an entry that leads to what is called otherwise, where neither a rule nor its own\n"
            "target_name says so (exit 0).",
            Kind::run};
  }
  void declare(FlagTable& flags) override {
    declare_sides(flags, source_, target_);
    flags.argument("FILE", file_, "CSV or JSON").offer = Offer::files;
    flags.dry_run(dry_run_);
  }

  int run(Context& context) override {
    context.connector_config(source_);
    const model::IdMap map = read();
    const model::KindSet kinds(context.open_connector(target_)->kinds());
    refuse_unknown_kinds(kinds, map);
    const LookedUp source = tell_strange_ids(context, kinds, map, source_, &model::IdEntry::source_id);
    const LookedUp target = tell_strange_ids(context, kinds, map, target_, &model::IdEntry::target_id);
    const std::size_t strange = source.strange + target.strange;
    tell_other_names(context, kinds, map, source.known, target.known);
    if (dry_run_ == DryRun::no) learn(context, map);
    std::vector<base::Fact> facts{ui::fact_text("source", source_), ui::fact_text("target", target_),
                                  ui::fact_count("entries", map.size())};
    if (strange != 0 || context.json()) facts.push_back(ui::fact_count("stand_for_nothing", strange));
    if (dry_run_ == DryRun::yes) facts.push_back(dry_run_fact());
    context.events().summary("idmap import", facts);
    return strange == 0 ? k_exit_ok : k_exit_partial;
  }

private:
  // As who replicates from the one into the other.
  void learn(Context& context, const model::IdMap& map) const {
    std::vector<base::FileLock> locks;
    locks.push_back(lock_connector(context, target_, base::FileLock::Mode::exclusive));
    if (source_ != target_) locks.push_back(lock_connector(context, source_, base::FileLock::Mode::shared));
    engine::IdMapStore(context.state(), source_, target_).learn(map.entries());
  }

  model::IdMap read() const {
    std::ifstream file(file_, std::ios::binary);
    std::error_code ignored;
    std::string text;
    // To read a folder throws.
    if (!std::filesystem::is_directory(file_, ignored)) text.assign(std::istreambuf_iterator<char>(file), {});
    if (!file || text.empty())
      throw Error(ErrorKind::config,
                  fmt::format("cannot read the id map {}: {}", file_,
                              file.is_open() ? "it is empty, or no file" : std::strerror(errno)),
                  "Name a file that \"holdfast idmap export\" printed.");
    return base::in_context([&] { return fmt::format("reading the id map {}", file_); },
                            [&] {
                              const bool json = text[text.find_first_not_of(" \t\r\n") % text.size()] == '{';
                              return json ? model::id_map_from_json(text, source_, target_)
                                          : model::id_map_from_csv(text, source_, target_);
                            });
  }

  // An entry of a kind that does not exist would never be looked at.
  void refuse_unknown_kinds(const model::KindSet& kinds, const model::IdMap& map) const {
    std::vector<std::string> known;
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) known.push_back(kinds.at(kind).label());
    for (const model::IdEntry& one : map.entries())
      if (!kinds.find(one.kind))
        throw Error(ErrorKind::config, fmt::format("{} has no kind \"{}\"", target_, one.kind),
                    base::hint_for(one.kind, known));
  }

  std::string source_;
  std::string target_;
  std::string file_;
  DryRun dry_run_ = DryRun::no;
};

}  // namespace

std::unique_ptr<Command> make_idmap_show_command() {
  return std::make_unique<IdMapShowCommand>();
}
std::unique_ptr<Command> make_idmap_export_command() {
  return std::make_unique<IdMapExportCommand>();
}
std::unique_ptr<Command> make_idmap_import_command() {
  return std::make_unique<IdMapImportCommand>();
}

}  // namespace holdfast::cli
