// What runs on a platform, ran, waits to run, or is due, as far as a Connector knows it.
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

struct Stretch {  // of time: after `from`, up to and with `until`
  base::Instant from{};
  base::Instant until{};
};

// When a resource is due by its definition.
struct Timetable {
  enum class Form {
    none,     // nothing of it starts by itself
    ticks,    // at `due`
    no_grid,  // it starts by itself, at times that its definition does not tell
    unknown,  // it starts at times, and which they are is not understood
  } form = Form::none;
  std::vector<base::Instant> due{};  // ascending, within the stretch that was asked for
  std::string rule{};                // as its owner wrote it: "0 0 2 * * ? in Europe/Berlin"
  std::string why{};                 // of no_grid and unknown
};

// What started and was asked for by nobody.
struct OwnRun {
  std::string kind{};  // of the resource: "jobs"
  std::string id{};
  base::Instant at{};  // by the platform's clock
  enum class Cause { clock, other } cause = Cause::clock;
  enum class Outcome { ran, skipped } outcome = Outcome::ran;  // skipped: as many as may run at once were running
};
struct OwnRuns {
  std::vector<std::string> kinds{};  // of which runs are listed at all
  std::vector<OwnRun> runs{};
  base::Instant complete_since{};  // what started before that may be missing
};

class RunsThings {  // thread-safe
public:
  virtual ~RunsThings() = default;
  // All that are not ended: pausing what fires stops none of them.
  virtual std::vector<ActiveRun> active_runs(std::stop_token stop) = 0;
  // Asks for its end, which may come later.  What is ended already, or gone, is no error.
  virtual void cancel(const ActiveRun& run, std::stop_token stop) = 0;
  // What started within a stretch of time.
  virtual OwnRuns own_runs(const Stretch& within, std::stop_token stop) = 0;
  // Of a resource of a kind, by its body.  Asks nobody.
  virtual Timetable timetable(const std::string& kind, const std::string& body, const Stretch& within) const = 0;
};

}  // namespace holdfast::platform
