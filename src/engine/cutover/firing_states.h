// What fires by itself as a snapshot has it, what of that was changed between two snapshots of a connector, and what is
// to fire of it after a failback.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "engine/cutover/never_read.h"
#include "engine/cutover/store.h"
#include "engine/resources/apply.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"
#include "model/selection.h"
#include "repository/repository.h"

namespace holdfast::engine {

struct FiringState {
  std::string path{};    // "jobs/nightly-load/17"
  std::string values{};  // of all that may fire in it, in the order of its documents
  bool fires = false;    // any of them does
  bool chosen = true;    // by the selection
};
using FiringKey = std::pair<std::string, std::string>;  // kind and id
// What has nothing that may fire is not in it.
using FiringStates = std::map<FiringKey, FiringState>;

// By itself, and does not merely guard what others start.
bool may_fire(const model::Kind& kind);
// When something was read last.
struct LastRead {
  std::optional<base::Instant> from{};    // then, or later
  std::optional<base::Instant> before{};  // earlier than that
};
// Those that may fire, and of which a snapshot with these trees does not show all, as far as that was read then.  What
// was not read is in it as an earlier one has it, and may have been held paused then: that is nobody's will.  What was
// never read is in no snapshot, and has no state that could be one of ours: less what is not `known`.  Without that all
// is known but what has no last good read.
std::vector<std::string> unread_firing(const std::vector<repository::Tree>& trees,
                                       const std::vector<model::Kind>& kinds, const LastRead& when = {},
                                       const KnownGap& known = {});

// Of one of a kind that may fire; without values where nothing in it may.
FiringState firing_state(const model::Resource& resource, const model::KindSet& kinds);
// `beside` is what was paused and the snapshot does not show; what of that it does not have at all counts as chosen
// where everything is.
FiringStates firing_states(repository::Repository& repository, const repository::Snapshot& snapshot,
                           const model::KindSet& kinds, const model::Selection& selection, std::stop_token stop,
                           const PausedStates& beside = {});

// What of `now` was made or set otherwise since.
FiringStates changed_states(const FiringStates& then, const FiringStates& now);

// What of the chosen states that fire a plan that was to set them did not set: it failed, is missing, or is unclear.
std::set<FiringKey> not_set(const FiringStates& wanted, const model::ResourcePlan& plan,
                            const ResourceApplyResult& result);
// The others of them, as they are known on the target.
GivenStates given_states(const FiringStates& wanted, const std::set<FiringKey>& left_out, const model::IdMap& ids);
// The same of states of the target itself.
GivenStates given_states(const FiringStates& wanted, const std::set<FiringKey>& left_out);
// Those of the chosen states that fire, have a counterpart, and were never given to it.
std::set<FiringKey> never_given(const FiringStates& wanted, const GivenStates& given, const model::IdMap& ids);

// How many of the states that fire were never given, also of what has no counterpart.
std::uint64_t not_given(const FiringStates& recorded, const GivenStates& given, const model::IdMap& ids);

// What a failback left paused on the source of a pair, as it is called on both sides.
struct LeftOnBoth {
  LeftPaused what{};
  std::set<std::string> source_ids{};  // all that it ever had, made anew; empty: it is not there
  std::string target_id{};
};
// `of` is the connector of the snapshot that it was left by, which is one of the two of the id map; `anew` is that of
// the source into itself.
LeftOnBoth left_on_both(const LeftPaused& what, const std::string& of, const model::IdMap& ids,
                        const model::IdMap& anew);
// A failover by these states of the source: what fires in them, somebody started since; what the target was `given`, it
// is not given again.
bool is_for_target(const LeftOnBoth& left, const FiringStates& recorded, const GivenStates* given);

// A way back: what was set otherwise on the secondary since it took over fires on the primary as it does there, all
// else as it did before.
struct WayHome {
  const FiringStates& primary;           // as the secondary took over by them
  const FiringStates& secondary;         // before it was fenced
  const FiringStates* behind = nullptr;  // of the secondary, behind its activation; absent: not known
  const GivenStates* given = nullptr;    // without that, what was set by it; neither: all is as it is on the secondary
  const model::IdMap& ids;               // of the primary into the secondary, as ids_as_called() by these states
};
struct StatesAtHome {
  std::set<FiringKey> by_secondary{};  // what fires, or does not, as it was set on the secondary; ids of that
  std::set<FiringKey> by_primary{};    // as it was on the primary
  std::vector<std::string> fired{};    // on either of them
  bool any = false;                    // fires from now on
};
StatesAtHome states_at_home(const WayHome& way);
// The way back sets it by the snapshot that it was left by: nobody decided on it since, on neither side.
bool is_for_home(const LeftOnBoth& left, const FiringStates& primary, const StatesAtHome& home);

}  // namespace holdfast::engine
