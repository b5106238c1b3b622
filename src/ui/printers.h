// The three printers of the event stream.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/events.h"

namespace holdfast::ui {

enum class Format { terminal, plain, json };
// quiet: warnings and errors only.  verbose: details too.
enum class Verbosity { quiet, normal, verbose };
enum class Color { none, ansi };

// Where and how events are shown.  The bar, notes, warnings and errors go to `errors`, summaries to `output`.  As JSON,
// every event is one line of the form {"type":"progress|note|detail|warning|summary|error", …}: errors go to `errors`,
// all else to `output`.  Quiet leaves progress, notes and details out, in JSON too; the summary of a JSON run stays.
struct Screen {
  Format format = Format::plain;
  Verbosity verbosity = Verbosity::normal;
  Color color = Color::none;
  int output = 1;  // file descriptors
  int errors = 2;
};

// Thread-safe.  `clock` outlives the printer.  A descriptor that cannot be written to is not an error here: a run is
// not to break off because nobody watches it.
std::unique_ptr<base::Events> make_events(const Screen& screen, const base::Clock& clock);
// Takes what one of these shows of the progress off the screen: what is written beside it begins on a line of its own.
void clear_progress(base::Events& events);

// Facts of a summary, with the text for people and the JSON for machines.  Names are snake_case: people see blanks.
base::Fact fact_count(std::string name, std::uint64_t value);
base::Fact fact_bytes(std::string name, std::uint64_t value);
base::Fact fact_text(std::string name, std::string value);
base::Fact fact_duration(std::string name, base::Duration value);  // JSON: seconds

}  // namespace holdfast::ui
