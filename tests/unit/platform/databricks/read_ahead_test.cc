#include "platform/databricks/read_ahead.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "support/errors.h"

namespace holdfast::test {
namespace {

using platform::databricks::ReadAhead;
using platform::databricks::ReadItem;

// Only what goes wrong waits for so long.
constexpr auto k_patience = std::chrono::seconds(60);

ReadItem item_of(const std::string& text) {
  ReadItem out;
  out.row = base::Row{.key = text, .columns = {text}};
  return out;
}

// Becomes true once, and somebody waits for it.
class Signal {
public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_all();
  }
  // False when it does not come, or stop is requested.
  bool wait(const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, stop, k_patience, [&] { return set_; });
  }

private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool set_ = false;
};

using Read = std::function<ReadItem(std::size_t, std::size_t, std::stop_token)>;

ReadItem plain(std::size_t shelf, std::size_t number, const std::stop_token&) {
  return item_of(fmt::format("{}/{}", shelf, number));
}

ReadAhead::Source source_of(Read read, std::uint64_t expected = 100) {
  return {.read = std::move(read), .expected_bytes = [expected](std::size_t, std::size_t) { return expected; }};
}

// What hand_over gives, and must give in order.
std::vector<std::string> taken(ReadAhead& ahead, const ReadAhead::Stretch& stretch, const std::stop_token& stop = {}) {
  std::vector<std::string> out;
  ahead.hand_over(
      stretch,
      [&](std::size_t number, const ReadItem& item) {
        EXPECT_EQ(number, stretch.begin + out.size());
        out.push_back(item.row->key);
      },
      stop);
  return out;
}

TEST(ReadAhead, hands_over_in_order_what_is_read_in_any) {
  ReadAhead ahead({{.count = 500, .parallel = 8}},
                  source_of([](std::size_t shelf, std::size_t number, const std::stop_token& stop) {
                    for (std::size_t i = 0; i < (number * 7919) % 13; ++i) std::this_thread::yield();
                    return plain(shelf, number, stop);
                  }),
                  {.threads = 8}, {});
  const auto some = taken(ahead, {.shelf = 0, .begin = 17, .end = 400});
  ASSERT_EQ(some.size(), 383U);
  EXPECT_EQ(some.front(), "0/17");
  EXPECT_EQ(some.back(), "0/399");
  EXPECT_TRUE(taken(ahead, {.shelf = 0, .begin = 3, .end = 3}).empty());
  EXPECT_EQ(taken(ahead, {.shelf = 0, .begin = 390, .end = 500}).size(), 110U) << "ten of them a second time";
}

TEST(ReadAhead, reads_what_is_expected_while_something_else_is_slow) {
  Signal others_are_read;
  std::atomic<int> left{30};
  ReadAhead ahead({{.count = 2, .parallel = 2}, {.count = 10, .parallel = 1}, {.count = 20, .parallel = 3}},
                  source_of([&](std::size_t shelf, std::size_t number, const std::stop_token& stop) {
                    if (shelf == 0) {
                      EXPECT_TRUE(others_are_read.wait(stop)) << "nothing else is read meanwhile";
                    } else if (--left == 0) {
                      others_are_read.set();
                    }
                    return plain(shelf, number, stop);
                  }),
                  {.threads = 4}, {});
  ahead.expect({0, 1, 2});
  EXPECT_EQ(taken(ahead, {.shelf = 0, .begin = 0, .end = 2}).size(), 2U);
  EXPECT_EQ(taken(ahead, {.shelf = 2, .begin = 0, .end = 20}).size(), 20U);
  EXPECT_EQ(taken(ahead, {.shelf = 1, .begin = 0, .end = 10}).size(), 10U);
  EXPECT_EQ(left, 0) << "what was read is not read again";
}

TEST(ReadAhead, reads_nothing_that_nobody_expects) {
  std::atomic<int> asked{0};
  {
    ReadAhead ahead({{.count = 5, .parallel = 2}, {.count = 5, .parallel = 2}},
                    source_of([&](std::size_t shelf, std::size_t number, const std::stop_token& stop) {
                      EXPECT_EQ(shelf, 0U);
                      ++asked;
                      return plain(shelf, number, stop);
                    }),
                    {.threads = 4}, {});
    EXPECT_EQ(taken(ahead, {.shelf = 0, .begin = 1, .end = 4}).size(), 3U);
  }
  EXPECT_EQ(asked, 3);
}

TEST(ReadAhead, keeps_to_what_a_kind_is_worth_at_once) {
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  ReadAhead ahead({{.count = 200, .parallel = 3}},
                  source_of([&](std::size_t shelf, std::size_t number, const std::stop_token& stop) {
                    const int now = ++under_way;
                    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
                    for (int i = 0; i < 20; ++i) std::this_thread::yield();
                    --under_way;
                    return plain(shelf, number, stop);
                  }),
                  {.threads = 16}, {});
  ahead.expect({0});
  taken(ahead, {.shelf = 0, .begin = 0, .end = 200});
  EXPECT_LE(most, 3);
}

TEST(ReadAhead, holds_no_more_than_it_may_whoever_is_slow_to_take) {
  constexpr std::uint64_t size = 10'000;
  constexpr std::uint64_t held = 20 * size;
  std::atomic<std::int64_t> out{0};  // read or being read, and not handed over
  std::atomic<std::int64_t> most{0};
  ReadAhead ahead({{.count = 300, .parallel = 8}, {.count = 300, .parallel = 8}},
                  source_of(
                      [&](std::size_t, std::size_t, const std::stop_token&) {
                        const std::int64_t now = ++out;
                        for (std::int64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
                        return item_of(std::string(size, 'x'));
                      },
                      size),
                  {.threads = 16, .held_bytes = held}, {});
  ahead.expect({0, 1});
  std::vector<std::thread> takers;
  for (const std::size_t shelf : {0, 1}) {
    takers.emplace_back([&ahead, &out, shelf] {
      ahead.hand_over({.shelf = shelf, .begin = 0, .end = 300},
                      [&](std::size_t, const ReadItem&) {
                        for (int i = 0; i < 50; ++i) std::this_thread::yield();
                        --out;
                      },
                      {});
    });
  }
  for (std::thread& taker : takers) taker.join();
  EXPECT_EQ(out, 0);
  // One for which there was a little room, and for each taker one that may always be read and one that is being taken.
  EXPECT_LE(most, static_cast<std::int64_t>(held / size) + 5);
}

TEST(ReadAhead, goes_on_where_not_even_one_has_room) {
  ReadAhead ahead({{.count = 20, .parallel = 8}}, source_of(plain, 1'000'000), {.threads = 8, .held_bytes = 1}, {});
  ahead.expect({0});
  EXPECT_EQ(taken(ahead, {.shelf = 0, .begin = 0, .end = 20}).size(), 20U);
}

TEST(ReadAhead, ends_a_stretch_where_a_read_failed_and_no_other) {
  ReadAhead ahead({{.count = 50, .parallel = 4}, {.count = 50, .parallel = 4}},
                  source_of([](std::size_t shelf, std::size_t number, const std::stop_token& stop) {
                    if (shelf == 0 && number == 20) throw base::Error(base::ErrorKind::unavailable, "no answer");
                    return plain(shelf, number, stop);
                  }),
                  {.threads = 8}, {});
  ahead.expect({0, 1});
  std::size_t good = 0;
  const auto error = thrown_by(
      [&] { ahead.hand_over({.shelf = 0, .begin = 0, .end = 30}, [&](std::size_t, const ReadItem&) { ++good; }, {}); });
  EXPECT_EQ(error.message(), "no answer");
  EXPECT_EQ(good, 20U) << "what came before it is good";
  EXPECT_EQ(taken(ahead, {.shelf = 0, .begin = 30, .end = 50}).size(), 20U);
  EXPECT_EQ(taken(ahead, {.shelf = 1, .begin = 0, .end = 50}).size(), 50U);
}

TEST(ReadAhead, gives_a_stretch_up_when_it_is_not_taken) {
  ReadAhead ahead({{.count = 100, .parallel = 4}}, source_of(plain), {.threads = 4}, {});
  ahead.expect({0});
  const auto full = [](std::size_t number, const ReadItem&) {
    if (number == 3) throw base::Error(base::ErrorKind::io, "disk full");
  };
  EXPECT_EQ(error_of([&] { ahead.hand_over({.shelf = 0, .begin = 0, .end = 100}, full, {}); }), base::ErrorKind::io);
  EXPECT_EQ(taken(ahead, {.shelf = 0, .begin = 0, .end = 100}).size(), 100U);
}

TEST(ReadAhead, ends_when_its_reader_is_told_to_though_a_read_hangs) {
  Signal begun;
  std::atomic<bool> stopped{false};
  {
    ReadAhead ahead({{.count = 4, .parallel = 2}},
                    source_of([&](std::size_t shelf, std::size_t number, const std::stop_token& stop) {
                      Signal never;
                      begun.set();
                      never.wait(stop);
                      stopped = stop.stop_requested();
                      return plain(shelf, number, stop);
                    }),
                    {.threads = 2}, {});
    std::stop_source stop;
    std::thread user([&] {
      EXPECT_TRUE(begun.wait());
      stop.request_stop();
    });
    EXPECT_EQ(error_of([&] { taken(ahead, {.shelf = 0, .begin = 0, .end = 4}, stop.get_token()); }),
              base::ErrorKind::cancelled);
    user.join();
  }
  EXPECT_TRUE(stopped) << "what hangs is stopped with it";
}

TEST(ReadAhead, ends_with_the_capture_that_it_belongs_to) {
  std::stop_source whole;
  ReadAhead ahead({{.count = 4, .parallel = 2}},
                  source_of([&](std::size_t, std::size_t, const std::stop_token&) -> ReadItem {
                    whole.request_stop();
                    throw base::Error(base::ErrorKind::cancelled, "the call was stopped");
                  }),
                  {.threads = 2}, whole.get_token());
  EXPECT_EQ(error_of([&] { taken(ahead, {.shelf = 0, .begin = 0, .end = 4}); }), base::ErrorKind::cancelled);
}

}  // namespace
}  // namespace holdfast::test
