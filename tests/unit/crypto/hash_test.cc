#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace holdfast::crypto {
namespace {

std::string hex(const Hash256& hash) {
  return base::to_hex(view(hash));
}

TEST(Sha256, gives_the_published_answers) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, does_not_depend_on_the_pieces_and_begins_anew) {
  Sha256 pieces;
  pieces.update("a");
  pieces.update("");
  pieces.update("bc");
  EXPECT_EQ(pieces.finish(), sha256("abc"));
  pieces.update("abc");
  Sha256 moved = std::move(pieces);
  EXPECT_EQ(moved.finish(), sha256("abc"));
  EXPECT_EQ(moved.finish(), sha256(""));
}

TEST(Sha256, is_the_same_in_every_thread) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 200; ++i)
        EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    });
}

TEST(Hmac256, gives_the_answers_of_rfc_4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac256, takes_an_empty_key_and_an_empty_message) {
  EXPECT_EQ(hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac256, keeps_its_key_over_many_messages) {
  Hmac256 mac("Jefe");
  const Hash256 first = mac("one");
  mac("two");
  EXPECT_EQ(mac("one"), first);
  EXPECT_EQ(mac("one"), hmac_sha256("Jefe", "one"));
  Hmac256 moved = std::move(mac);
  EXPECT_EQ(moved("one"), first);
}

TEST(FastHash, depends_on_key_and_bytes_of_every_length) {
  const FastHash a("key a"), b("key b"), again("key a");
  std::set<std::array<std::uint64_t, 2>> seen;
  // XXH3 takes another way below 17, 129 and 241 bytes, and above.
  for (const std::size_t size : {0u, 1u, 3u, 8u, 16u, 17u, 128u, 129u, 240u, 241u, 1024u, 5000u}) {
    const std::string bytes(size, 'x');
    EXPECT_EQ(a(bytes), again(bytes)) << size;
    EXPECT_TRUE(seen.insert(a(bytes)).second) << size;
    EXPECT_TRUE(seen.insert(b(bytes)).second) << size;
  }
}

TEST(FastHash, stays_what_it_was_when_the_first_repository_was_written) {
  const FastHash hash("key");
  EXPECT_EQ(hash("row"), (std::array<std::uint64_t, 2>{0x940e47aa1bf34401, 0x7ec74cbe8bba8f34}));
}

TEST(Equal, compares_all_bytes_and_the_length) {
  EXPECT_TRUE(equal("", ""));
  EXPECT_TRUE(equal("abc", "abc"));
  EXPECT_FALSE(equal("abc", "abd"));
  EXPECT_FALSE(equal("abc", "xbc"));
  EXPECT_FALSE(equal("abc", "abcd"));
  EXPECT_FALSE(equal("", "a"));
}

}  // namespace
}  // namespace holdfast::crypto
