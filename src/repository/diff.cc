// Differences of two trees.
//
// Along a chain of snapshots the deltas say what changed.  Otherwise the rows that may differ are those of the layers,
// and of the blocks of two different bases, that only one of the trees has: each of their keys is looked up in both
// trees.
#include <algorithm>
#include <memory>
#include <optional>

#include "base/task_group.h"
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

// Rows that layers hold, in key order, until it is known what became of them.
class Batch {
public:
  explicit Batch(std::uint32_t columns) : rows_(columns) {}

  // `row` was touched by one delta only, which therefore says what happened.
  void tell(const StoredRow& row, Values values) {
    const bool looked_up = values == Values::yes && row.op != Op::insert;
    // Only the values' readers need more than the key.
    rows_.add(values == Values::yes ? row : StoredRow{.op = row.op, .carried = 0, .key = row.key, .cells = {}}, {});
    asks_.push_back(Ask::delta);
    lookups_ += looked_up ? 1 : 0;
  }
  // The key may differ: what both trees hold is to be compared.
  void compare(ByteView key) {
    rows_.add({.op = Op::update, .carried = 0, .key = key, .cells = {}}, {});
    asks_.push_back(Ask::trees);
    ++lookups_;
  }
  void clear() {
    rows_.clear();
    asks_.clear();
    lookups_ = 0;
  }
  bool full() const noexcept { return asks_.size() >= k_rows || rows_.bytes() >= k_bytes; }
  std::size_t size() const noexcept { return asks_.size(); }
  std::size_t lookups() const noexcept { return lookups_; }

  // Who knows what happened to a row.
  enum class Ask : std::uint8_t { delta, trees };
  Ask ask(std::size_t i) const noexcept { return asks_[i]; }
  StoredRow row(std::size_t i, std::vector<Cell>& cells) const { return rows_.row(i, cells); }

private:
  static constexpr std::size_t k_rows = 1024;
  static constexpr std::size_t k_bytes = 4u << 20;
  RowBuffer rows_;
  std::vector<Ask> asks_;
  std::size_t lookups_ = 0;
};

// Finds the differences in a share of a batch and keeps them until they are shown.  Not thread-safe.
class Differ {
public:
  Differ(BlockSource& source, const BoundaryKey& key, const Tree& a, const Tree& b, Values values)
      : source_(source),
        values_(values),
        in_a_(source, key, a.shape, a.layers),
        in_b_(source, key, b.shape, b.layers),
        resolve_a_(source),
        resolve_b_(source),
        stack_(b.shape.columns),
        rows_(b.shape.columns) {}

  void begin(std::size_t from, std::size_t to) noexcept {
    next_ = from;
    end_ = to;
  }
  bool done() const noexcept { return next_ == end_; }

  // Goes on until the share is done, or what was found takes its part of memory.
  void run(const Batch& batch) {
    std::vector<Cell> cells;
    for (; next_ < end_ && rows_.bytes() < k_kept_bytes; ++next_) {
      const StoredRow row = batch.row(next_, cells);
      if (batch.ask(next_) == Batch::Ask::delta)
        tell(row);
      else
        compare(row.key);
    }
  }

  void show(const std::function<void(const Difference&)>& visit) {
    std::vector<Cell> before;
    std::vector<Cell> after;
    for (const Found& found : found_) {
      Difference difference{.kind = found.kind, .key = rows_.key(found.row), .before = {}, .after = {}};
      if (found.before)
        difference.before =
            base::RowView{.key = difference.key, .columns = resolve_a_(rows_.row(*found.before, before).cells)};
      if (found.after)
        difference.after =
            base::RowView{.key = difference.key, .columns = resolve_b_(rows_.row(*found.after, after).cells)};
      visit(difference);
    }
    found_.clear();
    rows_.clear();
  }

private:
  struct Found {
    Kind kind = Kind::added;
    std::size_t row = 0;  // in rows_, with the key
    std::optional<std::size_t> before;
    std::optional<std::size_t> after;
  };

  void compare(ByteView key) {
    const StoredRow* before = in_a_.find(key);
    const StoredRow* after = in_b_.find(key);
    if (before == nullptr && after == nullptr) return;
    if (before != nullptr && after != nullptr && equal_rows(source_, *before, *after)) return;
    keep(before == nullptr ? Kind::added : after == nullptr ? Kind::removed : Kind::changed, key, before, after);
  }

  void tell(const StoredRow& row) {
    const Kind kind = row.op == Op::insert ? Kind::added : row.op == Op::erase ? Kind::removed : Kind::changed;
    if (values_ == Values::no) {
      keep(kind, row.key, nullptr, nullptr);
      return;
    }
    const StoredRow* before = kind == Kind::added ? nullptr : in_a_.find(row.key);
    if (kind != Kind::changed) {
      keep(kind, row.key, before, kind == Kind::added ? &row : nullptr);
      return;
    }
    stack_.clear();
    if (before != nullptr) stack_.push(*before);
    stack_.push(row);
    keep(kind, row.key, before, &stack_.row());
  }

  void keep(Kind kind, ByteView key, const StoredRow* before, const StoredRow* after) {
    Found found{.kind = kind, .row = rows_.rows(), .before = {}, .after = {}};
    if (values_ == Values::yes && before != nullptr) found.before = add(*before);
    if (values_ == Values::yes && after != nullptr) found.after = add(*after);
    if (!found.before && !found.after) add({.op = Op::update, .carried = 0, .key = key, .cells = {}});
    found_.push_back(found);
  }
  std::size_t add(const StoredRow& row) {
    rows_.add(row, {});
    return rows_.rows() - 1;
  }

  static constexpr std::size_t k_kept_bytes = 4u << 20;
  BlockSource& source_;
  Values values_;
  TreeLookup in_a_;
  TreeLookup in_b_;
  ColumnResolver resolve_a_;
  ColumnResolver resolve_b_;
  RowStack stack_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  std::vector<Found> found_;
  RowBuffer rows_;
};

// Looks rows up on several threads and shows what differs on this one, in key order.  Changes that are scattered cost a
// block each, which is nearly all of the work.
class Differences {
public:
  Differences(BlockSource& source, const BoundaryKey& key, const Tree& a, const Tree& b, Values values,
              const std::function<void(const Difference&)>& visit)
      : make_([&source, &key, &a, &b, values] { return std::make_unique<Differ>(source, key, a, b, values); }),
        values_(values),
        visit_(visit),
        batch_(b.shape.columns) {}

  void tell(const StoredRow& row) {
    batch_.tell(row, values_);
    if (batch_.full()) flush();
  }
  void compare(ByteView key) {
    batch_.compare(key);
    if (batch_.full()) flush();
  }

  void flush() {
    const std::size_t workers = batch_.lookups() < k_worth_threads ? 1 : k_workers;
    while (differs_.size() < workers) differs_.push_back(make_());
    for (std::size_t i = 0; i < workers; ++i)
      differs_[i]->begin(batch_.size() * i / workers, batch_.size() * (i + 1) / workers);
    if (workers > 1) {
      base::TaskGroup group({});
      for (std::size_t i = 0; i < workers; ++i)
        group.spawn([this, i](const std::stop_token&) { differs_[i]->run(batch_); });
      group.wait();
    }
    for (std::size_t i = 0; i < workers; ++i) {
      while (!differs_[i]->done()) {
        differs_[i]->show(visit_);
        differs_[i]->run(batch_);
      }
      differs_[i]->show(visit_);
    }
    batch_.clear();
  }

private:
  static constexpr std::size_t k_workers = 4;
  static constexpr std::size_t k_worth_threads = 16;
  const std::function<std::unique_ptr<Differ>()> make_;
  const Values values_;
  const std::function<void(const Difference&)>& visit_;
  Batch batch_;
  std::vector<std::unique_ptr<Differ>> differs_;
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
  Differences differences(source, key, a, b, values, visit);
  if (usable_chain(a, between)) {
    std::vector<const Layer*> deltas;
    for (const Tree* tree : between) deltas.push_back(&*tree->delta);
    for (MergeReader rows(source, b.shape, deltas, {}, MergedRows::changes); rows.valid(); rows.next()) {
      if (rows.touched() == 1) {
        differences.tell(rows.current());
      } else {
        differences.compare(rows.key());
      }
    }
    differences.flush();
    return;
  }
  Bytes candidate;
  for (Candidates keys(source, a, b); keys.next(candidate);) differences.compare(candidate);
  differences.flush();
}

}  // namespace holdfast::repository
