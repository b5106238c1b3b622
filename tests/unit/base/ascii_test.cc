#include "base/ascii.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(Lower, folds_letters_of_ascii_and_leaves_all_else) {
  EXPECT_EQ(lower(""), "");
  EXPECT_EQ(lower("Host-09.Example.TEST:443"), "host-09.example.test:443");
  EXPECT_EQ(lower("@[`{"), "@[`{") << "what stands beside the letters";
  EXPECT_EQ(lower("\xC3\x84\xFF"), "\xC3\x84\xFF") << "no byte of another alphabet";
  EXPECT_EQ(lower(std::string_view("A\0B", 3)), std::string("a\0b", 3));
}

}  // namespace
}  // namespace holdfast::base
