#include "repository/row_block.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "base/key.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

using base::Bytes;

struct TestRow {
  Op op = Op::insert;
  ColumnMask carried = 0;
  Bytes key;
  std::vector<std::pair<Cell::Kind, Bytes>> cells;
  friend bool operator==(const TestRow&, const TestRow&) = default;
};

RowBuffer buffer_of(const std::vector<TestRow>& rows, std::uint32_t columns) {
  RowBuffer buffer(columns);
  for (const TestRow& row : rows) {
    std::vector<Cell> cells;
    for (const auto& [kind, bytes] : row.cells) cells.push_back({.kind = kind, .bytes = bytes});
    buffer.add({.op = row.op, .carried = row.carried, .key = row.key, .cells = cells}, {});
  }
  return buffer;
}

std::vector<TestRow> decode(Bytes plain, std::uint32_t columns) {
  std::vector<TestRow> rows;
  for (RowBlockReader reader(std::move(plain), columns); reader.valid(); reader.next()) {
    const StoredRow& row = reader.current();
    TestRow out{.op = row.op, .carried = row.carried, .key = Bytes(row.key), .cells = {}};
    for (const Cell& cell : row.cells) out.cells.emplace_back(cell.kind, Bytes(cell.bytes));
    rows.push_back(std::move(out));
  }
  return rows;
}

Bytes encode(const std::vector<TestRow>& rows, std::uint32_t columns, ValueOrder order = ValueOrder::chosen) {
  return Bytes(RowBlockWriter().encode(buffer_of(rows, columns), order));
}

TestRow make_row(const Bytes& key, Op op, ColumnMask carried, std::uint64_t seed, std::uint32_t columns) {
  TestRow row{.op = op, .carried = carried, .key = key, .cells = {}};
  const test::Values values = test::some_values(seed, columns);
  for (std::uint32_t i = 0; i < columns; ++i) {
    if ((carried >> i & 1) == 0) {
      row.cells.emplace_back(Cell::Kind::absent, Bytes());
    } else {
      row.cells.emplace_back(values[i] ? Cell::Kind::value : Cell::Kind::null, values[i].value_or(Bytes()));
    }
  }
  return row;
}

std::vector<TestRow> random_rows(std::uint64_t seed, std::size_t count, std::uint32_t columns) {
  std::mt19937_64 random(seed);
  std::map<Bytes, TestRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    Bytes key = test::numbered_key(random() % 500);
    if (random() % 5 == 0) key = Bytes(random() % 20, static_cast<char>(random() % 3));
    const Op op = static_cast<Op>(random() % 3);
    const ColumnMask all = all_columns(columns);
    const ColumnMask carried = op == Op::insert ? all : op == Op::erase ? 0 : random() & all;
    rows[key] = make_row(key, op, carried, random(), columns);
  }
  std::vector<TestRow> out;
  for (auto& [key, row] : rows) out.push_back(std::move(row));
  return out;
}

RC_GTEST_PROP(RowBlock, gives_back_what_was_put_in, (std::uint64_t seed)) {
  const std::uint32_t columns = *rc::gen::inRange<std::uint32_t>(0, 65);
  const std::vector<TestRow> rows = random_rows(seed, *rc::gen::inRange<std::size_t>(1, 80), columns);
  for (const ValueOrder order : {ValueOrder::chosen, ValueOrder::rows, ValueOrder::grouped}) {
    RC_ASSERT(decode(encode(rows, columns, order), columns) == rows);
  }
}

TEST(RowBlock, tells_null_from_empty) {
  const std::vector<TestRow> rows{
      {.op = Op::insert, .carried = 3, .key = "k", .cells = {{Cell::Kind::null, ""}, {Cell::Kind::value, ""}}}};
  EXPECT_EQ(decode(encode(rows, 2), 2), rows);
}

TEST(RowBlock, keeps_bytes_that_could_be_taken_for_marks) {
  for (const Bytes& odd : {Bytes(1, '\0'), Bytes("a\0b", 3), Bytes("\1"), Bytes("\1x"), Bytes("x\1"), Bytes()}) {
    std::vector<TestRow> rows;
    rows.push_back({.op = Op::insert, .carried = 1, .key = "a", .cells = {{Cell::Kind::value, "before"}}});
    rows.push_back({.op = Op::insert, .carried = 1, .key = "b", .cells = {{Cell::Kind::value, odd}}});
    rows.push_back({.op = Op::insert, .carried = 1, .key = "c", .cells = {{Cell::Kind::null, ""}}});
    EXPECT_EQ(decode(encode(rows, 1), 1), rows);
  }
}

TEST(RowBlock, keeps_references_to_overflow_values) {
  base::ByteWriter reference;
  reference.varint((1 << 20) + 1);
  reference.raw(Bytes(32, 'i'));
  const std::vector<TestRow> rows{
      {.op = Op::insert, .carried = 1, .key = "a", .cells = {{Cell::Kind::overflow, reference.bytes()}}},
      {.op = Op::insert, .carried = 1, .key = "b", .cells = {{Cell::Kind::value, "small"}}}};
  EXPECT_EQ(decode(encode(rows, 1), 1), rows);
}

TEST(RowBlock, costs_almost_nothing_for_rows_of_one_shape) {
  std::vector<TestRow> rows;
  for (int i = 0; i < 200; ++i) {
    Bytes key;
    base::append_text(key, std::to_string(1000 + i));
    base::append_text(key, "status");
    rows.push_back({.op = Op::update, .carried = 2, .key = key, .cells = {{}, {Cell::Kind::value, "v"}}});
  }
  // One byte each for the place in the table of key ends, the shared prefix, its length, the one to three further
  // bytes, their end, the length of the value and the value.
  EXPECT_LT(encode(rows, 2).size(), 200 * 9 + 100);
}

TEST(RowBlock, can_be_read_again_from_the_start) {
  const std::vector<TestRow> rows = random_rows(7, 50, 3);
  RowBlockReader reader(encode(rows, 3), 3);
  for (std::size_t i = 0; i < rows.size(); ++i) reader.next();
  EXPECT_FALSE(reader.valid());
  reader.rewind();
  EXPECT_EQ(reader.key(), rows.front().key);
}

TEST(RowBlock, refuses_every_truncation) {
  const Bytes plain = encode(random_rows(3, 20, 3), 3);
  for (std::size_t size = 0; size < plain.size(); ++size) {
    try {
      decode(plain.substr(0, size), 3);
      FAIL() << "a block cut off at " << size << " was read";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
    }
  }
}

TEST(RowBlock, survives_every_flip) {
  const std::vector<TestRow> rows = random_rows(4, 20, 3);
  const Bytes plain = encode(rows, 3);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < plain.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      Bytes damaged = plain;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
      try {
        EXPECT_NE(decode(damaged, 3), rows) << at;
      } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, plain.size() / 10);
}

TEST(RowBlock, refuses_another_number_of_columns) {
  EXPECT_THROW(decode(encode(random_rows(5, 9, 3), 3), 4), base::Error);
}

}  // namespace
}  // namespace holdfast::repository
