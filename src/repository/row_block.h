// Row blocks: the codec of up to a few thousand sorted rows of a layer.  docs/format/blocks.md has the bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "repository/layer.h"

namespace holdfast::repository {

// The mask of a row that carries all columns.
constexpr ColumnMask all_columns(std::uint32_t columns) noexcept {
  return columns >= 64 ? ~ColumnMask{0} : (ColumnMask{1} << columns) - 1;
}

// One column of one row as a layer keeps it.
struct Cell {
  enum class Kind : std::uint8_t {
    absent,    // not carried by this row
    null,      // SQL NULL
    value,     // `bytes` are the value
    overflow,  // `bytes` are a reference, overflow.h
  };
  Kind kind = Kind::absent;
  base::ByteView bytes;
};

// A row as a layer keeps it.  Views; who hands it out says how long they live.
struct StoredRow {
  Op op = Op::insert;
  ColumnMask carried = 0;
  base::ByteView key;
  std::span<const Cell> cells;  // one per column
};

// Low half: block boundaries.  High half: filters and node boundaries.
using KeyHash = std::array<std::uint64_t, 2>;

// Rows in memory, waiting to become a block.  Not thread-safe.
class RowBuffer {
public:
  explicit RowBuffer(std::uint32_t columns) : columns_(columns) {}

  void add(const StoredRow& row, const KeyHash& hash);
  void clear() noexcept;
  bool empty() const noexcept { return rows_.empty(); }
  std::size_t rows() const noexcept { return rows_.size(); }
  std::uint32_t columns() const noexcept { return columns_; }
  // Bytes of keys and inline values.
  std::size_t bytes() const noexcept { return data_.size(); }

  Op op(std::size_t row) const noexcept { return rows_[row].op; }
  ColumnMask carried(std::size_t row) const noexcept { return rows_[row].carried; }
  const KeyHash& hash(std::size_t row) const noexcept { return rows_[row].hash; }
  base::ByteView key(std::size_t row) const noexcept {
    return base::ByteView(data_).substr(rows_[row].start, rows_[row].key_size);
  }
  Cell cell(std::size_t row, std::uint32_t column) const noexcept {
    const Place& place = cells_[row * columns_ + column];
    return {.kind = place.kind, .bytes = base::ByteView(data_).substr(place.start, place.size)};
  }
  // The cells are held in `cells`; all views live until the buffer changes.
  StoredRow row(std::size_t row, std::vector<Cell>& cells) const;

private:
  struct Head {
    std::size_t start = 0;
    std::size_t key_size = 0;
    ColumnMask carried = 0;
    KeyHash hash{};
    Op op = Op::insert;
  };
  struct Place {
    std::size_t start = 0;
    std::uint32_t size = 0;
    Cell::Kind kind = Cell::Kind::absent;
  };
  std::uint32_t columns_;
  base::Bytes data_;
  std::vector<Head> rows_;
  std::vector<Place> cells_;
};

// How the values of the columns are ordered in a block.  `chosen` is what the format's writer does; the others are for
// the curves that led to it.
enum class ValueOrder { chosen, rows, grouped };

// Not thread-safe; keeps its scratch memory between blocks.
class RowBlockWriter {
public:
  // The buffer must hold at least one row.  The result lives until the next call.
  base::ByteView encode(const RowBuffer& rows, ValueOrder order = ValueOrder::chosen);

private:
  void write_shapes(const RowBuffer& rows);
  void write_keys(const RowBuffer& rows);
  void write_column(const RowBuffer& rows, std::uint32_t column, ValueOrder order);
  void varint(std::uint64_t value);

  base::Bytes out_;
  std::vector<base::ByteView> rests_;      // distinct ends of keys
  std::vector<std::uint32_t> rest_slots_;  // open hash table over them
  std::vector<std::uint32_t> rest_of_row_;
  std::vector<std::uint32_t> group_of_rest_;
  std::vector<std::uint32_t> grouped_;  // rows ordered by group, stable
  std::vector<std::uint32_t> counts_;
};

// Reads a block's rows in order.  Every fault of the bytes is Error{corruption}; what it allocates is bounded by their
// size.
class RowBlockReader {
public:
  // `plain` must hold a block of a layer with this many columns.
  RowBlockReader(base::Bytes plain, std::uint32_t columns);
  // The views point into heap memory that moves along.
  RowBlockReader(RowBlockReader&&) noexcept = default;
  RowBlockReader& operator=(RowBlockReader&&) noexcept = default;

  std::size_t rows() const noexcept { return head_of_row_.size(); }
  bool valid() const noexcept { return at_ < rows(); }
  std::size_t position() const noexcept { return at_; }
  base::ByteView key() const noexcept { return key_; }
  // Lives until next() or rewind().
  const StoredRow& current();
  void next();
  void rewind();

private:
  struct Slot {  // of one value: place in `plain_`
    std::uint32_t start = 0;
    std::uint32_t size = 0;
    Cell::Kind kind = Cell::Kind::absent;
  };
  struct HeadPart {
    std::uint32_t shared = 0;
    std::uint32_t start = 0;
    std::uint32_t size = 0;
  };
  struct RowShape {
    Op op = Op::insert;
    ColumnMask carried = 0;
  };
  const RowShape& shape() const noexcept;
  void read_shapes(base::ByteReader& in, std::size_t rows);
  void read_keys(base::ByteReader& in, std::size_t rows);
  void read_column(base::ByteReader& in, std::uint32_t column);
  void read_ended(base::ByteReader& in, std::vector<Slot>& slots);
  void read_measured(base::ByteReader& in, std::vector<Slot>& slots);
  void group_rows();
  void load_key();
  std::uint32_t place(base::ByteView view) const noexcept {
    return static_cast<std::uint32_t>(view.data() - plain_->data());
  }

  std::unique_ptr<base::Bytes> plain_;
  std::uint32_t columns_ = 0;
  std::vector<RowShape> shapes_;
  std::vector<std::uint32_t> shape_of_row_;  // empty: all rows have the first
  std::vector<base::ByteView> rests_;
  std::vector<std::uint32_t> rest_of_row_;
  std::vector<std::uint32_t> head_of_row_;  // index into heads_
  std::vector<HeadPart> heads_;
  std::vector<std::uint32_t> grouped_;
  std::vector<std::uint32_t> slot_of_row_;  // in the column that is being read
  std::vector<std::uint32_t> order_;        // the slots of that column as their values lie
  std::vector<std::vector<Slot>> slots_;    // per column, of the rows that carry it
  std::vector<std::uint32_t> next_slot_;    // per column: that of the first row from `at_` on that carries it
  std::size_t at_ = 0;
  std::size_t head_ = 0;  // the head that key_ holds
  std::size_t head_size_ = 0;
  base::Bytes key_;
  StoredRow current_;
  std::vector<Cell> cells_;
};

}  // namespace holdfast::repository
