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

// "jobs/nightly-load/17" for one key, "notebooks/Users/anna/**" for a prefix, "jobs" for all of them, else "jobs: keys
// from X to Y".
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

  struct Loss {
    std::string place;  // behind the name of the collection: "/nightly-load/17", "", ": keys from X to Y"
    std::string text;
  };
  std::vector<Loss> joined() const;  // the first ones, in key order
  std::uint64_t others() const;      // how many were added beside them

private:
  const model::Collection collection_;
  mutable std::mutex mutex_;
  std::multimap<base::Bytes, std::pair<base::KeyRange, std::string>> first_;  // by start; at most k_loss_lines_max
  std::uint64_t others_ = 0;
};

// The losses of all collections of a snapshot.  What is said of several collections in the same words is said once: a
// folder that is closed is one failure, however many kinds of things may lie in it.
class LossReport {
public:
  void add(const std::string& collection, const Losses& losses);
  void add_line(std::string line);
  std::uint64_t failures() const { return told_.size() + left_out_; }
  std::vector<std::string> lines() const;  // at most k_loss_lines_max, and one that counts the others

private:
  struct Told {
    std::vector<std::string> collections;  // empty: `text` is the line
    std::string place;
    std::string text;
  };
  std::vector<Told> told_;
  std::uint64_t left_out_ = 0;
};

}  // namespace holdfast::engine
