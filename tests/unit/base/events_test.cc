#include "base/events.h"

#include <gtest/gtest.h>

namespace holdfast::base {
namespace {

TEST(SilentEvents, says_nothing_whatever_it_is_told) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Events& events = silent_events();
  events.progress(Progress{.phase = "reading"});
  events.note("n");
  events.detail("d");
  events.warning("w");
  events.summary("backup", {{"new", "1", "1"}});
  events.error(Error(ErrorKind::io, "m"));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace holdfast::base
