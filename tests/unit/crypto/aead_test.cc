#include "crypto/aead.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>
#include <vector>

#include "base/error.h"

namespace holdfast::crypto {
namespace {

base::Secret key_of(char c) {
  return base::Secret(std::string(k_key_bytes, c));
}

base::Bytes sealed(const base::Secret& key, NonceNumber nonce, base::ByteView associated, base::ByteView plain) {
  base::Bytes out;
  seal(key, nonce, associated, plain, out);
  return out;
}

TEST(Aead, gives_the_published_answers_of_gcm) {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 and 14.
  const base::Secret zero = key_of('\0');
  EXPECT_EQ(base::to_hex(sealed(zero, 0, "", "")), "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(base::to_hex(sealed(zero, 0, "", std::string(16, '\0'))),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Aead, writes_the_number_big_endian_behind_four_zeros) {
  // AES-256 of 00000000 0102030405060708 00000002 under the zero key, by openssl enc -aes-256-ecb.
  EXPECT_EQ(base::to_hex(sealed(key_of('\0'), 0x0102030405060708, "", std::string(16, '\0'))).substr(0, 32),
            "44162241a504480208ab61b453b43d0c");
}

RC_GTEST_PROP(Aead, opens_what_it_sealed,
              (std::uint64_t nonce, const std::string& associated, const std::string& plain)) {
  const base::Secret key = key_of('k');
  const base::Bytes bytes = sealed(key, nonce, associated, plain);
  RC_ASSERT(bytes.size() == plain.size() + k_tag_bytes);
  RC_ASSERT(open(key, nonce, associated, bytes) == plain);
}

RC_GTEST_PROP(Aead, refuses_every_flipped_bit, (const std::string& plain)) {
  base::Bytes bytes = sealed(key_of('k'), 7, "where", plain);
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ 1 << *rc::gen::inRange(0, 8));
  RC_ASSERT(open(key_of('k'), 7, "where", bytes) == std::nullopt);
}

TEST(Aead, refuses_another_key_place_or_associated_data) {
  const base::Bytes bytes = sealed(key_of('k'), 7, "where", "plain");
  EXPECT_EQ(open(key_of('k'), 7, "where", bytes), "plain");
  EXPECT_EQ(open(key_of('l'), 7, "where", bytes), std::nullopt);
  EXPECT_EQ(open(key_of('k'), 8, "where", bytes), std::nullopt);
  EXPECT_EQ(open(key_of('k'), 7, "wherf", bytes), std::nullopt);
  EXPECT_EQ(open(key_of('k'), 7, "", bytes), std::nullopt);
}

TEST(Aead, refuses_every_truncation) {
  const base::Bytes bytes = sealed(key_of('k'), 7, "where", "plain");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(open(key_of('k'), 7, "where", base::ByteView(bytes).substr(0, size)), std::nullopt) << size;
}

TEST(Aead, appends_to_what_is_there) {
  base::Bytes out = "head";
  seal(key_of('k'), 1, "", "plain", out);
  EXPECT_EQ(out.substr(0, 4), "head");
  EXPECT_EQ(open(key_of('k'), 1, "", base::ByteView(out).substr(4)), "plain");
}

TEST(Aead, refuses_keys_of_another_length) {
  base::Bytes out;
  EXPECT_THROW(seal(base::Secret(std::string(16, 'k')), 0, "", "", out), base::Error);
  EXPECT_THROW(open(base::Secret(), 0, "", std::string(16, 't')), base::Error);
}

TEST(Aead, works_in_many_threads_with_keys_of_their_own) {
  std::vector<std::jthread> threads;
  for (char t = 'a'; t < 'e'; ++t)
    threads.emplace_back([t] {
      for (NonceNumber i = 0; i < 200; ++i)
        EXPECT_EQ(open(key_of(t), i, "", sealed(key_of(t), i, "", "plain")), "plain");
    });
}

}  // namespace
}  // namespace holdfast::crypto
