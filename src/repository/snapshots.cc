// Reading snapshots: listing, inheriting, and which one is the latest.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "repository/repository_impl.h"
#include "repository/snapshot_order.h"

namespace holdfast::repository {

using base::Error;
using base::ErrorKind;

namespace {

bool inherits(const Snapshot& snapshot) {
  return std::any_of(snapshot.trees.begin(), snapshot.trees.end(), [](const Tree& tree) { return tree.inherits; });
}

}  // namespace

std::map<std::uint32_t, std::vector<SnapshotId>> Repository::Impl::list_snapshots() {
  std::map<std::uint32_t, std::vector<SnapshotId>> out;
  backend.list(k_snapshots_prefix, [&](const storage::ObjectInfo& info) {
    const auto id = SnapshotId::parse(std::string_view(info.name).substr(k_snapshots_prefix.size()));
    if (id) out[id->writer].push_back(*id);
  });
  for (auto& [writer, ids] : out) std::sort(ids.begin(), ids.end());
  const std::lock_guard lock(mutex_);
  for (const auto& [writer, sequence] : seen_) {
    const auto found = out.find(writer);
    if (found != out.end() && found->second.back().sequence >= sequence) continue;
    warnings.add(fmt::format("the store stepped back: snapshot {} was seen before and nothing as new is there now",
                             SnapshotId{writer, sequence}.name()));
  }
  return out;
}

void Repository::Impl::note_seen(const SnapshotId& id) {
  {
    const std::lock_guard lock(mutex_);
    std::uint64_t& highest = seen_[id.writer];
    if (highest >= id.sequence) return;
    highest = id.sequence;
  }
  try {
    state.note_seen(id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::io) throw;
    const std::lock_guard lock(mutex_);
    if (not_kept_) return;
    not_kept_ = error;
    // Who only reads is served, as it may be the hour in which that counts most.
    warnings.add(fmt::format(
        "this host cannot keep how far the repository has come, so that a store that is rolled back behind it would "
        "not be noticed: {}",
        error.message()));
  }
}

void Repository::Impl::require_writing() {
  require_features(config.features.write, "write");
  const std::lock_guard lock(mutex_);
  if (not_kept_) throw Error(*not_kept_);
}

Snapshot Repository::Impl::read_snapshot(const SnapshotId& id, base::Bytes* digest) {
  const auto read = [&](const SnapshotId& wanted, base::Bytes* its_digest) {
    const base::Bytes object = [&] {
      try {
        return whole_object(backend, snapshot_name(wanted));
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found) throw;
        throw Error(ErrorKind::not_found, fmt::format("there is no snapshot {}", wanted.name()));
      }
    }();
    if (its_digest != nullptr) *its_digest = object_digest(object);
    return open_snapshot(object, wanted, keys, compressor);
  };
  Snapshot out = read(id, digest);
  note_seen(id);
  // Follow the parents until one holds its layers itself, then lay the deltas on top, oldest first.
  std::vector<Snapshot> chain{out};
  while (inherits(chain.back())) {
    const Snapshot& child = chain.back();
    if (!child.parent)
      throw Error(ErrorKind::corruption,
                  fmt::format("snapshot {} inherits from a parent that it does not name", child.id.name()));
    base::Bytes found;
    Snapshot parent = read(*child.parent, &found);
    if (found != child.parent_hash)
      throw Error(ErrorKind::corruption, fmt::format("snapshot {} builds on another {} than the one that is stored",
                                                     child.id.name(), parent.id.name()));
    chain.push_back(std::move(parent));
  }
  while (chain.size() > 1) {
    const Snapshot parent = std::move(chain.back());
    chain.pop_back();
    Snapshot& child = chain.back();
    for (Tree& tree : child.trees) {
      if (!std::exchange(tree.inherits, false)) continue;
      const auto base =
          std::find_if(parent.trees.begin(), parent.trees.end(), [&](const Tree& t) { return t.name == tree.name; });
      if (base == parent.trees.end() || base->shape != tree.shape)
        throw Error(ErrorKind::corruption, fmt::format("the parent of snapshot {} has no tree '{}' to inherit from",
                                                       child.id.name(), tree.name));
      tree.layers = base->layers;
      if (tree.delta) tree.layers.push_back(*tree.delta);
    }
    for (const std::string& run : parent.index_runs)
      if (std::find(child.index_runs.begin(), child.index_runs.end(), run) == child.index_runs.end())
        child.index_runs.push_back(run);
  }
  return std::move(chain.front());
}

Snapshot Repository::snapshot(const SnapshotId& id) {
  Snapshot out = impl_->read_snapshot(id);
  const auto marks = impl_->forgets.read();
  const auto mark = marks.find(id);
  out.forgotten = mark != marks.end() && mark->second == Mark::forget;
  impl_->reader.use_runs(out.index_runs);
  return out;
}

std::vector<Snapshot> Repository::snapshots(std::vector<std::string>* damaged) {
  const auto marks = impl_->forgets.read();
  std::vector<Snapshot> all;
  std::set<SnapshotId> parents;
  for (const auto& [writer, ids] : impl_->list_snapshots()) {
    for (const SnapshotId& id : ids) {
      try {
        Snapshot read = impl_->read_snapshot(id);
        const auto mark = marks.find(id);
        read.forgotten = mark != marks.end() && mark->second == Mark::forget;
        if (read.parent) parents.insert(*read.parent);
        all.push_back(std::move(read));
      } catch (const Error& error) {
        if (!is_damage(error)) throw;
        if (damaged != nullptr) damaged->push_back(error.message());
      }
    }
  }
  std::vector<Snapshot> out = in_order(std::move(all));
  // The tips of the chains know the runs of all that came before them.
  for (const Snapshot& snapshot : out)
    if (!parents.contains(snapshot.id)) impl_->reader.use_runs(snapshot.index_runs);
  return out;
}

std::optional<Snapshot> Repository::latest(std::string_view connector, std::uint64_t back) {
  const auto marks = impl_->forgets.read();
  const auto is_forgotten = [&](const SnapshotId& id) {
    const auto mark = marks.find(id);
    return mark != marks.end() && mark->second == Mark::forget;
  };
  const auto read = [&](const SnapshotId& id) -> std::optional<Snapshot> {
    try {
      return impl_->read_snapshot(id);
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      impl_->warnings.add(
          fmt::format("snapshot {} cannot be read and was passed over: {}", id.name(), error.message()));
      return std::nullopt;
    }
  };
  NewestFirst newest_first(impl_->list_snapshots(), connector, read);
  while (std::optional<Snapshot> out = newest_first.next()) {
    if (is_forgotten(out->id) || back-- != 0) continue;
    impl_->reader.use_runs(out->index_runs);
    return out;
  }
  return std::nullopt;
}

}  // namespace holdfast::repository
