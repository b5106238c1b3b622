// What two sides of a platform of resources differ in, kind by kind: pure, no I/O.  Fields that the server fills in do
// not count, ids are those of the second side, and what has another id is known by the id map or by its natural name.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/compare.h"
#include "engine/resources/unknown.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "model/mapping.h"
#include "model/plan.h"

namespace holdfast::engine {

struct ResourceDifference {
  enum class What {
    added,
    changed,
    removed,
    extra,   // only the second side has it, which is another workspace and may have things of its own
    paused,  // equal, but does not fire: a restore brought it so, and nobody activated it
  } what = What::changed;
  Freshness freshness = Freshness::fresh;
  std::string path;
  std::vector<model::FieldChange> fields;  // before: as the first side has it, with the names and ids of the second
};
using ResourceVisitor = std::function<void(const ResourceDifference&)>;

// Contents of files and notebooks may be digests, on both sides.
struct ComparedSide {
  const std::vector<model::Resource>& resources;
  const UnknownKeys& unknown;
};

struct ResourceCompareRules {
  const model::IdMap& ids;
  const model::Mapping& mapping;
  enum class Places { one, two } places = Places::one;  // one workspace: ids mean the same on both sides
  // Whether what a restore brought, and does not fire, is counted apart, or is to fire by now.
  enum class Paused { as_it_arrived, differs } paused = Paused::as_it_arrived;
  Freshness unknown_after = Freshness::unread;            // what is not known of the second side: stale in a snapshot
  std::function<bool(const model::Resource&)> selects{};  // empty: everything
};

// Differences come kind by kind.  Throws Error{corruption} naming the resource whose document is no JSON.
CompareCounts compare_resources(const model::KindSet& kinds, const ComparedSide& before, const ComparedSide& after,
                                const ResourceCompareRules& rules, const std::stop_token& stop,
                                const ResourceVisitor& visit);

}  // namespace holdfast::engine
