#include "ui/printers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "ui/json_text.h"
#include "ui/printer_kinds.h"
#include "ui/table.h"
#include "ui/text.h"
#include "ui/text_printer.h"

namespace holdfast::ui {

std::unique_ptr<base::Events> make_events(const Screen& screen, const base::Clock& clock) {
  switch (screen.format) {
    case Format::terminal:
      return make_terminal_printer(screen, clock);
    case Format::json:
      return make_json_printer(screen, clock);
    case Format::plain:
      break;
  }
  return make_plain_printer(screen, clock);
}

void clear_progress(base::Events& events) {
  if (auto* printer = dynamic_cast<TextPrinter*>(&events)) printer->clear();
}

std::string summary_text(std::string_view verb, const std::vector<base::Fact>& facts) {
  const auto shown_name = [](const base::Fact& fact) {
    std::string name = fact.name;
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
  };
  std::size_t width = 0;
  for (const base::Fact& fact : facts) width = std::max(width, display_width(fact.name));
  std::string out = fmt::format("{}\n", verb);
  for (const base::Fact& fact : facts) {
    const std::string name = shown_name(fact);
    out += fmt::format("  {}{}  {}\n", name, std::string(width - display_width(name), ' '), printable(fact.text));
  }
  return out;
}

std::string severity_label(Severity severity, Color color) {
  const std::string_view word = severity == Severity::error ? "error" : "warning";
  if (color == Color::none) return fmt::format("{}:", word);
  const int number = severity == Severity::error ? 31 : 33;
  return fmt::format("\x1b[1;{}m{}:\x1b[0m", number, word);
}

base::Fact fact_count(std::string name, std::uint64_t value) {
  return {std::move(name), format_count(value), fmt::format("{}", value)};
}

base::Fact fact_bytes(std::string name, std::uint64_t value) {
  return {std::move(name), format_bytes(value), fmt::format("{}", value)};
}

base::Fact fact_text(std::string name, std::string value) {
  std::string json = json_quote(value);
  return {std::move(name), std::move(value), std::move(json)};
}

base::Fact fact_duration(std::string name, base::Duration value) {
  return {std::move(name), base::to_short(value), fmt::format("{:.3f}", std::chrono::duration<double>(value).count())};
}

}  // namespace holdfast::ui
