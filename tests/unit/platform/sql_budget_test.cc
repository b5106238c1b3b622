#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "platform/datahub/sql/budget.h"
#include "support/fakes.h"

namespace holdfast::test {

using platform::datahub::ReadBudget;
using platform::datahub::SnapshotAge;
using namespace std::chrono_literals;

TEST(ReadBudget, sleeps_as_long_as_the_limit_asks_over_all_readers) {
  const ManualClock clock{base::Instant{}};
  ReadBudget budget(clock, 1000);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.spend(500, {}));
  EXPECT_EQ(clock.elapsed(), base::Duration(5s));
}

TEST(ReadBudget, does_not_save_up_what_was_not_used) {
  ManualClock clock{base::Instant{}};
  ReadBudget budget(clock, 1000);
  budget.spend(1000, {});
  clock.advance(1h);
  const auto before = clock.elapsed();
  budget.spend(2000, {});
  EXPECT_EQ(clock.elapsed() - before, base::Duration(2s));
}

TEST(ReadBudget, never_sleeps_without_a_limit) {
  const ManualClock clock{base::Instant{}};
  ReadBudget budget(clock, 0);
  EXPECT_TRUE(budget.spend(1'000'000'000'000, {}));
  EXPECT_EQ(clock.elapsed(), base::Duration{});
}

TEST(ReadBudget, says_when_it_was_stopped) {
  const ManualClock clock{base::Instant{}};
  ReadBudget budget(clock, 0);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(budget.spend(1, stop.get_token()));
}

TEST(SnapshotAge, ends_reading_at_its_limit) {
  ManualClock clock{base::Instant{}};
  const SnapshotAge limited(clock, base::Duration(10s));
  const SnapshotAge unlimited(clock, std::nullopt);
  clock.advance(9s);
  limited.check();
  clock.advance(1s);
  EXPECT_THROW(limited.check(), base::Error);
  unlimited.check();
}

}  // namespace holdfast::test
