#include "repository/layer_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "repository/node.h"
#include "repository/overflow.h"

namespace holdfast::repository {

namespace {

using base::ByteView;

// The entry whose block may hold `key`: the last that does not begin after it, or the first.
std::size_t entry_for(const std::vector<DirectoryEntry>& entries, ByteView key) noexcept {
  const auto after =
      std::upper_bound(entries.begin(), entries.end(), key,
                       [](ByteView value, const DirectoryEntry& entry) { return value < entry.first_key; });
  return after == entries.begin() ? 0 : static_cast<std::size_t>(after - entries.begin()) - 1;
}

std::string block_name(const DirectoryEntry& entry) {
  return fmt::format("block {}", base::to_hex(entry.id.view()));
}

}  // namespace

LayerReader::LayerReader(BlockSource& source, const TreeShape& shape, const Layer& layer, base::KeyRange range)
    : source_(&source), shape_(shape), height_(layer.height), range_(std::move(range)) {
  if (layer.top.empty()) return;
  levels_.push_back({.entries = layer.top, .at = 0});
  if (range_.to && *range_.to <= layer.top.front().first_key) return;
  valid_ = true;
  descend(range_.from);
  if (leaf().first_key >= range_.from) {
    settle();
  } else {
    seek(range_.from);
  }
}

LayerReader::LayerReader(BlockSource& source, const TreeShape& shape, const Layer& layer)
    : source_(&source), shape_(shape), height_(layer.height) {
  if (!layer.top.empty()) levels_.push_back({.entries = layer.top, .at = 0});
}

std::optional<ByteView> LayerReader::leaf_end() const noexcept {
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    if (level->at + 1 < level->entries.size()) return ByteView(level->entries[level->at + 1].first_key);
  }
  return std::nullopt;
}

// From the lowest level whose entries still cover `key` down to the row block for it.
void LayerReader::descend(ByteView key) {
  block_.reset();
  while (levels_.size() > 1) {
    Level lowest = std::move(levels_.back());
    levels_.pop_back();
    const std::optional<ByteView> end = leaf_end();  // of the node that `lowest` is
    if (lowest.entries.front().first_key <= key && (!end || key < *end)) {
      levels_.push_back(std::move(lowest));
      break;
    }
  }
  levels_.back().at = entry_for(levels_.back().entries, key);
  while (levels_.size() <= height_) {
    const std::uint8_t height = static_cast<std::uint8_t>(height_ - levels_.size() + 1);
    const DirectoryEntry& entry = levels_.back().entries[levels_.back().at];
    std::vector<DirectoryEntry> entries = decode_node(source_->get(entry.id), height);
    const std::optional<ByteView> end = leaf_end();
    if (entries.front().first_key != entry.first_key || (end && entries.back().first_key >= *end)) {
      throw base::Error(base::ErrorKind::corruption,
                        block_name(entry) + " does not hold the keys that its parent names");
    }
    const std::size_t at = entry_for(entries, key);
    levels_.push_back({.entries = std::move(entries), .at = at});
  }
}

bool LayerReader::next_leaf() {
  block_.reset();
  const std::optional<ByteView> end = leaf_end();
  if (!end) return false;
  const base::Bytes key(*end);  // the view dies with the level that is left
  descend(key);
  return true;
}

void LayerReader::load() {
  if (block_) return;
  const DirectoryEntry& entry = leaf();
  block_.emplace(source_->get(entry.id), shape_.columns);
  if (block_->key() != entry.first_key || block_->rows() != entry.rows) {
    block_.reset();
    throw base::Error(base::ErrorKind::corruption,
                      block_name(entry) + " does not hold the rows that its directory names");
  }
}

// Ends the walk where the row that was reached lies behind the range.
void LayerReader::settle() {
  if (valid_ && range_.to && key() >= *range_.to) stop();
}

const StoredRow& LayerReader::current() {
  load();
  const StoredRow& row = block_->current();
  fetched_.resize(row.cells.size());
  bool small = false;
  for (const Cell& cell : row.cells) {
    small = small || (cell.kind == Cell::Kind::overflow && overflow_size(cell.bytes) <= k_overflow_bytes);
  }
  if (!small) return row;
  cells_.assign(row.cells.begin(), row.cells.end());
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (cells_[i].kind != Cell::Kind::overflow || overflow_size(cells_[i].bytes) > k_overflow_bytes) continue;
    read_overflow(*source_, cells_[i].bytes, fetched_[i]);
    cells_[i] = {.kind = Cell::Kind::value, .bytes = fetched_[i]};
  }
  settled_ = row;
  settled_.cells = cells_;
  return settled_;
}

void LayerReader::next() {
  load();
  block_->next();
  if (!block_->valid() && !next_leaf()) {
    stop();
    return;
  }
  settle();
}

void LayerReader::seek(ByteView key) {
  if (!valid_ || (this->key() >= key)) return;
  const std::optional<ByteView> end = leaf_end();
  if (end && key >= *end) descend(key);
  if (!block_ && leaf().first_key >= key) {
    settle();
    return;
  }
  load();
  while (block_->valid() && block_->key() < key) block_->next();
  if (!block_->valid() && !next_leaf()) {
    stop();
    return;
  }
  settle();
}

const DirectoryEntry* LayerReader::whole_block() const noexcept {
  if (!valid_ || (block_ && block_->position() != 0)) return nullptr;
  const std::optional<ByteView> end = leaf_end();
  // The last block of a layer ends where the rows do, not at a boundary.
  if (!end || (range_.to && *end > *range_.to)) return nullptr;
  return &leaf();
}

void LayerReader::skip_block() {
  if (!next_leaf()) {
    stop();
    return;
  }
  settle();
}

const StoredRow* LayerReader::find(ByteView key, const KeyHash& hash) {
  if (levels_.empty() || key < levels_.front().entries.front().first_key) return nullptr;
  const bool at_leaf = levels_.size() == std::size_t{height_} + 1;
  const std::optional<ByteView> end = leaf_end();
  if (!at_leaf || key < leaf().first_key || (end && key >= *end)) descend(key);
  if (!may_hold(leaf().filter, hash)) return nullptr;
  load();
  if (!block_->valid() || block_->key() > key) block_->rewind();
  while (block_->valid() && block_->key() < key) block_->next();
  if (!block_->valid() || block_->key() != key) return nullptr;
  return &current();
}

std::span<const base::ColumnView> ColumnResolver::operator()(std::span<const Cell> cells) {
  columns_.assign(cells.size(), std::nullopt);
  fetched_.resize(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].kind == Cell::Kind::value) columns_[i] = cells[i].bytes;
    if (cells[i].kind != Cell::Kind::overflow) continue;
    read_overflow(*source_, cells[i].bytes, fetched_[i]);
    columns_[i] = fetched_[i];
  }
  return columns_;
}

}  // namespace holdfast::repository
