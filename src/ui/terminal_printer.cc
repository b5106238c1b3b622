#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "ui/output.h"
#include "ui/printer_kinds.h"
#include "ui/progress_line.h"
#include "ui/text.h"
#include "ui/text_printer.h"

namespace holdfast::ui {
namespace {

constexpr base::Duration k_redraw = std::chrono::milliseconds(100);  // at most ten times a second

class TerminalPrinter final : public TextPrinter {
public:
  TerminalPrinter(const Screen& screen, const base::Clock& clock) : TextPrinter(screen), clock_(clock) {}
  ~TerminalPrinter() override { clear_bar(); }

  void progress(const base::Progress& progress) override {
    const std::lock_guard lock(mutex_);
    if (quiet()) return;
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

private:
  void before_line() override { clear_bar(); }
  std::string laid_out(std::string text) const override {
    return fmt::format("{}", fmt::join(wrap(text, terminal_columns(screen_.errors)), "\n"));
  }

  void clear_bar() {
    if (bar_shown_) write_all(screen_.errors, "\r\x1b[K");
    bar_shown_ = false;
    drawn_at_.reset();
  }

  const base::Clock& clock_;
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
