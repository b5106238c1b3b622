// Folding inside a tree update: tree.h has the public half.
#pragma once

#include <vector>

#include "repository/tree.h"

namespace holdfast::repository {

// The layers with at most `deltas_max` of them above the base, equal rows.  Returns them unchanged when there are no
// more.
std::vector<Layer> fold_layers(BlockSource& source, BlockSink& sink, const BoundaryKey& key, const TreeShape& shape,
                               const std::vector<Layer>& layers, std::size_t deltas_max, double base_share);

}  // namespace holdfast::repository
