// What a fence paused, and the snapshot that recorded the states does not show: it was made, or began to fire, behind
// that snapshot.  Kept with the fence it makes the recorded states whole.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/row.h"
#include "model/kind_set.h"
#include "repository/repository.h"

namespace holdfast::engine {

// One value that fired.
struct PausedState {
  std::string kind;
  std::string id;
  std::string path;    // for messages: "jobs/nightly-load/17"
  std::string column;  // which document it is in
  std::string field;   // as the table of its kind calls it
  std::string item;    // of what may be there several times: what it is the state of, less the state
  std::string value;   // JSON, before it was paused
  friend bool operator==(const PausedState&, const PausedState&) = default;
};
using PausedStates = std::vector<PausedState>;

// As the local state and marks of snapshots have one.  Throws what the library throws where it is none.
nlohmann::ordered_json to_json(const PausedState& state);
PausedState paused_state_from(const nlohmann::ordered_json& in);

// All that fires, and does not merely guard.
PausedStates firing_in(const std::vector<model::Resource>& resources, const model::KindSet& kinds);
PausedStates firing_in(repository::Repository& repository, const repository::Snapshot& snapshot,
                       const model::KindSet& kinds, std::stop_token stop);

// What a fence knows once it pauses `now`: that of which nothing was recorded, or something else.  What was known and
// fires again since counts as it does now.
PausedStates paused_beside(PausedStates known, const PausedStates& now, const PausedStates& recorded);

// Of one resource.
PausedStates paused_of(const PausedStates& all, const std::string& kind, const std::string& id);
// Sets them in a row of it.  Returns those that nothing in the row belongs to.
PausedStates put_back(const PausedStates& paused, const model::ReadyKind& kind, base::Row& row);

// The rows by which an activation sets what was paused beside its snapshot.
struct RowsBeside {
  PausedStates paused{};
  // By kind and key, as the plan has them: they stand in for the snapshot's, or are not in it.
  std::map<std::pair<std::string, base::Bytes>, base::Row> rows{};
  std::vector<std::string> absent{};  // paths of what has no row
};
// Fills in the rest of it, and makes `wanted` whole, which the snapshot has.  What that lacks is looked for in others
// of the same connector: what is there, or its newest snapshot; asked for only where something is missing.
void stand_beside(RowsBeside& beside, const model::KindSet& kinds, std::vector<model::Resource>& wanted,
                  const std::function<const std::vector<model::Resource>&()>& others);

}  // namespace holdfast::engine
