// Structured threads: a group joins in its destructor, the first exception wins and stops the others.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

namespace holdfast::base {

// Owned by one thread; spawn() and wait() are called by that thread only.
class TaskGroup {
public:
  // A stop requested at `parent` is passed on to every task.
  explicit TaskGroup(std::stop_token parent);
  ~TaskGroup();  // requests stop, joins; never throws
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts a thread.  The task must return soon after its token is asked to stop.
  void spawn(std::function<void(std::stop_token)> task);
  // Joins all; throws the first exception that left a task.  The group can be used again afterwards.
  void wait();
  void request_stop();
  std::stop_token stop_token() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::base
