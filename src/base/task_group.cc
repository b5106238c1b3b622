#include "base/task_group.h"

#include <fmt/format.h>

#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"

namespace holdfast::base {

namespace {

// Passes a stop on.  It holds the source by value, so that it may run while the group is being taken down.
struct PassOn {
  std::stop_source source;
  void operator()() const noexcept { source.request_stop(); }
};

}  // namespace

struct TaskGroup::State {
  explicit State(std::stop_token parent_token)
      : parent(std::move(parent_token)), link(std::in_place, parent, PassOn{source}) {}

  void join() noexcept {
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  void run(const std::function<void(std::stop_token)>& task, const std::stop_source& stop) noexcept {
    try {
      task(stop.get_token());
    } catch (...) {
      {
        const std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
      stop.request_stop();
    }
  }

  std::stop_token parent;
  std::stop_source source;
  std::optional<std::stop_callback<PassOn>> link;
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::exception_ptr first;  // guarded by mutex until all threads are joined
};

TaskGroup::TaskGroup(std::stop_token parent) : state_(std::make_unique<State>(std::move(parent))) {}

TaskGroup::~TaskGroup() {
  state_->source.request_stop();
  state_->join();
}

void TaskGroup::spawn(std::function<void(std::stop_token)> task) {
  try {
    State* state = state_.get();
    state->threads.emplace_back([state, task = std::move(task), stop = state->source] { state->run(task, stop); });
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::io, fmt::format("cannot start a thread: {}", error.what()),
                "Raise the limit on processes (ulimit -u), or ask for fewer readers.");
  }
}

void TaskGroup::wait() {
  state_->join();
  const std::exception_ptr first = std::exchange(state_->first, nullptr);
  if (state_->source.stop_requested()) {
    // A stop source cannot be rearmed: the next tasks get a new one, which the parent reaches like the old.
    state_->link.reset();
    state_->source = std::stop_source();
    state_->link.emplace(state_->parent, PassOn{state_->source});
  }
  if (first) std::rethrow_exception(first);
}

void TaskGroup::request_stop() {
  state_->source.request_stop();
}

std::stop_token TaskGroup::stop_token() const {
  return state_->source.get_token();
}

}  // namespace holdfast::base
