// Comparing and measuring stored cells.
#pragma once

#include <cstdint>
#include <span>

#include "base/row.h"
#include "repository/block_store.h"
#include "repository/row_block.h"

namespace holdfast::repository {

// Plain bytes of the value.
std::uint64_t plain_size(const Cell& cell);
std::uint64_t plain_size(const StoredRow& row);

// Whether both cells hold the same value.  Reads overflow values only where their references differ and their sizes do
// not.
bool equal_cells(BlockSource& source, const Cell& a, const Cell& b);
bool equal_rows(BlockSource& source, const StoredRow& a, const StoredRow& b);
// Whether the cell holds `value`.  A large value is put into the sink, where it is not stored again when it is known,
// and the ids are compared: unchanged large values are never read back.
bool holds(BlockSource& source, BlockSink& sink, const Cell& cell, const base::ColumnView& value);

}  // namespace holdfast::repository
