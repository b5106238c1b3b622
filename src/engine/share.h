// Cuts a tree into key ranges of about equal work, reading its directory only.
#pragma once

#include <vector>

#include "base/row.h"
#include "repository/tree.h"

namespace holdfast::engine {

// At most `wanted` ranges in key order that together cover all keys.  Bytes of the base layer decide: the layers above
// it are small beside it.
std::vector<base::KeyRange> equal_shares(repository::BlockSource& source, const repository::Tree& tree,
                                         unsigned wanted);

}  // namespace holdfast::engine
