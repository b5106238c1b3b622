// Blocks: the unit that is compressed, sealed and found again.  Trees name blocks by id, never by place.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>

#include "base/bytes.h"

namespace holdfast::repository {

// First 16 bytes of a keyed hash of the plain bytes, the key being that of the writer's trust domain.
struct BlockId {
  std::array<char, 16> bytes{};
  base::ByteView view() const noexcept { return {bytes.data(), bytes.size()}; }
  friend auto operator<=>(const BlockId&, const BlockId&) = default;
};

struct BlockIdHash {
  std::size_t operator()(const BlockId& id) const noexcept {
    std::size_t out = 0;  // the id is a keyed hash already: any eight bytes of it will do
    __builtin_memcpy(&out, id.bytes.data(), sizeof out);
    return out;
  }
};

enum class BlockKind : std::uint8_t {
  rows = 1,      // rows of a layer, block.h
  node = 2,      // directory entries of a layer, layer.h
  overflow = 3,  // one column value too large for a row block
  erased = 4,    // sorted key hashes: tombstones that do not name the key
};

// Thread-safe.
class BlockSource {
public:
  virtual ~BlockSource() = default;
  // The plain bytes.  Throws Error{corruption} when the block is missing or not what its id says, naming it.
  virtual base::Bytes get(const BlockId& id) = 0;
};

// Thread-safe.  put() may block (back-pressure of the store).
class BlockSink {
public:
  virtual ~BlockSink() = default;
  // Returns the id; bytes that the repository holds already are not stored again.
  virtual BlockId put(BlockKind kind, base::ByteView plain) = 0;
};

}  // namespace holdfast::repository
