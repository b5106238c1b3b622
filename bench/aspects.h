// Realistic DataHub metadata, made from a seed: the rows of metadata_aspect_v2 as a catalogue of some size would hold
// them.
//
// Every row is a pure function of (rows, seed, changes, index), so any range can be made by any thread, in any order,
// without keeping anything.  Sizes follow what was measured on real catalogues: metadata has a median of some 170 bytes
// and a tail of tens of kilobytes (schemaMetadata), systemmetadata 250 to 400 bytes, a whole row 750 bytes on average.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/row.h"

namespace holdfast::bench {

struct Aspect {
  std::string urn;
  std::string aspect;
  std::int64_t version = 0;  // 0 is current; 1, 2, … are history, the largest being the newest
  std::string metadata;
  std::optional<std::string> systemmetadata;
  std::int64_t createdon_us = 0;  // microseconds since 1970, UTC
  std::string createdby;
  std::optional<std::string> createdfor;

  friend bool operator==(const Aspect&, const Aspect&) = default;
};

// YYYY-MM-DD hh:mm:ss.ffffff, as both servers print it in UTC.
std::string createdon_text(const Aspect& aspect);
// Key (urn, aspect, version); columns metadata, systemmetadata, createdon (text), createdby, createdfor.
base::Row to_row(const Aspect& aspect);

// One thing that happened to the catalogue after it was first written.  No change adds or removes rows.
struct Change {
  enum class Kind {
    content,   // an edit: metadata, systemmetadata and createdon of the rows are new
    reingest,  // an ingestion that found nothing new: lastObserved and runId in systemmetadata, nothing else
  };
  enum class Spread { scattered, clustered };  // single rows, or runs of 512 rows in key order

  Kind kind = Kind::content;
  double fraction = 0.01;  // of all rows
  std::uint64_t seed = 1;  // which rows
  Spread spread = Spread::scattered;
};

// Immutable after construction, therefore usable from any thread.
class Catalogue {
public:
  // `rows` >= 1; the same seed with another number of rows is another catalogue.
  Catalogue(std::uint64_t rows, std::uint64_t seed);

  // The catalogue after one more change.
  Catalogue with(const Change& change) const;

  std::uint64_t rows() const noexcept { return rows_; }
  // The row at a place in key order (urn, aspect, version by bytes), index < rows().
  Aspect make(std::uint64_t index) const;
  // Where the n-th row that was ever written stands in key order: a bijection of [0, rows()).  Ingestion writes the
  // aspects of some neighbouring entities together and jumps between such groups.
  std::uint64_t ingested(std::uint64_t nth) const noexcept;
  // True when that change of `changes()` touched the row: what a diff must find.
  bool touched(std::uint64_t index, std::size_t change) const noexcept;
  const std::vector<Change>& changes() const noexcept { return changes_; }

private:
  std::uint64_t rows_;
  std::uint64_t seed_;
  std::uint64_t stride_;                   // of the order of ingestion
  std::vector<std::uint64_t> kind_start_;  // first row of every entity type, then rows_
  std::vector<Change> changes_;
};

}  // namespace holdfast::bench
