#include "cli/capture_flags.h"

#include <gtest/gtest.h>

namespace {

using namespace holdfast;
using namespace holdfast::cli;

TEST(CaptureFlags, go_before_the_connector_s_settings_and_those_before_the_defaults) {
  const platform::CaptureOptions defaults;
  ConnectorConfig connector;
  CaptureFlags flags;
  EXPECT_EQ(flags.options(connector).readers, defaults.readers);
  EXPECT_EQ(flags.options(connector).limit_read, 0u);
  EXPECT_FALSE(flags.options(connector).max_snapshot_age);
  connector.readers = 7;
  connector.limit_read = 1000;
  connector.max_snapshot_age = std::chrono::minutes(30);
  EXPECT_EQ(flags.options(connector).readers, 7u);
  EXPECT_EQ(flags.options(connector).limit_read, 1000u);
  EXPECT_EQ(flags.options(connector).max_snapshot_age, std::chrono::minutes(30));
  flags.readers = 2;
  flags.limit_read = 5;
  flags.max_snapshot_age = std::chrono::minutes(1);
  EXPECT_EQ(flags.options(connector).readers, 2u);
  EXPECT_EQ(flags.options(connector).limit_read, 5u);
  EXPECT_EQ(flags.options(connector).max_snapshot_age, std::chrono::minutes(1));
}

}  // namespace
