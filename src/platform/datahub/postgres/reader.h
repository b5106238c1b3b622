// Reads a key range of one table by COPY in binary form and hands it on row by row, in byte order of the keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/row.h"
#include "platform/datahub/postgres/client.h"
#include "platform/datahub/postgres/copy_decoder.h"
#include "platform/datahub/postgres/table_parts.h"
#include "platform/datahub/sql/budget.h"
#include "platform/platform.h"

namespace holdfast::platform::datahub::postgres {

Wire wire_of(const ColumnPart& column);

struct ReadTarget {
  std::string schema;
  std::string table;
  bool key_order_is_bytes = false;  // the primary key's index serves the order; else the server sorts
  std::vector<ReadColumn> columns;  // in the order of the collection
};
// Throws Error{unsupported} naming the column of the collection that the table does not have.
ReadTarget read_target(const TableParts& parts, const model::Collection& collection);

// What a range means to the server: a condition that every row of it meets.  Rows outside may meet it too, where a
// bound falls inside of a URN; they are dropped on our side.
std::string range_condition(const Client& client, const ReadTarget& target, const base::KeyRange& range);
std::string copy_statement(const Client& client, const ReadTarget& target, const base::KeyRange& range);

// What may slow a read down or end it early; budget and age are shared by all readers of one capture.
struct ReadLimits {
  ReadBudget* budget = nullptr;      // absent: no limit
  const SnapshotAge* age = nullptr;  // absent: no limit
  std::stop_token stop;
};

// Throws Error{corruption} naming the row when its key is not above the one before, or a text is not UTF-8;
// Error{unsupported} naming the row when its instant is infinite or outside of the years 1 to 9999.
void read_range(Client& client, const ReadTarget& target, const base::KeyRange& range, const ReadLimits& limits,
                RowSink& sink);

// Pages of a table's file, of which the last may be left open: all rows that lie in them.
struct PageRange {
  std::int64_t from = 0;
  std::optional<std::int64_t> to;
};
// At most `wanted` ranges of as many pages, which together are the whole table.
std::vector<PageRange> cut_pages(Client& client, const ReadTarget& target, unsigned wanted);
// As read_range, of rows as they lie: in no order.
void read_pages(Client& client, const ReadTarget& target, const PageRange& range, RowSink& sink, std::stop_token stop);

// Cuts of the key space into at most `wanted` ranges that hold about as many bytes each, from a sample of the table's
// pages.
std::vector<base::KeyRange> sample_ranges(Client& client, const ReadTarget& target, unsigned wanted);

}  // namespace holdfast::platform::datahub::postgres
