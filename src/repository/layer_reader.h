// Walks one layer: what cursors, merges and look-ups are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/row.h"
#include "repository/block_store.h"
#include "repository/key_hash.h"
#include "repository/layer.h"
#include "repository/row_block.h"

namespace holdfast::repository {

// Rows of one layer in key order.  A block is read when its rows are looked at, not when the reader comes to stand
// before it. Not thread-safe.  `layer` must outlive it.
class LayerReader {
public:
  LayerReader(BlockSource& source, const TreeShape& shape, const Layer& layer, base::KeyRange range);
  // For find() only: reads nothing yet.
  LayerReader(BlockSource& source, const TreeShape& shape, const Layer& layer);
  LayerReader(LayerReader&&) noexcept = default;
  LayerReader& operator=(LayerReader&&) noexcept = default;

  bool valid() const noexcept { return valid_; }
  // Known without reading the block where the reader stands before its first row.
  base::ByteView key() const noexcept { return block_ ? block_->key() : base::ByteView(leaf().first_key); }
  // Values up to k_overflow_bytes come as values even where they lie in overflow blocks.  Lives until the next call of
  // a function that moves.
  const StoredRow& current();
  void next();
  // Moves forward to the first row whose key is not below `key`.
  void seek(base::ByteView key);

  // As LayerCursor::whole_block and skip_block.
  const DirectoryEntry* whole_block() const noexcept;
  // First key after the block where the reader stands; only where whole_block() is not null.
  base::ByteView block_end() const noexcept { return *leaf_end(); }
  void skip_block();

  // The row with exactly this key, without reading blocks that cannot hold it; nullptr when there is none.  Only for
  // readers made for it.  Any order of keys will do; ascending ones cost the fewest reads.
  const StoredRow* find(base::ByteView key, const KeyHash& hash);

private:
  struct Level {
    std::vector<DirectoryEntry> entries;
    std::size_t at = 0;
  };
  const DirectoryEntry& leaf() const noexcept { return levels_.back().entries[levels_.back().at]; }
  std::optional<base::ByteView> leaf_end() const noexcept;
  void descend(base::ByteView key);
  bool next_leaf();
  void load();
  void settle();
  void stop() noexcept { valid_ = false; }

  BlockSource* source_;
  TreeShape shape_;
  std::uint8_t height_;
  base::KeyRange range_;
  std::vector<Level> levels_;  // from the top down to the entries of row blocks
  std::optional<RowBlockReader> block_;
  bool valid_ = false;
  StoredRow settled_;
  std::vector<Cell> cells_;
  std::vector<base::Bytes> fetched_;
};

// Turns the cells of a row into the values of its columns, reading overflow values.  Not thread-safe.
class ColumnResolver {
public:
  explicit ColumnResolver(BlockSource& source) : source_(&source) {}
  // Columns that are not carried are nullopt.  Lives until the next call.
  std::span<const base::ColumnView> operator()(std::span<const Cell> cells);

private:
  BlockSource* source_;
  std::vector<base::ColumnView> columns_;
  std::vector<base::Bytes> fetched_;
};

}  // namespace holdfast::repository
