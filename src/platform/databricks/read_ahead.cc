#include "platform/databricks/read_ahead.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/task_group.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

// What a row that waits costs beside the bytes of its columns.
constexpr std::uint64_t k_row_overhead = 512;

std::uint64_t size_of(const ReadItem& item) {
  std::uint64_t size = k_row_overhead + item.unread.size();
  if (item.row)
    for (const auto& column : item.row->columns) size += column ? column->size() : 0;
  return size;
}

enum class State : std::uint8_t {
  waiting,
  under_way,
  unwanted,  // under way, and nobody waits for it any more
  finished,
  gone,  // handed over, or given up
};

struct Result {
  std::optional<ReadItem> item{};
  std::exception_ptr failure{};
  std::uint64_t size = 0;
};

}  // namespace

class ReadAhead::Pool {
public:
  Pool(const std::vector<Shelf>& shelves, Source source, const Limits& limits, std::stop_token stop)
      : source_(std::move(source)), limits_(limits), group_(std::move(stop)) {
    for (const Shelf& shelf : shelves) {
      lanes_.push_back(std::make_unique<Lane>());
      lanes_.back()->states.resize(shelf.count, State::waiting);
      lanes_.back()->parallel = std::max(1U, shelf.parallel);
      total_ += shelf.count;
    }
  }

  void expect(const std::vector<std::size_t>& shelves);
  void hand_over(const Stretch& stretch, const Take& take, const std::stop_token& stop);

private:
  // The resources of one kind.
  struct Lane {
    std::vector<State> states;
    std::map<std::size_t, Result> finished;
    std::size_t next = 0;  // nothing before it waits, but what somebody reads a second time
    unsigned parallel = 1;
    unsigned under_way = 0;
    bool failed = false;  // what comes next would hardly fare better, until somebody asks for it
    std::condition_variable_any ready;
  };
  // A stretch that somebody is reading.
  struct Window {
    Lane& lane;
    std::size_t taken;  // whose turn it is
    std::size_t next;   // nothing in the window before it waits
    std::size_t end;
    bool failed = false;
  };
  struct Job {
    std::size_t shelf = 0;
    std::size_t number = 0;
  };

  void start();
  void work(const std::stop_token& stop);
  std::optional<Job> pick();
  std::optional<Job> pick_for(Window& window);
  std::optional<Job> pick_ahead();
  Result read(const Job& job, const std::stop_token& stop) const;
  void finish(const Job& job, Result result);
  Result wait_for(Window& window, const std::stop_token& stop);
  void attach(Window& window);
  void give_up(Window& window);
  std::size_t index_of(const Lane& lane) const;

  const Source source_;
  const Limits limits_;
  std::size_t total_ = 0;
  std::mutex mutex_;
  std::condition_variable_any changed_;  // for workers
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Window*> windows_;       // oldest first
  std::vector<std::size_t> expected_;  // lanes
  std::uint64_t held_ = 0;
  unsigned idle_ = 0;
  bool started_ = false;
  bool stopped_ = false;
  base::TaskGroup group_;  // last: its threads use everything above
};

std::size_t ReadAhead::Pool::index_of(const Lane& lane) const {
  const auto found = std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& one) { return one.get() == &lane; });
  return static_cast<std::size_t>(found - lanes_.begin());
}

// With the first one who wants something: captures are also opened for a look at what there is.
void ReadAhead::Pool::start() {
  if (std::exchange(started_, true)) return;
  const std::size_t threads = std::min<std::size_t>(std::max(1U, limits_.threads), total_);
  for (std::size_t i = 0; i < threads; ++i) group_.spawn([this](const std::stop_token& stop) { work(stop); });
}

void ReadAhead::Pool::expect(const std::vector<std::size_t>& shelves) {
  const std::lock_guard lock(mutex_);
  expected_.insert(expected_.end(), shelves.begin(), shelves.end());
  start();
  changed_.notify_one();
}

void ReadAhead::Pool::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::optional<Job> job;
    ++idle_;
    changed_.wait(lock, stop, [&] { return (job = pick()).has_value(); });
    --idle_;
    if (!job || stop.stop_requested()) break;
    Lane& lane = *lanes_[job->shelf];
    lane.states[job->number] = State::under_way;
    ++lane.under_way;
    const std::uint64_t reserved = source_.expected_bytes(job->shelf, job->number);
    held_ += reserved;
    // Each wakes at most one other: nobody is woken in vain.
    if (idle_ > 0 && pick()) changed_.notify_one();
    lock.unlock();
    Result result = read(*job, stop);
    lock.lock();
    held_ -= reserved;
    finish(*job, std::move(result));
  }
  stopped_ = true;
  for (const auto& lane : lanes_) lane->ready.notify_all();
}

Result ReadAhead::Pool::read(const Job& job, const std::stop_token& stop) const {
  Result out;
  try {
    out.item = source_.read(job.shelf, job.number, stop);
    out.size = size_of(*out.item);
  } catch (...) {  // for whoever asks for it
    out.failure = std::current_exception();
  }
  return out;
}

// What somebody waits for comes first.
std::optional<ReadAhead::Pool::Job> ReadAhead::Pool::pick() {
  for (Window* window : windows_)
    if (auto job = pick_for(*window)) return job;
  return pick_ahead();
}

std::optional<ReadAhead::Pool::Job> ReadAhead::Pool::pick_for(Window& window) {
  Lane& lane = window.lane;
  while (window.next < window.end && lane.states[window.next] != State::waiting) ++window.next;
  if (window.next == window.end || lane.under_way >= lane.parallel) return std::nullopt;
  const bool room = held_ < limits_.held_bytes && !window.failed;
  if (!room && window.next != window.taken) return std::nullopt;
  return Job{index_of(lane), window.next};
}

// Of those whose turn will come, the one with the fewest under way: each has families of its own to wait for.  They get
// half of the memory, so that they never slow down what somebody waits for.
std::optional<ReadAhead::Pool::Job> ReadAhead::Pool::pick_ahead() {
  if (held_ >= limits_.held_bytes / 2) return std::nullopt;
  std::optional<Job> best;
  for (const std::size_t shelf : expected_) {
    Lane& lane = *lanes_[shelf];
    while (lane.next < lane.states.size() && lane.states[lane.next] != State::waiting) ++lane.next;
    if (lane.failed || lane.next == lane.states.size() || lane.under_way >= lane.parallel) continue;
    if (!best || lane.under_way < lanes_[best->shelf]->under_way) best = Job{shelf, lane.next};
  }
  return best;
}

void ReadAhead::Pool::finish(const Job& job, Result result) {
  Lane& lane = *lanes_[job.shelf];
  --lane.under_way;
  if (lane.states[job.number] == State::unwanted) {
    lane.states[job.number] = State::gone;
    return;
  }
  if (result.failure) {
    lane.failed = true;
    for (Window* window : windows_)
      if (&window->lane == &lane && window->taken <= job.number && job.number < window->end) window->failed = true;
  }
  held_ += result.size;
  lane.states[job.number] = State::finished;
  lane.finished.emplace(job.number, std::move(result));
  for (const Window* window : windows_)
    if (&window->lane == &lane && window->taken == job.number) lane.ready.notify_all();
}

void ReadAhead::Pool::attach(Window& window) {
  const std::lock_guard lock(mutex_);
  start();
  for (std::size_t i = window.taken; i < window.end; ++i) {
    State& state = window.lane.states[i];
    if (state == State::gone) state = State::waiting;  // it is read a second time
    if (state == State::unwanted) state = State::under_way;
  }
  windows_.push_back(&window);
  changed_.notify_one();
}

void ReadAhead::Pool::give_up(Window& window) {
  const std::lock_guard lock(mutex_);
  std::erase(windows_, &window);
  Lane& lane = window.lane;
  for (std::size_t i = window.taken; i < window.end; ++i) {
    State& state = lane.states[i];
    if (state == State::finished) {
      held_ -= lane.finished.at(i).size;
      lane.finished.erase(i);
    }
    state = state == State::under_way ? State::unwanted : State::gone;
  }
  changed_.notify_one();
}

Result ReadAhead::Pool::wait_for(Window& window, const std::stop_token& stop) {
  Lane& lane = window.lane;
  std::unique_lock lock(mutex_);
  const auto settled = [&] { return lane.states[window.taken] >= State::finished; };
  lane.ready.wait(lock, stop, [&] { return stopped_ || settled(); });
  if (stop.stop_requested() || !settled()) throw Error(ErrorKind::cancelled, "reading the workspace was stopped");
  if (lane.states[window.taken] == State::gone)
    throw Error(ErrorKind::internal, "two readers asked for the same resources at once");
  const auto found = lane.finished.find(window.taken);
  Result out = std::move(found->second);
  lane.finished.erase(found);
  lane.states[window.taken++] = State::gone;
  held_ -= out.size;
  if (idle_ > 0 && pick()) changed_.notify_one();
  return out;
}

void ReadAhead::Pool::hand_over(const Stretch& stretch, const Take& take, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorKind::cancelled, "reading the workspace was stopped");
  if (stretch.begin == stretch.end) return;
  Window window{.lane = *lanes_.at(stretch.shelf), .taken = stretch.begin, .next = stretch.begin, .end = stretch.end};
  struct Attached {
    Pool& pool;
    Window& window;
    ~Attached() { pool.give_up(window); }
  };
  attach(window);
  const Attached attached{*this, window};
  for (std::size_t number = stretch.begin; number < stretch.end; ++number) {
    Result result = wait_for(window, stop);
    if (result.failure) std::rethrow_exception(result.failure);
    take(number, *std::move(result.item));
  }
}

ReadAhead::ReadAhead(const std::vector<Shelf>& shelves, Source source, const Limits& limits, std::stop_token stop)
    : pool_(std::make_unique<Pool>(shelves, std::move(source), limits, std::move(stop))) {}

ReadAhead::~ReadAhead() = default;

void ReadAhead::expect(const std::vector<std::size_t>& shelves) {
  pool_->expect(shelves);
}

void ReadAhead::hand_over(const Stretch& stretch, const Take& take, std::stop_token stop) {
  pool_->hand_over(stretch, take, stop);
}

}  // namespace holdfast::platform::databricks
