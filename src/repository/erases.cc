#include "repository/erases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace holdfast::repository {

namespace {

constexpr std::size_t k_hash = sizeof(ErasedHash);
constexpr std::size_t k_hashes_a_block = 4096;
constexpr std::size_t k_blocks_kept = 64;  // 4 MiB

std::array<char, 32> erase_key(const BoundaryKey& key) {
  return crypto::hmac_sha256({key.bytes.data(), key.bytes.size()}, "holdfast erased keys 1");
}

ErasedHash cut(const crypto::Hash256& hash) {
  ErasedHash out;
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

// As unsigned bytes, the order in which the blocks keep them.
bool less(const ErasedHash& a, const ErasedHash& b) noexcept {
  return std::memcmp(a.data(), b.data(), k_hash) < 0;
}

base::Bytes read_block(BlockSource& source, const DirectoryEntry& entry) {
  base::Bytes block = source.get(entry.id);
  if (block.empty() || block.size() % k_hash != 0 || block.size() / k_hash != entry.rows ||
      base::ByteView(block).substr(0, k_hash) != entry.first_key) {
    throw base::Error(
        base::ErrorKind::corruption,
        fmt::format("block {} does not hold the erased keys that its layer names", base::to_hex(entry.id.view())));
  }
  return block;
}

void write_blocks(BlockSink& sink, std::vector<ErasedHash> hashes, Layer& layer) {
  std::sort(hashes.begin(), hashes.end(), less);
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  layer.hashed_erases.clear();
  for (std::size_t at = 0; at < hashes.size(); at += k_hashes_a_block) {
    const std::size_t count = std::min(k_hashes_a_block, hashes.size() - at);
    const base::ByteView block(hashes[at].data(), count * k_hash);
    DirectoryEntry entry;
    entry.first_key = block.substr(0, k_hash);
    entry.id = sink.put(BlockKind::erased, block);
    entry.rows = count;
    entry.bytes = block.size();
    layer.hashed_erases.push_back(std::move(entry));
  }
  layer.erases += hashes.size();
}

}  // namespace

ErasedHash key_hash(const BoundaryKey& key, base::ByteView wanted) {
  const std::array<char, 32> derived = erase_key(key);
  return cut(crypto::hmac_sha256({derived.data(), derived.size()}, wanted));
}

void add_hashed_erases(BlockSink& sink, const BoundaryKey& key, Layer& layer, std::vector<ErasedHash> hashes) {
  if (hashes.empty()) return;
  layer.erase_key = erase_key(key);
  write_blocks(sink, std::move(hashes), layer);
}

void merge_hashed_erases(BlockSource& source, BlockSink& sink, const std::vector<const Layer*>& layers, Layer& out) {
  std::vector<ErasedHash> hashes;
  for (const Layer* layer : layers) {
    for (const DirectoryEntry& entry : layer->hashed_erases) {
      const base::Bytes block = read_block(source, entry);
      const std::size_t before = hashes.size();
      hashes.resize(before + block.size() / k_hash);
      std::memcpy(hashes[before].data(), block.data(), block.size());
      out.erase_key = layer->erase_key;
    }
  }
  write_blocks(sink, std::move(hashes), out);
}

ErasedKeys::ErasedKeys(BlockSource& source, const Layer& layer)
    : source_(&source), layer_(&layer), hmac_(base::ByteView(layer.erase_key.data(), layer.erase_key.size())) {}

bool ErasedKeys::contains(base::ByteView key) {
  const ErasedHash hash = cut(hmac_(key));
  const base::ByteView wanted(hash.data(), hash.size());
  const auto& entries = layer_->hashed_erases;
  const auto after =
      std::upper_bound(entries.begin(), entries.end(), wanted,
                       [](base::ByteView value, const DirectoryEntry& entry) { return value < entry.first_key; });
  if (after == entries.begin()) return false;
  const std::size_t index = static_cast<std::size_t>(after - entries.begin()) - 1;
  auto found = blocks_.find(index);
  if (found == blocks_.end()) {
    if (blocks_.size() >= k_blocks_kept) blocks_.erase(blocks_.begin());
    found = blocks_.emplace(index, read_block(*source_, entries[index])).first;
  }
  const base::ByteView block = found->second;
  std::size_t low = 0;
  std::size_t high = block.size() / k_hash;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const int order = block.substr(middle * k_hash, k_hash).compare(wanted);
    if (order == 0) return true;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

}  // namespace holdfast::repository
