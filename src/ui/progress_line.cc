#include "ui/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "ui/table.h"
#include "ui/text.h"

namespace holdfast::ui {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration k_window = seconds(10);  // over which a rate is taken
constexpr base::Duration k_sample_gap = milliseconds(200);
constexpr base::Duration k_rate_after = milliseconds(500);  // a shorter stretch says nothing
constexpr base::Duration k_left_max = std::chrono::hours(100);

double in_seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string rows_text(const base::Progress& progress) {
  if (progress.rows_total != 0 && progress.rows <= progress.rows_total)
    return fmt::format("{} of {} rows", format_count(progress.rows), format_count(progress.rows_total));
  return fmt::format("{} rows", format_count(progress.rows));
}

std::string bytes_text(const base::Progress& progress) {
  // Where only bytes are counted, their total takes the place of the rows'.
  if (progress.rows == 0 && progress.rows_total == 0 && progress.bytes_total >= progress.bytes &&
      progress.bytes_total != 0)
    return fmt::format("{} of {}", format_bytes(progress.bytes), format_bytes(progress.bytes_total));
  return format_bytes(progress.bytes);
}

// Whole seconds: a tenth of a second of an estimate is noise.
std::string left_text(base::Duration left) {
  const auto whole = std::chrono::ceil<seconds>(left);
  return whole < std::chrono::minutes(1) ? fmt::format("{} s", whole.count()) : base::to_short(whole);
}

std::vector<std::string> parts_of(const base::Progress& progress, const Pace& pace) {
  std::vector<std::string> parts;
  if (progress.rows != 0 || progress.rows_total != 0) parts.push_back(rows_text(progress));
  if (progress.bytes != 0 || progress.bytes_total != 0) parts.push_back(bytes_text(progress));
  if (const auto rate = pace.bytes_per_second(); rate && *rate >= 1)
    parts.push_back(fmt::format("{}/s", format_bytes(static_cast<std::uint64_t>(*rate))));
  return parts;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

std::string bar(double share, std::size_t width) {
  const auto full = std::min(width, static_cast<std::size_t>(share * static_cast<double>(width)));
  std::string out(full, '=');
  if (full < width) out += '>';
  out.resize(width, ' ');
  return '[' + out + ']';
}

}  // namespace

void Pace::add(const base::Progress& progress, base::Duration at) {
  const bool anew =
      progress.phase != phase_ ||
      (!samples_.empty() && (progress.rows < samples_.back().rows || progress.bytes < samples_.back().bytes));
  if (anew) {
    phase_ = progress.phase;
    samples_.clear();
  }
  const Sample sample{at, progress.rows, progress.bytes};
  // The newest sample is replaced until the one before it is old enough: the deque stays short however often events
  // come.
  if (samples_.size() >= 2 && at - samples_[samples_.size() - 2].at < k_sample_gap)
    samples_.back() = sample;
  else
    samples_.push_back(sample);
  while (samples_.size() > 2 && at - samples_[1].at >= k_window) samples_.pop_front();
}

std::optional<double> Pace::bytes_per_second() const {
  if (samples_.size() < 2) return std::nullopt;
  const base::Duration took = samples_.back().at - samples_.front().at;
  if (took < k_rate_after) return std::nullopt;
  return static_cast<double>(samples_.back().bytes - samples_.front().bytes) / in_seconds(took);
}

std::optional<base::Duration> Pace::left(const base::Progress& progress) const {
  if (samples_.size() < 2 || !share_done(progress)) return std::nullopt;
  const base::Duration took = samples_.back().at - samples_.front().at;
  if (took < k_rate_after) return std::nullopt;
  const bool by_rows = progress.rows_total != 0;
  const std::uint64_t done =
      by_rows ? samples_.back().rows - samples_.front().rows : samples_.back().bytes - samples_.front().bytes;
  const std::uint64_t rest = by_rows ? progress.rows_total - progress.rows : progress.bytes_total - progress.bytes;
  if (done == 0) return std::nullopt;
  const double left_seconds = in_seconds(took) * static_cast<double>(rest) / static_cast<double>(done);
  if (left_seconds > in_seconds(k_left_max)) return std::nullopt;
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(left_seconds));
}

std::optional<double> share_done(const base::Progress& progress) noexcept {
  const bool by_rows = progress.rows_total != 0;
  const std::uint64_t done = by_rows ? progress.rows : progress.bytes;
  const std::uint64_t total = by_rows ? progress.rows_total : progress.bytes_total;
  if (total == 0 || done > total) return std::nullopt;
  return static_cast<double>(done) / static_cast<double>(total);
}

std::string progress_text(const base::Progress& progress, const Pace& pace) {
  std::vector<std::string> parts = parts_of(progress, pace);
  if (const auto left = pace.left(progress)) parts.push_back(left_text(*left) + " left");
  return joined(parts, ", ");
}

std::string progress_bar(const base::Progress& progress, const Pace& pace, unsigned columns) {
  constexpr std::size_t k_bar_min = 8;
  constexpr std::size_t k_bar_max = 30;
  std::vector<std::string> parts = parts_of(progress, pace);
  if (const auto left = pace.left(progress)) parts.push_back("ETA " + left_text(*left));
  const auto share = share_done(progress);
  std::string head = printable(progress.phase);
  std::string tail = joined(parts, "  ");
  if (!tail.empty()) tail.insert(0, "  ");
  if (!share) return shorten(head + tail, columns);

  const std::string percent = fmt::format(" {:3.0f} %", std::min(99.0, *share * 100));
  const std::size_t used = display_width(head) + display_width(tail) + percent.size() + 4;
  if (used + k_bar_min > columns) return shorten(head + percent + tail, columns);
  return head + "  " + bar(*share, std::min(k_bar_max, columns - used)) + percent + tail;
}

}  // namespace holdfast::ui
