// Differences as they come: lines for people, or the list inside one JSON document; nothing is kept in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/capture_flags.h"
#include "cli/context.h"
#include "cli/json_list.h"
#include "engine/compare.h"
#include "engine/resources/difference.h"
#include "repository/repository.h"

namespace holdfast::cli {

enum class Fields { hide, show };

// Flags of commands that compare.
struct CompareFlags {
  std::vector<std::string> select;
  bool fields = false;
  bool raw = false;  // bytes as they are, also where a platform has kinds
  CaptureFlags capture;

  void declare(FlagTable& flags);
};

class DifferencePrinter {  // not thread-safe
public:
  struct Options {
    Fields fields = Fields::hide;
    std::uint64_t lines_most = UINT64_MAX;  // for people; what is beyond is counted
    const repository::Snapshot& before;
    std::string after;                           // name of the second side
    std::map<std::string, std::string> tasks{};  // open ones by the path of what they explain, by id
  };
  DifferencePrinter(Context& context, Options options);
  // For engine::compare_*; must not outlive the printer.
  engine::Visitor visitor();
  engine::ResourceVisitor resource_visitor();
  // The counts, and the end of the document.
  void end(const engine::CompareCounts& counts);

private:
  using What = engine::ResourceDifference::What;
  // Fields are asked for only where they are shown.
  struct Shown {
    What what = What::changed;
    engine::Freshness freshness = engine::Freshness::fresh;
    std::string path;
    std::function<std::vector<model::FieldChange>()> fields;
  };
  void show(const Shown& difference);
  void show_line(const Shown& difference);
  void show_json(const Shown& difference);
  std::string summary_line(const engine::CompareCounts& counts) const;

  Context& context_;
  Options options_;
  JsonList list_;
  std::uint64_t shown_ = 0;
  std::uint64_t left_out_ = 0;
};

// Shows what differs between a snapshot and the platform as it is now.
engine::CompareCounts show_live_differences(Context& context, const repository::Snapshot& snapshot,
                                            const std::string& connector, const CompareFlags& flags,
                                            std::uint64_t lines_most);

}  // namespace holdfast::cli
