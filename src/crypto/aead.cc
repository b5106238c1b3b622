#include "crypto/aead.h"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <new>

#include "base/error.h"

namespace holdfast::crypto {

namespace {

enum class Direction { seal, open };

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

constexpr std::size_t k_nonce_bytes = 12;
// OpenSSL counts in int: longer messages are fed in parts.
constexpr std::size_t k_part_bytes = std::size_t{1} << 30;

void expect(bool ok, const char* call) {
  if (!ok) throw base::Error(base::ErrorKind::internal, std::string("libcrypto refuses ") + call);
}

const EVP_CIPHER* method() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  expect(cipher != nullptr, "AES-256-GCM");
  return cipher;
}

// One context per thread, set up anew for every message: no allocation per block, nothing shared.
EVP_CIPHER_CTX* context_for(const base::Secret& key, NonceNumber number, Direction direction) {
  thread_local const CipherContext context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  if (key.reveal().size() != k_key_bytes)
    throw base::Error(base::ErrorKind::internal, "a sealing key is not 32 bytes long");
  std::array<unsigned char, k_nonce_bytes> nonce{};
  for (std::size_t i = 0; i < sizeof number; ++i)
    nonce[k_nonce_bytes - 1 - i] = static_cast<unsigned char>(number >> (8 * i));
  const auto* const key_bytes = reinterpret_cast<const unsigned char*>(key.reveal().data());
  const int ok = direction == Direction::seal
                     ? EVP_EncryptInit_ex2(context.get(), method(), key_bytes, nonce.data(), nullptr)
                     : EVP_DecryptInit_ex2(context.get(), method(), key_bytes, nonce.data(), nullptr);
  expect(ok == 1, "EVP_CipherInit");
  return context.get();
}

// Runs `in` through the cipher to `out`; without `out` it is associated data.
void feed(EVP_CIPHER_CTX* context, base::ByteView in, char* out) {
  while (!in.empty()) {
    const base::ByteView part = in.substr(0, k_part_bytes);
    int written = 0;
    expect(EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out), &written,
                            reinterpret_cast<const unsigned char*>(part.data()), static_cast<int>(part.size())) == 1,
           "EVP_CipherUpdate");
    if (out != nullptr) out += written;
    in.remove_prefix(part.size());
  }
}

}  // namespace

void seal(const base::Secret& key, NonceNumber nonce, base::ByteView associated, base::ByteView plain,
          base::Bytes& out) {
  EVP_CIPHER_CTX* const context = context_for(key, nonce, Direction::seal);
  const std::size_t start = out.size();
  out.resize(start + plain.size() + k_tag_bytes);
  feed(context, associated, nullptr);
  feed(context, plain, out.data() + start);
  // GCM is a stream cipher: the end writes nothing, it only computes the tag.
  char* const tag = out.data() + start + plain.size();
  int written = 0;
  expect(EVP_EncryptFinal_ex(context, reinterpret_cast<unsigned char*>(tag), &written) == 1, "EVP_EncryptFinal");
  expect(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(k_tag_bytes), tag) == 1,
         "EVP_CTRL_AEAD_GET_TAG");
}

std::optional<base::Bytes> open(const base::Secret& key, NonceNumber nonce, base::ByteView associated,
                                base::ByteView sealed) {
  if (sealed.size() < k_tag_bytes) return std::nullopt;
  const base::ByteView cipher_text = sealed.substr(0, sealed.size() - k_tag_bytes);
  std::array<char, k_tag_bytes> tag;
  sealed.substr(cipher_text.size()).copy(tag.data(), tag.size());

  EVP_CIPHER_CTX* const context = context_for(key, nonce, Direction::open);
  base::Bytes out(cipher_text.size(), '\0');
  feed(context, associated, nullptr);
  feed(context, cipher_text, out.data());
  expect(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1,
         "EVP_CTRL_AEAD_SET_TAG");
  std::array<unsigned char, k_tag_bytes> rest;
  int written = 0;
  // Until the tag has been compared the plain bytes are an attacker's: they leave this function only afterwards.
  if (EVP_DecryptFinal_ex(context, rest.data(), &written) != 1) return std::nullopt;
  return out;
}

}  // namespace holdfast::crypto
