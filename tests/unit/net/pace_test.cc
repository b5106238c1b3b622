#include "net/pace.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/rate_world.h"

namespace holdfast::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::RateWorld;
using test::RateWorldResult;
using test::RateWorldSetup;

RateWorldResult run(const RateWorldSetup& setup) {
  const RateWorldResult result = RateWorld(setup).run();
  // The rows of docs/design/0003-rate-budgets.md.
  fmt::print(
      "limit {}/s, burst {} s, share {}, foreign {} {}: ours {:.3f} of the limit, {:.2f} % refused; foreign {:.2f} %\n",
      setup.limit, setup.burst_s, setup.share, setup.foreign,
      setup.foreign_calls == RateWorldSetup::Foreign::steady ? "steady" : "random",
      static_cast<double>(result.ours) / (setup.limit * setup.seconds), 100 * result.ours_refused(),
      100 * result.foreign_refused());
  return result;
}

double used(const RateWorldResult& result, const RateWorldSetup& setup) {
  return static_cast<double>(result.ours) / (setup.limit * setup.share * setup.seconds);
}

TEST(Pace, SpreadsCallsEvenly) {
  Pace pace({.rate = 10}, seconds(5));
  EXPECT_LE(pace.delay(seconds(5)), base::Duration::zero());
  pace.take(seconds(5));
  EXPECT_EQ(pace.delay(seconds(5)), milliseconds(100));
  EXPECT_EQ(pace.delay(seconds(5) + milliseconds(60)), milliseconds(40));
  EXPECT_LE(pace.delay(seconds(5) + milliseconds(100)), base::Duration::zero());
}

TEST(Pace, CatchesUpWithWhatASleeperMissed) {
  Pace pace({.rate = 1000}, seconds(0));
  pace.take(seconds(0));
  // Woken 9 ms late: ten calls are due.
  int sent = 0;
  for (; pace.delay(milliseconds(10)) <= base::Duration::zero(); ++sent) pace.take(milliseconds(10));
  EXPECT_EQ(sent, 10);
}

TEST(Pace, StandsStillWhileItIsHeld) {
  Pace pace({.rate = 10}, seconds(0));
  pace.take(seconds(0));
  pace.throttled(seconds(0), seconds(1), seconds(30));
  EXPECT_GE(pace.delay(seconds(1)), seconds(30));
  // Nothing was saved up meanwhile, and a shorter hold does not end a longer one.
  pace.throttled(seconds(0), seconds(2), seconds(1));
  EXPECT_EQ(pace.delay(seconds(31)), milliseconds(200));
}

TEST(Pace, IgnoresAnswersToCallsThatWereSentBeforeTheCut) {
  Pace pace({.rate = 10}, seconds(0));
  pace.throttled(seconds(1), seconds(2), seconds(0));
  EXPECT_DOUBLE_EQ(pace.rate(), 5);
  pace.throttled(milliseconds(1500), seconds(3), seconds(0));
  pace.answered(milliseconds(1900), seconds(3));
  EXPECT_DOUBLE_EQ(pace.rate(), 5);
  pace.answered(milliseconds(2500), seconds(4));
  EXPECT_GT(pace.rate(), 5);
}

TEST(Throttling, UsesAlmostAllOfALimitThatIsOursAlone) {
  for (const double limit : {20.0, 60.0, 100.0, 4.25})
    for (const double burst_s : {0.0, 0.25, 1.0}) {
      if (limit < 5 && burst_s == 0) continue;  // four whole calls of 4.25
      const RateWorldSetup setup{.limit = limit, .burst_s = burst_s, .share = 1.0};
      const RateWorldResult result = run(setup);
      EXPECT_GE(used(result, setup), 0.95);
      EXPECT_LT(result.ours_refused(), 0.01);
    }
}

TEST(Throttling, TakesItsShareAndNoMore) {
  for (const double share : {0.5, 0.1}) {
    const RateWorldSetup setup{.share = share};
    const RateWorldResult result = run(setup);
    EXPECT_GE(used(result, setup), 0.95);
    EXPECT_LE(used(result, setup), 1.0);
    EXPECT_EQ(result.ours_429, 0U);
  }
}

// Together they want more than there is: we are the ones who give way.
TEST(Throttling, LeavesAForeignClientItsSixtyPercent) {
  for (const double limit : {20.0, 60.0, 100.0})
    for (const double burst_s : {0.0, 0.25, 1.0})
      for (std::uint64_t seed : {1, 2, 3}) {
        const RateWorldSetup setup{.limit = limit, .burst_s = burst_s, .share = 0.5, .foreign = 0.6, .seed = seed};
        const RateWorldResult result = run(setup);
        EXPECT_LT(result.foreign_refused(), 0.01);
        EXPECT_GE(static_cast<double>(result.ours) / (setup.limit * setup.seconds), 0.15);
      }
}

TEST(Throttling, LeavesItToOneWhoseCallsComeAtRandomToo) {
  for (const double limit : {20.0, 60.0, 100.0})
    for (const double burst_s : {0.0, 0.25, 1.0}) {
      const RateWorldResult result = run({.limit = limit,
                                          .burst_s = burst_s,
                                          .share = 0.5,
                                          .foreign = 0.6,
                                          .foreign_calls = RateWorldSetup::Foreign::random});
      // Twelve calls a second at random meet a limit of twenty even without us now and then (see below).
      EXPECT_LT(result.foreign_refused(), limit < 60 ? 0.03 : 0.01);
    }
}

// What such a client meets when there is as good as nothing of us: the rows above are to be read beside it.
TEST(Throttling, RefusesAClientOfRandomCallsWithoutUsToo) {
  for (const double burst_s : {0.0, 0.25, 1.0}) {
    const RateWorldResult result = run({.limit = 20,
                                        .burst_s = burst_s,
                                        .share = 0.01,
                                        .foreign = 0.6,
                                        .foreign_calls = RateWorldSetup::Foreign::random});
    EXPECT_LT(result.foreign_refused(), 0.01);
  }
}

TEST(Throttling, ComesBackWhenTheForeignClientIsGone) {
  const RateWorldSetup setup{.share = 1.0, .foreign = 0.6, .foreign_until_s = 300};
  const RateWorldResult result = run(setup);
  EXPECT_GE(result.ours_per_s_at_end, 0.95 * setup.limit);
}

TEST(Throttling, AnswersAStormWithSilence) {
  // The limit is a tenth of what is documented.
  const RateWorldSetup setup{.limit = 10, .share = 1.0, .foreign = 0.9};
  const RateWorldResult result = run(setup);
  EXPECT_LT(result.ours_refused(), 0.2);
}

}  // namespace
}  // namespace holdfast::net
