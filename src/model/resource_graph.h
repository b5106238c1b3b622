// The order in which things that need each other are made.
#pragma once

#include <cstdint>
#include <vector>

namespace holdfast::model {

// Nodes are numbers below the count of ranks.
struct GraphEdge {
  std::uint32_t from = 0;  // needs
  std::uint32_t to = 0;    // this
  bool may_cut = false;    // `from` can be made without it, and patched when it is there
  friend bool operator==(const GraphEdge&, const GraphEdge&) = default;
};

struct GraphOrder {
  std::vector<std::uint32_t> order;  // what is needed comes first, then lower rank, then lower number
  std::vector<GraphEdge> cut;        // edges of cycles that `order` does not obey
  std::vector<std::vector<std::uint32_t>>
      knots;  // cycles that nothing cuts: in the order nonetheless, and to be refused
};

// Several edges between two nodes count as one, which may be cut only where all may.  In linear time.
GraphOrder order_of(const std::vector<int>& ranks, std::vector<GraphEdge> edges);
// `chosen` with all that they need, and what that needs; sorted.
std::vector<std::uint32_t> closure_of(std::size_t nodes, const std::vector<GraphEdge>& edges,
                                      const std::vector<std::uint32_t>& chosen);

}  // namespace holdfast::model
