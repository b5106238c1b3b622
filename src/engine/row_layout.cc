#include "engine/row_layout.h"

#include <algorithm>
#include <string>

namespace holdfast::engine {

namespace {
auto by_name(const std::string& name) {
  return [&name](const model::Column& column) { return column.name == name; };
}
}  // namespace

model::Collection unite(const model::Collection& first, const model::Collection& second) {
  model::Collection out = first;
  if (out.fields.empty()) out.fields = second.fields;
  for (const model::Column& column : second.columns) {
    if (std::none_of(first.columns.begin(), first.columns.end(), by_name(column.name))) out.columns.push_back(column);
  }
  return out;
}

RowProjection::RowProjection(const model::Collection& from, const model::Collection& to) {
  identity_ = from.columns.size() == to.columns.size();
  for (const model::Column& column : to.columns) {
    const auto found = std::find_if(from.columns.begin(), from.columns.end(), by_name(column.name));
    const std::size_t place =
        found == from.columns.end() ? k_absent : static_cast<std::size_t>(found - from.columns.begin());
    identity_ = identity_ && place == source_.size();
    source_.push_back(place);
  }
  columns_.resize(source_.size());
}

base::RowView RowProjection::operator()(const base::RowView& row) {
  if (identity_) return row;
  for (std::size_t i = 0; i < source_.size(); ++i) {
    columns_[i] = source_[i] < row.columns.size() ? row.columns[source_[i]] : base::ColumnView();
  }
  return {row.key, columns_};
}

}  // namespace holdfast::engine
