// The looking-for half of browse.h.
#include <fmt/format.h>

#include <iterator>
#include <map>
#include <set>

#include "engine/browse.h"
#include "engine/difference_filter.h"
#include "engine/meter.h"
#include "engine/stop_guard.h"

namespace holdfast::engine {

using repository::Snapshot;
using repository::Tree;

namespace {

std::set<std::string> collections_of(const std::vector<Snapshot>& snapshots) {
  std::set<std::string> out;
  for (const Snapshot& snapshot : snapshots)
    for (const Tree& tree : snapshot.trees) out.insert(tree.name);
  return out;
}

// Matches of one collection, over all snapshots, for as many keys from `from` on as fit into memory.
class SightingWindow {
public:
  SightingWindow(repository::BlockSource& source, std::string_view name, base::Bytes from, std::size_t keys_max)
      : source_(source), name_(name), keys_max_(keys_max), range_{.from = std::move(from), .to = std::nullopt} {}

  void look_at(const Snapshot& snapshot, const model::Selection& selection, std::size_t number) {
    for (const Tree& tree : snapshot.trees) {
      if (tree.name != name_) continue;
      const model::Collection collection = collection_of(tree);
      if (!selection.touches(collection)) continue;
      model::Selection chosen = selection;
      learn(chosen, source_, collection, &tree, Learn::other_rows);
      const auto wanted = intersect(chosen.range(collection), range_);
      if (!wanted) continue;
      for (repository::TreeCursor cursor(source_, tree, *wanted); cursor.valid(); cursor.next()) {
        const base::ByteView key = cursor.current().key;
        // The window grows narrower while it is filled.
        if (!range_.contains(key)) break;
        if (chosen.matches(collection, cursor.current())) see(key, collection, number);
      }
    }
  }

  void tell(const std::function<void(const Sighting&)>& visit) const {
    for (const auto& [key, sighting] : found_) visit(sighting);
  }
  // Where the next window begins; absent at the end.
  const std::optional<base::Bytes>& end() const noexcept { return range_.to; }

private:
  void see(base::ByteView key, const model::Collection& collection, std::size_t number) {
    auto place = found_.find(key);
    if (place == found_.end()) {
      const std::string path = fmt::format("{}/{}", name_, model::key_to_path(collection, key));
      place = found_.emplace(base::Bytes(key), Sighting{.path = path, .first = number, .last = number}).first;
    }
    place->second.last = number;
    ++place->second.snapshots;
    if (found_.size() <= keys_max_) return;
    // Keys behind the last one that fits are left to the next window, in every snapshot.
    const auto last = std::prev(found_.end());
    range_.to = last->first;
    found_.erase(last);
  }

  repository::BlockSource& source_;
  std::string_view name_;
  std::size_t keys_max_;
  base::KeyRange range_;
  std::map<base::Bytes, Sighting, std::less<>> found_;
};

}  // namespace

void find(repository::Repository& repository, const Snapshot& snapshot, const model::Selection& selection,
          const std::function<void(const std::string& path, std::uint64_t bytes)>& visit, std::stop_token stop) {
  StoppableSource source(repository.blocks(), std::move(stop));
  for (const Tree& tree : snapshot.trees) {
    const model::Collection collection = collection_of(tree);
    if (!selection.touches(collection)) continue;
    model::Selection chosen = selection;
    learn(chosen, source, collection, &tree, Learn::other_rows);
    for (repository::TreeCursor cursor(source, tree, chosen.range(collection)); cursor.valid(); cursor.next()) {
      const base::RowView& row = cursor.current();
      if (!chosen.matches(collection, row)) continue;
      visit(fmt::format("{}/{}", tree.name, model::key_to_path(collection, row.key)), plain_size(row));
    }
  }
}

void find_in_all(repository::Repository& repository, const std::vector<Snapshot>& snapshots,
                 const model::Selection& selection, const std::function<void(const Sighting&)>& visit,
                 std::stop_token stop, std::size_t keys_max) {
  StoppableSource source(repository.blocks(), std::move(stop));
  for (const std::string& name : collections_of(snapshots)) {
    for (std::optional<base::Bytes> from = base::Bytes(); from;) {
      SightingWindow window(source, name, *std::move(from), keys_max);
      for (std::size_t i = 0; i < snapshots.size(); ++i) window.look_at(snapshots[i], selection, i);
      window.tell(visit);
      from = window.end();
    }
  }
}

}  // namespace holdfast::engine
