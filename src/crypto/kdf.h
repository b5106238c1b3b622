// Key derivation.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/secret.h"

namespace holdfast::crypto {

// HKDF-SHA256.  `info` says what the key is for and is unique per purpose.
base::Secret hkdf(base::ByteView secret, base::ByteView salt, base::ByteView info, std::size_t size = 32);

inline constexpr std::uint64_t k_argon_memory_min = std::uint64_t{128} << 20;
inline constexpr std::uint64_t k_argon_memory_max = std::uint64_t{4} << 30;
inline constexpr std::uint32_t k_argon_passes_min = 3;
inline constexpr std::uint32_t k_argon_passes_max = 64;
inline constexpr std::size_t k_argon_salt_bytes = 16;

// Argon2id by libsodium.  Throws Error{corruption} when the cost lies outside the bounds above, Error{io} when the
// memory is not to be had.  The memory is given back to the system before it returns.
base::Secret argon2id(const base::Secret& passphrase, base::ByteView salt, std::uint32_t passes,
                      std::uint64_t memory_bytes);

}  // namespace holdfast::crypto
