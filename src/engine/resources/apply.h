// Applies a plan of resources under a journal.
//
// What is learnt is durable before anything depends on it: the intent before a create, the id before a link to it is
// written.  A create whose answer was lost is looked up and adopted, if its body, its creator and its time are what was
// meant, rather than made again.  Killed anywhere and run again, it goes on where it was.  Run again after its end it
// does nothing, and looks at nothing: what was lost since is seen by a new plan, which is why a file of one that was
// applied whole, and left nothing in conflict, is refused (how_it_ended()).
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/events.h"
#include "engine/resources/id_map_store.h"
#include "engine/resources/journal.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "platform/platform.h"
#include "storage/backend.h"

namespace holdfast::engine {

struct ResourceOutcome {
  enum class What {
    failed,    // the platform refused, or did not answer
    waiting,   // for a resource that is not there; the next run does it
    conflict,  // left alone: somebody has to decide
    manual,    // a task that no API can do
  } what = What::failed;
  std::string path;
  std::string text;
  platform::ByHand::Way way = platform::ByHand::Way::instead;  // of a task that a call turned out to leave
  std::string hint{};                                          // what to do about what failed, where that is known
};

// What became of a step of a plan.
enum class StepEnd {
  open,      // there was nothing to write, or it was not written, or not all of it
  done,      // written now
  already,   // an earlier run of the plan had written it
  conflict,  // not written: somebody changed what it is about
  by_hand,   // a task by now, of all of it or of a part
};

struct ResourceApplyResult {
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t recreated = 0;
  std::uint64_t activated = 0;
  std::uint64_t paused = 0;  // activations that start nothing
  std::uint64_t removed = 0;
  std::uint64_t already = 0;              // an earlier run had done it
  std::uint64_t adopted = 0;              // of `created`: made by a call whose answer was lost
  std::uint64_t untried = 0;              // the credentials were refused before
  std::vector<ResourceOutcome> outcomes;  // in the order of the plan
  std::vector<StepEnd> ends;              // of each step of the plan

  // Who writes was not believed any more: nothing was tried after that.
  std::optional<base::Error> ended_by{};

  // Nothing failed, waits, or is left to decide; tasks that remain for people do not count.
  bool complete() const noexcept;
  // All that the plan would write is written, or left to people: its journal is asked no more.
  bool wrote_all(const model::ResourcePlan& plan) const noexcept;
  // The plan would write something, and all of it is left to people: nothing was made.  `ids`: as the run left them.
  bool left_all_to_people(const model::ResourcePlan& plan, const model::IdMap& ids) const;
};

struct ResourceApplication {
  const model::KindSet& kinds;
  const model::ResourcePlan& plan;
  // The row of the snapshot that a step brings.
  std::function<std::optional<base::Row>(const std::string& kind, const base::Bytes& key)> wanted;
  platform::ResourceWriter& writer;
  storage::Backend& journal;
  IdMapStore& ids;
};

// One failure does not stop the rest, unless it is one of the credentials; what depends on it waits, and says for what.
// Throws Error{cancelled}, errors of
// the journal, and Error{conflict} when the plan was changed since a part of it was applied.
ResourceApplyResult apply_resources(const ResourceApplication& application, base::Events& events,
                                    const base::Clock& clock, std::stop_token stop);
// How the last run of it ended; `none` also where its journal was forgotten.
PlanEnd how_it_ended(storage::Backend& journal, const model::ResourcePlan& plan);
// Of a plan that is in a file the journal is kept, as whoever has the file may apply it again; of any other it goes
// where nobody can go on with the plan.
void keep_journal(storage::Backend& journal, const model::ResourcePlan& plan);
void forget_journal(storage::Backend& journal, const model::ResourcePlan& plan);

}  // namespace holdfast::engine
