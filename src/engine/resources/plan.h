// The plan of a restore into a platform of calls: pure, no I/O.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "model/resource_plan.h"

namespace holdfast::engine {

struct ResourcePlanOptions {
  std::string repository{};
  std::string snapshot{};
  std::string source{};  // connectors; the same one: restored in place
  std::string target{};
  std::string selection{};  // as it was given
  model::Existing existing = model::Existing::update;
  model::FiringMode firing = model::FiringMode::paused;
  std::string who{};     // natural name of the account that writes: neither it nor a group that it is in is removed
  bool removes = false;  // what the selection has on the target and not in the snapshot is removed
  bool with_dependencies = false;  // what the selection needs and the target lacks comes along
  model::Mapping mapping{};
  std::vector<std::string> foreign_texts{};  // host names of the source: reported where free text mentions them
  // Empty: everything.  Asked about resources of both sides.
  std::function<bool(const model::Resource&)> selects{};
  // Whether the selection names this kind, and does not merely take in some of it.
  std::function<bool(std::size_t kind)> chooses_kind{};
  // Whether the snapshot could not read the range of this key, so that its absence proves nothing.
  std::function<bool(const model::Resource&)> stale{};
  // Whether the target may have a resource of this name, or with nullopt of any, that it did not let us read.
  std::function<bool(std::size_t kind, const std::optional<std::string>& name)> unread{};
  // The target lists to its account only what others share with it: what it makes may be there.
  bool seen_in_part = false;
  // Why something is not written although the plan would: somebody changed it on the target.  Asked by several threads;
  // `wanted` is absent of what would be removed.
  struct HeldBack {
    model::ResourceAction action = model::ResourceAction::conflict;  // or skip
    std::string reason{};
  };
  std::function<std::optional<HeldBack>(const model::Resource* wanted, const model::Resource& live)> holds_back{};
};

// Begins the reason of a step that makes what the target may have and not list: it lets several have one name.
inline constexpr std::string_view k_may_be_unlisted =
    "the target does not list it to this account, which is no administrator: it may be there";

struct ResourceSides {
  const std::vector<model::Resource>& wanted;  // all of the snapshot, also what is not selected
  const std::vector<model::Resource>& live;    // all of the target
};

// Throws Error{corruption} naming the resource whose document is no JSON, Error{not_found} when a selection chooses
// nothing of either side.
model::ResourcePlan plan_resources(const model::KindSet& kinds, const ResourceSides& sides, const model::IdMap& ids,
                                   const ResourcePlanOptions& options, const base::Clock& clock, base::Random& random);

// What fires by itself and stands on both sides is set as `mode` says, and nothing else is touched.  Of what the
// selection chooses; kept is refused as Error{usage}.  Else as plan_resources().
model::ResourcePlan plan_activation(const model::KindSet& kinds, const ResourceSides& sides, const model::IdMap& ids,
                                    const ResourcePlanOptions& options, const base::Clock& clock, base::Random& random);

}  // namespace holdfast::engine
