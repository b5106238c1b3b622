#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/fakes.h"

namespace holdfast::base {
namespace {

using namespace std::chrono_literals;

TEST(SystemClock, knows_that_it_is_later_than_when_this_was_written) {
  EXPECT_GT(system_clock().now(), *parse_instant("2025-01-01"));
}

TEST(SystemClock, sleeps_at_least_as_long_as_told) {
  const Duration before = system_clock().elapsed();
  EXPECT_TRUE(system_clock().sleep(20ms, {}));
  EXPECT_GE(system_clock().elapsed() - before, 20ms);
}

TEST(SystemClock, wakes_when_asked_to_stop) {
  std::stop_source stop;
  const Duration before = system_clock().elapsed();
  std::jthread sleeper([&] { EXPECT_FALSE(system_clock().sleep(1h, stop.get_token())); });
  system_clock().sleep(10ms, {});
  stop.request_stop();
  sleeper.join();
  EXPECT_LT(system_clock().elapsed() - before, 2s);
}

TEST(SystemClock, does_not_overflow_on_the_longest_sleep) {
  std::stop_source stop;
  std::jthread sleeper([&] { EXPECT_FALSE(system_clock().sleep(Duration::max(), stop.get_token())); });
  system_clock().sleep(5ms, {});
  stop.request_stop();
}

TEST(SystemClock, does_not_sleep_for_nothing_or_less) {
  EXPECT_TRUE(system_clock().sleep(0us, {}));
  EXPECT_TRUE(system_clock().sleep(-1h, {}));
}

TEST(ManualClock, moves_only_when_told) {
  test::ManualClock clock(*parse_instant("2026-11-20"));
  EXPECT_EQ(to_rfc3339(clock.now()), "2026-11-20T00:00:00Z");
  clock.advance(1min);
  EXPECT_TRUE(clock.sleep(1h, {}));
  EXPECT_EQ(to_rfc3339(clock.now()), "2026-11-20T01:01:00Z");
  EXPECT_EQ(clock.elapsed(), 61min);
}

}  // namespace
}  // namespace holdfast::base
