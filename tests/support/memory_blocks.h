// Blocks in memory, for tests and curves of trees.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "repository/block_store.h"

namespace holdfast::test {

// Thread-safe.  Counts what is asked of it.
class MemoryBlocks : public repository::BlockSource, public repository::BlockSink {
public:
  base::Bytes get(const repository::BlockId& id) override;
  repository::BlockId put(repository::BlockKind kind, base::ByteView plain) override;

  // Hands out other bytes for this block from now on.
  void damage(const repository::BlockId& id, base::Bytes plain);
  std::uint64_t gets() const;
  std::uint64_t blocks() const;  // distinct ones
  std::uint64_t blocks(repository::BlockKind kind) const;
  std::uint64_t plain_bytes() const;   // of distinct blocks
  std::uint64_t stored_bytes() const;  // the same, each compressed by zstd -3; 0 unless compressing

  enum class Measure { plain, compressed };
  explicit MemoryBlocks(Measure measure = Measure::plain) : measure_(measure) {}

private:
  struct Stored {
    repository::BlockKind kind;
    base::Bytes plain;
  };
  Measure measure_;
  mutable std::mutex mutex_;
  std::unordered_map<repository::BlockId, Stored, repository::BlockIdHash> blocks_;
  std::uint64_t gets_ = 0;
  std::uint64_t plain_bytes_ = 0;
  std::uint64_t stored_bytes_ = 0;
};

}  // namespace holdfast::test
