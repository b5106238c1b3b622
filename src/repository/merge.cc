#include "repository/merge.h"

#include "base/error.h"

namespace holdfast::repository {

namespace {

constexpr const char* k_nothing_below = "a layer changes a row that no layer below it holds";

std::unique_ptr<ErasedKeys> erased_keys(BlockSource& source, const Layer& layer) {
  return layer.hashed_erases.empty() ? nullptr : std::make_unique<ErasedKeys>(source, layer);
}

}  // namespace

void RowStack::push(const StoredRow& row) {
  if (!present_) {
    row_ = row;
    present_ = true;
    return;
  }
  const ColumnMask all = all_columns(columns_);
  switch (row.op) {
    case Op::erase:
      erase();
      row_.key = row.key;
      return;
    case Op::insert: {
      // Whatever lay below is replaced as a whole; below this stack the key is there unless the stack began by
      // inserting it.
      const Op op = row_.op == Op::insert ? Op::insert : Op::update;
      row_ = row;
      row_.op = op;
      row_.carried = all;
      return;
    }
    case Op::update:
      break;
  }
  if (row_.op == Op::erase) {
    throw base::Error(base::ErrorKind::corruption, k_nothing_below);
  }
  if (row_.cells.data() != cells_.data()) cells_.assign(row_.cells.begin(), row_.cells.end());
  for (std::uint32_t i = 0; i < columns_; ++i) {
    if ((row.carried >> i & 1) != 0) cells_[i] = row.cells[i];
  }
  row_.key = row.key;
  row_.carried |= row.carried;
  row_.cells = cells_;
}

void RowStack::erase() {
  if (!present_) return;
  if (row_.op == Op::insert) {
    present_ = false;
    return;
  }
  row_.op = Op::erase;
  row_.carried = 0;
  cells_.assign(columns_, Cell{});
  row_.cells = cells_;
}

MergeReader::MergeReader(BlockSource& source, const TreeShape& shape, std::span<const Layer* const> layers,
                         const base::KeyRange& range, MergedRows rows)
    : rows_(rows), stack_(shape.columns) {
  readers_.reserve(layers.size());
  for (const Layer* layer : layers) {
    readers_.emplace_back(source, shape, *layer, range);
    erased_.push_back(erased_keys(source, *layer));
    any_erased_ = any_erased_ || erased_.back() != nullptr;
  }
  valid_ = true;
  next();
}

void MergeReader::next() {
  do {
    for (const std::size_t i : at_key_) readers_[i].next();
    at_key_.clear();
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (!readers_[i].valid()) continue;
      const int order = at_key_.empty() ? -1 : readers_[i].key().compare(readers_[at_key_.front()].key());
      if (order < 0) at_key_.clear();
      if (order <= 0) at_key_.push_back(i);
    }
    if (at_key_.empty()) {
      valid_ = false;
      return;
    }
  } while (!compose());
}

// False where nothing is left of the rows at the current key.
bool MergeReader::compose() {
  stack_.clear();
  if (!any_erased_) {
    for (const std::size_t i : at_key_) stack_.push(readers_[i].current());
    return usable();
  }
  auto holder = at_key_.begin();
  for (std::size_t i = at_key_.front(); i < readers_.size(); ++i) {
    if (erased_[i] && !stack_.empty() && erased_[i]->contains(stack_.row().key)) stack_.erase();
    if (holder == at_key_.end() || *holder != i) continue;
    stack_.push(readers_[i].current());
    ++holder;
  }
  return usable();
}

bool MergeReader::usable() const {
  if (stack_.empty()) return false;
  if (rows_ == MergedRows::changes || stack_.row().op == Op::insert) return true;
  if (stack_.row().op == Op::update) throw base::Error(base::ErrorKind::corruption, k_nothing_below);
  return false;  // the tombstone of a row that is not there
}

TreeLookup::TreeLookup(BlockSource& source, const BoundaryKey& key, const TreeShape& shape,
                       const std::vector<Layer>& layers)
    : columns_(shape.columns), hasher_(key), stack_(shape.columns) {
  readers_.reserve(layers.size());
  for (const Layer& layer : layers) {
    readers_.emplace_back(source, shape, layer);
    erased_.push_back(erased_keys(source, layer));
  }
}

const StoredRow* TreeLookup::find(base::ByteView key) {
  const KeyHash hash = hasher_(key);
  found_.clear();
  bool complete = false;
  // From the top: whole rows and tombstones hide what is below, which then needs no reading.
  for (std::size_t i = readers_.size(); i-- > 0 && !complete;) {
    const StoredRow* row = readers_[i].find(key, hash);
    if (row != nullptr && row->op == Op::erase) break;
    if (row != nullptr) {
      found_.push_back(row);
      complete = row->op == Op::insert || row->carried == all_columns(columns_);
    }
    if (!complete && erased_[i] && erased_[i]->contains(key)) break;
  }
  if (found_.empty()) return nullptr;
  if (!complete) throw base::Error(base::ErrorKind::corruption, k_nothing_below);
  stack_.clear();
  for (; !found_.empty(); found_.pop_back()) stack_.push(*found_.back());
  return &stack_.row();
}

std::vector<const Layer*> layer_pointers(const std::vector<Layer>& layers, std::size_t first) {
  std::vector<const Layer*> out;
  for (std::size_t i = first; i < layers.size(); ++i) out.push_back(&layers[i]);
  return out;
}

}  // namespace holdfast::repository
