// What a backup could not read is taken from the snapshot before it, marked stale, so that nothing leaves without a
// tombstone.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "model/collection.h"
#include "repository/repository.h"
#include "repository/tree.h"

namespace holdfast::engine {

// From so many rows on, a kind of resource that is wholly empty all at once is not believed.
inline constexpr std::uint64_t k_vanishing_rows = 10;

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

// How many rows of a snapshot were not read, as a whole or in part, when it was taken.  Reads the stretches where they
// lie.
std::uint64_t stale_rows(repository::Repository& repository, const repository::Snapshot& snapshot,
                         std::stop_token stop);

}  // namespace holdfast::engine
