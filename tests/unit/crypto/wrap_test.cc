#include "crypto/wrap.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/aead.h"
#include "support/fakes.h"

namespace holdfast::crypto {
namespace {

const base::Secret k_secret(std::string("the session key of 32 bytes 1234"));
constexpr char k_context[] = "repository 1, session, epoch 0";

TEST(WrapTo, opens_with_the_private_key_only) {
  test::SeededRandom random(1);
  const BoxKeys keys = make_box_keys(random);
  const BoxKeys other = make_box_keys(random);
  const base::Bytes wrapped = wrap_to(keys.public_key, k_context, k_secret, random);
  const auto opened = unwrap_with(keys.secret_key, k_context, wrapped);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), k_secret.reveal());
  EXPECT_FALSE(unwrap_with(other.secret_key, k_context, wrapped));
  EXPECT_FALSE(unwrap_with(keys.secret_key, "repository 1, session, epoch 1", wrapped));
}

TEST(WrapUnder, opens_with_the_key_only) {
  test::SeededRandom random(2);
  const base::Secret key(random.bytes(32));
  const base::Secret other(random.bytes(32));
  const base::Bytes wrapped = wrap_under(key, k_context, k_secret.reveal(), random);
  const auto opened = unwrap_under(key, k_context, wrapped);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->reveal(), k_secret.reveal());
  EXPECT_FALSE(unwrap_under(other, k_context, wrapped));
  EXPECT_FALSE(unwrap_under(key, "", wrapped));
}

TEST(WrapTo, refuses_every_flipped_bit_and_every_truncation) {
  test::SeededRandom random(3);
  const BoxKeys keys = make_box_keys(random);
  const base::Bytes wrapped = wrap_to(keys.public_key, k_context, k_secret, random);
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    base::Bytes flipped = wrapped;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(unwrap_with(keys.secret_key, k_context, flipped)) << i;
    EXPECT_FALSE(unwrap_with(keys.secret_key, k_context, base::ByteView(wrapped).substr(0, i))) << i;
  }
}

TEST(WrapTo, refuses_the_top_bit_of_the_ephemeral_key_though_x25519_ignores_it) {
  test::SeededRandom random(4);
  const BoxKeys keys = make_box_keys(random);
  base::Bytes wrapped = wrap_to(keys.public_key, k_context, k_secret, random);
  wrapped[31] = static_cast<char>(wrapped[31] ^ 0x80);
  EXPECT_FALSE(unwrap_with(keys.secret_key, k_context, wrapped));
}

TEST(WrapUnder, refuses_every_flipped_bit_and_every_truncation) {
  test::SeededRandom random(5);
  const base::Secret key(random.bytes(32));
  const base::Bytes wrapped = wrap_under(key, k_context, k_secret.reveal(), random);
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    base::Bytes flipped = wrapped;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(unwrap_under(key, k_context, flipped)) << i;
    EXPECT_FALSE(unwrap_under(key, k_context, base::ByteView(wrapped).substr(0, i))) << i;
  }
}

TEST(WrapUnder, carries_a_commitment_that_is_compared_although_the_seal_fits) {
  // The commitment stands between salt and sealed bytes and is not under the tag: only the comparison can refuse this.
  test::SeededRandom random(6);
  const base::Secret key(random.bytes(32));
  base::Bytes a = wrap_under(key, k_context, k_secret.reveal(), random);
  const base::Bytes b = wrap_under(key, k_context, k_secret.reveal(), random);
  a.replace(32, 32, b, 32, 32);
  EXPECT_FALSE(unwrap_under(key, k_context, a));
}

TEST(Wrap, never_says_the_same_twice_and_never_the_secret) {
  test::SeededRandom random(7);
  const BoxKeys keys = make_box_keys(random);
  const base::Secret key(random.bytes(32));
  const base::Bytes to = wrap_to(keys.public_key, k_context, k_secret, random);
  const base::Bytes under = wrap_under(key, k_context, k_secret.reveal(), random);
  EXPECT_NE(to, wrap_to(keys.public_key, k_context, k_secret, random));
  EXPECT_NE(under, wrap_under(key, k_context, k_secret.reveal(), random));
  EXPECT_EQ(to.find(k_secret.reveal()), base::Bytes::npos);
  EXPECT_EQ(under.find(k_secret.reveal()), base::Bytes::npos);
  EXPECT_EQ(to.size(), 32 + 32 + k_secret.reveal().size() + k_tag_bytes);
  EXPECT_EQ(under.size(), to.size());
}

TEST(WrapTo, refuses_public_keys_that_are_none) {
  test::SeededRandom random(8);
  EXPECT_THROW(wrap_to("short", k_context, k_secret, random), base::Error);
  EXPECT_THROW(wrap_to(std::string(32, '\0'), k_context, k_secret, random), base::Error);
}

TEST(UnwrapWith, refuses_an_ephemeral_key_that_gives_everybody_the_same_secret) {
  test::SeededRandom random(9);
  const BoxKeys keys = make_box_keys(random);
  base::Bytes wrapped = wrap_to(keys.public_key, k_context, k_secret, random);
  wrapped.replace(0, 32, 32, '\0');
  EXPECT_FALSE(unwrap_with(keys.secret_key, k_context, wrapped));
}

TEST(Wrap, opens_what_the_first_version_wrapped) {
  // Written once by this code; if these do not open, no repository of format 1 does.
  const base::Secret key(std::string(32, 'k'));
  const auto under = unwrap_under(key, k_context,
                                  base::from_hex("f22348245a58bc0906db803cfa3144de5d6d37451c67e937a42f9e9eee35f6ccf153f"
                                                 "93ac8ede286d301dc65bfe7569df69b8eadf52862"
                                                 "55be78fe4447104a04193e5487420693543d02e7983b700845eb18a32bded8b6d6efa"
                                                 "bfc6001284facc1b501bbd2deadbbc91eb8fb9f26"
                                                 "249c"));
  ASSERT_TRUE(under);
  EXPECT_EQ(under->reveal(), k_secret.reveal());
  const auto to = unwrap_with(key, k_context,
                              base::from_hex("6289f279c08d6578978294c35cb9b1184599f75cff2cdc2c8be30550d0467074f77acc658"
                                             "f187a6cf8f0d793c643062019dbfe24cc7428"
                                             "557b3f3c341c4e73f774e3dcfea043991abf94afb9fb1843e450aa421f1e2adb3515acfb7"
                                             "e156087d480ee0652719651a8b5bc5b2b0059"
                                             "490f"));
  ASSERT_TRUE(to);
  EXPECT_EQ(to->reveal(), k_secret.reveal());
}

}  // namespace
}  // namespace holdfast::crypto
