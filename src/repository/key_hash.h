// Keyed hashes of keys: where blocks end, what filters hold, and how tombstones name rows without their keys.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "repository/layer.h"
#include "repository/row_block.h"

namespace holdfast::repository {

// Thread-safe after construction.
class KeyHasher {
public:
  explicit KeyHasher(const BoundaryKey& key);
  KeyHash operator()(base::ByteView key) const noexcept { return hash_(key); }

private:
  crypto::FastHash hash_;
};

// True when a block of a layer ends after a row whose key has this hash: one key in `rows_per_block`.
bool ends_block(const KeyHash& hash, std::uint32_t rows_per_block) noexcept;
// True when a node of `height` ends after an entry whose first key has this hash: independent between heights.
bool ends_node(const KeyHash& hash, std::uint8_t height, std::uint32_t entries_per_node) noexcept;

// Bloom filters, ten bits and seven probes a key: one key in a hundred is let through although it is not there.
base::Bytes make_filter(const RowBuffer& rows);
// False when the key is certainly not among those of the filter.  An empty filter holds everything.
bool may_hold(base::ByteView filter, const KeyHash& hash) noexcept;

}  // namespace holdfast::repository
