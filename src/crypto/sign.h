// Ed25519 by libsodium.
#pragma once

#include "base/bytes.h"
#include "base/random.h"
#include "base/secret.h"

namespace holdfast::crypto {

inline constexpr std::size_t k_signature_bytes = 64;
inline constexpr std::size_t k_public_bytes = 32;

struct SignKeys {
  base::Bytes public_key;   // 32 bytes
  base::Secret secret_key;  // 64 bytes
};
SignKeys make_sign_keys(base::Random& random);
base::Bytes sign(const base::Secret& secret_key, base::ByteView message);
bool verify(base::ByteView public_key, base::ByteView message, base::ByteView signature) noexcept;

}  // namespace holdfast::crypto
