// Columns beside the body: each has calls of its own.
#pragma once

#include <string>
#include <vector>

#include "model/kind.h"
#include "platform/databricks/write_calls.h"

namespace holdfast::platform::databricks {

// Makes the column what `value` says, whatever it was; secrets that are not in it stay.  `permission_id` is the id in
// /permissions/TYPE/ID.  Throws Error{unsupported} for a column that cannot be written, and what Calls throws.
struct ColumnTarget {
  const model::Kind& kind;
  const KindWrites& writes;
  std::string id;
  std::string permission_id;
};
void write_column(const Calls& calls, const ColumnTarget& target, const std::string& column, const base::Bytes& value);
// Of a column whose items stay by themselves: the values of secrets.
void remove_from_column(const Calls& calls, const ColumnTarget& target, const std::string& column,
                        const std::vector<std::string>& keys);

// The body of PUT /permissions/TYPE/ID that grants what a reply of GET says: inherited grants and those of
// administrators are left out.
std::string flat_permissions(std::string_view reply);

}  // namespace holdfast::platform::databricks
