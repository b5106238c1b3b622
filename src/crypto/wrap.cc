#include "crypto/wrap.h"

#include <sodium.h>

#include "base/error.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"

namespace holdfast::crypto {

namespace {

constexpr std::size_t k_box_bytes = 32;
constexpr std::size_t k_salt_bytes = 32;
constexpr std::size_t k_commitment_bytes = 32;
// Every wrap derives a key of its own from a fresh ephemeral key or salt, so that one message number is enough.
constexpr NonceNumber k_only_message = 0;

static_assert(k_box_bytes == crypto_box_PUBLICKEYBYTES && k_box_bytes == crypto_scalarmult_BYTES);

struct Derived {
  base::Secret key;
  base::Bytes commitment;
};

// Key and commitment are two halves of one HKDF output over the same input, the context included: whoever finds two
// keys for one commitment has found a collision of HMAC-SHA256.
Derived derive(base::ByteView secret, base::ByteView salt, base::ByteView purpose, base::ByteView context) {
  base::ByteWriter info;
  info.sized(purpose);
  info.sized(context);
  const base::Secret both = hkdf(secret, salt, info.bytes(), k_key_bytes + k_commitment_bytes);
  return {base::Secret(std::string(both.reveal().substr(0, k_key_bytes))),
          base::Bytes(both.reveal().substr(k_key_bytes))};
}

const unsigned char* raw(base::ByteView bytes) noexcept {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

base::Bytes public_of(const base::Secret& secret_key) {
  if (sodium_init() < 0 || secret_key.reveal().size() != k_box_bytes)
    throw base::Error(base::ErrorKind::internal, "a box key is not 32 bytes long");
  base::Bytes out(k_box_bytes, '\0');
  if (crypto_scalarmult_base(reinterpret_cast<unsigned char*>(out.data()), raw(secret_key.reveal())) != 0)
    throw base::Error(base::ErrorKind::internal, "libsodium makes no box keys");
  return out;
}

// nullopt when `public_key` is one of the few points that would make every shared secret the same.
std::optional<base::Secret> shared_secret(const base::Secret& secret_key, base::ByteView public_key) {
  std::string out(k_box_bytes, '\0');
  if (crypto_scalarmult(reinterpret_cast<unsigned char*>(out.data()), raw(secret_key.reveal()), raw(public_key)) != 0)
    return std::nullopt;
  return base::Secret(std::move(out));
}

Derived derive_for_public(const base::Secret& shared, base::ByteView ephemeral, base::ByteView recipient,
                          base::ByteView context) {
  // Both public keys go in: X25519 alone maps several encodings of a key to one shared secret.
  base::Bytes salt(ephemeral);
  salt.append(recipient);
  return derive(shared.reveal(), salt, "holdfast wrap to public key", context);
}

Derived derive_for_key(const base::Secret& key, base::ByteView salt, base::ByteView context) {
  return derive(key.reveal(), salt, "holdfast wrap under key", context);
}

// The common end of both forms: commitment first, because only it rules out a second key that opens the same bytes.
std::optional<base::Secret> open_committed(const Derived& derived, base::ByteView context, base::ByteView commitment,
                                           base::ByteView sealed) {
  if (!equal(derived.commitment, commitment)) return std::nullopt;
  auto plain = open(derived.key, k_only_message, context, sealed);
  if (!plain) return std::nullopt;
  return base::Secret(std::move(*plain));
}

}  // namespace

BoxKeys make_box_keys(base::Random& random) {
  base::Secret secret_key(random.bytes(k_box_bytes));
  base::Bytes public_key = public_of(secret_key);
  return {std::move(public_key), std::move(secret_key)};
}

base::Bytes wrap_to(base::ByteView public_key, base::ByteView context, const base::Secret& secret,
                    base::Random& random) {
  if (public_key.size() != k_box_bytes)
    throw base::Error(base::ErrorKind::corruption, "a public key to wrap to is not 32 bytes long");
  const BoxKeys ephemeral = make_box_keys(random);
  const auto shared = shared_secret(ephemeral.secret_key, public_key);
  if (!shared) throw base::Error(base::ErrorKind::corruption, "a public key to wrap to is not a valid one");
  const Derived derived = derive_for_public(*shared, ephemeral.public_key, public_key, context);
  base::Bytes out = ephemeral.public_key;
  out.append(derived.commitment);
  seal(derived.key, k_only_message, context, secret.reveal(), out);
  return out;
}

std::optional<base::Secret> unwrap_with(const base::Secret& secret_key, base::ByteView context,
                                        base::ByteView wrapped) {
  if (wrapped.size() < k_box_bytes + k_commitment_bytes + k_tag_bytes) return std::nullopt;
  const base::ByteView ephemeral = wrapped.substr(0, k_box_bytes);
  const base::Bytes own_public = public_of(secret_key);
  const auto shared = shared_secret(secret_key, ephemeral);
  if (!shared) return std::nullopt;
  const Derived derived = derive_for_public(*shared, ephemeral, own_public, context);
  return open_committed(derived, context, wrapped.substr(k_box_bytes, k_commitment_bytes),
                        wrapped.substr(k_box_bytes + k_commitment_bytes));
}

base::Bytes wrap_under(const base::Secret& key, base::ByteView context, base::ByteView secret, base::Random& random) {
  base::Bytes out = random.bytes(k_salt_bytes);
  const Derived derived = derive_for_key(key, out, context);
  out.append(derived.commitment);
  seal(derived.key, k_only_message, context, secret, out);
  return out;
}

std::optional<base::Secret> unwrap_under(const base::Secret& key, base::ByteView context, base::ByteView wrapped) {
  if (wrapped.size() < k_salt_bytes + k_commitment_bytes + k_tag_bytes) return std::nullopt;
  const Derived derived = derive_for_key(key, wrapped.substr(0, k_salt_bytes), context);
  return open_committed(derived, context, wrapped.substr(k_salt_bytes, k_commitment_bytes),
                        wrapped.substr(k_salt_bytes + k_commitment_bytes));
}

}  // namespace holdfast::crypto
