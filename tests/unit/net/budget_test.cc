#include "net/budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/task_group.h"
#include "support/errors.h"
#include "support/fakes.h"

namespace holdfast::net {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::error_of;

const base::Instant k_start = *base::parse_instant("2026-11-21T12:00:00Z");
constexpr auto k_first = Budget::Attempt::first;

// How long `calls` take, one after the other, each answered at once.
base::Duration time_for(Budget& budget, const base::Clock& clock, int calls) {
  const base::Duration started = clock.elapsed();
  for (int i = 0; i < calls; ++i) budget.admit("f", k_first, {}).answered();
  return clock.elapsed() - started;
}

TEST(Budget, LetsThroughAShareOfTheDocumentedRateAndNoMore) {
  for (const double share : {1.0, 0.5, 0.1}) {
    test::ManualClock clock(k_start);
    Budget budget({{.name = "f", .requests = 60}}, share, clock);
    const double took_s = static_cast<double>(time_for(budget, clock, 6000).count()) / 1e6;
    const double used = 6000 / took_s / (60 * share);
    EXPECT_GE(used, 0.95) << share;
    EXPECT_LE(used, 1.0) << share;
  }
}

TEST(Budget, CountsPerMinuteToo) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 255, .per = minutes(1)}}, 1.0, clock);
  const double used = 2550 / (static_cast<double>(time_for(budget, clock, 2550).count()) / 60e6) / 255;
  EXPECT_GE(used, 0.95);
  EXPECT_LE(used, 1.0);
}

TEST(Budget, DoesNotSaveUpARestBeyondTheBurst) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 10}, {.name = "g", .requests = 10, .burst = 5}}, 1.0, clock);
  clock.advance(minutes(10));
  EXPECT_GE(time_for(budget, clock, 11), milliseconds(950));
  const base::Duration started = clock.elapsed();
  for (int i = 0; i < 5; ++i) budget.admit("g", k_first, {}).answered();
  EXPECT_EQ(clock.elapsed(), started);
  budget.admit("g", k_first, {}).answered();
  EXPECT_GT(clock.elapsed(), started);
}

TEST(Budget, LetsNobodyWaitForALongerHoldThanHeWould) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 1, .per = minutes(5)}, {.name = "g"}}, 1.0, clock);
  budget.admit("f", k_first, {}).answered();
  budget.admit("f", k_first, {}, seconds(1)).answered();  // a slow rate is no hold
  budget.admit("f", k_first, {}).throttled(minutes(60));
  const base::Duration before = clock.elapsed();
  EXPECT_THROW(budget.admit("f", k_first, {}, minutes(10)), HeldTooLong);
  EXPECT_EQ(clock.elapsed(), before);
  budget.admit("g", k_first, {}, seconds(1)).answered();
  clock.advance(minutes(55));
  budget.admit("f", k_first, {}, minutes(10)).answered();
}

TEST(Budget, HasNoLimitOfRateWhereNoneIsDocumented) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f"}}, 0.5, clock);
  EXPECT_EQ(time_for(budget, clock, 1000), seconds(0));
  budget.admit("f", k_first, {}).throttled(seconds(3));
  EXPECT_EQ(time_for(budget, clock, 1), seconds(3));
}

TEST(Budget, HoldsEverybodyOfTheFamilyAndNobodyElse) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 100}, {.name = "g", .requests = 100}}, 1.0, clock);
  budget.admit("f", k_first, {}).throttled(seconds(30));
  const base::Duration started = clock.elapsed();
  budget.admit("g", k_first, {}).answered();
  EXPECT_LT(clock.elapsed() - started, seconds(1));
  budget.admit("f", k_first, {}).answered();
  EXPECT_GE(clock.elapsed() - started, seconds(30));
}

TEST(Budget, HalvesTheRateOnceForAllCallsThatWereUnderWayTogether) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 100}}, 1.0, clock);
  std::vector<Budget::Permit> together;
  for (int i = 0; i < 8; ++i) together.push_back(budget.admit("f", k_first, {}));
  clock.advance(milliseconds(50));
  for (Budget::Permit& permit : together) {
    permit.throttled(seconds(1));
    clock.advance(milliseconds(1));
  }
  together.clear();
  EXPECT_DOUBLE_EQ(budget.counters()[0].rate, 49);
  EXPECT_EQ(budget.counters()[0].throttled, 8U);
  // The next round trip is another sign.
  budget.admit("f", k_first, {}).throttled(seconds(1));
  EXPECT_DOUBLE_EQ(budget.counters()[0].rate, 24.5);
}

TEST(Budget, ComesBackToTheFullRate) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 100}}, 1.0, clock);
  for (int i = 0; i < 4; ++i) budget.admit("f", k_first, {}).throttled(seconds(1));
  EXPECT_LT(budget.counters()[0].rate, 10);
  time_for(budget, clock, 6000);
  EXPECT_DOUBLE_EQ(budget.counters()[0].rate, 98);
}

TEST(Budget, NeverStopsAltogether) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 100}}, 1.0, clock);
  for (int i = 0; i < 100; ++i) budget.admit("f", k_first, {}).throttled(seconds(0));
  EXPECT_GE(budget.counters()[0].rate, 0.9);
}

TEST(Budget, BoundsTheCallsUnderWay) {
  const base::Clock& clock = base::system_clock();
  Budget budget({{.name = "f", .parallel = 3}}, 1.0, clock);
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  base::TaskGroup tasks({});
  for (int i = 0; i < 8; ++i)
    tasks.spawn([&](std::stop_token stop) {
      for (int call = 0; call < 50; ++call) {
        const Budget::Permit permit = budget.admit("f", k_first, stop);
        const int now = ++under_way;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
        std::this_thread::yield();
        --under_way;
      }
    });
  tasks.wait();
  EXPECT_LE(most, 3);
  EXPECT_EQ(budget.counters()[0].sent, 400U);
  EXPECT_EQ(budget.counters()[0].under_way, 0U);
}

TEST(Budget, ServesCallersInTheOrderInWhichTheyCame) {
  Budget budget({{.name = "f", .requests = 0, .parallel = 1}}, 1.0, base::system_clock());
  std::optional<Budget::Permit> held(budget.admit("f", k_first, {}));
  std::mutex mutex;
  std::vector<int> order;
  base::TaskGroup tasks({});
  for (int i = 0; i < 6; ++i) {
    tasks.spawn([&, i](std::stop_token stop) {
      const Budget::Permit permit = budget.admit("f", k_first, stop);
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
    std::this_thread::sleep_for(milliseconds(30));  // so that it stands in the queue before the next one comes
  }
  held.reset();
  tasks.wait();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

TEST(Budget, LetsAWaitingCallerGoWhenItIsStopped) {
  Budget budget({{.name = "f", .requests = 1, .per = minutes(10), .parallel = 1}}, 1.0, base::system_clock());
  const Budget::Permit held = budget.admit("f", k_first, {});
  std::stop_source source;
  const base::Duration started = base::system_clock().elapsed();
  base::TaskGroup tasks({});
  std::atomic<int> cancelled = 0;
  for (int i = 0; i < 3; ++i)
    tasks.spawn([&](std::stop_token) {
      if (error_of([&] { budget.admit("f", k_first, source.get_token()); }) == ErrorKind::cancelled) ++cancelled;
    });
  std::this_thread::sleep_for(milliseconds(30));
  source.request_stop();
  tasks.wait();
  EXPECT_EQ(cancelled, 3);
  EXPECT_LT(base::system_clock().elapsed() - started, seconds(5));
}

TEST(Budget, CountsRepeatsAndWaiting) {
  test::ManualClock clock(k_start);
  Budget budget({{.name = "f", .requests = 10}}, 1.0, clock);
  budget.admit("f", k_first, {}).answered();
  budget.admit("f", Budget::Attempt::repeat, {}).answered();
  const FamilyCounters counters = budget.counters().at(0);
  EXPECT_EQ(counters.name, "f");
  EXPECT_EQ(counters.sent, 2U);
  EXPECT_EQ(counters.retried, 1U);
  EXPECT_GE(counters.waited, milliseconds(75));
  EXPECT_DOUBLE_EQ(counters.rate_most, 9.8);
}

TEST(Budget, SaysWhatCallsTakeAtItsShareOfTheLimits) {
  test::ManualClock clock(k_start);
  const Budget budget({{.name = "f", .requests = 10}, {.name = "g", .requests = 100}, {.name = "free"}}, 0.5, clock);
  EXPECT_EQ(budget.least_time({}), base::Duration::zero());
  EXPECT_EQ(budget.least_time({{"free", 1'000'000}, {"unknown", 5}}), base::Duration::zero());
  // 10 a second, of which half is ours, less what is kept back: the slowest family counts.
  const base::Duration least = budget.least_time({{"f", 490}, {"g", 490}});
  EXPECT_NEAR(static_cast<double>(least.count()), 100e6, 1e3);
}

TEST(Budget, RefusesSharesAndTablesThatMakeNoSense) {
  test::ManualClock clock(k_start);
  for (const double share : {0.0, -1.0, 1.01, std::nan("")})
    EXPECT_EQ(error_of([&] { Budget({{.name = "f"}}, share, clock); }), ErrorKind::config);
  EXPECT_EQ(error_of([&] { Budget({{.name = "f"}, {.name = "f"}}, 1.0, clock); }), ErrorKind::internal);
  EXPECT_EQ(error_of([&] { Budget({{.name = "f", .parallel = 0}}, 1.0, clock); }), ErrorKind::internal);
  Budget budget({{.name = "f"}}, 1.0, clock);
  EXPECT_EQ(error_of([&] { budget.admit("g", k_first, {}); }), ErrorKind::internal);
}

}  // namespace
}  // namespace holdfast::net
