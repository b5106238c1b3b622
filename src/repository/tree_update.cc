// The writing half of tree.h: a sorted reading merge-joined with the parent's rows.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <list>
#include <mutex>

#include "base/error.h"
#include "base/key.h"
#include "repository/cells.h"
#include "repository/fold.h"
#include "repository/merge.h"
#include "repository/ranges.h"
#include "repository/tree.h"

namespace holdfast::repository {

namespace {

using base::Bytes;
using base::ByteView;
using base::Error;
using base::ErrorKind;
using base::KeyRange;

// What one range, or several that follow each other, came to.
struct Piece {
  KeyRange read;
  LayerPart part;
};

std::uint64_t plain_bytes(const base::RowView& row) {
  std::uint64_t size = row.key.size();
  for (const base::ColumnView& column : row.columns) size += column ? column->size() : 0;
  return size;
}

// Differences between the parent's tree and the new one.
struct Account {
  UpdateCounts counts;
  ContentHash plus;
  ContentHash minus;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  void add(const Account& other) {
    counts.added += other.counts.added;
    counts.changed += other.counts.changed;
    counts.gone += other.counts.gone;
    counts.unchanged += other.counts.unchanged;
    counts.bytes += other.counts.bytes;
    plus.add(other.plus);
    minus.add(other.minus);
    bytes_in += other.bytes_in;
    bytes_out += other.bytes_out;
  }
};

}  // namespace

struct TreeUpdate::Impl {
  BlockSource& source;
  BlockSink& sink;
  BoundaryKey key;
  std::string name;
  std::string schema;
  TreeShape shape;
  std::optional<Tree> parent;
  std::optional<base::Instant> parent_taken_at;

  std::mutex mutex;              // over what follows
  std::vector<KeyRange> active;  // begun and not ended
  std::list<Piece> pieces;       // in key order
  std::vector<Unread> unread;    // of ranges that broke off
  std::vector<Unread> holes;     // within pieces; never more than a few thousand
  Account account;
  std::exception_ptr broken;  // why pieces were left half joined
  UpdateCounts counts;        // of the finished update

  Filters filters() const noexcept { return parent ? Filters::keep : Filters::none; }

  void open(const KeyRange& range) {
    const std::lock_guard lock(mutex);
    const auto clashes = [&](const KeyRange& other) { return overlap(range, other); };
    const bool read =
        std::any_of(pieces.begin(), pieces.end(), [&](const Piece& piece) { return clashes(piece.read); });
    if (read || std::any_of(active.begin(), active.end(), clashes)) {
      throw Error(ErrorKind::internal, fmt::format("a range of '{}' is read twice", name));
    }
    active.push_back(range);
  }

  // Joins the piece with its neighbours at once, so that rows at seams do not pile up.
  void close(const KeyRange& range, Piece piece, std::optional<std::string> reason, const Account& done) {
    const std::lock_guard lock(mutex);
    active.erase(std::find(active.begin(), active.end(), range));
    account.add(done);
    if (reason && piece.read.to != range.to) {
      const Bytes from = is_empty(piece.read) ? range.from : *piece.read.to;
      unread.push_back({.range = {.from = from, .to = range.to}, .reason = std::move(*reason)});
    }
    // A join that failed left pieces that nothing more can be joined to; finish() says why.
    if (is_empty(piece.read) || broken) return;
    const auto after = std::find_if(pieces.begin(), pieces.end(),
                                    [&](const Piece& other) { return piece.read.from < other.read.from; });
    const auto inserted = pieces.insert(after, std::move(piece));
    try {
      join_neighbours(inserted);
    } catch (...) {
      broken = std::current_exception();
      throw;
    }
  }

  void skip(const KeyRange& hole, std::string reason) {
    const std::lock_guard lock(mutex);
    const bool joins = !holes.empty() && holes.back().range.to == hole.from && holes.back().reason == reason;
    if (joins) {
      holes.back().range.to = hole.to;
      return;
    }
    holes.push_back({.range = hole, .reason = std::move(reason)});
    if (holes.size() > 2 * k_stale_ranges_max) coarsen(holes, k_stale_ranges_max);
  }

  // What was read, and what not.
  void settle_ranges(Tree& tree) {
    for (Piece& piece : pieces) tree.completed.push_back(std::move(piece.read));
    std::vector<KeyRange> skipped;
    for (Unread& hole : holes) {
      skipped.push_back(hole.range);
      unread.push_back(std::move(hole));
    }
    tree.completed = without(normalized(std::move(tree.completed)), normalized(std::move(skipped)));
    tree.stale = stale_ranges(tree.completed, unread, parent ? &*parent : nullptr, parent_taken_at);
    bound_stale(tree);
  }

  void join_neighbours(std::list<Piece>::iterator middle) {
    const auto right = std::next(middle);
    if (right != pieces.end() && middle->read.to == right->read.from) append(middle, right);
    if (middle == pieces.begin()) return;
    const auto left = std::prev(middle);
    if (left->read.to == middle->read.from) append(left, middle);
  }

  void append(std::list<Piece>::iterator left, std::list<Piece>::iterator right) {
    left->part.append(std::move(right->part));
    left->read.to = right->read.to;
    pieces.erase(right);
  }
};

struct RangeUpdate::Impl {
  Impl(TreeUpdate::Impl& owner_in, KeyRange range_in)
      : owner(owner_in),
        range(std::move(range_in)),
        part(owner.sink, owner.key, owner.shape, owner.filters()),
        hasher(owner.key),
        resolve(owner.source) {
    if (!owner.parent) return;
    below.emplace(owner.source, owner.shape, layer_pointers(owner.parent->layers), range, MergedRows::whole);
  }

  TreeUpdate::Impl& owner;
  KeyRange range;
  LayerPart part;
  RowHasher hasher;
  ColumnResolver resolve;
  std::optional<MergeReader> below;
  Bytes last_key;
  bool any = false;
  std::optional<KeyRange> hole;  // the last one
  bool ended = false;
  Account account;

  void check(ByteView key) const {
    if (!range.contains(key)) throw Error(ErrorKind::internal, fmt::format("row '{}' lies outside of its range", key));
    if (any && key <= last_key) {
      throw Error(ErrorKind::internal, fmt::format("row '{}' does not come after row '{}'", key, last_key));
    }
    if (hole && (!hole->to || key < *hole->to)) {
      throw Error(ErrorKind::internal, fmt::format("row '{}' does not come after the keys that were not read", key));
    }
  }

  void come(const base::RowView& row) {
    account.plus.add(hasher, row);
    const std::uint64_t size = plain_bytes(row);
    account.bytes_in += size;
    account.counts.bytes += size;
  }

  void go(const StoredRow& row) {
    account.minus.add(hasher, {.key = row.key, .columns = resolve(row.cells)});
    account.bytes_out += plain_size(row);
  }

  void insert(const base::RowView& row) {
    part.add({.op = Op::insert, .carried = ~ColumnMask{0}, .row = row});
    come(row);
    ++account.counts.added;
  }

  void drop_below() {
    const StoredRow& row = below->current();
    part.add_stored({.op = Op::erase, .carried = 0, .key = row.key, .cells = {}});
    go(row);
    ++account.counts.gone;
    below->next();
  }

  void compare(const base::RowView& row) {
    const StoredRow& old = below->current();
    ColumnMask changed = 0;
    for (std::size_t i = 0; i < old.cells.size(); ++i) {
      if (!holds(owner.source, owner.sink, old.cells[i], row.columns[i])) changed |= ColumnMask{1} << i;
    }
    if (changed == 0) {
      ++account.counts.unchanged;
    } else {
      go(old);
      come(row);
      ++account.counts.changed;
      part.add({.op = Op::update, .carried = changed, .row = row});
    }
    below->next();
  }

  void pass_below(ByteView key) {
    while (below && below->valid() && below->key() < key) drop_below();
  }

  // Copies: the resolver's views do not outlive the comparison.
  std::vector<std::optional<Bytes>> cells_below(ByteView key) {
    std::vector<std::optional<Bytes>> out;
    if (!below || !below->valid() || below->key() != key) return out;
    for (const base::ColumnView& column : resolve(below->current().cells))
      out.push_back(column ? std::optional<Bytes>(*column) : std::nullopt);
    return out;
  }

  void end(KeyRange read, std::optional<std::string> reason) {
    ended = true;
    owner.close(range, {.read = std::move(read), .part = std::move(part)}, std::move(reason), account);
  }

  // Keys after the last one that came count as not read.
  KeyRange read_so_far() const {
    KeyRange read{.from = range.from, .to = any ? base::after_key(last_key) : range.from};
    if (hole && (!hole->to || *read.to < *hole->to)) read.to = hole->to;
    return read;
  }

  void skip_below(const KeyRange& keys) {
    pass_below(keys.from);
    while (below && below->valid() && keys.contains(below->key())) below->next();
  }
};

RangeUpdate::RangeUpdate(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RangeUpdate::RangeUpdate(RangeUpdate&&) noexcept = default;

RangeUpdate::~RangeUpdate() {
  if (!impl_ || impl_->ended) return;
  try {
    abandon("reading it broke off");
  } catch (...) {
    // Only the joining of finished parts can fail here, because the store does; then finish() fails too.
    impl_->ended = true;
  }
}

void RangeUpdate::add(const base::RowView& row) {
  Impl& impl = *impl_;
  impl.check(row.key);
  if (row.columns.size() != impl.owner.shape.columns) {
    throw Error(ErrorKind::internal, fmt::format("row '{}' has {} columns instead of {}", row.key, row.columns.size(),
                                                 impl.owner.shape.columns));
  }
  impl.pass_below(row.key);
  if (impl.below && impl.below->valid() && impl.below->key() == row.key) {
    impl.compare(row);
  } else {
    impl.insert(row);
  }
  impl.last_key.assign(row.key);
  impl.any = true;
}

void RangeUpdate::unread(const base::KeyRange& stretch, std::string reason) {
  Impl& impl = *impl_;
  const KeyRange inside = intersection(stretch, impl.range);
  // Nothing of it is left where it was named before, as a resource in a folder may be.
  if (is_empty(inside) || (impl.hole && !impl.hole->to)) return;
  if (impl.any && inside.to && *inside.to <= impl.last_key) {
    throw Error(ErrorKind::internal, fmt::format("keys before row '{}' are said to be unread too late", impl.last_key));
  }
  const KeyRange keys = intersection(inside, {.from = *impl.read_so_far().to, .to = {}});
  if (is_empty(keys)) return;
  impl.skip_below(keys);
  impl.owner.skip(keys, std::move(reason));
  impl.hole = keys;
}

void RangeUpdate::add_partial(const base::RowView& row, const std::vector<bool>& missing, std::string reason) {
  Impl& impl = *impl_;
  impl.check(row.key);
  if (missing.size() != row.columns.size())
    throw Error(ErrorKind::internal,
                fmt::format("row '{}' does not say of each column whether it is missing", row.key));
  impl.pass_below(row.key);
  const std::vector<std::optional<Bytes>> earlier = impl.cells_below(row.key);
  std::vector<base::ColumnView> columns(row.columns.begin(), row.columns.end());
  for (std::size_t i = 0; i < std::min(columns.size(), earlier.size()); ++i)
    if (missing[i]) columns[i] = earlier[i] ? base::ColumnView(*earlier[i]) : std::nullopt;
  add({.key = row.key, .columns = columns});
  const KeyRange key = base::range_of_key(row.key);
  impl.owner.skip(key, std::move(reason));
  impl.hole = key;
}

void RangeUpdate::complete() {
  Impl& impl = *impl_;
  while (impl.below && impl.below->valid()) impl.drop_below();
  impl.end(impl.range, std::nullopt);
}

void RangeUpdate::abandon(std::string reason) {
  Impl& impl = *impl_;
  impl.end(impl.read_so_far(), std::move(reason));
}

TreeUpdate::TreeUpdate(BlockSource& source, BlockSink& sink, const BoundaryKey& key, std::string name,
                       std::string schema, TreeShape shape, std::optional<Tree> parent,
                       std::optional<base::Instant> parent_taken_at)
    : impl_(new Impl{source,
                     sink,
                     key,
                     std::move(name),
                     std::move(schema),
                     shape,
                     std::move(parent),
                     parent_taken_at,
                     {},
                     {},
                     {},
                     {},
                     {},
                     {},
                     {},
                     {}}) {
  Impl& impl = *impl_;
  if (impl.shape.columns > 64) {
    throw Error(ErrorKind::unsupported,
                fmt::format("'{}' has {} columns; a tree may have 64", impl.name, impl.shape.columns));
  }
  if (!impl.parent) return;
  if (impl.parent->shape.columns != shape.columns) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("'{}' has {} columns now and had {} before", impl.name, shape.columns, impl.parent->shape.columns),
        "Back it up in full: a tree cannot be continued with other columns.");
  }
  impl.shape = impl.parent->shape;  // boundaries never move within a chain
}

TreeUpdate::~TreeUpdate() = default;

RangeUpdate TreeUpdate::begin(KeyRange range) {
  impl_->open(range);
  return RangeUpdate(std::make_unique<RangeUpdate::Impl>(*impl_, std::move(range)));
}

Tree TreeUpdate::finish() {
  Impl& impl = *impl_;
  if (!impl.active.empty()) throw Error(ErrorKind::internal, fmt::format("a range of '{}' has not ended", impl.name));
  if (impl.broken) std::rethrow_exception(impl.broken);
  Tree tree;
  tree.name = impl.name;
  tree.schema = impl.schema;
  tree.shape = impl.shape;
  std::vector<LayerPart> parts;
  for (Piece& piece : impl.pieces) parts.push_back(std::move(piece.part));
  impl.settle_ranges(tree);
  const Tree* parent = impl.parent ? &*impl.parent : nullptr;
  Layer layer = join(impl.sink, impl.key, impl.shape, impl.filters(), std::move(parts));
  const Account& account = impl.account;
  tree.rows = (parent ? parent->rows : 0) + account.counts.added - account.counts.gone;
  tree.bytes = (parent ? parent->bytes : 0) + account.bytes_in - account.bytes_out;
  if (parent) tree.content = parent->content;
  tree.content.add(account.plus);
  tree.content.subtract(account.minus);
  impl.counts = account.counts;
  if (!parent) {
    tree.layers.push_back(std::move(layer));
    return tree;
  }
  tree.layers = parent->layers;
  if (layer.rows() > 0) {
    // Only now: a capture that found nothing new must not pay for folding.
    const FoldPolicy policy;
    tree.layers = fold_layers(impl.source, impl.sink, impl.key, impl.shape, tree.layers, policy.layers_max - 1,
                              policy.base_share);
    tree.layers.push_back(layer);
  }
  tree.delta = std::move(layer);
  return tree;
}

const UpdateCounts& TreeUpdate::counts() const noexcept {
  return impl_->counts;
}

}  // namespace holdfast::repository
