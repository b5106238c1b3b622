#include "base/row.h"

#include <algorithm>

namespace holdfast::base {

Row to_row(const RowView& view) {
  Row row{.key = Bytes(view.key), .columns = {}};
  row.columns.reserve(view.columns.size());
  for (const ColumnView& column : view.columns) {
    if (column) {
      row.columns.emplace_back(Bytes(*column));
    } else {
      row.columns.emplace_back(std::nullopt);
    }
  }
  return row;
}

RowView to_view(const Row& row, std::vector<ColumnView>& columns) {
  columns.clear();
  columns.reserve(row.columns.size());
  for (const auto& column : row.columns) columns.push_back(column ? ColumnView(*column) : ColumnView());
  return {row.key, columns};
}

bool equal(const RowView& a, const RowView& b) noexcept {
  return a.key == b.key && std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end());
}

}  // namespace holdfast::base
