// What was gone and was made anew has another id since.  The id map of a connector into itself knows both: snapshots of
// before know it by the id that it had, id maps of other connectors may, too.
#pragma once

#include "engine/resource_plan.h"
#include "model/id_map.h"
#include "model/kind_set.h"
#include "storage/backend.h"

namespace holdfast::engine {

// The same id map, by which both sides are found as they are called here: where it knows one by the other of its two
// ids, that counterpart is theirs.
model::IdMap with_made_anew(model::IdMap ids, storage::Backend& state, const model::KindSet& kinds,
                            const ResourceSides& sides);

}  // namespace holdfast::engine
