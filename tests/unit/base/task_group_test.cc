#include "base/task_group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "base/clock.h"
#include "base/error.h"

namespace holdfast::base {
namespace {

using namespace std::chrono_literals;

// A task that ends only when it is asked to; false in `stopped` when nobody asks for a minute.
auto until_stopped(std::atomic<int>& stopped) {
  return [&stopped](std::stop_token stop) {
    if (!system_clock().sleep(1min, stop)) ++stopped;
  };
}

TEST(TaskGroup, runs_all_tasks) {
  std::atomic<int> sum = 0;
  TaskGroup group({});
  for (int i = 1; i <= 10; ++i) group.spawn([&sum, i](std::stop_token) { sum += i; });
  group.wait();
  EXPECT_EQ(sum, 55);
}

TEST(TaskGroup, throws_the_first_exception_and_stops_the_others) {
  std::atomic<int> stopped = 0;
  const Duration before = system_clock().elapsed();
  TaskGroup group({});
  group.spawn(until_stopped(stopped));
  group.spawn([&](std::stop_token stop) {
    until_stopped(stopped)(stop);
    throw Error(ErrorKind::cancelled, "second");
  });
  group.spawn([](std::stop_token) { throw Error(ErrorKind::io, "first"); });
  try {
    group.wait();
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "first");
  }
  EXPECT_EQ(stopped, 2);
  EXPECT_LT(system_clock().elapsed() - before, 2s);
}

TEST(TaskGroup, passes_foreign_exceptions_as_they_are) {
  TaskGroup group({});
  group.spawn([](std::stop_token) { throw std::out_of_range("odd"); });
  EXPECT_THROW(group.wait(), std::out_of_range);
}

TEST(TaskGroup, passes_the_parents_stop_on) {
  std::atomic<int> stopped = 0;
  std::stop_source parent;
  TaskGroup group(parent.get_token());
  group.spawn(until_stopped(stopped));
  parent.request_stop();
  const Duration before = system_clock().elapsed();
  group.wait();
  EXPECT_LT(system_clock().elapsed() - before, 2s);
  EXPECT_EQ(stopped, 1);
}

TEST(TaskGroup, starts_stopped_under_a_stopped_parent) {
  std::atomic<int> stopped = 0;
  std::stop_source parent;
  parent.request_stop();
  TaskGroup group(parent.get_token());
  EXPECT_TRUE(group.stop_token().stop_requested());
  group.spawn(until_stopped(stopped));
  group.wait();
  EXPECT_EQ(stopped, 1);
}

TEST(TaskGroup, stops_and_joins_when_it_goes) {
  std::atomic<int> stopped = 0;
  const Duration before = system_clock().elapsed();
  {
    TaskGroup group({});
    group.spawn(until_stopped(stopped));
    group.spawn([](std::stop_token) { throw Error(ErrorKind::io, "nobody asks"); });
  }
  EXPECT_EQ(stopped, 1);
  EXPECT_LT(system_clock().elapsed() - before, 2s);
}

TEST(TaskGroup, can_be_used_again_after_a_failure_and_still_hears_its_parent) {
  std::atomic<int> stopped = 0;
  std::stop_source parent;
  TaskGroup group(parent.get_token());
  group.spawn([](std::stop_token) { throw Error(ErrorKind::io, "m"); });
  EXPECT_THROW(group.wait(), Error);
  EXPECT_FALSE(group.stop_token().stop_requested());

  std::atomic<bool> ran = false;
  group.spawn([&](std::stop_token stop) { ran = !stop.stop_requested(); });
  group.wait();
  EXPECT_TRUE(ran);

  group.spawn(until_stopped(stopped));
  parent.request_stop();
  group.wait();
  EXPECT_EQ(stopped, 1);
}

TEST(TaskGroup, stops_its_tasks_on_request) {
  std::atomic<int> stopped = 0;
  TaskGroup group({});
  group.spawn(until_stopped(stopped));
  group.request_stop();
  group.wait();
  EXPECT_EQ(stopped, 1);
}

}  // namespace
}  // namespace holdfast::base
