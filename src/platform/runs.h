// What runs on a platform, or waits to run, as far as a Connector knows it: pausing what fires stops none of it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/time.h"

namespace holdfast::platform {

struct ActiveRun {
  std::string id{};
  std::string kind{};   // of what runs: "jobs"
  std::string owner{};  // its id; empty: it belongs to nothing that has one
  std::string name{};   // for people
  // Whether it waits for others, or for what it runs on: nothing of it has begun.
  enum class State { waits, runs } state = State::runs;
  std::optional<base::Instant> since{};  // when it was asked for
};

class RunsThings {  // thread-safe
public:
  virtual ~RunsThings() = default;
  // All that are not ended.
  virtual std::vector<ActiveRun> active_runs(std::stop_token stop) = 0;
  // Asks for its end, which may come later.  What is ended already, or gone, is no error.
  virtual void cancel(const ActiveRun& run) = 0;
};

}  // namespace holdfast::platform
