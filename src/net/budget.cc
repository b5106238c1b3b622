#include "net/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "net/pace.h"

namespace holdfast::net {

namespace {

using base::Error;
using base::ErrorKind;

// Of the share: clocks differ and calls bunch up on their way, and one too many costs more than one too few.
constexpr double k_headroom = 0.98;
// A rate may change while somebody sleeps.
constexpr base::Duration k_longest_sleep = std::chrono::milliseconds(250);

double rate_most(const Family& family, double share) {
  const double per_s = static_cast<double>(family.per.count()) / 1e6;
  return family.requests / per_s * share * k_headroom;
}

PaceLimits pace_limits(const Family& family, double share) {
  return {.rate = rate_most(family, share), .burst = std::max(1.0, family.burst * share)};
}

}  // namespace

struct Budget::Lane {
  Lane(Family of, double share, const base::Clock& by)
      : family(std::move(of)),
        most(rate_most(family, share)),
        clock(by),
        pace(pace_limits(family, share), by.elapsed()) {}

  // Whoever waits stands in the queue with a condition of its own: only the first one is ever woken.
  struct Waiter {
    std::condition_variable_any ready;
  };

  bool first_may_go() const { return under_way < family.parallel; }
  void wake_first() {
    if (!queue.empty()) queue.front()->ready.notify_one();
  }
  void leave(const Waiter& waiter) {
    queue.erase(std::find(queue.begin(), queue.end(), &waiter));
    wake_first();
  }

  enum class Outcome { admitted, stopped, held };
  // Until the waiter is first, has a place and the pace allows a call.
  Outcome wait(std::unique_lock<std::mutex>& lock, Waiter& waiter, const std::stop_token& stop,
               base::Duration longest_hold) {
    const auto ready = [&] { return queue.front() == &waiter && first_may_go(); };
    if (!waiter.ready.wait(lock, stop, ready)) return Outcome::stopped;
    // Only the first one comes here, and places are only taken by the first one: both stay true.
    for (;;) {
      if (stop.stop_requested()) return Outcome::stopped;
      const base::Duration delay = pace.delay(clock.elapsed());
      if (delay <= base::Duration::zero()) return Outcome::admitted;
      if (pace.hold(clock.elapsed()) > longest_hold) return Outcome::held;
      lock.unlock();
      clock.sleep(std::min(delay, k_longest_sleep), stop);
      lock.lock();
    }
  }

  const Family family;
  const double most;
  const base::Clock& clock;
  mutable std::mutex mutex;
  Pace pace;
  std::deque<Waiter*> queue;
  unsigned under_way = 0;
  std::uint64_t sent = 0;
  std::uint64_t throttled = 0;
  std::uint64_t retried = 0;
  base::Duration waited{};
};

Budget::Permit::Permit(Permit&& other) noexcept : lane_(std::exchange(other.lane_, nullptr)), sent_(other.sent_) {}

Budget::Permit::~Permit() {
  if (lane_ == nullptr) return;
  const std::lock_guard lock(lane_->mutex);
  --lane_->under_way;
  lane_->wake_first();
}

void Budget::Permit::answered() {
  const std::lock_guard lock(lane_->mutex);
  lane_->pace.answered(sent_, lane_->clock.elapsed());
}

void Budget::Permit::throttled(base::Duration hold) {
  const std::lock_guard lock(lane_->mutex);
  ++lane_->throttled;
  lane_->pace.throttled(sent_, lane_->clock.elapsed(), hold);
}

Budget::Budget(std::vector<Family> families, double share, const base::Clock& clock) {
  if (!(share > 0 && share <= 1))
    throw Error(ErrorKind::config, fmt::format("the share of the rate limits is {}", share),
                "Set it to more than 0 and at most 1.");
  for (Family& family : families) {
    const bool known =
        std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& lane) { return lane->family.name == family.name; });
    if (known || family.requests < 0 || family.per <= base::Duration::zero() || family.parallel == 0)
      throw Error(ErrorKind::internal,
                  fmt::format("the family of endpoints '{}' is there twice or makes no sense", family.name));
    lanes_.push_back(std::make_unique<Lane>(std::move(family), share, clock));
  }
}

Budget::~Budget() = default;

Budget::Lane& Budget::lane(std::string_view family) const {
  for (const auto& lane : lanes_)
    if (lane->family.name == family) return *lane;
  throw Error(ErrorKind::internal, fmt::format("there is no family of endpoints '{}'", family));
}

Budget::Permit Budget::admit(std::string_view family, Attempt attempt, std::stop_token stop,
                             base::Duration longest_hold) {
  Lane& to = lane(family);
  Lane::Waiter waiter;
  std::unique_lock lock(to.mutex);
  const base::Duration came = to.clock.elapsed();
  to.queue.push_back(&waiter);
  const Lane::Outcome outcome = to.wait(lock, waiter, stop, longest_hold);
  const base::Duration now = to.clock.elapsed();
  to.waited += now - came;
  if (outcome != Lane::Outcome::admitted) {
    const base::Duration left = to.pace.hold(now);
    to.leave(waiter);
    if (outcome == Lane::Outcome::held)
      throw HeldTooLong(left, fmt::format("asked to wait for {} with {}", base::to_short(left), family));
    throw Error(ErrorKind::cancelled, fmt::format("interrupted before a call of {} was sent", family));
  }
  to.pace.take(now);
  ++to.under_way;
  ++to.sent;
  if (attempt == Attempt::repeat) ++to.retried;
  to.leave(waiter);
  return {to, now};
}

base::Duration Budget::least_time(const std::map<std::string, std::uint64_t>& calls) const {
  double seconds = 0;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    const auto asked = calls.find(lane->family.name);
    if (asked == calls.end() || lane->most <= 0) continue;
    seconds = std::max(seconds, static_cast<double>(asked->second) / lane->most);
  }
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
}

std::vector<FamilyCounters> Budget::counters() const {
  std::vector<FamilyCounters> out;
  for (const auto& lane : lanes_) {
    const std::lock_guard lock(lane->mutex);
    out.push_back({.name = lane->family.name,
                   .sent = lane->sent,
                   .throttled = lane->throttled,
                   .retried = lane->retried,
                   .waited = lane->waited,
                   .rate = lane->pace.rate(),
                   .rate_most = lane->most,
                   .under_way = lane->under_way});
  }
  return out;
}

}  // namespace holdfast::net
