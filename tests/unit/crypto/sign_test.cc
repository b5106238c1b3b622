#include "crypto/sign.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"
#include "support/fakes.h"

namespace holdfast::crypto {
namespace {

// Randomness that says what it was told to: seeds of published vectors.
class Told : public base::Random {
public:
  explicit Told(base::Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<char> out) override { bytes_.copy(out.data(), out.size()); }

private:
  base::Bytes bytes_;
};

struct Vector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032, section 7.1, tests 1 and 3.
constexpr Vector k_vectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                                 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                                 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3"
                                 "9701cf9b46bd25bf5f0595bbe24655141438e7"
                                 "a100b"},
                                {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                                 "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                                 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f"
                                 "760984dc6594a7c15e9716ed28dc027beceea1"
                                 "ec40a"}};

TEST(Sign, gives_the_answers_of_rfc_8032) {
  for (const Vector& vector : k_vectors) {
    Told random(base::from_hex(vector.seed));
    const SignKeys keys = make_sign_keys(random);
    EXPECT_EQ(base::to_hex(keys.public_key), vector.public_key);
    const base::Bytes signature = sign(keys.secret_key, base::from_hex(vector.message));
    EXPECT_EQ(base::to_hex(signature), vector.signature);
    EXPECT_TRUE(verify(keys.public_key, base::from_hex(vector.message), signature));
  }
}

TEST(Verify, refuses_another_message_key_or_signature) {
  test::SeededRandom random(1);
  const SignKeys keys = make_sign_keys(random);
  const SignKeys other = make_sign_keys(random);
  const base::Bytes signature = sign(keys.secret_key, "message");
  EXPECT_TRUE(verify(keys.public_key, "message", signature));
  EXPECT_FALSE(verify(keys.public_key, "messagf", signature));
  EXPECT_FALSE(verify(other.public_key, "message", signature));
  EXPECT_FALSE(verify(keys.public_key, "message", sign(other.secret_key, "message")));
}

TEST(Verify, refuses_every_flipped_bit_of_the_signature) {
  test::SeededRandom random(2);
  const SignKeys keys = make_sign_keys(random);
  const base::Bytes signature = sign(keys.secret_key, "message");
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    base::Bytes flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(verify(keys.public_key, "message", flipped)) << bit;
  }
}

TEST(Verify, refuses_wrong_lengths_without_reading_beyond_them) {
  test::SeededRandom random(3);
  const SignKeys keys = make_sign_keys(random);
  const base::Bytes signature = sign(keys.secret_key, "m");
  EXPECT_FALSE(verify("", "m", signature));
  EXPECT_FALSE(verify(keys.public_key, "m", ""));
  EXPECT_FALSE(verify(keys.public_key, "m", signature + "x"));
  EXPECT_FALSE(verify(keys.public_key + "x", "m", signature));
}

TEST(Sign, refuses_a_key_of_another_length) {
  EXPECT_THROW(sign(base::Secret("short"), "m"), base::Error);
}

}  // namespace
}  // namespace holdfast::crypto
