// What a target has in a column beside the body, kept item by item: what an interrupted run has written of it is told
// from what somebody changed.  Nothing in it was made from a secret; see KindColumn::told_by.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/row.h"
#include "model/kind_set.h"

namespace holdfast::engine {

struct ColumnItem {
  std::string fingerprint;
  std::set<std::string> names;  // values by which it is told from others: the principal of a grant
};
// By what tells them apart; "" is all that is no item.  Empty: there is no such column.
using ColumnItems = std::map<std::string, ColumnItem>;

// Of the column `at`, as a capture or a snapshot has it.
ColumnItems items_of(const model::ReadyKind& kind, std::size_t at, const std::optional<std::string>& text);
// Of the column that tells when items of `column` changed: that itself, where it holds no secrets.
ColumnItems telling_items(const model::ReadyKind& kind, const model::KindColumn& column,
                          const std::optional<std::string>& text);
// The name of that column.
const std::string& telling_column(const model::KindColumn& column) noexcept;
// What tells the item of this key, of a column whose items are kept.
std::string item_mark(const std::string& key);

// Those that go with a resource when it is removed and of which its fingerprint says nothing.
std::vector<const model::KindColumn*> columns_beside(const model::ReadyKind& kind);

// As a plan keeps it; empty: there was no such column, or it could not be read.
std::string seen_text(const ColumnItems& items);
ColumnItems seen_items(const std::string& text);

// Of a column whose items are kept: the keys of those that `live` has and `wanted` has not.
std::vector<std::string> keys_beside(const model::KindColumn& column, const std::string& live,
                                     const std::string& wanted);
// Of such a column, in a resource of the target: the keys of all items, as what tells of them has them.
std::vector<std::string> kept_keys(const model::ReadyKind& kind, const model::KindColumn& column,
                                   const base::Row& live);
// `live` without them.
std::string without_items(const model::KindColumn& column, const std::string& live,
                          const std::vector<std::string>& keys);

}  // namespace holdfast::engine
