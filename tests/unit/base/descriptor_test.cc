#include "base/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

bool is_open(int number) {
  return ::fcntl(number, F_GETFD) >= 0;
}

TEST(Descriptor, is_closed_at_the_end_of_its_scope) {
  int number = -1;
  {
    const Descriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = one.get();
    ASSERT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Descriptor, that_was_closed_before_leaves_alone_what_has_its_number_now) {
  int again = -1;
  {
    Descriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int number = one.get();
    one.close();
    EXPECT_LT(one.get(), 0);
    again = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(again, number);
  }
  EXPECT_TRUE(is_open(again));
  ::close(again);
}

}  // namespace
}  // namespace holdfast::base
