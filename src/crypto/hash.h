// Hashes.  SHA-256 and HMAC by OpenSSL, the row hash by XXH3.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace holdfast::crypto {

using Hash256 = std::array<char, 32>;

Hash256 sha256(base::ByteView bytes);
Hash256 hmac_sha256(base::ByteView key, base::ByteView bytes);

class Sha256 {  // incremental; not thread-safe
public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  void update(base::ByteView bytes);
  Hash256 finish();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// HMAC-SHA256 with one key over many messages without setting the key up again.  Not thread-safe.
class Hmac256 {
public:
  explicit Hmac256(base::ByteView key);
  ~Hmac256();
  Hmac256(Hmac256&&) noexcept;
  Hash256 operator()(base::ByteView bytes);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// 128 bits of XXH3 under a 192-byte secret that is derived from `key` once: fast and keyed, but not a cryptographic
// hash. Thread-safe after construction.
class FastHash {
public:
  explicit FastHash(base::ByteView key);
  std::array<std::uint64_t, 2> operator()(base::ByteView bytes) const noexcept;  // low, high

private:
  std::array<char, 192> secret_{};
};

inline base::ByteView view(const Hash256& hash) noexcept {
  return {hash.data(), hash.size()};
}
// Compares in constant time.
bool equal(base::ByteView a, base::ByteView b) noexcept;

}  // namespace holdfast::crypto
