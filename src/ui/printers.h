// The three printers of the event stream.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/events.h"

namespace holdfast::ui {

enum class Format { terminal, plain, json };
enum class Verbosity { quiet, normal, verbose };

// `output` and `errors` are file descriptors; the terminal bar goes to `errors`, summaries to `output`.
std::unique_ptr<base::Events> make_events(Format format, Verbosity verbosity, int output, int errors, const base::Clock& clock);

// Facts of a summary, with the text for people and the JSON for machines.
base::Fact fact_count(std::string name, std::uint64_t value);
base::Fact fact_bytes(std::string name, std::uint64_t value);
base::Fact fact_text(std::string name, std::string value);
base::Fact fact_duration(std::string name, base::Duration value);

}  // namespace holdfast::ui
