#include "ui/text_printer.h"

#include <fmt/format.h>

#include "ui/output.h"
#include "ui/printer_kinds.h"
#include "ui/text.h"

namespace holdfast::ui {

void TextPrinter::note(std::string_view text) {
  if (!quiet()) line(screen_.errors, fmt::format("{}\n", laid_out(printable(text))));
}

void TextPrinter::detail(std::string_view text) {
  if (screen_.verbosity == Verbosity::verbose) line(screen_.errors, fmt::format("{}\n", printable(text)));
}

void TextPrinter::warning(std::string_view text) {
  const std::string label = severity_label(Severity::warning, screen_.color);
  line(screen_.errors, fmt::format("{}\n", laid_out(fmt::format("{} {}", label, printable(text)))));
}

void TextPrinter::summary(std::string_view verb, const std::vector<base::Fact>& facts) {
  if (!quiet()) line(screen_.output, summary_text(verb, facts));
}

void TextPrinter::error(const base::Error& error) {
  line(screen_.errors, fmt::format("{} {}\n", severity_label(Severity::error, screen_.color), error.describe()));
}

void TextPrinter::clear() {
  const std::lock_guard lock(mutex_);
  before_line();
}

void TextPrinter::line(int descriptor, std::string_view text) {
  const std::lock_guard lock(mutex_);
  before_line();
  write_all(descriptor, text);
}

}  // namespace holdfast::ui
