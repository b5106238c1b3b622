// <row>    ::= <sized key> <column>*
// <column> ::= 0 NULL | n + 1, then the n bytes, or their hash where n > k_overflow_bytes
//
// Large values go in by their hash so that they need not be copied.
#include "crypto/hash.h"
#include "repository/layer.h"
#include "repository/tree.h"

namespace holdfast::repository {

struct RowHasher::Impl {
  explicit Impl(const BoundaryKey& key)
      : hash(crypto::view(crypto::hmac_sha256({key.bytes.data(), key.bytes.size()}, "holdfast row contents 1"))) {}

  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      row.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    row.push_back(static_cast<char>(value));
  }

  void append(const std::array<std::uint64_t, 2>& number) {
    for (const std::uint64_t half : number) {
      for (int shift = 0; shift < 64; shift += 8) row.push_back(static_cast<char>(half >> shift));
    }
  }

  crypto::FastHash hash;
  base::Bytes row;
};

RowHasher::RowHasher(const BoundaryKey& key) : impl_(std::make_unique<Impl>(key)) {}
RowHasher::~RowHasher() = default;
RowHasher::RowHasher(RowHasher&&) noexcept = default;

std::array<std::uint64_t, 2> RowHasher::operator()(const base::RowView& row) {
  Impl& impl = *impl_;
  impl.row.clear();
  impl.varint(row.key.size());
  impl.row.append(row.key);
  for (const base::ColumnView& column : row.columns) {
    impl.varint(column ? column->size() + 1 : 0);
    if (!column) continue;
    if (column->size() > k_overflow_bytes) {
      impl.append(impl.hash(*column));
    } else {
      impl.row.append(*column);
    }
  }
  return impl.hash(impl.row);
}

void ContentHash::plus(const std::array<std::uint64_t, 2>& hash) noexcept {
  value[0] += hash[0];
  value[1] += hash[1] + (value[0] < hash[0] ? 1 : 0);
}

void ContentHash::minus(const std::array<std::uint64_t, 2>& hash) noexcept {
  const bool borrow = value[0] < hash[0];
  value[0] -= hash[0];
  value[1] -= hash[1] + (borrow ? 1 : 0);
}

void ContentHash::add(const BoundaryKey& key, const base::RowView& row) {
  plus(RowHasher(key)(row));
}
void ContentHash::subtract(const BoundaryKey& key, const base::RowView& row) {
  minus(RowHasher(key)(row));
}
void ContentHash::add(const ContentHash& other) noexcept {
  plus(other.value);
}
void ContentHash::subtract(const ContentHash& other) noexcept {
  minus(other.value);
}

}  // namespace holdfast::repository
