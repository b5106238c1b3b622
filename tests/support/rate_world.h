// A rate-limited server in simulated time, with us and somebody else in front of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "net/pace.h"
#include "support/fakes.h"

namespace holdfast::test {

struct RateWorldSetup {
  double limit = 60;   // calls a second, of the server
  double burst_s = 1;  // the server lets through what this time is worth at once; 0 = counts whole seconds
  double share = 0.5;  // that we take of it
  double foreign = 0;  // calls a second of the other client, as a part of the limit
  enum class Foreign { steady, random } foreign_calls = Foreign::steady;
  double foreign_until_s = 1e9;  // then it goes
  int seconds = 600;
  int latency_ms = 50;
  unsigned workers = 32;
  std::uint64_t seed = 1;
};

struct RateWorldResult {
  std::uint64_t ours = 0;  // accepted
  std::uint64_t ours_429 = 0;
  std::uint64_t foreign = 0;
  std::uint64_t foreign_429 = 0;
  double ours_per_s_at_end = 0;  // accepted in the last tenth of the time

  static double part(std::uint64_t refused, std::uint64_t accepted) {
    return accepted + refused == 0 ? 0 : static_cast<double>(refused) / static_cast<double>(accepted + refused);
  }
  double ours_refused() const { return part(ours_429, ours); }
  double foreign_refused() const { return part(foreign_429, foreign); }
};

// A token bucket, or a counter that begins anew each second.
class RateLimiter {
public:
  RateLimiter(double limit, double burst_s)
      : limit_(limit), burst_(std::max(1.0, limit * burst_s)), whole_(burst_s == 0) {
    tokens_ = whole_ ? limit : burst_;
  }
  bool allows(double now_s) {
    if (whole_) {
      if (std::floor(now_s) > std::floor(last_s_)) tokens_ = limit_;
    } else {
      tokens_ = std::min(burst_, tokens_ + (now_s - last_s_) * limit_);
    }
    last_s_ = now_s;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

private:
  const double limit_;
  const double burst_;
  const bool whole_;
  double tokens_ = 0;
  double last_s_ = 0;
};

// In steps of a millisecond.  The answer "too fast" asks to wait a second, and both do.
class RateWorld {
public:
  explicit RateWorld(const RateWorldSetup& setup)
      : setup_(setup),
        limiter_(setup.limit, setup.burst_s),
        pace_({.rate = setup.limit * setup.share * 0.98, .burst = 1}, base::Duration::zero()),
        random_(setup.seed) {}

  RateWorldResult run() {
    for (now_ms_ = 0; now_ms_ < setup_.seconds * 1000; ++now_ms_) {
      send_ours();
      send_foreign();
      arrive();
      answer();
    }
    result_.ours_per_s_at_end = static_cast<double>(accepted_at_end_) / (setup_.seconds * 0.1);
    return result_;
  }

private:
  struct Sent {
    std::int64_t arrives_ms = 0;
    std::int64_t answered_ms = 0;
    base::Duration sent{};
    bool accepted = false;
  };

  base::Duration now() const { return std::chrono::milliseconds(now_ms_); }
  double now_s() const { return static_cast<double>(now_ms_) / 1000; }
  double chance() {
    std::uint32_t bits = 0;
    random_.fill({reinterpret_cast<char*>(&bits), sizeof bits});
    return bits / 4294967296.0;
  }

  void send_ours() {
    while (under_way_.size() < setup_.workers && pace_.delay(now()) <= base::Duration::zero()) {
      pace_.take(now());
      // Half of the way there, half back, a fifth more or less.
      const double way_ms = setup_.latency_ms * (0.8 + 0.4 * chance());
      under_way_.push_back({.arrives_ms = now_ms_ + static_cast<std::int64_t>(way_ms / 2),
                            .answered_ms = now_ms_ + static_cast<std::int64_t>(way_ms),
                            .sent = now()});
    }
  }

  // Each tried again after a second when it was refused.
  void send_foreign() {
    if (now_s() >= setup_.foreign_until_s) return;
    unsigned calls = 0;
    for (; setup_.foreign > 0 && next_foreign_s_ <= now_s(); ++calls) next_foreign_s_ += foreign_gap_s();
    for (; !foreign_again_ms_.empty() && foreign_again_ms_.front() <= now_ms_; foreign_again_ms_.pop_front()) ++calls;
    for (; calls > 0; --calls) {
      if (limiter_.allows(now_s())) {
        ++result_.foreign;
      } else {
        ++result_.foreign_429;
        foreign_again_ms_.push_back(now_ms_ + 1000);
      }
    }
  }

  // Steady: half an interval more or less; random: calls that know nothing of one another.
  double foreign_gap_s() {
    const double mean_s = 1 / (setup_.limit * setup_.foreign);
    if (setup_.foreign_calls == RateWorldSetup::Foreign::steady) return mean_s * (0.5 + chance());
    return -mean_s * std::log(1 - chance());
  }

  void arrive() {
    for (Sent& call : under_way_)
      if (call.arrives_ms == now_ms_) call.accepted = limiter_.allows(now_s());
  }

  void answer() {
    for (const Sent& call : under_way_) {
      if (call.answered_ms > now_ms_) continue;
      if (call.accepted) {
        ++result_.ours;
        if (now_ms_ >= setup_.seconds * 900) ++accepted_at_end_;
        pace_.answered(call.sent, now());
      } else {
        ++result_.ours_429;
        pace_.throttled(call.sent, now(), std::chrono::seconds(1));
      }
    }
    std::erase_if(under_way_, [&](const Sent& call) { return call.answered_ms <= now_ms_; });
  }

  const RateWorldSetup setup_;
  RateLimiter limiter_;
  net::Pace pace_;
  SeededRandom random_;
  std::int64_t now_ms_ = 0;
  std::vector<Sent> under_way_;
  std::deque<std::int64_t> foreign_again_ms_;
  double next_foreign_s_ = 0;
  std::uint64_t accepted_at_end_ = 0;
  RateWorldResult result_;
};

}  // namespace holdfast::test
