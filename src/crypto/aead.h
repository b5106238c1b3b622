// AES-256-GCM by OpenSSL.  The caller owns the nonce discipline: one key never seals twice under one nonce.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"

namespace holdfast::crypto {

inline constexpr std::size_t k_key_bytes = 32;
inline constexpr std::size_t k_tag_bytes = 16;

// 32-bit zero, then the number, big-endian: the nonce of the number-th message under a key.
using NonceNumber = std::uint64_t;

// Appends ciphertext and tag to `out`.
void seal(const base::Secret& key, NonceNumber nonce, base::ByteView associated, base::ByteView plain,
          base::Bytes& out);
// nullopt when the tag does not fit: wrong key, wrong place or damage.
std::optional<base::Bytes> open(const base::Secret& key, NonceNumber nonce, base::ByteView associated,
                                base::ByteView sealed);

}  // namespace holdfast::crypto
