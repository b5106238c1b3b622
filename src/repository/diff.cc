// Differences of two trees.
//
// Along a chain of snapshots the deltas say what changed.  Otherwise the rows that may differ are those of the layers,
// and of the blocks of two different bases, that only one of the trees has: each of their keys is looked up in both
// trees.
#include <algorithm>

#include "repository/cells.h"
#include "repository/merge.h"
#include "repository/tree.h"

namespace holdfast::repository {

namespace {

using base::Bytes;
using base::ByteView;
using Kind = Difference::Kind;

bool has_hashed(const Layer& layer) {
  return !layer.hashed_erases.empty();
}

class Differ {
public:
  Differ(BlockSource& source, const BoundaryKey& key, const Tree& a, const Tree& b, Values values,
         const std::function<void(const Difference&)>& visit)
      : source_(source),
        values_(values),
        visit_(visit),
        in_a_(source, key, a.shape, a.layers),
        in_b_(source, key, b.shape, b.layers),
        resolve_a_(source),
        resolve_b_(source),
        stack_(b.shape.columns) {}

  // The key may differ: compares what both trees hold.
  void compare(ByteView key) {
    const StoredRow* before = in_a_.find(key);
    const StoredRow* after = in_b_.find(key);
    if (before == nullptr && after == nullptr) return;
    if (before != nullptr && after != nullptr && equal_rows(source_, *before, *after)) return;
    emit(before == nullptr ? Kind::added : after == nullptr ? Kind::removed : Kind::changed, key, before, after);
  }

  // The key was touched by one delta only, which therefore says what happened.
  void tell(const StoredRow& row) {
    const Kind kind = row.op == Op::insert ? Kind::added : row.op == Op::erase ? Kind::removed : Kind::changed;
    if (values_ == Values::no) {
      visit_({.kind = kind, .key = row.key, .before = {}, .after = {}});
      return;
    }
    const StoredRow* before = kind == Kind::added ? nullptr : in_a_.find(row.key);
    if (kind != Kind::changed) {
      emit(kind, row.key, before, kind == Kind::added ? &row : nullptr);
      return;
    }
    stack_.clear();
    if (before != nullptr) stack_.push(*before);
    stack_.push(row);
    emit(kind, row.key, before, &stack_.row());
  }

private:
  void emit(Kind kind, ByteView key, const StoredRow* before, const StoredRow* after) {
    Difference difference{.kind = kind, .key = key, .before = {}, .after = {}};
    if (values_ == Values::yes && before != nullptr) {
      difference.before = base::RowView{.key = key, .columns = resolve_a_(before->cells)};
    }
    if (values_ == Values::yes && after != nullptr) {
      difference.after = base::RowView{.key = key, .columns = resolve_b_(after->cells)};
    }
    visit_(difference);
  }

  BlockSource& source_;
  Values values_;
  const std::function<void(const Difference&)>& visit_;
  TreeLookup in_a_;
  TreeLookup in_b_;
  ColumnResolver resolve_a_;
  ColumnResolver resolve_b_;
  RowStack stack_;
};

// Both trees row by row: for trees whose columns differ, and where tombstones do not name their keys.
void diff_all(BlockSource& source, const Tree& a, const Tree& b, Values values,
              const std::function<void(const Difference&)>& visit) {
  TreeCursor before(source, a);
  TreeCursor after(source, b);
  while (before.valid() || after.valid()) {
    const int order = !before.valid() ? 1 : !after.valid() ? -1 : before.current().key.compare(after.current().key);
    if (order != 0 || !base::equal(before.current(), after.current())) {
      Difference difference{.kind = order < 0   ? Kind::removed
                                    : order > 0 ? Kind::added
                                                : Kind::changed,
                            .key = order <= 0 ? before.current().key : after.current().key,
                            .before = {},
                            .after = {}};
      if (values == Values::yes && order <= 0) difference.before = before.current();
      if (values == Values::yes && order >= 0) difference.after = after.current();
      visit(difference);
    }
    if (order <= 0) before.next();
    if (order >= 0) after.next();
  }
}

// Keys, ascending and each once, of the layers that only one of two trees has.  The lowest of both, where they differ,
// are walked side by side, so that blocks that both have are passed over unread.
class Candidates {
public:
  Candidates(BlockSource& source, const Tree& a, const Tree& b) {
    std::size_t shared = 0;
    while (shared < a.layers.size() && shared < b.layers.size() && a.layers[shared] == b.layers[shared]) ++shared;
    paired_ = shared == 0 && !a.layers.empty() && !b.layers.empty();
    for (std::size_t i = shared; i < a.layers.size(); ++i)
      readers_.emplace_back(source, a.shape, a.layers[i], base::KeyRange{});
    base_b_ = readers_.size();
    for (std::size_t i = shared; i < b.layers.size(); ++i)
      readers_.emplace_back(source, b.shape, b.layers[i], base::KeyRange{});
  }

  // False at the end.
  bool next(Bytes& key) {
    if (paired_) pass_shared_blocks();
    const LayerReader* lowest = nullptr;
    for (const LayerReader& reader : readers_) {
      if (reader.valid() && (lowest == nullptr || reader.key() < lowest->key())) lowest = &reader;
    }
    if (lowest == nullptr) return false;
    key.assign(lowest->key());
    for (LayerReader& reader : readers_) {
      if (reader.valid() && reader.key() == key) reader.next();
    }
    return true;
  }

private:
  void pass_shared_blocks() {
    LayerReader& a = readers_[0];
    LayerReader& b = readers_[base_b_];
    for (;;) {
      const DirectoryEntry* block_a = a.whole_block();
      const DirectoryEntry* block_b = b.whole_block();
      if (block_a == nullptr || block_b == nullptr || block_a->id != block_b->id) return;
      a.skip_block();
      b.skip_block();
    }
  }

  std::vector<LayerReader> readers_;
  std::size_t base_b_ = 0;
  bool paired_ = false;
};

bool usable_chain(const Tree& a, const std::vector<const Tree*>& between) {
  return !between.empty() && std::all_of(between.begin(), between.end(), [&](const Tree* tree) {
    return tree->delta && !has_hashed(*tree->delta) && tree->shape.columns == a.shape.columns;
  });
}

}  // namespace

void diff(BlockSource& source, const BoundaryKey& key, const Tree& a, const Tree& b,
          const std::vector<const Tree*>& between, Values values, const std::function<void(const Difference&)>& visit) {
  const bool hashed = std::any_of(a.layers.begin(), a.layers.end(), has_hashed) ||
                      std::any_of(b.layers.begin(), b.layers.end(), has_hashed);
  if (!usable_chain(a, between) && (hashed || a.shape.columns != b.shape.columns)) {
    diff_all(source, a, b, values, visit);
    return;
  }
  Differ differ(source, key, a, b, values, visit);
  if (usable_chain(a, between)) {
    std::vector<const Layer*> deltas;
    for (const Tree* tree : between) deltas.push_back(&*tree->delta);
    for (MergeReader rows(source, b.shape, deltas, {}, MergedRows::changes); rows.valid(); rows.next()) {
      if (rows.touched() == 1) {
        differ.tell(rows.current());
      } else {
        differ.compare(rows.key());
      }
    }
    return;
  }
  Bytes candidate;
  for (Candidates keys(source, a, b); keys.next(candidate);) differ.compare(candidate);
}

}  // namespace holdfast::repository
