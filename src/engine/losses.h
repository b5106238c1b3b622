// What of a collection could not be read, as lines for people: the first ones by name, the others by number.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/row.h"
#include "model/collection.h"

namespace holdfast::engine {

// Lines of a snapshot, or of a comparison.
inline constexpr std::size_t k_loss_lines_max = 100;

// "jobs/nightly-load/17" for one key, "notebooks/Users/anna/**" for a prefix, else "jobs: keys from X to Y".
std::string keys_in_words(const model::Collection& collection, const base::KeyRange& keys);

class Losses {  // thread-safe
public:
  explicit Losses(model::Collection collection) : collection_(std::move(collection)) {}
  // Reads "NAME TEXT": "jobs/nightly-load/17 was not read: 403 PERMISSION_DENIED".
  void add(const base::KeyRange& keys, std::string text);
  bool any() const;

  struct Lines {
    std::vector<std::string> lines;  // in key order; neighbours of which one thing is to be said are one
    std::uint64_t left_out = 0;
  };
  Lines lines(std::size_t most) const;

private:
  const model::Collection collection_;
  mutable std::mutex mutex_;
  std::multimap<base::Bytes, std::pair<base::KeyRange, std::string>> first_;  // by start; at most k_loss_lines_max
  std::uint64_t others_ = 0;
};

}  // namespace holdfast::engine
