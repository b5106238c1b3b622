#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/key.h"
#include "engine/browse.h"
#include "engine/places.h"
#include "engine/stop_guard.h"

namespace holdfast::engine {

namespace {

using repository::Snapshot;
using repository::Tree;
using What = HistoryEntry::What;

// What is followed: keys, of one collection or of every one that has such keys.
struct Followed {
  std::optional<std::string> collection;
  base::KeyRange range;
};

// The keys of one object, or of one of its aspects.
base::KeyRange object_range(std::string_view urn, std::string_view aspect) {
  base::Bytes prefix;
  base::append_text(prefix, urn);
  if (!aspect.empty()) base::append_text(prefix, aspect);
  return base::range_of_prefix(prefix);
}

// A path may name a part of what is there: the newest snapshot that has it says what is meant.
std::optional<Followed> keys_of_path(repository::Repository& repository, const std::vector<Snapshot>& snapshots,
                                     std::string_view path, const std::stop_token& stop) {
  const SplitPath wanted = split_path(path);
  StoppableSource source(repository.blocks(), stop);
  for (auto snapshot = snapshots.rbegin(); snapshot != snapshots.rend(); ++snapshot) {
    for (const Tree& tree : snapshot->trees) {
      if (tree.name != wanted.collection) continue;
      auto range = range_of_path(source, tree, collection_of(tree), wanted.rest);
      if (!range) range = range_of_path(source, tree, collection_of(tree), without_end_slashes(wanted.rest));
      if (range) return Followed{.collection = tree.name, .range = *std::move(range)};
    }
  }
  return std::nullopt;
}

bool starts_with_text(const model::Collection& collection) {
  return !collection.key.empty() && collection.key.front().type != model::KeyPartType::integer;
}

// Follows one object through one connector's snapshots.
class ObjectHistory {
public:
  ObjectHistory(repository::Repository& repository, Followed followed, std::stop_token stop,
                const std::function<void(const HistoryEntry&)>& visit)
      : key_(repository.boundary_key()),
        source_(repository.blocks(), std::move(stop)),
        followed_(std::move(followed)),
        visit_(visit) {}

  void look_at(const Snapshot& snapshot) {
    for (const Tree& tree : snapshot.trees) {
      const model::Collection collection = collection_of(tree);
      if (followed_.collection ? tree.name != *followed_.collection : !starts_with_text(collection)) continue;
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

  void settle(const Snapshot& snapshot, const Tree& tree, const model::Collection& collection, Rows& rows,
              const base::Bytes& key, std::optional<base::Row> now) {
    const auto known = rows.find(key);
    const base::Row* before = known == rows.end() ? nullptr : &known->second;
    if (!now && before == nullptr) return;
    if (now && before != nullptr && *before == *now) return;
    const What what = !now ? What::removed : before == nullptr ? What::first_seen : What::changed;
    visit_({.snapshot = snapshot,
            .collection = collection,
            .path = fmt::format("{}/{}", tree.name, model::key_to_path(collection, key)),
            .what = what,
            .before = before,
            .after = now ? &*now : nullptr});
    if (now)
      rows.insert_or_assign(key, *std::move(now));
    else
      rows.erase(known);
  }

  void walk_delta(const Snapshot& snapshot, const Tree& tree, const model::Collection& collection, Rows& rows) {
    for (repository::LayerCursor cursor(source_, tree.shape, *tree.delta, followed_.range); cursor.valid();
         cursor.next()) {
      const base::Bytes key(cursor.current().row.key);
      settle(snapshot, tree, collection, rows, key, repository::find(source_, key_, tree, key));
    }
  }

  void compare_all(const Snapshot& snapshot, const Tree& tree, const model::Collection& collection, Rows& rows) {
    std::map<base::Bytes, std::optional<base::Row>> now;
    for (const auto& [key, row] : rows) now[key] = std::nullopt;
    for (repository::TreeCursor cursor(source_, tree, followed_.range); cursor.valid(); cursor.next()) {
      now[base::Bytes(cursor.current().key)] = base::to_row(cursor.current());
    }
    for (auto& [key, row] : now) settle(snapshot, tree, collection, rows, key, std::move(row));
  }

  const repository::BoundaryKey& key_;
  StoppableSource source_;
  const Followed followed_;
  const std::function<void(const HistoryEntry&)>& visit_;
  std::map<std::string, Rows> known_;  // by collection
  std::optional<repository::SnapshotId> last_;
};

}  // namespace

void history(repository::Repository& repository, const std::vector<Snapshot>& snapshots, const ObjectName& object,
             std::stop_token stop, const std::function<void(const HistoryEntry&)>& visit) {
  if (object.urn.empty() && split_path(object.path).rest.empty()) {
    throw base::Error(base::ErrorKind::usage, "history wants the name of an object",
                      "Write it like 'holdfast history urn:li:corpuser:anna' or 'holdfast history "
                      "primary:/jobs/nightly-load'.");
  }
  const std::optional<Followed> followed =
      object.urn.empty() ? keys_of_path(repository, snapshots, object.path, stop)
                         : Followed{.collection = std::nullopt, .range = object_range(object.urn, object.aspect)};
  if (!followed) return;
  std::map<std::string, ObjectHistory> histories;  // connectors have chains of their own
  for (const Snapshot& snapshot : snapshots) {
    throw_if_stopped(stop);
    const auto [place, fresh] = histories.try_emplace(snapshot.connector, repository, *followed, stop, visit);
    place->second.look_at(snapshot);
  }
}

}  // namespace holdfast::engine
