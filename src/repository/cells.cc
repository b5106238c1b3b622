#include "repository/cells.h"

#include "repository/layer.h"
#include "repository/overflow.h"

namespace holdfast::repository {

namespace {

bool equal_overflow(BlockSource& source, base::ByteView a, base::ByteView b) {
  if (a == b) return true;
  if (overflow_size(a) != overflow_size(b)) return false;
  // Other ids do not mean other bytes: the ids of different writers' trust domains differ for equal values.
  base::Bytes value_a;
  base::Bytes value_b;
  read_overflow(source, a, value_a);
  read_overflow(source, b, value_b);
  return value_a == value_b;
}

}  // namespace

std::uint64_t plain_size(const Cell& cell) {
  if (cell.kind == Cell::Kind::overflow) return overflow_size(cell.bytes);
  return cell.kind == Cell::Kind::value ? cell.bytes.size() : 0;
}

std::uint64_t plain_size(const StoredRow& row) {
  std::uint64_t size = row.key.size();
  for (const Cell& cell : row.cells) size += plain_size(cell);
  return size;
}

bool equal_cells(BlockSource& source, const Cell& a, const Cell& b) {
  if (a.kind != b.kind) return false;
  return a.kind == Cell::Kind::overflow ? equal_overflow(source, a.bytes, b.bytes) : a.bytes == b.bytes;
}

bool equal_rows(BlockSource& source, const StoredRow& a, const StoredRow& b) {
  if (a.cells.size() != b.cells.size()) return false;
  for (std::size_t i = 0; i < a.cells.size(); ++i) {
    if (!equal_cells(source, a.cells[i], b.cells[i])) return false;
  }
  return true;
}

bool holds(BlockSource& source, BlockSink& sink, const Cell& cell, const base::ColumnView& value) {
  if (cell.kind == Cell::Kind::overflow) {
    if (!value || value->size() != overflow_size(cell.bytes)) return false;
    if (write_overflow(sink, *value) == cell.bytes) return true;
    base::Bytes stored;
    read_overflow(source, cell.bytes, stored);
    return stored == *value;
  }
  if (cell.kind != Cell::Kind::value) return !value;
  return value && cell.bytes == *value;
}

}  // namespace holdfast::repository
