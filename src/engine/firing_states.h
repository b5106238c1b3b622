// What fires by itself as a snapshot has it, and what of that was changed between two snapshots of a connector.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <utility>

#include "model/kind_set.h"
#include "model/selection.h"
#include "repository/repository.h"

namespace holdfast::engine {

struct FiringState {
  std::string path{};    // "jobs/nightly-load/17"
  std::string values{};  // of all that may fire in it, in the order of its documents
  bool fires = false;    // any of them does
  bool chosen = true;    // by the selection
};
// By kind and id; what has nothing that may fire is not in it.
using FiringStates = std::map<std::pair<std::string, std::string>, FiringState>;

// Of one of a kind that may fire; without values where nothing in it may.
FiringState firing_state(const model::Resource& resource, const model::KindSet& kinds);
FiringStates firing_states(repository::Repository& repository, const repository::Snapshot& snapshot,
                           const model::KindSet& kinds, const model::Selection& selection, std::stop_token stop);

// What of `now` was made or set otherwise since.
FiringStates changed_states(const FiringStates& then, const FiringStates& now);

}  // namespace holdfast::engine
