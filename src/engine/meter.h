// Counts rows and bytes of several workers and tells the event stream about them.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/events.h"
#include "base/row.h"

namespace holdfast::engine {

// Plain bytes of a row: its key and its columns, as a tree counts them.
std::uint64_t plain_size(const base::RowView& row) noexcept;
std::uint64_t plain_size(const base::Row& row) noexcept;

class Meter {  // thread-safe
public:
  // Totals of 0 are not known.
  Meter(base::Events& events, std::string phase, std::uint64_t rows_total, std::uint64_t bytes_total, unsigned workers);
  void add(std::uint64_t rows, std::uint64_t bytes);
  std::uint64_t rows() const noexcept { return rows_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

private:
  base::Events& events_;
  const std::string phase_;
  const std::uint64_t rows_total_;
  const std::uint64_t bytes_total_;
  const unsigned workers_;
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

// What one worker has done since it last told the meter: rows are far too many to report one by one.
class Tally {  // not thread-safe
public:
  explicit Tally(Meter& meter) noexcept : meter_(meter) {}
  ~Tally() { flush(); }
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;
  void add(std::uint64_t bytes) {
    ++rows_;
    bytes_ += bytes;
    if (rows_ >= k_rows || bytes_ >= k_bytes) flush();
  }
  void flush();

private:
  static constexpr std::uint64_t k_rows = 512;
  static constexpr std::uint64_t k_bytes = 256 * 1024;
  Meter& meter_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace holdfast::engine
