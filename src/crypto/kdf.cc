#include "crypto/kdf.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sodium.h>

#include "base/error.h"
#include "crypto/hash.h"

namespace holdfast::crypto {

namespace {

constexpr std::size_t k_hkdf_max = 255 * std::tuple_size_v<Hash256>;

// Overwrites an intermediate value that is as good as the key.
void wipe(Hash256& hash) noexcept {
  OPENSSL_cleanse(hash.data(), hash.size());
}

void check_cost(base::ByteView salt, std::uint32_t passes, std::uint64_t memory_bytes) {
  // The cost is read from a slot before anything about the slot is proven: too low would be an attack on the
  // passphrase, too high one on this machine.
  if (passes < k_argon_passes_min || passes > k_argon_passes_max || memory_bytes < k_argon_memory_min ||
      memory_bytes > k_argon_memory_max)
    throw base::Error(
        base::ErrorKind::corruption,
        fmt::format("the cost of a passphrase slot is out of bounds: {} passes over {} bytes", passes, memory_bytes),
        "Open the repository with another key slot, and add the passphrase again.");
  if (salt.size() != k_argon_salt_bytes)
    throw base::Error(
        base::ErrorKind::corruption,
        fmt::format("the salt of a passphrase slot is {} bytes long instead of {}", salt.size(), k_argon_salt_bytes));
}

}  // namespace

base::Secret hkdf(base::ByteView secret, base::ByteView salt, base::ByteView info, std::size_t size) {
  if (size > k_hkdf_max)
    throw base::Error(base::ErrorKind::internal, fmt::format("{} bytes are more than HKDF gives", size));
  Hash256 pseudo_random_key = hmac_sha256(salt, secret);
  Hmac256 expand(view(pseudo_random_key));
  wipe(pseudo_random_key);

  std::string out;
  out.reserve(size + std::tuple_size_v<Hash256>);  // never grows, so that no copy stays behind on the heap
  base::Bytes block;
  block.reserve(std::tuple_size_v<Hash256> + info.size() + 1);
  for (unsigned char counter = 1; out.size() < size; ++counter) {
    block.append(info);
    block.push_back(static_cast<char>(counter));
    Hash256 next = expand(block);
    out.append(view(next).substr(0, size - out.size()));
    block.assign(view(next));
    wipe(next);
  }
  OPENSSL_cleanse(block.data(), block.size());
  return base::Secret(std::move(out));
}

base::Secret argon2id(const base::Secret& passphrase, base::ByteView salt, std::uint32_t passes,
                      std::uint64_t memory_bytes) {
  check_cost(salt, passes, memory_bytes);
  if (sodium_init() < 0) throw base::Error(base::ErrorKind::internal, "libsodium does not start");
  // libsodium maps the memory for this one call and unmaps it before it returns: no allocator keeps it.
  std::string out(32, '\0');
  const int answer = crypto_pwhash(reinterpret_cast<unsigned char*>(out.data()), out.size(), passphrase.reveal().data(),
                                   passphrase.reveal().size(), reinterpret_cast<const unsigned char*>(salt.data()),
                                   passes, static_cast<std::size_t>(memory_bytes), crypto_pwhash_ALG_ARGON2ID13);
  if (answer != 0)
    throw base::Error(base::ErrorKind::io,
                      fmt::format("no {} MiB of memory to derive a key from the passphrase", memory_bytes >> 20),
                      "Free some memory, or use a key file, which needs none.");
  return base::Secret(std::move(out));
}

}  // namespace holdfast::crypto
