// What a backup could not read is taken from the snapshot before it, marked stale, so that nothing leaves without a
// tombstone.
#pragma once

#include <string>

#include "model/collection.h"
#include "repository/repository.h"
#include "repository/tree.h"

namespace holdfast::engine {

struct CarryParts {
  repository::BlockSource& source;
  repository::BlockSink& sink;
  const repository::BoundaryKey& key;
  const repository::Snapshot& parent;
};

// A capture that compared with nothing (the first, one in full, one after the columns changed) has no rows where it
// could not read: `read` with what the parent has there.
repository::Tree carry_forward(repository::Tree read, const model::Collection& collection, const CarryParts& parts);

// A tree of the parent, taken at `taken`, as it is.
repository::Tree carry_whole(const repository::Tree& tree, base::Instant taken, std::string reason);

}  // namespace holdfast::engine
