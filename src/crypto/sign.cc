#include "crypto/sign.h"

#include <sodium.h>

#include "base/error.h"

namespace holdfast::crypto {

namespace {

const unsigned char* raw(base::ByteView bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(base::Bytes& bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

// Idempotent and thread-safe by libsodium's own promise; it also chooses the fastest code for this processor.
void start_sodium() {
  if (sodium_init() < 0) throw base::Error(base::ErrorKind::internal, "libsodium does not start");
}

}  // namespace

SignKeys make_sign_keys(base::Random& random) {
  start_sodium();
  const base::Secret seed(random.bytes(crypto_sign_SEEDBYTES));
  base::Bytes public_key(crypto_sign_PUBLICKEYBYTES, '\0');
  std::string secret_key(crypto_sign_SECRETKEYBYTES, '\0');
  if (crypto_sign_seed_keypair(raw(public_key), raw(secret_key), raw(seed.reveal())) != 0)
    throw base::Error(base::ErrorKind::internal, "libsodium makes no signing keys");
  return {std::move(public_key), base::Secret(std::move(secret_key))};
}

base::Bytes sign(const base::Secret& secret_key, base::ByteView message) {
  start_sodium();
  if (secret_key.reveal().size() != crypto_sign_SECRETKEYBYTES)
    throw base::Error(base::ErrorKind::internal, "a signing key is not 64 bytes long");
  base::Bytes signature(k_signature_bytes, '\0');
  if (crypto_sign_detached(raw(signature), nullptr, raw(message), message.size(), raw(secret_key.reveal())) != 0)
    throw base::Error(base::ErrorKind::internal, "libsodium does not sign");
  return signature;
}

bool verify(base::ByteView public_key, base::ByteView message, base::ByteView signature) noexcept {
  // Both come from the store: a wrong length is a wrong signature, not a read beyond the end.
  if (public_key.size() != k_public_bytes || signature.size() != k_signature_bytes || sodium_init() < 0) return false;
  return crypto_sign_verify_detached(raw(signature), raw(message), message.size(), raw(public_key)) == 0;
}

}  // namespace holdfast::crypto
