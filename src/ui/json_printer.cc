#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <optional>

#include "ui/json_text.h"
#include "ui/output.h"
#include "ui/printer_kinds.h"
#include "ui/progress_line.h"

namespace holdfast::ui {
namespace {

constexpr base::Duration k_line_every = std::chrono::seconds(1);

std::string number_or_null(std::uint64_t value) {
  return value == 0 ? "null" : fmt::format("{}", value);
}

std::string progress_line(const base::Progress& progress, const Pace& pace) {
  const auto rate = pace.bytes_per_second();
  const auto left = pace.left(progress);
  return fmt::format(
      R"({{"type":"progress","phase":{},"rows":{},"rows_total":{},"bytes":{},"bytes_total":{},"workers":{},)"
      R"("bytes_per_second":{},"seconds_left":{}}})",
      json_quote(progress.phase), progress.rows, number_or_null(progress.rows_total), progress.bytes,
      number_or_null(progress.bytes_total), progress.workers, rate ? fmt::format("{:.0f}", *rate) : "null",
      left ? fmt::format("{:.1f}", std::chrono::duration<double>(*left).count()) : "null");
}

std::string error_line(const base::Error& error) {
  std::string frames;
  for (auto frame = error.frames().rbegin(); frame != error.frames().rend(); ++frame)
    frames += fmt::format("{}{}", frames.empty() ? "" : ",", json_quote(*frame));
  return fmt::format(R"({{"type":"error","kind":{},"message":{},"while":[{}],"hint":{},"exit_code":{}}})",
                     json_quote(base::to_string(error.kind())), json_quote(error.message()), frames,
                     error.hint().empty() ? "null" : json_quote(error.hint()), base::exit_code(error.kind()));
}

class JsonPrinter final : public base::Events {
public:
  JsonPrinter(const Screen& screen, const base::Clock& clock) : screen_(screen), clock_(clock) {}

  void progress(const base::Progress& progress) override {
    if (screen_.verbosity == Verbosity::quiet) return;
    const std::lock_guard lock(mutex_);
    const base::Duration now = clock_.elapsed();
    pace_.add(progress, now);
    const bool soon = said_at_ && now - *said_at_ < k_line_every && progress.phase == phase_;
    if (soon) return;
    phase_ = progress.phase;
    said_at_ = now;
    write_all(screen_.output, progress_line(progress, pace_) + '\n');
  }

  void note(std::string_view text) override {
    if (screen_.verbosity != Verbosity::quiet) message("note", text);
  }

  void detail(std::string_view text) override {
    if (screen_.verbosity == Verbosity::verbose) message("detail", text);
  }

  void warning(std::string_view text) override { message("warning", text); }

  void summary(std::string_view verb, const std::vector<base::Fact>& facts) override {
    std::string out = fmt::format(R"({{"type":"summary","format_version":1,"verb":{})", json_quote(verb));
    for (const base::Fact& fact : facts) out += fmt::format(",{}:{}", json_quote(fact.name), fact.json);
    line(screen_.output, out + '}');
  }

  void error(const base::Error& error) override { line(screen_.errors, error_line(error)); }

private:
  void message(std::string_view type, std::string_view text) {
    line(screen_.output, fmt::format(R"({{"type":"{}","text":{}}})", type, json_quote(text)));
  }

  void line(int descriptor, std::string_view text) {
    const std::lock_guard lock(mutex_);
    write_all(descriptor, std::string(text) + '\n');
  }

  const Screen screen_;
  const base::Clock& clock_;
  std::mutex mutex_;
  Pace pace_;
  std::string phase_;
  std::optional<base::Duration> said_at_;
};

}  // namespace

std::unique_ptr<base::Events> make_json_printer(const Screen& screen, const base::Clock& clock) {
  return std::make_unique<JsonPrinter>(screen, clock);
}

}  // namespace holdfast::ui
