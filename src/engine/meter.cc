#include "engine/meter.h"

#include <utility>

namespace holdfast::engine {

std::uint64_t plain_size(const base::RowView& row) noexcept {
  std::uint64_t size = row.key.size();
  for (const base::ColumnView& column : row.columns) size += column ? column->size() : 0;
  return size;
}

std::uint64_t plain_size(const base::Row& row) noexcept {
  std::uint64_t size = row.key.size();
  for (const auto& column : row.columns) size += column ? column->size() : 0;
  return size;
}

Meter::Meter(base::Events& events, std::string phase, std::uint64_t rows_total, std::uint64_t bytes_total,
             unsigned workers)
    : events_(events),
      phase_(std::move(phase)),
      rows_total_(rows_total),
      bytes_total_(bytes_total),
      workers_(workers) {}

void Meter::add(std::uint64_t rows, std::uint64_t bytes) {
  const std::uint64_t all_rows = rows_.fetch_add(rows, std::memory_order_relaxed) + rows;
  const std::uint64_t all_bytes = bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  events_.progress({.phase = phase_,
                    .rows = all_rows,
                    .rows_total = rows_total_,
                    .bytes = all_bytes,
                    .bytes_total = bytes_total_,
                    .workers = workers_});
}

void Tally::flush() {
  if (rows_ == 0) return;
  meter_.add(std::exchange(rows_, 0), std::exchange(bytes_, 0));
}

}  // namespace holdfast::engine
