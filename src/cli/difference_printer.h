// Differences as they come: lines for people, or the list inside one JSON document; nothing is kept in memory.
#pragma once

#include <cstdint>
#include <string>

#include "cli/context.h"
#include "engine/compare.h"

namespace holdfast::cli {

enum class Fields { hide, show };

class DifferencePrinter {  // not thread-safe
public:
  struct Options {
    Fields fields = Fields::hide;
    std::uint64_t lines_most = UINT64_MAX;  // for people; what is beyond is counted
    std::string before;                     // names of the two sides
    std::string after;
  };
  DifferencePrinter(Context& context, Options options);
  // The visitor for engine::compare_*.
  void show(const model::Collection& collection, const repository::Difference& difference, bool stale);
  // The counts, and the end of the document.
  void end(const engine::CompareCounts& counts);

private:
  void show_line(const model::Collection& collection, const repository::Difference& difference, bool stale);
  void show_json(const model::Collection& collection, const repository::Difference& difference, bool stale);

  Context& context_;
  Options options_;
  std::uint64_t shown_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace holdfast::cli
