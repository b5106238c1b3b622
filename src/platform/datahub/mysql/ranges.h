// Key ranges: as predicates of the server, and cut so that each takes about as long to read.
#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "platform/datahub/mysql/client.h"
#include "platform/datahub/mysql/shape.h"

namespace holdfast::platform::datahub::mysql {

// How rows are brought into byte order.
enum class Order {
  index,  // the primary key has it
  sort,   // the server sorts by the bytes
};
Order order_of(const MysqlTable& table) noexcept;

// Keys of at least (or below) a bound.  A bound need not be a whole key: engines cut where they like.
struct Predicate {
  std::string sql;    // "1" when nothing is excluded
  bool exact = true;  // false: it lets rows through that are outside of the range, for the reader to leave out
};
Predicate range_predicate(const base::KeyRange& range, Order order);

// SELECT … in key order for one range.
std::string select_range(const MysqlTable& table, const base::KeyRange& range, Predicate& predicate);

// Covers all keys, in key order; at most `wanted` ranges.  Index order: boundaries come from the optimizer's estimates
// and from single look-ups, which cost milliseconds on any size.  Sort order: from one sample of the keys, a scan of an
// index.
std::vector<base::KeyRange> plan_ranges(Client& client, const MysqlTable& table, unsigned wanted);

}  // namespace holdfast::platform::datahub::mysql
