#include "support/memory_blocks.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "crypto/hash.h"

namespace holdfast::test {

using repository::BlockId;
using repository::BlockKind;

namespace {

BlockId id_of(BlockKind kind, base::ByteView plain) {
  static const crypto::FastHash hash("an id key that only tests use");
  base::Bytes keyed(1, static_cast<char>(kind));
  keyed.append(plain);
  const auto value = hash(keyed);
  BlockId id;
  __builtin_memcpy(id.bytes.data(), value.data(), id.bytes.size());
  return id;
}

std::uint64_t compressed_size(base::ByteView plain) {
  std::vector<char> out(ZSTD_compressBound(plain.size()));
  return std::min<std::uint64_t>(plain.size(), ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
}

}  // namespace

base::Bytes MemoryBlocks::get(const BlockId& id) {
  const std::lock_guard lock(mutex_);
  ++gets_;
  const auto found = blocks_.find(id);
  if (found == blocks_.end()) {
    throw base::Error(base::ErrorKind::corruption, fmt::format("block {} is missing", base::to_hex(id.view())));
  }
  return found->second.plain;
}

BlockId MemoryBlocks::put(BlockKind kind, base::ByteView plain) {
  const BlockId id = id_of(kind, plain);
  const std::lock_guard lock(mutex_);
  if (!blocks_.try_emplace(id, Stored{kind, base::Bytes(plain)}).second) return id;
  plain_bytes_ += plain.size();
  if (measure_ == Measure::compressed) stored_bytes_ += compressed_size(plain);
  return id;
}

void MemoryBlocks::damage(const BlockId& id, base::Bytes plain) {
  const std::lock_guard lock(mutex_);
  blocks_.at(id).plain = std::move(plain);
}

std::uint64_t MemoryBlocks::gets() const {
  const std::lock_guard lock(mutex_);
  return gets_;
}

std::uint64_t MemoryBlocks::blocks() const {
  const std::lock_guard lock(mutex_);
  return blocks_.size();
}

std::uint64_t MemoryBlocks::blocks(BlockKind kind) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::uint64_t>(
      std::count_if(blocks_.begin(), blocks_.end(), [&](const auto& item) { return item.second.kind == kind; }));
}

std::uint64_t MemoryBlocks::plain_bytes() const {
  const std::lock_guard lock(mutex_);
  return plain_bytes_;
}

std::uint64_t MemoryBlocks::stored_bytes() const {
  const std::lock_guard lock(mutex_);
  return stored_bytes_;
}

}  // namespace holdfast::test
