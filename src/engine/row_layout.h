// Brings the rows of two versions of a collection into one layout, so that they can be compared: columns are matched by
// name, a column that one side does not have is NULL there.
#pragma once

#include <vector>

#include "base/row.h"
#include "model/collection.h"

namespace holdfast::engine {

// The columns of `first` as they are, then those that only `second` has.
model::Collection unite(const model::Collection& first, const model::Collection& second);

class RowProjection {  // not thread-safe: views that it returns live until the next call
public:
  RowProjection(const model::Collection& from, const model::Collection& to);
  // True when rows are passed on as they are.
  bool identity() const noexcept { return identity_; }
  base::RowView operator()(const base::RowView& row);

private:
  static constexpr std::size_t k_absent = static_cast<std::size_t>(-1);
  std::vector<std::size_t> source_;  // per column of `to`: its place in `from`
  std::vector<base::ColumnView> columns_;
  bool identity_ = false;
};

}  // namespace holdfast::engine
