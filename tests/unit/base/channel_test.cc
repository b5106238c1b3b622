#include "base/channel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace holdfast::base {
namespace {

using namespace std::chrono_literals;

// True when `push` is still blocked after a moment.  The channel is closed then, to let it go.
bool blocks(Channel<int>& channel, std::size_t bytes) {
  std::atomic<bool> done = false;
  bool taken = false;
  std::jthread pusher([&] {
    taken = channel.push(0, bytes, {});
    done = true;
  });
  for (int i = 0; i < 20 && !done; ++i) system_clock().sleep(2ms, {});
  const bool blocked = !done;
  channel.close();
  pusher.join();
  EXPECT_NE(blocked, taken);
  return blocked;
}

TEST(Channel, keeps_the_order) {
  Channel<int> channel(10, 100);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(channel.push(i, 1, {}));
  channel.close();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(channel.pop({}), i);
  EXPECT_EQ(channel.pop({}), std::nullopt);
}

TEST(Channel, blocks_at_its_budget_of_items) {
  Channel<int> channel(2, 100);
  channel.push(1, 1, {});
  channel.push(2, 1, {});
  EXPECT_TRUE(blocks(channel, 1));
}

TEST(Channel, blocks_at_its_budget_of_bytes) {
  Channel<int> channel(10, 100);
  channel.push(1, 60, {});
  EXPECT_TRUE(blocks(channel, 41));
}

TEST(Channel, takes_what_just_fits) {
  Channel<int> channel(10, 100);
  channel.push(1, 60, {});
  EXPECT_FALSE(blocks(channel, 40));
}

TEST(Channel, lets_one_giant_through_when_it_is_empty) {
  Channel<int> channel(10, 100);
  EXPECT_TRUE(channel.push(1, 1'000'000, {}));
  EXPECT_TRUE(blocks(channel, 1));
}

TEST(Channel, has_room_again_after_a_pop) {
  Channel<int> channel(1, 100);
  channel.push(1, 100, {});
  std::jthread pusher([&] { EXPECT_TRUE(channel.push(2, 100, {})); });
  EXPECT_EQ(channel.pop({}), 1);
  EXPECT_EQ(channel.pop({}), 2);
}

TEST(Channel, lets_go_of_both_sides_when_asked_to_stop) {
  Channel<int> full(1, 100);
  Channel<int> empty(1, 100);
  full.push(1, 1, {});
  std::stop_source stop;
  const Duration before = system_clock().elapsed();
  {
    std::jthread pusher([&] { EXPECT_FALSE(full.push(2, 1, stop.get_token())); });
    std::jthread popper([&] { EXPECT_EQ(empty.pop(stop.get_token()), std::nullopt); });
    system_clock().sleep(10ms, {});
    stop.request_stop();
  }
  EXPECT_LT(system_clock().elapsed() - before, 2s);
  EXPECT_FALSE(empty.push(1, 1, stop.get_token()));
  EXPECT_EQ(full.pop(stop.get_token()), std::nullopt);
}

TEST(Channel, refuses_pushes_once_closed_and_gives_out_the_rest) {
  Channel<std::unique_ptr<int>> channel(5, 100);
  EXPECT_TRUE(channel.push(std::make_unique<int>(7), 1, {}));
  channel.close();
  EXPECT_FALSE(channel.push(std::make_unique<int>(8), 1, {}));
  EXPECT_EQ(**channel.pop({}), 7);
  EXPECT_EQ(channel.pop({}), std::nullopt);
}

TEST(Channel, hands_every_item_to_exactly_one_consumer) {
  constexpr int k_each = 500;
  Channel<int> channel(7, 50);
  std::mutex mutex;
  std::multiset<int> seen;
  {
    std::vector<std::jthread> consumers;
    for (int c = 0; c < 4; ++c)
      consumers.emplace_back([&] {
        while (const auto item = channel.pop({})) {
          const std::lock_guard lock(mutex);
          seen.insert(*item);
        }
      });
    {
      std::vector<std::jthread> producers;
      for (int p = 0; p < 4; ++p)
        producers.emplace_back([&, p] {
          for (int i = 0; i < k_each; ++i)
            EXPECT_TRUE(channel.push(p * k_each + i, static_cast<std::size_t>(i % 60), {}));
        });
    }
    channel.close();
  }
  EXPECT_EQ(seen.size(), 4u * k_each);
  EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), 4u * k_each);
}

}  // namespace
}  // namespace holdfast::base
