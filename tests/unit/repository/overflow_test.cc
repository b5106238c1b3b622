#include "repository/overflow.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "repository/layer.h"
#include "support/memory_blocks.h"

namespace holdfast::repository {
namespace {

using base::Bytes;

Bytes value_of(std::size_t size) {
  Bytes value(size, '\0');
  for (std::size_t i = 0; i < size; ++i) value[i] = static_cast<char>(i * 31 >> 3);
  return value;
}

TEST(Overflow, gives_back_values_around_the_size_of_a_piece) {
  for (const std::size_t size :
       {std::size_t{1}, k_overflow_piece - 1, k_overflow_piece, k_overflow_piece + 1, 3 * k_overflow_piece}) {
    test::MemoryBlocks blocks;
    const Bytes value = value_of(size);
    const Bytes reference = write_overflow(blocks, value);
    Bytes out;
    read_overflow(blocks, reference, out);
    EXPECT_TRUE(out == value) << size;
    EXPECT_EQ(overflow_size(reference), size);
  }
}

TEST(Overflow, cuts_a_reference_off_what_follows) {
  test::MemoryBlocks blocks;
  const Bytes reference = write_overflow(blocks, value_of(2 * k_overflow_piece));
  const Bytes bytes = reference + "rest";
  base::ByteReader in(bytes, "a test");
  EXPECT_EQ(read_overflow_reference(in), reference);
  EXPECT_EQ(in.left(), 4u);
}

TEST(Overflow, refuses_a_reference_to_more_than_any_value_may_have) {
  base::ByteWriter out;
  out.varint(std::uint64_t{k_value_bytes_max} + 1);
  base::ByteReader in(out.bytes(), "a test");
  EXPECT_THROW(read_overflow_reference(in), base::Error);
}

TEST(Overflow, refuses_a_piece_of_the_wrong_length) {
  test::MemoryBlocks blocks;
  const Bytes reference = write_overflow(blocks, value_of(k_overflow_piece + 5));
  BlockId last;
  reference.copy(last.bytes.data(), 16, reference.size() - 16);
  blocks.damage(last, "1234");
  Bytes out;
  try {
    read_overflow(blocks, reference, out);
    FAIL() << "a short piece was taken";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
  }
}

}  // namespace
}  // namespace holdfast::repository
