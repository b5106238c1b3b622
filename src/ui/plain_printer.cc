#include <fmt/format.h>

#include <chrono>
#include <mutex>

#include "ui/output.h"
#include "ui/printer_kinds.h"
#include "ui/progress_line.h"
#include "ui/text.h"

namespace holdfast::ui {
namespace {

constexpr base::Duration k_line_every = std::chrono::seconds(10);

// Lines for logs: a phase is named when it begins, and reported on every ten seconds while it lasts.
class PlainPrinter final : public base::Events {
public:
  PlainPrinter(const Screen& screen, const base::Clock& clock) : screen_(screen), clock_(clock) {}

  void progress(const base::Progress& progress) override {
    if (screen_.verbosity == Verbosity::quiet) return;
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

  void note(std::string_view text) override {
    if (screen_.verbosity != Verbosity::quiet) line(screen_.errors, fmt::format("{}\n", printable(text)));
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
    write_all(descriptor, text);
  }

  const Screen screen_;
  const base::Clock& clock_;
  std::mutex mutex_;
  Pace pace_;
  std::string phase_;
  base::Duration said_at_{};
};

}  // namespace

std::unique_ptr<base::Events> make_plain_printer(const Screen& screen, const base::Clock& clock) {
  return std::make_unique<PlainPrinter>(screen, clock);
}

}  // namespace holdfast::ui
