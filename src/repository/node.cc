#include "repository/node.h"

#include <algorithm>

namespace holdfast::repository {

namespace {

constexpr std::uint8_t k_node_format = 1;
constexpr std::size_t k_entry_bytes_min = 1 + sizeof(BlockId) + 1 + 1 + 1;

std::size_t varint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

}  // namespace

void encode_entries(base::ByteWriter& out, const std::vector<DirectoryEntry>& entries) {
  out.varint(entries.size());
  for (const DirectoryEntry& entry : entries) {
    out.sized(entry.first_key);
    out.raw(entry.id.view());
    out.varint(entry.rows);
    out.varint(entry.bytes);
    out.sized(entry.filter);
  }
}

std::vector<DirectoryEntry> decode_entries(base::ByteReader& in) {
  std::vector<DirectoryEntry> entries;
  const std::size_t count = in.count(k_entry_bytes_min);
  entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    DirectoryEntry entry;
    entry.first_key = in.sized();
    const base::ByteView id = in.raw(sizeof(BlockId));
    std::copy(id.begin(), id.end(), entry.id.bytes.begin());
    entry.rows = in.varint();
    entry.bytes = in.varint();
    entry.filter = in.sized();
    if (!entries.empty() && entry.first_key <= entries.back().first_key) in.fail("its first keys do not ascend");
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::size_t entry_size(const DirectoryEntry& entry) noexcept {
  return varint_size(entry.first_key.size()) + entry.first_key.size() + sizeof(BlockId) + varint_size(entry.rows) +
         varint_size(entry.bytes) + varint_size(entry.filter.size()) + entry.filter.size();
}

base::Bytes encode_node(std::uint8_t height, const std::vector<DirectoryEntry>& entries) {
  base::ByteWriter out;
  out.u8(k_node_format);
  out.u8(height);
  encode_entries(out, entries);
  return out.take();
}

std::vector<DirectoryEntry> decode_node(base::ByteView plain, std::uint8_t height) {
  base::ByteReader in(plain, "a node of a layer");
  if (in.u8() != k_node_format) in.fail("its format is unknown");
  if (in.u8() != height) in.fail("its height is not what its parent says");
  std::vector<DirectoryEntry> entries = decode_entries(in);
  if (entries.empty()) in.fail("it has no entries");
  in.expect_end();
  return entries;
}

}  // namespace holdfast::repository
