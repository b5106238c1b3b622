// Which ticks of schedules ran on both of two connectors, and which on neither, while one took over from the other:
// what was due by the states that were recorded, held against what each of them says that it ran.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "model/id_map.h"
#include "model/kind.h"
#include "platform/runs.h"
#include "repository/repository.h"

namespace holdfast::engine {

// A resource that fires by itself, and what it is called on either side.
struct Ticking {
  std::string path{};  // "jobs/nightly-load/17"
  std::string kind{};
  std::string left_id{};  // empty: it is not there
  std::string entered_id{};
  platform::Timetable timetable{};
  std::string otherwise{};  // the rule that it has by now on either side, where that is another one
};

// Who was left for whom, and by what they fire.
struct TakeoverSpan {
  std::string left{};     // connectors
  std::string entered{};  // was activated
  base::Instant activated{};
  platform::Stretch within{};  // of what is looked at
};

struct SideRuns {
  platform::OwnRuns left{};
  platform::OwnRuns entered{};
};

struct TickReport {
  platform::Stretch within{};  // as far as both list what they ran
  struct Tick {
    std::string path{};
    base::Instant due{};
    base::Instant left_at{};  // of ran_twice
    base::Instant entered_at{};
  };
  std::vector<Tick> ran_twice{};  // by path, then time
  std::vector<Tick> missed{};
  std::vector<Tick> too_young{};  // ran nowhere yet, and may still be shown to have
  struct NotReckoned {
    std::string path{};
    std::string why{};
    bool listed = false;  // the counts mean something
    std::uint64_t left_runs = 0;
    std::uint64_t entered_runs = 0;  // both since the activation
  };
  std::vector<NotReckoned> not_reckoned{};
};

// Pure.
TickReport reckon_ticks(const std::vector<Ticking>& ticking, const SideRuns& runs, const TakeoverSpan& takeover);

// What fires by itself as `recorded` has it, which is a snapshot of one of both.  `ids` is from the left one to the
// entered one.
struct TickingSource {
  repository::Repository& repository;
  const repository::Snapshot& recorded;
  std::vector<repository::Snapshot> newest{};  // of either side, to see whether a schedule was changed
  const model::IdMap& ids;
  const std::vector<model::Kind>& kinds;  // of the platform of both
  const platform::RunsThings& runs;
};
std::vector<Ticking> ticking_of(const TickingSource& source, const TakeoverSpan& takeover, std::stop_token stop);

}  // namespace holdfast::engine
