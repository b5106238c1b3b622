#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

#include "support/fakes.h"

namespace holdfast::base {
namespace {

TEST(SystemRandom, never_says_the_same_twice) {
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(system_random().bytes(16)).second);
}

TEST(SystemRandom, fills_more_than_one_call_of_the_kernel_gives) {
  const Bytes bytes = system_random().bytes(1 << 20);
  const std::set<char> values(bytes.end() - 100'000, bytes.end());
  EXPECT_EQ(values.size(), 256u);
  EXPECT_EQ(system_random().bytes(0), "");
}

TEST(SeededRandom, repeats_itself_by_seed_whatever_the_sizes_before) {
  test::SeededRandom a(1), b(1), c(2);
  const Bytes first = a.bytes(20);
  EXPECT_EQ(first, b.bytes(20));
  EXPECT_NE(first, c.bytes(20));
  EXPECT_NE(first, a.bytes(20));
}

}  // namespace
}  // namespace holdfast::base
