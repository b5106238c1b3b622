#include "repository/key_hash.h"

#include <algorithm>

namespace holdfast::repository {

namespace {

constexpr std::size_t k_filter_bits_a_key = 10;
constexpr int k_filter_probes = 7;

// One in `each` of all hashes falls below it.
std::uint64_t threshold(std::uint32_t each) noexcept {
  return ~std::uint64_t{0} / std::max<std::uint32_t>(each, 1);
}

struct Probes {
  std::uint64_t at = 0;
  std::uint64_t step = 0;
  std::uint64_t bits = 0;

  Probes(const KeyHash& hash, std::size_t filter_bytes) noexcept
      : at(hash[1] >> 32), step((hash[1] & 0xffffffffu) | 1), bits(std::uint64_t{filter_bytes} * 8) {}
  std::uint64_t next() noexcept {
    const std::uint64_t bit = at % bits;
    at += step;
    return bit;
  }
};

}  // namespace

// The parts of the boundary key's life are separated by name, so that no hash of one purpose says anything about
// another.
KeyHasher::KeyHasher(const BoundaryKey& key)
    : hash_(crypto::view(crypto::hmac_sha256({key.bytes.data(), key.bytes.size()}, "holdfast key boundaries 1"))) {}

bool ends_block(const KeyHash& hash, std::uint32_t rows_per_block) noexcept {
  return hash[0] <= threshold(rows_per_block);
}

bool ends_node(const KeyHash& hash, std::uint8_t height, std::uint32_t entries_per_node) noexcept {
  // A node's first key is the first key of its first entry: without the mixing every node above it would end there as
  // well.
  std::uint64_t mixed = (hash[1] + height) * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 29;
  mixed *= 0xbf58476d1ce4e5b9u;
  mixed ^= mixed >> 32;
  return mixed <= threshold(entries_per_node);
}

base::Bytes make_filter(const RowBuffer& rows) {
  base::Bytes filter((rows.rows() * k_filter_bits_a_key + 7) / 8, '\0');
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    Probes probes(rows.hash(row), filter.size());
    for (int i = 0; i < k_filter_probes; ++i) {
      const std::uint64_t bit = probes.next();
      filter[bit / 8] = static_cast<char>(static_cast<unsigned char>(filter[bit / 8]) | 1u << (bit % 8));
    }
  }
  return filter;
}

bool may_hold(base::ByteView filter, const KeyHash& hash) noexcept {
  if (filter.empty()) return true;
  Probes probes(hash, filter.size());
  for (int i = 0; i < k_filter_probes; ++i) {
    const std::uint64_t bit = probes.next();
    if ((static_cast<unsigned char>(filter[bit / 8]) >> (bit % 8) & 1) == 0) return false;
  }
  return true;
}

}  // namespace holdfast::repository
