#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <optional>

#include "ui/output.h"
#include "ui/printer_kinds.h"
#include "ui/progress_line.h"
#include "ui/text.h"

namespace holdfast::ui {
namespace {

constexpr base::Duration k_redraw = std::chrono::milliseconds(100);  // at most ten times a second

class TerminalPrinter final : public base::Events {
public:
  TerminalPrinter(const Screen& screen, const base::Clock& clock) : screen_(screen), clock_(clock) {}
  ~TerminalPrinter() override { clear_bar(); }

  void progress(const base::Progress& progress) override {
    const std::lock_guard lock(mutex_);
    if (screen_.verbosity == Verbosity::quiet) return;
    const base::Duration now = clock_.elapsed();
    pace_.add(progress, now);
    const bool soon = drawn_at_ && now - *drawn_at_ < k_redraw && progress.phase == phase_;
    if (soon) return;
    phase_ = progress.phase;
    drawn_at_ = now;
    // One column stays free: writing into the last one makes some terminals wrap.
    const unsigned columns = terminal_columns(screen_.errors);
    write_all(screen_.errors, fmt::format("\r{}\x1b[K", progress_bar(progress, pace_, columns > 1 ? columns - 1 : 1)));
    bar_shown_ = true;
  }

  void note(std::string_view text) override {
    if (screen_.verbosity == Verbosity::quiet) return;
    const std::vector<std::string> lines = wrap(printable(text), terminal_columns(screen_.errors));
    line(screen_.errors, fmt::format("{}\n", fmt::join(lines, "\n")));
  }

  void detail(std::string_view text) override {
    if (screen_.verbosity == Verbosity::verbose) line(screen_.errors, fmt::format("{}\n", printable(text)));
  }

  void warning(std::string_view text) override {
    line(screen_.errors, fmt::format("{} {}\n", severity_label(Severity::warning, screen_.color), printable(text)));
  }

  void summary(std::string_view verb, const std::vector<base::Fact>& facts) override {
    if (screen_.verbosity != Verbosity::quiet) line(screen_.output, summary_text(verb, facts));
  }

  void error(const base::Error& error) override {
    line(screen_.errors, fmt::format("{} {}\n", severity_label(Severity::error, screen_.color), error.describe()));
  }

private:
  void line(int descriptor, std::string_view text) {
    const std::lock_guard lock(mutex_);
    clear_bar();
    write_all(descriptor, text);
  }

  void clear_bar() {
    if (bar_shown_) write_all(screen_.errors, "\r\x1b[K");
    bar_shown_ = false;
    drawn_at_.reset();
  }

  const Screen screen_;
  const base::Clock& clock_;
  std::mutex mutex_;
  Pace pace_;
  std::string phase_;
  std::optional<base::Duration> drawn_at_;
  bool bar_shown_ = false;
};

}  // namespace

std::unique_ptr<base::Events> make_terminal_printer(const Screen& screen, const base::Clock& clock) {
  return std::make_unique<TerminalPrinter>(screen, clock);
}

}  // namespace holdfast::ui
