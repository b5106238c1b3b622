#include <fmt/format.h>

#include <chrono>

#include "ui/output.h"
#include "ui/printer_kinds.h"
#include "ui/progress_line.h"
#include "ui/text.h"
#include "ui/text_printer.h"

namespace holdfast::ui {
namespace {

constexpr base::Duration k_line_every = std::chrono::seconds(10);

// Lines for logs: a phase is named when it begins, and reported on every ten seconds while it lasts.
class PlainPrinter final : public TextPrinter {
public:
  PlainPrinter(const Screen& screen, const base::Clock& clock) : TextPrinter(screen), clock_(clock) {}

  void progress(const base::Progress& progress) override {
    if (quiet()) return;
    const std::lock_guard lock(mutex_);
    const base::Duration now = clock_.elapsed();
    pace_.add(progress, now);
    if (progress.phase != phase_) {
      phase_ = progress.phase;
      said_at_ = now;
      write_all(screen_.errors, fmt::format("{}\n", printable(phase_)));
      return;
    }
    if (now - said_at_ < k_line_every) return;
    said_at_ = now;
    write_all(screen_.errors, fmt::format("{}: {}\n", printable(phase_), progress_text(progress, pace_)));
  }

private:
  const base::Clock& clock_;
  Pace pace_;
  std::string phase_;
  base::Duration said_at_{};
};

}  // namespace

std::unique_ptr<base::Events> make_plain_printer(const Screen& screen, const base::Clock& clock) {
  return std::make_unique<PlainPrinter>(screen, clock);
}

}  // namespace holdfast::ui
