#include "model/base64.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::model {
namespace {

TEST(Base64, gives_the_vectors_of_rfc_4648) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64_decode("Zm9vYg=="), "foob");
}

TEST(Base64, survives_every_byte_at_every_length) {
  base::Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST(Base64, refuses_what_is_none) {
  for (const char* text : {"Z", "Zg=", "Zg", "Z===", "====", "Zg==Zg==", "Zm9!", "Z=9v"})
    EXPECT_THROW(base64_decode(text), base::Error) << text;
}

}  // namespace
}  // namespace holdfast::model
