// Rows: what a tree holds.  A key that sorts by bytes, and nullable columns of bytes.  No meaning is attached to either
// here.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace holdfast::base {

using ColumnView = std::optional<ByteView>;  // nullopt is SQL NULL, which is not the empty string

struct RowView {
  ByteView key;
  std::span<const ColumnView> columns;
};

struct Row {
  Bytes key;
  std::vector<std::optional<Bytes>> columns;

  friend bool operator==(const Row&, const Row&) = default;
};

Row to_row(const RowView& view);
// The views point into `row`, and are held in `columns`, which must outlive the result.
RowView to_view(const Row& row, std::vector<ColumnView>& columns);
bool equal(const RowView& a, const RowView& b) noexcept;

// Keys from `from` up to, not including, `to`; no `to` means to the end.
struct KeyRange {
  Bytes from;
  std::optional<Bytes> to;

  bool contains(ByteView key) const noexcept { return key >= from && (!to || key < *to); }
  friend bool operator==(const KeyRange&, const KeyRange&) = default;
};

}  // namespace holdfast::base
