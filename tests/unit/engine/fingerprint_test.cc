#include "engine/fingerprint.h"

#include <gtest/gtest.h>

namespace holdfast::engine {
namespace {

TEST(Fingerprint, is_what_records_of_earlier_versions_hold) {
  EXPECT_EQ(fingerprint_of(""), "cbf29ce484222325");
  EXPECT_EQ(fingerprint_of("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(fingerprint_of("foobar"), "85944171f73967e8");
  EXPECT_EQ(fingerprint_of("\xff"), "af64724c8602eb6e") << "a byte is no negative number";
}

}  // namespace
}  // namespace holdfast::engine
