#include "engine/cutover/never_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engine/browse.h"
#include "engine/cutover/firing_states.h"
#include "engine/losses.h"
#include "engine/reference.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/unknown.h"
#include "repository/ranges.h"

namespace holdfast::engine {

namespace {

using repository::Snapshot;
using repository::StaleRange;
using repository::Tree;

bool was_unread(const Tree& tree, const base::KeyRange& stretch) {
  std::vector<base::KeyRange> stale;
  for (const StaleRange& one : tree.stale) stale.push_back(one.range);
  return repository::without({stretch}, repository::normalized(std::move(stale))).empty();
}

class Known {
public:
  Known(repository::Repository& repository, storage::Backend& state, std::string connector,
        std::vector<model::Kind> kinds)
      : repository_(repository), state_(state), connector_(std::move(connector)), kinds_(std::move(kinds)) {}

  bool may_be_in(const std::string& label, const StaleRange& gap) {
    const auto kind =
        std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& one) { return one.collection.name == label; });
    if (kind == kinds_.end() || is_in_id_maps(*kind, gap.range)) return true;
    return gap.last_good && (!was_unread_twice(label, gap.range) || is_in_snapshots(*kind, gap.range));
  }

private:
  bool is_in_id_maps(const model::Kind& kind, const base::KeyRange& stretch) {
    if (!ids_) ids_ = ids_of(state_, connector_);
    return std::any_of(ids_->begin(), ids_->end(), [&](const ConnectorId& one) {
      return one.kind == kind.collection.name && may_hold_id({stretch}, kind, one.id);
    });
  }

  bool was_unread_twice(const std::string& label, const base::KeyRange& stretch) {
    const std::vector<Snapshot>& all = snapshots();
    return all.size() > 1 && std::all_of(all.end() - 2, all.end(), [&](const Snapshot& one) {
             const Tree* tree = find_tree(one, label);
             return tree && was_unread(*tree, stretch);
           });
  }

  // A snapshot that did not read it has what the one before has.
  bool is_in_snapshots(const model::Kind& kind, const base::KeyRange& stretch) {
    const std::vector<Snapshot>& all = snapshots();
    for (std::size_t at = all.size(); at-- > 0;) {
      const Tree* tree = find_tree(all[at], kind.collection.name);
      if (!tree || tree->rows == 0) continue;
      if (at + 1 != all.size() && at != 0 && was_unread(*tree, stretch)) continue;
      if (collection_of(*tree).key != kind.collection.key) return true;  // its keys tell nothing of ours
      if (repository::TreeCursor(repository_.blocks(), *tree, stretch).valid()) return true;
    }
    return false;
  }

  // One that shows the instant of the one before is no second look.
  const std::vector<Snapshot>& snapshots() {
    if (snapshots_) return *snapshots_;
    snapshots_ = snapshots_of(repository_, connector_);
    const auto same = [](const Snapshot& one, const Snapshot& next) { return one.taken == next.taken; };
    snapshots_->erase(std::unique(snapshots_->begin(), snapshots_->end(), same), snapshots_->end());
    return *snapshots_;
  }

  repository::Repository& repository_;
  storage::Backend& state_;
  const std::string connector_;
  const std::vector<model::Kind> kinds_;
  std::optional<std::vector<ConnectorId>> ids_;
  std::optional<std::vector<Snapshot>> snapshots_;  // oldest first
};

}  // namespace

KnownGap known_gaps(repository::Repository& repository, storage::Backend& state, std::string connector,
                    std::vector<model::Kind> kinds) {
  // Shared, since a function is copied.
  const auto known = std::make_shared<Known>(repository, state, std::move(connector), std::move(kinds));
  return [known](const std::string& kind, const StaleRange& gap) { return known->may_be_in(kind, gap); };
}

std::vector<std::string> never_read(const Snapshot& snapshot, const std::vector<model::Kind>& kinds,
                                    const KnownGap& known) {
  std::vector<std::string> out;
  for (const model::Kind& kind : kinds) {
    const Tree* tree = may_fire(kind) ? find_tree(snapshot, kind.collection.name) : nullptr;
    if (!tree) continue;
    for (const StaleRange& gap : tree->stale)
      if (!known(tree->name, gap))
        out.push_back(fmt::format("{} ({})", keys_in_words(collection_of(*tree), gap.range), gap.reason));
  }
  return out;
}

}  // namespace holdfast::engine
