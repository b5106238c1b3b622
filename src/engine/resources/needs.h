// What the resources of a snapshot need of one another.
#pragma once

#include <functional>
#include <vector>

#include "engine/resources/match.h"
#include "model/resource_graph.h"

namespace holdfast::engine {

struct ResourceNeeds {
  // In which order things are made, as far as it can be had.  Edges of columns that are written afterwards may be cut.
  std::vector<model::GraphEdge> order;
  // What must have been made before a resource can be: those of its body, of what lies above it, of whose home it is.
  std::vector<model::GraphEdge> hard;
};

// Of the resources that `asked` says only.  Throws Error{corruption} naming a resource whose document is no JSON.
ResourceNeeds needs_of(const model::KindSet& kinds, const ResourceIndex& index,
                       const std::function<bool(std::uint32_t)>& asked);

}  // namespace holdfast::engine
