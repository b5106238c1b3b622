// A tree: the rows of one collection at one instant, as a base layer and a few delta layers.
//
// Each snapshot also keeps `delta`, the one layer that leads from its parent's tree to its own, so that a diff along a
// chain of snapshots reads only what changed even when the layers below were folded in between.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "base/time.h"
#include "repository/layer.h"

namespace holdfast::repository {

// The keyed hash of one row.  Keeps its key and scratch memory: make one and use it for many rows.  Not thread-safe.
class RowHasher {
public:
  explicit RowHasher(const BoundaryKey& key);
  ~RowHasher();
  RowHasher(RowHasher&&) noexcept;
  std::array<std::uint64_t, 2> operator()(const base::RowView& row);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Sum modulo 2^128 of a keyed hash of every row: independent of layout, order of work and number of workers; updated by
// what changed.  It finds accidents and defects; that nobody forged a snapshot is what the signatures show.
class ContentHash {
public:
  void add(RowHasher& hasher, const base::RowView& row) { plus(hasher(row)); }
  void subtract(RowHasher& hasher, const base::RowView& row) { minus(hasher(row)); }
  // For a few rows: each call derives the hasher anew.
  void add(const BoundaryKey& key, const base::RowView& row);
  void subtract(const BoundaryKey& key, const base::RowView& row);
  void add(const ContentHash& other) noexcept;
  void subtract(const ContentHash& other) noexcept;
  std::array<std::uint64_t, 2> value{};
  friend bool operator==(const ContentHash&, const ContentHash&) = default;

private:
  void plus(const std::array<std::uint64_t, 2>& hash) noexcept;
  void minus(const std::array<std::uint64_t, 2>& hash) noexcept;
};

// Keys that were not read this time and are carried from the parent as they were.
struct StaleRange {
  base::KeyRange range;
  std::optional<base::Instant> last_good;  // absent: never read
  std::string reason;
  friend bool operator==(const StaleRange&, const StaleRange&) = default;
};

struct Tree {
  std::string name;    // of the collection, "aspect"
  std::string schema;  // JSON: columns and key parts, opaque here (model/collection.h)
  TreeShape shape;
  // Written by a host that cannot read: `layers` is empty and stands for the parent snapshot's layers with `delta` on
  // top. Repository::snapshot() resolves it, so no other code meets it.
  bool inherits = false;
  std::vector<Layer> layers;   // lowest (base) first; never empty once captured, but may hold no rows
  std::optional<Layer> delta;  // from the parent's tree to this one; absent where there is no parent
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // plain bytes of keys and columns
  ContentHash content;
  std::vector<base::KeyRange> completed;  // listings that ended without error
  std::vector<StaleRange> stale;          // in key order, all that is not completed; at most k_stale_ranges_max
};

// Merged rows in key order.  Not thread-safe; views live until the next call.
class TreeCursor {
public:
  TreeCursor(BlockSource& source, const Tree& tree, const base::KeyRange& range = {});
  ~TreeCursor();
  TreeCursor(TreeCursor&&) noexcept;
  bool valid() const noexcept;
  // May read: blocks and overflow values are read when they are looked at.
  const base::RowView& current() const;
  void next();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::optional<base::Row> find(BlockSource& source, const BoundaryKey& key, const Tree& tree, base::ByteView wanted);

// For many rows: keeps the block of each layer that it stands in, so ascending keys cost the fewest reads.  Not
// thread-safe.
class RowFinder {
public:
  RowFinder(BlockSource& source, const BoundaryKey& key, const Tree& tree);
  ~RowFinder();
  RowFinder(RowFinder&&) noexcept;
  RowFinder& operator=(RowFinder&&) noexcept;
  std::optional<base::Row> find(base::ByteView wanted);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Compares what a capture reads with the parent's tree, range by range, and builds the delta layer (or, without a
// parent, the base); folds the parent's layers where the delta would be one too many.  One TreeUpdate per tree; one
// RangeUpdate per worker and range.
struct UpdateCounts {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
  std::uint64_t gone = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t bytes = 0;  // plain bytes of what was added or changed
};

class RangeUpdate {  // not thread-safe
public:
  ~RangeUpdate();
  RangeUpdate(RangeUpdate&&) noexcept;
  // Strictly ascending keys inside the range.  Throws Error{internal} naming the key otherwise.
  void add(const base::RowView& row);
  // These keys cannot be read, while what comes after them may: the parent's rows are carried forward and marked stale.
  // What lies outside of the range, or was added already, is left as it is.  Throws Error{internal} where all of it
  // lies before the last row, as its keys already count as gone.
  void unread(const base::KeyRange& stretch, std::string reason);
  // A row of which the columns with true in `missing`, one value for each column, could not be read: the parent's cells
  // stand in for them, where it has the row, and the key is marked stale in any case.  Throws as add() does.
  void add_partial(const base::RowView& row, const std::vector<bool>& missing, std::string reason);
  // The listing of the whole range ended without error: keys of the parent that did not come are gone.
  void complete();
  // It broke off: only keys up to the last one added count as read, the rest is carried forward and marked stale.
  void abandon(std::string reason);

private:
  friend class TreeUpdate;
  struct Impl;
  explicit RangeUpdate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class TreeUpdate {  // begin() is thread-safe, the rest belongs to one thread
public:
  // `parent` absent: a first capture.  `taken_at` is the instant of the last good read of what this capture reads;
  // `parent_taken_at` that of what it carries forward.  The parent's block and node sizes go before those of `shape`;
  // its number of columns must be the same: throws Error{unsupported} otherwise.
  TreeUpdate(BlockSource& source, BlockSink& sink, const BoundaryKey& key, std::string name, std::string schema,
             TreeShape shape, std::optional<Tree> parent, std::optional<base::Instant> parent_taken_at);
  ~TreeUpdate();
  RangeUpdate begin(base::KeyRange range);
  // Every range that was begun must have ended; together they must cover all keys, and those that were never begun
  // count as abandoned.
  Tree finish();
  const UpdateCounts& counts() const noexcept;

private:
  friend class RangeUpdate;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Folds a tree's layers where they are too many: equal rows, fewer layers.  Upper layers are merged into one that is
// not much smaller than the next below, and stretches whose changes are heavy go into the base.  Returns the tree
// unchanged when nothing is to be done.  Reads what it folds, and nothing else.
struct FoldPolicy {
  std::size_t layers_max = 4;  // delta layers that may stay
  double base_share = 0.75;    // fold into the base where the deltas of a stretch weigh more than this share of it
};
Tree fold(BlockSource& source, BlockSink& sink, const BoundaryKey& key, const Tree& tree,
          const FoldPolicy& policy = {});

// One difference between two trees.  Views live until the visitor returns.
struct Difference {
  enum class Kind : std::uint8_t { added, changed, removed } kind = Kind::added;
  base::ByteView key;
  // Present when asked for (Values::yes): the row before (changed, removed) and after (added, changed).
  std::optional<base::RowView> before;
  std::optional<base::RowView> after;
};
enum class Values { no, yes };

// `between`: the trees after `a` up to and including `b`, oldest first, when `b` descends from `a`: then only their
// deltas are read.  Empty: both trees are merged, shared blocks are skipped unread where layers allow.
void diff(BlockSource& source, const BoundaryKey& key, const Tree& a, const Tree& b,
          const std::vector<const Tree*>& between, Values values, const std::function<void(const Difference&)>& visit);

void encode_tree(base::ByteWriter& out, const Tree& tree);
Tree decode_tree(base::ByteReader& in);

}  // namespace holdfast::repository
