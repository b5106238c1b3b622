#include "engine/compare.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "engine/browse.h"
#include "engine/difference_filter.h"
#include "engine/stop_guard.h"

namespace holdfast::engine {

namespace {

using repository::Difference;
using repository::Repository;
using repository::Snapshot;
using repository::Tree;
using repository::Values;

// Beyond this a whole merge is cheaper than reading so many snapshots.
constexpr std::size_t k_chain_max = 2000;

// The snapshots after `older` up to and including `newer`, oldest first; nullopt when `newer` does not descend from it.
std::optional<std::vector<Snapshot>> descent(Repository& repository, const Snapshot& older, const Snapshot& newer,
                                             const std::stop_token& stop) {
  std::vector<Snapshot> out;
  out.push_back(newer);
  while (out.size() < k_chain_max) {
    throw_if_stopped(stop);
    const std::optional<repository::SnapshotId> parent = out.back().parent;
    if (!parent) return std::nullopt;
    if (*parent == older.id) break;
    // A writer only counts upwards: further back there is nothing to look for.
    if (parent->writer == older.id.writer && parent->sequence < older.id.sequence) return std::nullopt;
    try {
      out.push_back(repository.snapshot(*parent));
    } catch (const base::Error&) {
      return std::nullopt;  // damaged or gone: both ends are whole, so they can still be merged
    }
  }
  if (out.back().parent != older.id) return std::nullopt;
  std::reverse(out.begin(), out.end());
  return out;
}

// The trees of one collection along a descent; empty when a link has no delta, as after a change of columns.
std::vector<const Tree*> deltas(const std::optional<std::vector<Snapshot>>& snapshots, const std::string& name) {
  std::vector<const Tree*> out;
  if (!snapshots) return out;
  for (const Snapshot& snapshot : *snapshots) {
    const Tree* tree = find_tree(snapshot, name);
    if (tree == nullptr || !tree->delta) return {};
    out.push_back(tree);
  }
  return out;
}

struct Sides {
  const Tree* before = nullptr;
  const Tree* after = nullptr;
  std::vector<const Tree*> forward;   // deltas from before to after
  std::vector<const Tree*> backward;  // deltas from after to before
};

void merge(repository::BlockSource& source, const Sides& sides, const base::KeyRange& range,
           const model::Collection& collection, DifferenceFilter& filter) {
  ProjectedCursor before(source, sides.before, range, collection);
  ProjectedCursor after(source, sides.after, range, collection);
  while (before.current() != nullptr || after.current() != nullptr) {
    const base::RowView* left = before.current();
    const base::RowView* right = after.current();
    if (left != nullptr && right != nullptr && left->key != right->key) {
      (left->key < right->key ? right : left) = nullptr;
    }
    if (const auto difference = difference_of(left, right)) filter(*difference);
    if (left != nullptr) before.next();
    if (right != nullptr) after.next();
  }
}

Difference turned(const Difference& difference) {
  Difference out{
      .kind = difference.kind, .key = difference.key, .before = difference.after, .after = difference.before};
  if (difference.kind == Difference::Kind::added) out.kind = Difference::Kind::removed;
  if (difference.kind == Difference::Kind::removed) out.kind = Difference::Kind::added;
  return out;
}

bool same_columns(const model::Collection& a, const model::Collection& b) {
  return RowProjection(a, b).identity();
}

class Comparer {
public:
  Comparer(Repository& repository, const SnapshotComparison& comparison, std::stop_token stop, const Visitor& visit)
      : repository_(repository),
        stop_(std::move(stop)),
        source_(repository.blocks(), stop_),
        before_(comparison.before),
        after_(comparison.after),
        selection_(comparison.selection),
        values_(comparison.values),
        visit_(visit) {}

  CompareCounts run() {
    if (before_.id != after_.id) compare_all();
    const std::vector<model::Selection> each = selection_.each();
    // A row that differs is one of the selection: of the only one.
    if (each.size() == 1 && (counts_.any() || counts_.stale != 0)) return counts_;
    for (const model::Selection& one : each)
      if (!selects_any(one)) throw nothing_selected(one);
    return counts_;
  }

private:
  void compare_all() {
    forward_ = descent_if_related(before_, after_);
    if (!forward_) backward_ = descent_if_related(after_, before_);
    std::vector<std::string> names;
    for (const Tree& tree : before_.trees) names.push_back(tree.name);
    for (const Tree& tree : after_.trees) {
      if (find_tree(before_, tree.name) == nullptr) names.push_back(tree.name);
    }
    for (const std::string& name : names) compare_collection(name);
  }
  bool selects_any(const model::Selection& wanted);
  std::optional<std::vector<Snapshot>> descent_if_related(const Snapshot& older, const Snapshot& newer) {
    if (older.connector != newer.connector) return std::nullopt;
    return descent(repository_, older, newer, stop_);
  }
  void compare_collection(const std::string& name);
  void compare_trees(const Sides& sides, const model::Collection& collection, const base::KeyRange& range,
                     DifferenceFilter& filter);

  Repository& repository_;
  const std::stop_token stop_;
  StoppableSource source_;
  const Snapshot& before_;
  const Snapshot& after_;
  const model::Selection& selection_;
  const Values values_;
  const Visitor& visit_;
  std::optional<std::vector<Snapshot>> forward_;
  std::optional<std::vector<Snapshot>> backward_;
  CompareCounts counts_;
};

void Comparer::compare_collection(const std::string& name) {
  const Sides sides{.before = find_tree(before_, name),
                    .after = find_tree(after_, name),
                    .forward = deltas(forward_, name),
                    .backward = deltas(backward_, name)};
  const model::Collection first = collection_of(sides.before != nullptr ? *sides.before : *sides.after);
  const model::Collection collection = sides.after != nullptr ? unite(first, collection_of(*sides.after)) : first;
  if (!selection_.touches(collection)) return;
  model::Selection selection = selection_;
  learn(selection, source_, collection, sides.before);
  learn(selection, source_, collection, sides.after);
  DifferenceFilter filter(collection, selection, {sides.before, sides.after}, counts_, visit_);
  compare_trees(sides, collection, selection.range(collection), filter);
}

// Reads no further than the first row that is selected.
bool Comparer::selects_any(const model::Selection& wanted) {
  for (const Snapshot* snapshot : {&after_, &before_}) {
    for (const Tree& tree : snapshot->trees) {
      const model::Collection collection = collection_of(tree);
      if (!wanted.touches(collection)) continue;
      model::Selection selection = wanted;
      learn(selection, source_, collection, &tree, Learn::other_rows);
      repository::TreeCursor cursor(source_, tree, selection.range(collection));
      while (cursor.valid() && !selection.matches(collection, cursor.current())) cursor.next();
      if (cursor.valid()) return true;
    }
  }
  return false;
}

void Comparer::compare_trees(const Sides& sides, const model::Collection& collection, const base::KeyRange& range,
                             DifferenceFilter& filter) {
  const repository::BoundaryKey& key = repository_.boundary_key();
  const auto show = [&](const Difference& difference) {
    throw_if_stopped(stop_);
    filter(difference);
  };
  const bool both = sides.before != nullptr && sides.after != nullptr;
  const bool alike = both && same_columns(collection_of(*sides.before), collection_of(*sides.after));
  if (alike && !sides.forward.empty()) {
    repository::diff(source_, key, *sides.before, *sides.after, sides.forward, values_,
                     [&](const Difference& difference) { show(difference); });
  } else if (alike && !sides.backward.empty()) {
    repository::diff(source_, key, *sides.after, *sides.before, sides.backward, values_,
                     [&](const Difference& difference) { show(turned(difference)); });
  } else if (alike && range == base::KeyRange{}) {
    repository::diff(source_, key, *sides.before, *sides.after, {}, values_,
                     [&](const Difference& difference) { show(difference); });
  } else {
    merge(source_, sides, range, collection, filter);
  }
}

}  // namespace

CompareCounts compare_snapshots(Repository& repository, const SnapshotComparison& comparison, std::stop_token stop,
                                const Visitor& visit) {
  return Comparer(repository, comparison, std::move(stop), visit).run();
}

}  // namespace holdfast::engine
