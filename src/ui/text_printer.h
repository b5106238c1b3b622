// What the printers for people have in common: everything but progress.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "ui/printers.h"

namespace holdfast::ui {

class TextPrinter : public base::Events {  // thread-safe
public:
  explicit TextPrinter(const Screen& screen) : screen_(screen) {}
  void note(std::string_view text) override;
  void detail(std::string_view text) override;
  void warning(std::string_view text) override;
  void summary(std::string_view verb, const std::vector<base::Fact>& facts) override;
  void error(const base::Error& error) override;

  // Takes what is shown of the progress off the screen.
  void clear();

protected:
  // Called under the mutex before a line is written.
  virtual void before_line() {}
  // A note as it is shown; one that is too wide for the screen may take several lines.
  virtual std::string laid_out(std::string text) const { return text; }

  bool quiet() const noexcept { return screen_.verbosity == Verbosity::quiet; }
  void line(int descriptor, std::string_view text);

  const Screen screen_;
  std::mutex mutex_;
};

}  // namespace holdfast::ui
