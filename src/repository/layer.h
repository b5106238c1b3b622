// A layer: sorted rows in blocks, found through a directory of nodes.  The lowest layer of a tree is its base and holds
// whole rows; the layers above it hold what changed: whole rows, rows of which only some columns changed, and
// tombstones.
//
// Block boundaries depend on keys alone: a block ends after a key whose keyed hash falls below a threshold (one key in
// `rows_per_block`), or after 16 * rows_per_block rows.  Node boundaries follow the same rule over the first keys of
// blocks. So equal key ranges with equal rows give equal blocks, wherever a capture was cut, and a layer is joined from
// parts by re-cutting only the rows around the seams.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/row.h"
#include "repository/block_store.h"

namespace holdfast::repository {

// What a layer row does to the layers below it.
enum class Op : std::uint8_t {
  insert = 0,  // the key was not there; all columns present
  update = 1,  // the key was there; only the columns in `carried` are present, the others stay as they are below
  erase = 2,   // the key was there and is gone; no columns
};

using ColumnMask = std::uint64_t;  // bit i = column i; a tree has at most 64 columns

struct LayerRow {
  Op op = Op::insert;
  ColumnMask carried = ~ColumnMask{0};  // of `row.columns`: what this row carries; the rest is to be ignored
  base::RowView row;
};

// Fixed for the life of a tree, so that boundaries never move.
struct TreeShape {
  std::uint32_t columns = 0;
  std::uint32_t rows_per_block = 256;
  std::uint32_t entries_per_node = 256;
  friend bool operator==(const TreeShape&, const TreeShape&) = default;
};

struct DirectoryEntry {
  base::Bytes first_key;
  BlockId id;               // of a row block (height 0) or of a node (height > 0)
  std::uint64_t rows = 0;   // below it
  std::uint64_t bytes = 0;  // plain bytes below it
  base::Bytes filter;  // Bloom filter over the keys of a row block; empty where it is not kept (base layers, nodes)
  friend bool operator==(const DirectoryEntry&, const DirectoryEntry&) = default;
};

struct Layer {
  std::uint8_t height = 0;  // 0: `top` names row blocks; n: `top` names nodes of height n
  std::uint64_t inserts = 0;
  std::uint64_t updates = 0;
  std::uint64_t erases = 0;
  std::uint64_t bytes = 0;          // plain bytes of all row blocks
  std::vector<DirectoryEntry> top;  // kept short (k_top_bytes) by adding levels; lies in the snapshot itself
  // Blocks of sorted 16-byte key hashes (key_hash below): tombstones of a host that must not keep keys.  first_key is
  // the first hash.  A row below this layer whose key hash is listed is gone.  Counted in `erases`.
  std::vector<DirectoryEntry> hashed_erases;
  // The key of those hashes, erase_key() of the boundary key: lies in the sealed snapshot, so that a reader of the
  // layer needs nothing else.  All zero where there are none.
  std::array<char, 32> erase_key{};
  std::uint64_t rows() const noexcept { return inserts + updates + erases; }
  friend bool operator==(const Layer&, const Layer&) = default;
};

inline constexpr std::size_t k_top_bytes = 8 * 1024;        // of an encoded `top`, before a level is added
inline constexpr std::size_t k_overflow_bytes = 64 * 1024;  // a column value larger than this goes to an overflow block
inline constexpr std::size_t k_value_bytes_max = 16u << 20;  // and one larger than this is refused

// Whether a layer keeps Bloom filters: delta layers do (most look-ups miss them), the base does not.
enum class Filters { none, keep };

// Secret of the repository from which boundaries and filters are computed; lasts as long as the repository.
struct BoundaryKey {
  std::array<char, 32> bytes{};
};

struct StoredRow;  // row_block.h

// Keyed hash of a key, for tombstones that do not name it.
using ErasedHash = std::array<char, 16>;
ErasedHash key_hash(const BoundaryKey& key, base::ByteView wanted);
// Writes the tombstones that name rows by hash and counts them in `layer`.  In any order; duplicates count once.
void add_hashed_erases(BlockSink& sink, const BoundaryKey& key, Layer& layer, std::vector<ErasedHash> hashes);

// One sorted stretch of a layer under construction, written by one worker.  Blocks whose two boundaries are known go to
// the sink at once; rows before the first boundary and after the last are held back for the join.
class LayerPart {  // not thread-safe; one per worker
public:
  LayerPart(BlockSink& sink, const BoundaryKey& key, const TreeShape& shape, Filters filters);
  ~LayerPart();
  LayerPart(LayerPart&&) noexcept;
  LayerPart& operator=(LayerPart&&) noexcept;

  // Keys must arrive in strictly ascending byte order: throws Error{internal} naming the key otherwise.
  // Throws Error{refused} naming the key for a value above k_value_bytes_max.
  void add(const LayerRow& row);
  // The same for a row in the form in which layers keep it (row_block.h): values stay where they are.
  void add_stored(const StoredRow& row);
  // Takes over a finished block of another layer with the same shape and base-layer filters, unread: used by folds.
  // `entry` must lie wholly after what was added, begin after a boundary and end at one.
  void add_block(const DirectoryEntry& entry);
  // True where a block begins with the next row, whatever it is.
  bool at_boundary() const noexcept;
  // Takes over the part that follows: every key of `next` is above those of this one.
  void append(LayerPart next);
  std::uint64_t rows() const noexcept;

private:
  friend Layer join(BlockSink&, const BoundaryKey&, const TreeShape&, Filters, std::vector<LayerPart>);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Joins parts in ascending key order (every key of part i before every key of part i + 1) into one layer.  The result
// does not depend on where the parts were cut.
Layer join(BlockSink& sink, const BoundaryKey& key, const TreeShape& shape, Filters filters,
           std::vector<LayerPart> parts);

// Reads a layer's rows in key order.  Not thread-safe; the views of current() live until the next call.
class LayerCursor {
public:
  LayerCursor(BlockSource& source, const TreeShape& shape, const Layer& layer, base::KeyRange range);
  ~LayerCursor();
  LayerCursor(LayerCursor&&) noexcept;

  bool valid() const noexcept;
  // May read: blocks and overflow values are read when they are looked at.
  const LayerRow& current() const;
  void next();
  // Where the cursor stands at the first row of a block that ends before `range.to`: that block's entry.  skip_block()
  // moves behind it without reading it.  Lets a fold take over blocks unread.
  const DirectoryEntry* whole_block() const noexcept;
  void skip_block();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One row, without reading blocks that cannot hold it.
struct FoundRow {
  Op op = Op::insert;
  ColumnMask carried = 0;
  base::Row row;  // columns that are not carried are nullopt
};
std::optional<FoundRow> find_in_layer(BlockSource& source, const BoundaryKey& key, const TreeShape& shape,
                                      const Layer& layer, base::ByteView wanted);

// The encoding of layers inside a snapshot.
void encode_layer(base::ByteWriter& out, const Layer& layer);
Layer decode_layer(base::ByteReader& in);

}  // namespace holdfast::repository
