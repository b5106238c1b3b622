// What people are told of calls that are made again: the first trouble within seconds, and then a line every ten
// seconds, however many calls wait at once.
#pragma once

#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/events.h"
#include "net/api.h"

namespace holdfast::net {

class RetryNotices {  // thread-safe
public:
  // Both outlive it.
  RetryNotices(base::Events& events, const base::Clock& clock) : events_(events), clock_(clock) {}
  void operator()(const Retry& retry);

private:
  base::Events& events_;
  const base::Clock& clock_;
  std::mutex mutex_;
  std::optional<base::Duration> told_;
};

}  // namespace holdfast::net
