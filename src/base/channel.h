// A bounded queue between threads, bounded by bytes as well as by items, so that memory is a budget and not a hope.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>

namespace holdfast::base {

template <class T>
class Channel {  // thread-safe; any number of producers and consumers
public:
  Channel(std::size_t items_max, std::size_t bytes_max) : items_max_(items_max), bytes_max_(bytes_max) {}

  // Blocks while the channel is full.  False when stop was requested or the channel was closed: the item was not taken.
  // One item larger than the whole budget is let through when the channel is empty.
  bool push(T item, std::size_t bytes, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    const bool go = room_.wait(lock, stop, [&] {
      return closed_ || items_.empty() || (items_.size() < items_max_ && bytes_ + bytes <= bytes_max_);
    });
    if (!go || closed_ || stop.stop_requested()) return false;
    items_.push_back({std::move(item), bytes});
    bytes_ += bytes;
    filled_.notify_one();
    return true;
  }

  // Blocks while the channel is empty.  nullopt when it is closed and drained, or stop was requested.
  std::optional<T> pop(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!filled_.wait(lock, stop, [&] { return closed_ || !items_.empty(); })) return std::nullopt;
    if (items_.empty() || stop.stop_requested()) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    bytes_ -= item.bytes;
    room_.notify_all();
    return std::move(item.value);
  }

  // No more pushes; what is in it can still be popped.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

private:
  struct Item {
    T value;
    std::size_t bytes;
  };
  const std::size_t items_max_;
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable_any room_;
  std::condition_variable_any filled_;
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace holdfast::base
