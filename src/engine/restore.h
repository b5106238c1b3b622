// restore: a whole collection by an atomic swap, or a part of it by a plan that is applied under a journal.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/events.h"
#include "base/random.h"
#include "model/plan.h"
#include "model/selection.h"
#include "platform/platform.h"
#include "repository/repository.h"
#include "storage/backend.h"

namespace holdfast::engine {

struct PlanOptions {
  std::string target_name;     // of the connector
  model::Selection selection;  // empty: everything
  model::Existing existing = model::Existing::update;
  bool removes = false;  // remove rows of the selection that the snapshot does not have
  platform::CaptureOptions capture;
};

// Pure as far as the target goes: reads both sides, writes nothing.  Rows in stale ranges never make a remove step.
// Throws Error{refused} naming the first row that the target could not hold as it is, Error{not_found} when neither
// side has a row of the selection.
model::Plan make_plan(repository::Repository& repository, const repository::Snapshot& snapshot,
                      platform::Connector& target, const PlanOptions& options, base::Events& events,
                      const base::Clock& clock, base::Random& random, std::stop_token stop);

struct ApplyResult {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t removed = 0;
  std::uint64_t already = 0;  // an earlier run had done it
  std::uint64_t skipped = 0;
  std::vector<std::string> conflicts;  // paths of rows that changed after the plan; left alone
};

// Intent before, outcome after, each durable in `journal` (the local state) before the next thing happens: killed
// anywhere and run again, rows that were written are recognised.  Removals go ahead of what is written.  Throws
// Error{conflict} under Existing::fail before anything is written.
ApplyResult apply_plan(const model::Plan& plan, platform::Connector& target, const model::Collection& collection,
                       storage::Backend& journal, base::Events& events, const base::Clock& clock, std::stop_token stop);

struct WholeOptions {
  platform::ReplaceOptions replace;
  bool yes = false;  // the target holds rows and may be replaced all the same
};
struct WholeResult {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string previous;  // name under which the old table is kept
  base::Duration took{};
};

// Whether ranges of the snapshot were never read by any backup: their rows are missing, not merely old.
bool lacks_rows(const repository::Snapshot& snapshot) noexcept;

// Every collection of the snapshot: load a shadow, compare counts and content hash, swap.  Throws Error{refused} where
// the snapshot lacks rows and the target holds some: what was not read must not delete what is there.
WholeResult restore_whole(repository::Repository& repository, const repository::Snapshot& snapshot,
                          platform::Connector& target, const WholeOptions& options, base::Events& events,
                          const base::Clock& clock, std::stop_token stop);

}  // namespace holdfast::engine
