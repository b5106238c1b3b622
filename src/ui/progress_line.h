// What a progress event says in one line: share, rows, bytes, rate, time left.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/events.h"
#include "base/time.h"

namespace holdfast::ui {

// Rates over the last seconds of one phase.  Not thread-safe.
class Pace {
public:
  // `at` is Clock::elapsed().  A new phase, or a count that went back, starts anew.
  void add(const base::Progress& progress, base::Duration at);
  std::optional<double> bytes_per_second() const;
  std::optional<base::Duration> left(const base::Progress& progress) const;

private:
  struct Sample {
    base::Duration at;
    std::uint64_t rows;
    std::uint64_t bytes;
  };
  std::string phase_;
  std::deque<Sample> samples_;
};

// 0..1, by rows where their total is known, else by bytes.  nullopt when neither is, or when the estimate was exceeded.
std::optional<double> share_done(const base::Progress& progress) noexcept;

// "90,112 of 200,000 rows, 66.1 MiB, 31.0 MiB/s, 3 s left": for logs.
std::string progress_text(const base::Progress& progress, const Pace& pace);

// One line with a bar, never wider than `columns`: the bar goes first when it is narrow.
std::string progress_bar(const base::Progress& progress, const Pace& pace, unsigned columns);

}  // namespace holdfast::ui
