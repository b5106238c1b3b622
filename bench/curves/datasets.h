// The four shapes of data that the curves are drawn for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/row.h"
#include "bench/aspects.h"

namespace holdfast::bench {

// Rows in key order.  Immutable; usable from any thread.
class Dataset {
public:
  virtual ~Dataset() = default;
  virtual std::uint64_t rows() const = 0;
  virtual base::Row make(std::uint64_t index) const = 0;
  // The same after one more change.
  virtual std::unique_ptr<Dataset> with(const Change& change) const = 0;
};

// DataHub aspects, the generator of the benchmarks.
std::unique_ptr<Dataset> aspects(std::uint64_t rows);
// What listing APIs give: small JSON documents with ids, names, states and times.
std::unique_ptr<Dataset> api_documents(std::uint64_t rows);
// Documents of 8 KB of which half is random text.
std::unique_ptr<Dataset> large_documents(std::uint64_t rows);

}  // namespace holdfast::bench
