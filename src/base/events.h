// One stream of events for everything that takes long.  The engine sends them; ui/printers.h shows them as a bar, as
// lines, or as JSON lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::base {

// A phase in progress: "reading catalog".
struct Progress {
  std::string phase;
  std::uint64_t rows = 0;
  std::uint64_t rows_total = 0;  // 0 = not known
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;  // 0 = not known
  unsigned workers = 0;
};

// Facts of a summary in the order in which they are shown; `text` for people, `json` for machines.
struct Fact {
  std::string name;  // "new", "snapshot"
  std::string text;  // "1,204", "7f3c9a12"
  std::string json;  // "1204", "\"7f3c9a12…\""
};

// Thread-safe.  Progress may be sent as often as one likes: the printer thins it out.
class Events {
public:
  virtual ~Events() = default;
  virtual void progress(const Progress& progress) = 0;
  virtual void note(std::string_view text) = 0;     // shown unless quiet
  virtual void detail(std::string_view text) = 0;   // shown with -v
  virtual void warning(std::string_view text) = 0;  // always shown
  virtual void summary(std::string_view verb, const std::vector<Fact>& facts) = 0;
  virtual void error(const Error& error) = 0;  // the last event of a run that failed
};

// Swallows everything.
Events& silent_events();

}  // namespace holdfast::base
