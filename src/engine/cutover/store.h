// Who is in charge: what the local state knows of each source and target, beside their id map.  One record each,
// written as a new one with the next number before the old ones go: cutover/<what>/<names in hex>/<number>.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "engine/resources/drift.h"
#include "engine/resources/paused_states.h"
#include "model/resource_plan.h"
#include "storage/backend.h"

namespace holdfast::engine {

// How the last run from a source into a target ended: from there both sides go their own ways.
struct LastRun {
  std::string plan{};             // its id
  std::string source_snapshot{};  // full names
  std::string target_snapshot{};  // the target as it was left; empty: it could not be read
  base::Instant at{};
  std::vector<LeftAlone> differed{};
  // What runs wrote since that snapshot, behind which the target could not be read: it is otherwise there by us.
  std::vector<LeftAlone> written{};
};

// What was set to fire on a connector, by kind and id there, each as FiringState::values has it.
using GivenStates = std::map<std::pair<std::string, std::string>, std::string>;

// What a failback was told to leave paused, and how it was to fire: as the snapshot has it, by kind and id in that.
struct LeftPaused {
  std::string snapshot;
  std::string kind;
  std::string id;
  PausedStates beside{};  // what the snapshot does not show of it
  friend bool operator==(const LeftPaused&, const LeftPaused&) = default;
};

struct Pair {
  std::string source{};  // connectors
  std::string target{};
  std::optional<LastRun> replicated{};
  std::string active{};    // which of them was activated last; empty: neither was, so it is the source
  std::string recorded{};  // the snapshot whose states it was given
  base::Instant since{};
  bool complete = true;  // all of them were set; else the activation failed somewhere, or was interrupted
  std::string behind{};  // the snapshot of it behind that, which shows what fires there; empty: there is none
  // What the target was really given when it took over; absent: that is not known.
  std::optional<GivenStates> given{};
  std::string before{};  // of a failback that has not ended: the snapshot by whose states the target had taken over
  // On the source, by a failback that ended; goes when it was set there, or somebody decided on it.
  std::vector<LeftPaused> left{};
};

// A connector on which nothing may start by itself.
struct Fence {
  std::string connector{};
  enum class State {
    open,       // what fires there may still fire
    confirmed,  // all that fires was seen to be paused
  } state = State::open;
  std::string snapshot{};  // of the connector before anything was paused; empty: it did not answer yet
  std::string active{};    // who took over; empty: nobody
  base::Instant since{};
  PausedStates beside{};  // what was paused, and that snapshot does not show: both together are the recorded states
  std::uint64_t left_out =
      0;  // how many more, which this host does not know: a mark had no room for them (beside_mark.h)
};

class CutoverStore {  // not thread-safe; throws Error{corruption} naming a record that cannot be read
public:
  explicit CutoverStore(storage::Backend& state) : state_(state) {}

  std::vector<Pair> pairs();                                        // by source, then target
  Pair pair(const std::string& source, const std::string& target);  // empty where nothing is known
  void save(const Pair& pair);
  void forget(const std::string& source, const std::string& target);
  std::vector<Fence> fences();
  std::optional<Fence> fence(const std::string& connector);
  void save(const Fence& fence);
  // Its connector leads to another workspace by now: what fires there nobody paused, and nothing of it was recorded.
  void led_elsewhere(const std::string& connector);
  void lift(const std::string& connector);

  // Plans that make resources, between their begin and their end: a run that was interrupted is gone on with by the
  // same plan, whose journal knows what was intended.
  // Where one is ended or dropped nobody can go on with it: its journal is forgotten, unless a file holds the plan.
  void begin(const model::ResourcePlan& plan);
  void end(const model::ResourcePlan& plan);
  bool has_begun(const model::ResourcePlan& plan);
  struct Begun {
    std::string name{};                         // of the record
    std::optional<model::ResourcePlan> plan{};  // absent: it cannot be read
    std::string problem{};                      // why
  };
  std::vector<Begun> begun(const std::string& source, const std::string& target);  // in the order of their making
  void drop(const Begun& begun);
  // Of both directions: once another side is in charge they are of a time that is past.
  void drop_begun(const std::string& source, const std::string& target);

private:
  struct Record {
    std::string name{};
    std::string text{};
  };
  std::vector<std::string> names(const std::string& folder);
  std::vector<Record> newest(const std::string& folder);  // of each folder below
  void replace(const std::string& folder, const std::string& text);
  void end_plan(const std::string& record);

  storage::Backend& state_;
};

}  // namespace holdfast::engine
