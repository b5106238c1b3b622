#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <new>

#include "base/error.h"
#include "base/secret.h"
#include "crypto/kdf.h"

namespace holdfast::crypto {

namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

// These calls fail for want of memory or because libcrypto has no default provider: nothing that a caller could handle.
void expect(bool ok, const char* call) {
  if (!ok) throw base::Error(base::ErrorKind::internal, std::string("libcrypto refuses ") + call);
}

// Fetched once: OpenSSL 3 looks an algorithm up by name under a lock, which costs more than hashing a short message.
const EVP_MD* sha256_method() {
  static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  expect(method != nullptr, "SHA-256");
  return method;
}

EVP_MAC* hmac_method() {
  static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  expect(method != nullptr, "HMAC");
  return method;
}

DigestContext new_digest() {
  DigestContext context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

void start(EVP_MD_CTX* context) {
  expect(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1, "EVP_DigestInit");
}

void add(EVP_MD_CTX* context, base::ByteView bytes) {
  expect(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1, "EVP_DigestUpdate");
}

Hash256 end(EVP_MD_CTX* context) {
  Hash256 out;
  expect(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1, "EVP_DigestFinal");
  return out;
}

}  // namespace

Hash256 sha256(base::ByteView bytes) {
  thread_local const DigestContext context = new_digest();
  start(context.get());
  add(context.get(), bytes);
  return end(context.get());
}

struct Sha256::Impl {
  DigestContext context = new_digest();
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  start(impl_->context.get());
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;

void Sha256::update(base::ByteView bytes) {
  add(impl_->context.get(), bytes);
}

Hash256 Sha256::finish() {
  const Hash256 out = end(impl_->context.get());
  start(impl_->context.get());  // the next message begins anew
  return out;
}

struct Hmac256::Impl {
  MacContext context;
};

Hmac256::Hmac256(base::ByteView key) : impl_(std::make_unique<Impl>()) {
  impl_->context.reset(EVP_MAC_CTX_new(hmac_method()));
  if (!impl_->context) throw std::bad_alloc();
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
  // A null key would mean "keep the key": an empty one still needs an address.
  const char* const address = key.empty() ? "" : key.data();
  expect(EVP_MAC_init(impl_->context.get(), reinterpret_cast<const unsigned char*>(address), key.size(), params) == 1,
         "EVP_MAC_init");
}

Hmac256::~Hmac256() = default;
Hmac256::Hmac256(Hmac256&&) noexcept = default;

Hash256 Hmac256::operator()(base::ByteView bytes) {
  Hash256 out;
  std::size_t size = 0;
  EVP_MAC_CTX* const context = impl_->context.get();
  expect(EVP_MAC_init(context, nullptr, 0, nullptr) == 1, "EVP_MAC_init");  // the key that is in it already
  expect(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1,
         "EVP_MAC_update");
  expect(EVP_MAC_final(context, reinterpret_cast<unsigned char*>(out.data()), &size, out.size()) == 1 &&
             size == out.size(),
         "EVP_MAC_final");
  return out;
}

Hash256 hmac_sha256(base::ByteView key, base::ByteView bytes) {
  return Hmac256(key)(bytes);
}

FastHash::FastHash(base::ByteView key) {
  // XXH3 is only as unpredictable as its secret: stretched from the key, never the key itself.
  const base::Secret secret = hkdf(key, {}, "holdfast fast hash", secret_.size());
  secret.reveal().copy(secret_.data(), secret_.size());
}

std::array<std::uint64_t, 2> FastHash::operator()(base::ByteView bytes) const noexcept {
  const XXH128_hash_t hash = XXH3_128bits_withSecret(bytes.data(), bytes.size(), secret_.data(), secret_.size());
  return {hash.low64, hash.high64};
}

bool equal(base::ByteView a, base::ByteView b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace holdfast::crypto
