// diff and verify of platforms of resources: reads both sides, and lists what differs kind by kind.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/events.h"
#include "engine/resources/difference.h"
#include "engine/resources/sides.h"
#include "model/kind.h"
#include "model/mapping.h"
#include "model/selection.h"
#include "platform/platform.h"
#include "repository/repository.h"
#include "storage/backend.h"

namespace holdfast::engine {

struct ResourceComparison {
  repository::Repository& repository;
  const repository::Snapshot& before;
  storage::Backend& state;  // local: id maps
  const std::vector<model::Kind>& kinds;
  const model::Selection& selection;
  model::Mapping mapping;  // from the one connector to the other
  ResourceCompareRules::Paused paused = ResourceCompareRules::Paused::as_it_arrived;
};

// Both throw Error{not_found} when neither side has a resource of the selection, Error{unsupported} where a snapshot
// has nothing that the kinds speak of; the live one Error{refused} where another connector leads to the workspace of
// the snapshot.  What the platform does not let us read, or does not offer, is unread and never taken for removed.  In
// memory are the resources of both sides, of contents only digests.
CompareCounts compare_resource_snapshots(const ResourceComparison& comparison, const repository::Snapshot& after,
                                         base::Events& events, std::stop_token stop, const ResourceVisitor& visit);
CompareCounts compare_resources_live(const ResourceComparison& comparison, const LiveConnector& after,
                                     base::Events& events, std::stop_token stop, const ResourceVisitor& visit);

}  // namespace holdfast::engine
