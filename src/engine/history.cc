#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/key.h"
#include "engine/browse.h"

namespace holdfast::engine {

namespace {

using repository::Snapshot;
using repository::Tree;
using What = HistoryEntry::What;

// The keys of one object, or of one of its aspects.
base::KeyRange object_range(std::string_view urn, std::string_view aspect) {
  base::Bytes prefix;
  base::append_text(prefix, urn);
  if (!aspect.empty()) base::append_text(prefix, aspect);
  base::Bytes end = base::after_prefix(prefix);
  return {.from = std::move(prefix), .to = std::move(end)};
}

bool starts_with_text(const model::Collection& collection) {
  return !collection.key.empty() && collection.key.front().type == model::KeyPartType::text;
}

// Follows one object through one connector's snapshots.
class ObjectHistory {
public:
  ObjectHistory(repository::Repository& repository, base::KeyRange range, std::vector<HistoryEntry>& out)
      : repository_(repository), range_(std::move(range)), out_(out) {}

  void look_at(const Snapshot& snapshot) {
    for (const Tree& tree : snapshot.trees) {
      const model::Collection collection = collection_of(tree);
      if (!starts_with_text(collection)) continue;
      Rows& rows = known_[tree.name];
      // The delta leads from the parent: it says all only when the parent is what was looked at last.
      const bool follows = last_ && snapshot.parent == last_ && tree.delta && tree.delta->hashed_erases.empty();
      if (follows) {
        walk_delta(snapshot, tree, collection, rows);
      } else {
        compare_all(snapshot, tree, collection, rows);
      }
    }
    last_ = snapshot.id;
  }

private:
  using Rows = std::map<base::Bytes, base::Row>;

  void tell(const Snapshot& snapshot, const Tree& tree, const model::Collection& collection, base::ByteView key,
            What what, std::optional<base::Row> row) {
    Snapshot brief = snapshot;
    // An entry names its snapshot and the columns of its row; directories would only be copied for every row.
    for (Tree& each : brief.trees) {
      each.layers.clear();
      each.delta.reset();
      each.completed.clear();
    }
    out_.push_back({.snapshot = std::move(brief),
                    .path = fmt::format("{}/{}", tree.name, model::key_to_path(collection, key)),
                    .what = what,
                    .row = std::move(row)});
  }

  void settle(const Snapshot& snapshot, const Tree& tree, const model::Collection& collection, Rows& rows,
              const base::Bytes& key, std::optional<base::Row> now) {
    const auto before = rows.find(key);
    if (!now) {
      if (before == rows.end()) return;
      rows.erase(before);
      tell(snapshot, tree, collection, key, What::removed, std::nullopt);
      return;
    }
    if (before != rows.end() && before->second == *now) return;
    const What what = before == rows.end() ? What::first_seen : What::changed;
    rows.insert_or_assign(key, *now);
    tell(snapshot, tree, collection, key, what, std::move(now));
  }

  void walk_delta(const Snapshot& snapshot, const Tree& tree, const model::Collection& collection, Rows& rows) {
    repository::BlockSource& source = repository_.blocks();
    for (repository::LayerCursor cursor(source, tree.shape, *tree.delta, range_); cursor.valid(); cursor.next()) {
      const base::Bytes key(cursor.current().row.key);
      settle(snapshot, tree, collection, rows, key, repository::find(source, repository_.boundary_key(), tree, key));
    }
  }

  void compare_all(const Snapshot& snapshot, const Tree& tree, const model::Collection& collection, Rows& rows) {
    std::map<base::Bytes, std::optional<base::Row>> now;
    for (const auto& [key, row] : rows) now[key] = std::nullopt;
    for (repository::TreeCursor cursor(repository_.blocks(), tree, range_); cursor.valid(); cursor.next()) {
      now[base::Bytes(cursor.current().key)] = base::to_row(cursor.current());
    }
    for (auto& [key, row] : now) settle(snapshot, tree, collection, rows, key, std::move(row));
  }

  repository::Repository& repository_;
  base::KeyRange range_;
  std::vector<HistoryEntry>& out_;
  std::map<std::string, Rows> known_;  // by collection
  std::optional<repository::SnapshotId> last_;
};

}  // namespace

std::vector<HistoryEntry> history(repository::Repository& repository, std::string_view urn, std::string_view aspect,
                                  std::string_view connector) {
  if (urn.empty()) {
    throw base::Error(base::ErrorKind::usage, "history wants the name of an object",
                      "Write it like 'holdfast history urn:li:corpuser:anna'.");
  }
  std::vector<HistoryEntry> out;
  std::map<std::string, ObjectHistory> histories;  // connectors have chains of their own
  for (const Snapshot& snapshot : repository.snapshots()) {
    if (snapshot.forgotten || (!connector.empty() && snapshot.connector != connector)) continue;
    const auto [place, fresh] = histories.try_emplace(snapshot.connector, repository, object_range(urn, aspect), out);
    place->second.look_at(snapshot);
  }
  return out;
}

}  // namespace holdfast::engine
