// Tombstones that name rows by a keyed hash.
//   <block> ::= <16-byte hash>*     ascending
#pragma once

#include <array>
#include <memory>
#include <unordered_map>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "repository/block_store.h"
#include "repository/layer.h"

namespace holdfast::repository {

// Answers whether a layer's hashed tombstones name a key.  Not thread-safe; keeps the blocks that it has read, up to a
// bound.
class ErasedKeys {
public:
  // `layer` must outlive it and have hashed erases.
  ErasedKeys(BlockSource& source, const Layer& layer);
  bool contains(base::ByteView key);

private:
  BlockSource* source_;
  const Layer* layer_;
  crypto::Hmac256 hmac_;
  std::unordered_map<std::size_t, base::Bytes> blocks_;
};

// The tombstones of several layers as those of one.
void merge_hashed_erases(BlockSource& source, BlockSink& sink, const std::vector<const Layer*>& layers, Layer& out);

}  // namespace holdfast::repository
