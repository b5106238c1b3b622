// Several layers read as one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/row.h"
#include "repository/erases.h"
#include "repository/layer_reader.h"

namespace holdfast::repository {

// Lays one row of a layer over what lies below it: insert and update give one row, a row and its erasing give nothing,
// and an erased row that comes back is an update of all columns.  Keeps the views of the rows that it was given.
class RowStack {
public:
  explicit RowStack(std::uint32_t columns) : columns_(columns) {}
  void clear() noexcept { present_ = false; }
  // `row` lies above all rows pushed before.
  void push(const StoredRow& row);
  // What lies below is gone.
  void erase();
  bool empty() const noexcept { return !present_; }
  const StoredRow& row() const noexcept { return row_; }

private:
  std::uint32_t columns_;
  bool present_ = false;
  StoredRow row_;
  std::vector<Cell> cells_;
};

// What a merge is of: a whole tree, of which every row is an insert, or some of its upper layers.
enum class MergedRows { whole, changes };

// The rows of neighbouring layers, lowest first, merged in key order.  Throws Error{corruption} where whole rows are
// wanted and a row is changed that is not there. Not thread-safe.  The layers must outlive it.
class MergeReader {
public:
  MergeReader(BlockSource& source, const TreeShape& shape, std::span<const Layer* const> layers,
              const base::KeyRange& range, MergedRows rows);

  bool valid() const noexcept { return valid_; }
  base::ByteView key() const noexcept { return stack_.row().key; }
  // Views live until next().
  const StoredRow& current() const noexcept { return stack_.row(); }
  // Number of layers that hold the row.
  std::size_t touched() const noexcept { return at_key_.size(); }
  void next();

private:
  bool compose();
  bool usable() const;

  MergedRows rows_;
  std::vector<LayerReader> readers_;
  std::vector<std::unique_ptr<ErasedKeys>> erased_;  // by layer; null where none
  bool any_erased_ = false;
  std::vector<std::size_t> at_key_;  // the readers that stand at the current key, lowest first
  RowStack stack_;
  bool valid_ = false;
};

// Rows of a tree's layers by key.  Not thread-safe.  The layers must outlive it.
class TreeLookup {
public:
  TreeLookup(BlockSource& source, const BoundaryKey& key, const TreeShape& shape, const std::vector<Layer>& layers);
  // nullptr when there is none.  Views live until the next call.
  const StoredRow* find(base::ByteView key);

private:
  std::uint32_t columns_;
  KeyHasher hasher_;
  std::vector<LayerReader> readers_;
  std::vector<std::unique_ptr<ErasedKeys>> erased_;
  std::vector<const StoredRow*> found_;
  RowStack stack_;
};

// The layers of a tree as the readers take them, from `first` on.
std::vector<const Layer*> layer_pointers(const std::vector<Layer>& layers, std::size_t first = 0);

}  // namespace holdfast::repository
