// The difference of two rows down to the JSON field.  Compares values, not text: key order and white space do not
// count, but numbers are compared as written, so that 1.10 and 1.1 differ.  Items of a list are compared by position,
// or by their `key` where each has another one and both sides have them in one order.
#pragma once

#include <vector>

#include "model/collection.h"
#include "model/plan.h"

namespace holdfast::model {

// Either side may be absent (added, removed).  A column that is declared JSON but does not parse is compared as text.
// Of columns that hold secrets it is told what differs, and no value.
std::vector<FieldChange> field_diff(const Collection& collection, const base::RowView* before,
                                    const base::RowView* after);

}  // namespace holdfast::model
