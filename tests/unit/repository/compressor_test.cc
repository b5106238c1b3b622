#include "repository/compressor.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/fakes.h"

namespace holdfast::repository {
namespace {

TEST(Compressor, gives_back_what_it_took) {
  test::SeededRandom random(3);
  Compressor compressor;
  for (const base::Bytes& plain : {base::Bytes(), base::Bytes("a"), base::Bytes(100'000, 'x'), random.bytes(5000)})
    EXPECT_EQ(compressor.decompress(compressor.compress(plain), plain.size(), "x"), plain);
}

TEST(Compressor, stores_what_does_not_become_smaller_with_one_byte_more) {
  test::SeededRandom random(4);
  const base::Bytes noise = random.bytes(5000);
  Compressor compressor;
  EXPECT_EQ(compressor.compress(noise), '\0' + noise);
  EXPECT_LT(compressor.compress(base::Bytes(5000, 'x')).size(), 100u);
}

TEST(Compressor, refuses_what_does_not_give_the_promised_size) {
  Compressor compressor;
  const base::Bytes packed = compressor.compress(base::Bytes(5000, 'x'));
  const base::Bytes stored = compressor.compress("ab");
  const auto refuses = [&](base::ByteView bytes, std::size_t size) {
    try {
      compressor.decompress(bytes, size, "packs/x");
    } catch (const base::Error& error) {
      return error.kind() == base::ErrorKind::corruption && error.message().starts_with("packs/x ");
    }
    return false;
  };
  EXPECT_TRUE(refuses("", 0));
  EXPECT_TRUE(refuses("\2ab", 2)) << "unknown compression";
  EXPECT_TRUE(refuses(stored, 1));
  EXPECT_TRUE(refuses(stored, 3));
  EXPECT_TRUE(refuses(packed, 4999));
  EXPECT_TRUE(refuses(packed, std::size_t{1} << 40)) << "nothing is allocated on a directory's word";
  EXPECT_TRUE(refuses(packed.substr(0, packed.size() - 1), 5000));
  EXPECT_TRUE(refuses("\1garbage", 7));
}

}  // namespace
}  // namespace holdfast::repository
