// Which rows an operation is about.  Text form: conditions joined by ',', all of which must hold; several --select are
// ORed.
//   /notebooks/Users/anna/**        a glob over the path: the collection, then the key as people write it; see glob.h
//   path:/notebooks/Users/anna/**   the same, said aloud
//   kind:jobs                       the collection, a glob; the singular will do
//   name:nightly*                   what the collection declares as its name, a glob; and so
//   id:123   creator:anna   tag:team=core   owner:anna
//   urn:li:dataset:*finance*        a glob over the first key part (the default)
//   key:GLOB                        the same, said aloud
// Where names are URNs:
//   type:dataset                    entity type of a URN
//   aspect:ownership                second key part, a glob
//   platform:snowflake              data platform named in a dataset URN, or by the row's dataPlatformInstance aspect
//   owner:urn:li:corpuser:anna      URNs whose ownership aspect names this owner
// Commas inside parentheses belong to the value (URNs have them); elsewhere "\," is a comma.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/collection.h"

namespace holdfast::model {

class Selection {
public:
  Selection() = default;  // everything
  // Throws Error{usage} naming the unknown condition, with a suggestion.
  explicit Selection(const std::vector<std::string>& texts);

  bool everything() const noexcept { return alternatives_.empty(); }
  // Whether it can hold any row of this collection: where it cannot, nothing need be read.
  bool touches(const Collection& collection) const;
  // Whether a condition names this collection itself, without wildcards: "/users/**", "kind:user".
  bool names(const Collection& collection) const;
  // Conditions on what lies in columns.  Where needs_scan() says so, keys alone do not tell: either every row is shown
  // to learn() first, or rows are asked for.  Where other_rows_decide(), only the former will do.
  bool needs_scan(const Collection& collection) const;
  bool other_rows_decide(const Collection& collection) const;
  void learn(const Collection& collection, const base::RowView& row);
  // By the key, and by what was learnt.
  bool matches(const Collection& collection, base::ByteView key) const;
  // Also by what lies in this row.
  bool matches(const Collection& collection, const base::RowView& row) const;
  // Whether a row with this key may be one of them, whatever lies in its columns.
  bool may_match(const Collection& collection, base::ByteView key) const;
  // The smallest key range that holds every match: lets a scan skip the rest.
  base::KeyRange range(const Collection& collection) const;
  std::string text() const;
  // Each --select by itself, with what it learnt; of everything none.
  std::vector<Selection> each() const;

private:
  struct Condition {
    std::string field;
    std::string value;
    std::set<std::string> learnt;  // URNs, or keys behind the name of their collection
  };
  struct Subject;
  static bool possible(const Condition& condition, const Collection& collection);
  static bool holds(const Condition& condition, const Subject& subject);
  bool any_holds(const Subject& subject) const;
  void learn_row(const Collection& collection, const base::RowView& row);

  std::vector<std::vector<Condition>> alternatives_;
  std::vector<std::string> texts_;
};

}  // namespace holdfast::model
