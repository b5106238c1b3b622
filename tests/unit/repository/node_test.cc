#include "repository/node.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/tree_fixture.h"

namespace holdfast::repository {
namespace {

std::vector<DirectoryEntry> some_entries() {
  std::vector<DirectoryEntry> entries;
  for (std::uint64_t i = 0; i < 20; ++i) {
    DirectoryEntry entry{
        .first_key = test::numbered_key(i * 7), .id = {}, .rows = i * 100, .bytes = i << 20, .filter = {}};
    entry.id.bytes.fill(static_cast<char>(i));
    if (i % 2 == 0) entry.filter = base::Bytes(i, 'f');
    entries.push_back(std::move(entry));
  }
  return entries;
}

TEST(Node, gives_back_its_entries) {
  const std::vector<DirectoryEntry> entries = some_entries();
  EXPECT_EQ(decode_node(encode_node(3, entries), 3), entries);
}

TEST(Node, knows_the_encoded_size_of_an_entry) {
  for (const DirectoryEntry& entry : some_entries()) {
    base::ByteWriter out;
    encode_entries(out, {entry});
    EXPECT_EQ(entry_size(entry) + 1, out.size());
  }
}

TEST(Node, refuses_another_height) {
  EXPECT_THROW(decode_node(encode_node(1, some_entries()), 2), base::Error);
}

TEST(Node, refuses_first_keys_that_do_not_ascend) {
  std::vector<DirectoryEntry> entries = some_entries();
  std::swap(entries[3], entries[4]);
  EXPECT_THROW(decode_node(encode_node(1, entries), 1), base::Error);
}

TEST(Node, refuses_every_truncation) {
  const base::Bytes plain = encode_node(1, some_entries());
  for (std::size_t size = 0; size < plain.size(); ++size) {
    try {
      decode_node(base::ByteView(plain).substr(0, size), 1);
      FAIL() << "a node cut off at " << size << " was read";
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::corruption);
    }
  }
}

}  // namespace
}  // namespace holdfast::repository
