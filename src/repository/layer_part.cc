// Building layers: cutting rows into blocks, joining parts, raising the directory.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "repository/key_hash.h"
#include "repository/layer.h"
#include "repository/node.h"
#include "repository/overflow.h"
#include "repository/row_block.h"

namespace holdfast::repository {

namespace {

using base::Bytes;
using base::ByteView;

// Once a block holds this much, further values above k_spill_bytes go to overflow blocks: memory stays bounded although
// boundaries depend on keys alone.
constexpr std::size_t k_block_inline_bytes = std::size_t{4} << 20;
constexpr std::size_t k_spill_bytes = 1024;
constexpr std::size_t k_rows_factor_max = 16;

std::string shown(ByteView key) {
  std::string out;
  for (const char c : key.substr(0, 200)) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += c == 0 ? "" : "?";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

struct LayerPart::Impl {
  Impl(BlockSink& sink_in, const BoundaryKey& key, const TreeShape& shape_in, Filters filters_in)
      : sink(sink_in), hasher(key), shape(shape_in), filters(filters_in), head(shape.columns), tail(shape.columns) {}

  BlockSink& sink;
  KeyHasher hasher;
  TreeShape shape;
  Filters filters;
  // Rows before the first boundary wait for the part before; rows after the last one for the next boundary.
  RowBuffer head;
  RowBuffer tail;
  bool bounded = false;  // a boundary is known: `head` is complete
  std::vector<DirectoryEntry> entries;
  Bytes last_key;
  bool any = false;
  std::uint64_t inserts = 0;
  std::uint64_t updates = 0;
  std::uint64_t erases = 0;
  std::uint64_t bytes = 0;
  RowBlockWriter writer;
  std::vector<Cell> cells;        // of the row being added
  std::vector<Bytes> references;  // of its overflow values
  std::vector<Cell> spill_cells;
  std::vector<Bytes> spill_references;
  std::vector<Cell> moved;  // of a row on its way from one buffer to another

  void accept(const StoredRow& row) {
    if (any && row.key <= last_key) {
      throw base::Error(base::ErrorKind::internal,
                        fmt::format("row '{}' does not come after row '{}'", shown(row.key), shown(last_key)));
    }
    any = true;
    last_key.assign(row.key);
    if (row.op == Op::insert) ++inserts;
    if (row.op == Op::update) ++updates;
    if (row.op == Op::erase) ++erases;
    push(row, hasher(row.key));
  }

  void push(const StoredRow& row, const KeyHash& hash) {
    const bool ends = ends_block(hash, shape.rows_per_block);
    if (!bounded) {
      head.add(row, hash);
      bounded = ends;
      return;
    }
    tail.add(tail.bytes() > k_block_inline_bytes ? spilled(row) : row, hash);
    if (ends || tail.rows() == k_rows_factor_max * shape.rows_per_block) flush();
  }

  StoredRow spilled(const StoredRow& row) {
    spill_cells.assign(row.cells.begin(), row.cells.end());
    spill_references.resize(spill_cells.size());
    for (std::size_t i = 0; i < spill_cells.size(); ++i) {
      Cell& cell = spill_cells[i];
      if (cell.kind != Cell::Kind::value || cell.bytes.size() <= k_spill_bytes) continue;
      spill_references[i] = write_overflow(sink, cell.bytes);
      cell = {.kind = Cell::Kind::overflow, .bytes = spill_references[i]};
    }
    StoredRow out = row;
    out.cells = spill_cells;
    return out;
  }

  void flush() {
    if (tail.empty()) return;
    const ByteView plain = writer.encode(tail);
    DirectoryEntry entry;
    entry.first_key = tail.key(0);
    entry.id = sink.put(BlockKind::rows, plain);
    entry.rows = tail.rows();
    entry.bytes = plain.size();
    if (filters == Filters::keep) entry.filter = make_filter(tail);
    bytes += entry.bytes;
    entries.push_back(std::move(entry));
    tail.clear();
  }

  void push_all(const RowBuffer& rows) {
    for (std::size_t i = 0; i < rows.rows(); ++i) push(rows.row(i, moved), rows.hash(i));
  }
};

LayerPart::LayerPart(BlockSink& sink, const BoundaryKey& key, const TreeShape& shape, Filters filters)
    : impl_(std::make_unique<Impl>(sink, key, shape, filters)) {}
LayerPart::~LayerPart() = default;
LayerPart::LayerPart(LayerPart&&) noexcept = default;
LayerPart& LayerPart::operator=(LayerPart&&) noexcept = default;

void LayerPart::add(const LayerRow& row) {
  Impl& impl = *impl_;
  const std::uint32_t columns = impl.shape.columns;
  ColumnMask carried = row.op == Op::insert ? ~ColumnMask{0} : row.op == Op::erase ? 0 : row.carried;
  carried &= all_columns(columns);
  if (carried != 0 && row.row.columns.size() != columns) {
    throw base::Error(base::ErrorKind::internal, fmt::format("row '{}' has {} columns instead of {}",
                                                             shown(row.row.key), row.row.columns.size(), columns));
  }
  impl.cells.assign(columns, Cell{});
  impl.references.resize(columns);
  for (std::uint32_t i = 0; i < columns; ++i) {
    if ((carried >> i & 1) == 0) continue;
    Cell& cell = impl.cells[i];
    const base::ColumnView& value = row.row.columns[i];
    if (!value) {
      cell.kind = Cell::Kind::null;
    } else if (value->size() <= k_overflow_bytes) {
      cell = {.kind = Cell::Kind::value, .bytes = *value};
    } else if (value->size() <= k_value_bytes_max) {
      impl.references[i] = write_overflow(impl.sink, *value);
      cell = {.kind = Cell::Kind::overflow, .bytes = impl.references[i]};
    } else {
      throw base::Error(base::ErrorKind::refused,
                        fmt::format("row '{}' holds a value of {} bytes", shown(row.row.key), value->size()),
                        fmt::format("A value may have {} bytes at most.", k_value_bytes_max));
    }
  }
  impl.accept({.op = row.op, .carried = carried, .key = row.row.key, .cells = impl.cells});
}

void LayerPart::add_stored(const StoredRow& row) {
  impl_->accept(row);
}

void LayerPart::add_block(const DirectoryEntry& entry) {
  Impl& impl = *impl_;
  if (!at_boundary() || (impl.any && entry.first_key <= impl.last_key)) {
    throw base::Error(base::ErrorKind::internal,
                      fmt::format("the block of row '{}' does not fit here", shown(entry.first_key)));
  }
  impl.bounded = true;
  impl.any = true;
  impl.last_key = entry.first_key;
  impl.inserts += entry.rows;
  impl.bytes += entry.bytes;
  impl.entries.push_back(entry);
}

bool LayerPart::at_boundary() const noexcept {
  return !impl_->any || (impl_->bounded && impl_->tail.empty());
}

std::uint64_t LayerPart::rows() const noexcept {
  return impl_->inserts + impl_->updates + impl_->erases;
}

void LayerPart::append(LayerPart next) {
  Impl& impl = *impl_;
  Impl& other = *next.impl_;
  if (!other.any) return;
  const ByteView first = other.head.empty() ? ByteView(other.entries.front().first_key) : other.head.key(0);
  if (impl.any && first <= impl.last_key) {
    throw base::Error(base::ErrorKind::internal, fmt::format("row '{}' of a part does not come after row '{}'",
                                                             shown(first), shown(impl.last_key)));
  }
  if (other.head.empty() && !at_boundary()) {
    throw base::Error(base::ErrorKind::internal,
                      fmt::format("the block of row '{}' does not follow a boundary", shown(first)));
  }
  if (other.head.empty()) impl.bounded = true;
  impl.push_all(other.head);
  if (other.bounded) {
    // The last row of its head ended a block here too, so what follows is cut as it would have been cut here.
    std::move(other.entries.begin(), other.entries.end(), std::back_inserter(impl.entries));
    impl.bytes += other.bytes;
    impl.tail = std::move(other.tail);
  }
  impl.any = true;
  impl.last_key = std::move(other.last_key);
  impl.inserts += other.inserts;
  impl.updates += other.updates;
  impl.erases += other.erases;
}

namespace {

std::size_t encoded_size(const std::vector<DirectoryEntry>& entries) noexcept {
  std::size_t size = 0;
  for (const DirectoryEntry& entry : entries) size += entry_size(entry);
  return size;
}

// One level up: `entries` cut into nodes.  A node has two entries at least, so that every level is shorter than the one
// below.
std::vector<DirectoryEntry> raise(BlockSink& sink, const KeyHasher& hasher, const TreeShape& shape, std::uint8_t height,
                                  std::vector<DirectoryEntry> entries) {
  std::vector<DirectoryEntry> nodes;
  std::vector<DirectoryEntry> node;
  const auto flush = [&] {
    if (node.empty()) return;
    DirectoryEntry up;
    up.first_key = node.front().first_key;
    up.id = sink.put(BlockKind::node, encode_node(height, node));
    for (const DirectoryEntry& entry : node) {
      up.rows += entry.rows;
      up.bytes += entry.bytes;
    }
    nodes.push_back(std::move(up));
    node.clear();
  };
  for (DirectoryEntry& entry : entries) {
    const bool ends = ends_node(hasher(entry.first_key), height, shape.entries_per_node);
    node.push_back(std::move(entry));
    if (node.size() >= 2 && (ends || node.size() >= k_rows_factor_max * shape.entries_per_node)) flush();
  }
  flush();
  return nodes;
}

}  // namespace

Layer join(BlockSink& sink, const BoundaryKey& key, const TreeShape& shape, Filters filters,
           std::vector<LayerPart> parts) {
  LayerPart whole(sink, key, shape, filters);
  whole.impl_->bounded = true;  // nothing comes before the first row of a layer
  for (LayerPart& part : parts) whole.append(std::move(part));
  LayerPart::Impl& impl = *whole.impl_;
  impl.flush();
  Layer layer;
  layer.inserts = impl.inserts;
  layer.updates = impl.updates;
  layer.erases = impl.erases;
  layer.bytes = impl.bytes;
  layer.top = std::move(impl.entries);
  while (layer.top.size() > 1 && encoded_size(layer.top) > k_top_bytes) {
    ++layer.height;
    layer.top = raise(sink, impl.hasher, shape, layer.height, std::move(layer.top));
  }
  return layer;
}

}  // namespace holdfast::repository
