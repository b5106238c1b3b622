// The JSON of generated aspects, in the words and shapes that DataHub's ingestion writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/aspect_names.h"

namespace holdfast::bench {

// How many entities of each type the catalogue holds, so that references name entities that exist.
struct Population {
  std::uint64_t seed = 0;
  std::uint64_t entities[k_entity_types] = {};

  Entity entity(EntityType type, std::uint64_t number) const noexcept;
};

// One state of one aspect.  Another `edition` is the same document after an edit: most of it is equal.
struct Document {
  const Population* population = nullptr;
  Entity entity;
  std::string_view aspect;
  std::uint64_t edition = 0;
};

std::string metadata_of(const Document& document);

// What an ingestion run leaves in systemmetadata.
struct Run {
  std::int64_t observed_ms = 0;
  std::int64_t started_ms = 0;  // the same for every row of the run
  std::uint64_t edition = 0;
};
std::string systemmetadata_of(const Document& document, const Run& written, const Run& observed);

}  // namespace holdfast::bench
