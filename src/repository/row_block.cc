// <block>   ::= <u8 1> <rows> <columns> <shapes> <keys> <column>*          numbers are varints unless said otherwise
// <shapes>  ::= <count> <shape>* [<index of shape> per row]                the indices only where count > 1
// <shape>   ::= <u8 op> [<mask>]                                           the mask only for updates
// <keys>    ::= <count> <sized rest>* <2 * index of rest + new head> per row
//               <bytes shared with the head before> per head <further bytes> per head <those bytes, concatenated>
// <column>  ::= <u8 layout> (<length> per value <values, concatenated> | <ended>*)   columns that some row carries
// <layout>  ::= bit 0: values ordered by group instead of by row; bit 1: ended instead of measured values
// <length>  ::= 0 NULL | 1 overflow reference | n + 2
// <ended>   ::= <u8 1>, which is NULL | the bytes of the value <u8 0>
//
// Ended values (text, as a rule) compress 4 % better than measured ones: the end of one and the start of the next are
// part of what repeats, while lengths are numbers that hardly do.
//
// A key is a head (its first text part) and a rest: rows of one object share the head, and the rests (aspect and
// version) are few, so a row's key costs one byte here and almost nothing when compressed.
#include "repository/row_block.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "repository/overflow.h"

namespace holdfast::repository {

namespace {

using base::ByteReader;
using base::Bytes;
using base::ByteView;

constexpr std::uint8_t k_block_format = 1;
constexpr std::uint64_t k_code_null = 0;
constexpr std::uint64_t k_code_overflow = 1;
constexpr std::uint64_t k_code_value = 2;
constexpr std::uint8_t k_layout_grouped = 1;
constexpr std::uint8_t k_layout_ended = 2;
constexpr char k_end = 0;
constexpr char k_null = 1;
constexpr ByteView k_end_of_text("\0\0", 2);

// Bytes of the first text part with its end; the whole key where it has none.
std::size_t head_size(ByteView key) noexcept {
  const std::size_t end = key.find(k_end_of_text);
  return end == ByteView::npos ? key.size() : end + k_end_of_text.size();
}

// The second text part: rows that agree in it hold values of one form.
ByteView group_name(ByteView rest) noexcept {
  return rest.substr(0, rest.find(k_end_of_text));
}

// Numbers the distinct groups of the rests in order of appearance; returns how many there are.
std::uint32_t number_groups(const std::vector<ByteView>& rests, std::vector<std::uint32_t>& group_of_rest) {
  group_of_rest.assign(rests.size(), 0);
  std::vector<std::uint32_t> by_name(rests.size());
  for (std::uint32_t i = 0; i < by_name.size(); ++i) by_name[i] = i;
  std::stable_sort(by_name.begin(), by_name.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return group_name(rests[a]) < group_name(rests[b]); });
  std::uint32_t groups = 0;
  for (std::size_t i = 0; i < by_name.size(); ++i) {
    if (i > 0 && group_name(rests[by_name[i]]) != group_name(rests[by_name[i - 1]])) ++groups;
    group_of_rest[by_name[i]] = groups;
  }
  return rests.empty() ? 0 : groups + 1;
}

// Rows ordered by group, rows of one group in their own order: derived from the keys, so it costs no bytes.
void order_by_group(const std::vector<std::uint32_t>& rest_of_row, const std::vector<std::uint32_t>& group_of_rest,
                    std::uint32_t groups, std::vector<std::uint32_t>& counts, std::vector<std::uint32_t>& grouped) {
  counts.assign(groups + 1, 0);
  for (const std::uint32_t rest : rest_of_row) ++counts[group_of_rest[rest] + 1];
  for (std::uint32_t g = 0; g < groups; ++g) counts[g + 1] += counts[g];
  grouped.resize(rest_of_row.size());
  for (std::uint32_t row = 0; row < rest_of_row.size(); ++row) grouped[counts[group_of_rest[rest_of_row[row]]]++] = row;
}

bool can_be_ended(const Cell& cell) noexcept {
  if (cell.kind != Cell::Kind::value) return cell.kind == Cell::Kind::null;
  return (cell.bytes.empty() || cell.bytes.front() != k_null) && cell.bytes.find(k_end) == ByteView::npos;
}

std::size_t shared_prefix(ByteView a, ByteView b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t i = 0;
  while (i < most && a[i] == b[i]) ++i;
  return i;
}

}  // namespace

void RowBuffer::add(const StoredRow& row, const KeyHash& hash) {
  rows_.push_back(
      {.start = data_.size(), .key_size = row.key.size(), .carried = row.carried, .hash = hash, .op = row.op});
  data_.append(row.key);
  for (std::uint32_t column = 0; column < columns_; ++column) {
    const bool carried = (row.carried >> column & 1) != 0;
    const Cell cell = carried ? row.cells[column] : Cell{};
    cells_.push_back({.start = data_.size(), .size = static_cast<std::uint32_t>(cell.bytes.size()), .kind = cell.kind});
    data_.append(cell.bytes);
  }
}

void RowBuffer::clear() noexcept {
  data_.clear();
  rows_.clear();
  cells_.clear();
}

StoredRow RowBuffer::row(std::size_t row, std::vector<Cell>& cells) const {
  cells.clear();
  for (std::uint32_t column = 0; column < columns_; ++column) cells.push_back(cell(row, column));
  return {.op = op(row), .carried = carried(row), .key = key(row), .cells = cells};
}

void RowBlockWriter::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<char>(value));
}

void RowBlockWriter::write_shapes(const RowBuffer& rows) {
  std::vector<std::pair<Op, ColumnMask>> shapes;
  std::vector<std::uint32_t>& index = counts_;
  index.clear();
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const std::pair<Op, ColumnMask> shape(rows.op(row), rows.carried(row));
    std::size_t i = row > 0 && shapes[index.back()] == shape ? index.back() : 0;
    while (i < shapes.size() && shapes[i] != shape) ++i;
    if (i == shapes.size()) shapes.push_back(shape);
    index.push_back(static_cast<std::uint32_t>(i));
  }
  varint(shapes.size());
  for (const auto& [op, carried] : shapes) {
    out_.push_back(static_cast<char>(op));
    if (op == Op::update) varint(carried);
  }
  if (shapes.size() == 1) return;
  for (const std::uint32_t i : index) varint(i);
}

void RowBlockWriter::write_keys(const RowBuffer& rows) {
  rests_.clear();
  rest_of_row_.clear();
  std::size_t slots = 16;
  while (slots < rows.rows() * 2) slots *= 2;
  rest_slots_.assign(slots, 0);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const ByteView key = rows.key(row);
    const ByteView rest = key.substr(head_size(key));
    std::size_t slot = std::hash<ByteView>{}(rest) & (slots - 1);
    while (rest_slots_[slot] != 0 && rests_[rest_slots_[slot] - 1] != rest) slot = (slot + 1) & (slots - 1);
    if (rest_slots_[slot] == 0) {
      rests_.push_back(rest);
      rest_slots_[slot] = static_cast<std::uint32_t>(rests_.size());
    }
    rest_of_row_.push_back(rest_slots_[slot] - 1);
  }
  varint(rests_.size());
  for (const ByteView rest : rests_) {
    varint(rest.size());
    out_.append(rest);
  }
  std::vector<ByteView> heads;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const ByteView head = rows.key(row).substr(0, head_size(rows.key(row)));
    const bool is_new = heads.empty() || head != heads.back();
    if (is_new) heads.push_back(head);
    varint(std::uint64_t{rest_of_row_[row]} * 2 + (is_new ? 1 : 0));
  }
  std::vector<std::size_t> shared(heads.size(), 0);
  for (std::size_t i = 1; i < heads.size(); ++i) shared[i] = shared_prefix(heads[i - 1], heads[i]);
  for (const std::size_t size : shared) varint(size);
  for (std::size_t i = 0; i < heads.size(); ++i) varint(heads[i].size() - shared[i]);
  for (std::size_t i = 0; i < heads.size(); ++i) out_.append(heads[i].substr(shared[i]));
}

void RowBlockWriter::write_column(const RowBuffer& rows, std::uint32_t column, ValueOrder order) {
  std::size_t carried = 0;
  std::size_t repeated = 0;
  bool ended = true;
  ByteView before;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const Cell cell = rows.cell(row, column);
    if (cell.kind == Cell::Kind::absent) continue;
    ++carried;
    if (cell.bytes == before) ++repeated;
    ended = ended && can_be_ended(cell);
    before = cell.bytes;
  }
  if (carried == 0) return;
  // Values that neighbours share (the instant of one ingestion) compress best where they are; bodies beside their like.
  const bool grouped = order == ValueOrder::grouped || (order == ValueOrder::chosen && repeated * 2 < carried);
  out_.push_back(static_cast<char>((grouped ? k_layout_grouped : 0) | (ended ? k_layout_ended : 0)));
  const auto row_at = [&](std::size_t i) { return grouped ? grouped_[i] : i; };
  if (ended) {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const Cell cell = rows.cell(row_at(i), column);
      out_.append(cell.bytes);
      if (cell.kind != Cell::Kind::absent) out_.push_back(cell.kind == Cell::Kind::null ? k_null : k_end);
    }
    return;
  }
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const Cell cell = rows.cell(row_at(i), column);
    if (cell.kind == Cell::Kind::null) varint(k_code_null);
    if (cell.kind == Cell::Kind::overflow) varint(k_code_overflow);
    if (cell.kind == Cell::Kind::value) varint(cell.bytes.size() + k_code_value);
  }
  for (std::size_t i = 0; i < rows.rows(); ++i) out_.append(rows.cell(row_at(i), column).bytes);
}

ByteView RowBlockWriter::encode(const RowBuffer& rows, ValueOrder order) {
  if (rows.empty()) throw base::Error(base::ErrorKind::internal, "a row block of no rows");
  out_.clear();
  out_.push_back(static_cast<char>(k_block_format));
  varint(rows.rows());
  varint(rows.columns());
  write_shapes(rows);
  write_keys(rows);
  const std::uint32_t groups = number_groups(rests_, group_of_rest_);
  order_by_group(rest_of_row_, group_of_rest_, groups, counts_, grouped_);
  for (std::uint32_t column = 0; column < rows.columns(); ++column) write_column(rows, column, order);
  return out_;
}

RowBlockReader::RowBlockReader(Bytes plain, std::uint32_t columns)
    : plain_(std::make_unique<Bytes>(std::move(plain))), columns_(columns), cells_(columns) {
  ByteReader in(*plain_, "a row block");
  if (plain_->size() > 0xffffffffu) in.fail("it is longer than 4 GiB");
  if (in.u8() != k_block_format) in.fail("its format is unknown");
  const std::size_t rows = in.count();
  if (rows == 0) in.fail("it has no rows");
  if (in.varint() != columns) in.fail("its number of columns is not the layer's");
  read_shapes(in, rows);
  read_keys(in, rows);
  group_rows();
  slots_.resize(columns_);
  for (std::uint32_t column = 0; column < columns_; ++column) read_column(in, column);
  in.expect_end();
  rewind();
}

void RowBlockReader::read_shapes(ByteReader& in, std::size_t rows) {
  const std::size_t shapes = in.count();
  if (shapes == 0 || shapes > rows) in.fail("its row shapes are not between one and the number of rows");
  for (std::size_t i = 0; i < shapes; ++i) {
    const std::uint8_t op = in.u8();
    if (op > static_cast<std::uint8_t>(Op::erase)) in.fail("a row does what no row can do");
    RowShape shape{.op = static_cast<Op>(op), .carried = 0};
    if (shape.op == Op::insert) shape.carried = all_columns(columns_);
    if (shape.op == Op::update) shape.carried = in.varint();
    if ((shape.carried & ~all_columns(columns_)) != 0) in.fail("a row carries a column that is not there");
    shapes_.push_back(shape);
  }
  if (shapes == 1) return;
  if (in.left() < rows) in.fail("its rows have no shapes");
  shape_of_row_.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t shape = in.varint();
    if (shape >= shapes) in.fail("a row has a shape that is not there");
    shape_of_row_.push_back(static_cast<std::uint32_t>(shape));
  }
}

void RowBlockReader::read_keys(ByteReader& in, std::size_t rows) {
  const std::size_t rests = in.count();
  rests_.reserve(rests);
  for (std::size_t i = 0; i < rests; ++i) rests_.push_back(in.sized());
  if (in.left() < rows) in.fail("its rows have no keys");
  rest_of_row_.reserve(rows);
  head_of_row_.reserve(rows);
  std::uint32_t heads = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t code = in.varint();
    if (code / 2 >= rests) in.fail("a key ends in something that is not there");
    heads += code & 1;
    if (heads == 0) in.fail("its first key does not begin");
    rest_of_row_.push_back(static_cast<std::uint32_t>(code / 2));
    head_of_row_.push_back(heads - 1);
  }
  heads_.resize(heads);
  std::uint64_t size_before = 0;
  for (HeadPart& head : heads_) {
    const std::uint64_t shared = in.varint();
    if (shared > plain_->size()) in.fail("a key shares more than there is");
    head.shared = static_cast<std::uint32_t>(shared);
  }
  for (HeadPart& head : heads_) {
    const std::uint64_t size = in.varint();
    if (size > in.left()) in.fail("a key is longer than the block");
    if (head.shared > size_before) in.fail("a key shares more than there is");
    head.size = static_cast<std::uint32_t>(size);
    size_before = head.shared + size;
  }
  for (HeadPart& head : heads_) head.start = place(in.raw(head.size));
}

void RowBlockReader::group_rows() {
  std::vector<std::uint32_t> group_of_rest;
  std::vector<std::uint32_t> counts;
  const std::uint32_t groups = number_groups(rests_, group_of_rest);
  order_by_group(rest_of_row_, group_of_rest, groups, counts, grouped_);
}

void RowBlockReader::read_column(ByteReader& in, std::uint32_t column) {
  const auto carries = [&](std::size_t row) {
    const RowShape& shape = shapes_[shape_of_row_.empty() ? 0 : shape_of_row_[row]];
    return (shape.carried >> column & 1) != 0;
  };
  std::size_t carried = 0;
  for (std::size_t row = 0; row < rows(); ++row) carried += carries(row) ? 1 : 0;
  if (carried == 0) return;
  const std::uint8_t layout = in.u8();
  if (layout > (k_layout_grouped | k_layout_ended)) in.fail("the layout of a column is unknown");
  if (in.left() < carried) in.fail("a column has fewer values than rows");
  slots_[column].resize(carried);
  slot_of_row_.resize(rows());
  std::uint32_t slot = 0;
  for (std::size_t row = 0; row < rows(); ++row) {
    slot_of_row_[row] = slot;
    slot += carries(row) ? 1 : 0;
  }
  order_.clear();
  for (std::size_t i = 0; i < rows(); ++i) {
    const std::size_t row = (layout & k_layout_grouped) != 0 ? grouped_[i] : i;
    if (carries(row)) order_.push_back(slot_of_row_[row]);
  }
  if ((layout & k_layout_ended) != 0) {
    read_ended(in, slots_[column]);
  } else {
    read_measured(in, slots_[column]);
  }
}

void RowBlockReader::read_ended(ByteReader& in, std::vector<Slot>& slots) {
  ByteView rest = ByteView(*plain_).substr(plain_->size() - in.left());
  std::size_t used = 0;
  for (const std::uint32_t at : order_) {
    Slot& slot = slots[at];
    slot.start = place(rest);
    slot.kind = Cell::Kind::value;
    if (!rest.empty() && rest.front() == k_null) {
      slot.kind = Cell::Kind::null;
      rest.remove_prefix(1);
      ++used;
      continue;
    }
    const std::size_t end = rest.find(k_end);
    if (end == ByteView::npos) in.fail("a value does not end");
    slot.size = static_cast<std::uint32_t>(end);
    rest.remove_prefix(end + 1);
    used += end + 1;
  }
  in.raw(used);
}

void RowBlockReader::read_measured(ByteReader& in, std::vector<Slot>& slots) {
  for (const std::uint32_t at : order_) {
    Slot& slot = slots[at];
    const std::uint64_t code = in.varint();
    slot.kind = code == k_code_null       ? Cell::Kind::null
                : code == k_code_overflow ? Cell::Kind::overflow
                                          : Cell::Kind::value;
    if (slot.kind != Cell::Kind::value) continue;
    if (code - k_code_value > in.left()) in.fail("a value is longer than the block");
    slot.size = static_cast<std::uint32_t>(code - k_code_value);
  }
  for (const std::uint32_t at : order_) {
    Slot& slot = slots[at];
    const ByteView value = slot.kind == Cell::Kind::overflow ? read_overflow_reference(in) : in.raw(slot.size);
    slot.start = place(value);
    slot.size = static_cast<std::uint32_t>(value.size());
  }
}

void RowBlockReader::load_key() {
  const std::size_t wanted = head_of_row_[at_];
  while (head_ <= wanted) {  // head_ counts the heads that went into key_
    const HeadPart& part = heads_[head_++];
    key_.resize(part.shared);
    key_.append(*plain_, part.start, part.size);
    head_size_ = key_.size();
  }
  key_.resize(head_size_);
  key_.append(rests_[rest_of_row_[at_]]);
}

const RowBlockReader::RowShape& RowBlockReader::shape() const noexcept {
  return shapes_[shape_of_row_.empty() ? 0 : shape_of_row_[at_]];
}

void RowBlockReader::rewind() {
  at_ = 0;
  head_ = 0;
  head_size_ = 0;
  key_.clear();
  next_slot_.assign(columns_, 0);
  load_key();
}

void RowBlockReader::next() {
  for (ColumnMask left = shape().carried; left != 0; left &= left - 1) ++next_slot_[std::countr_zero(left)];
  if (++at_ < rows()) load_key();
}

const StoredRow& RowBlockReader::current() {
  const RowShape& shape = this->shape();
  for (std::uint32_t column = 0; column < columns_; ++column) {
    if ((shape.carried >> column & 1) == 0) {
      cells_[column] = {};
      continue;
    }
    const Slot& slot = slots_[column][next_slot_[column]];
    cells_[column] = {.kind = slot.kind, .bytes = ByteView(*plain_).substr(slot.start, slot.size)};
  }
  current_ = {.op = shape.op, .carried = shape.carried, .key = key_, .cells = cells_};
  return current_;
}

}  // namespace holdfast::repository
