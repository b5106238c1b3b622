// Which rows an operation is about.  Text form: conditions joined by ',', all of which must hold; several --select are
// ORed.
//   urn:li:dataset:*finance*        a glob over the first key part (the default)
//   key:GLOB                        the same, said aloud
//   type:dataset                    entity type of a URN
//   aspect:ownership                second key part, a glob
//   platform:snowflake              data platform named in a dataset URN, or by the row's dataPlatformInstance aspect
//   owner:urn:li:corpuser:anna      URNs whose ownership aspect names this owner
// Commas inside parentheses belong to the value (URNs have them).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/collection.h"

namespace holdfast::model {

bool glob_match(std::string_view pattern, std::string_view text) noexcept;  // * and ?

class Selection {
public:
  Selection() = default;  // everything
  // Throws Error{usage} naming the unknown condition, with a suggestion.
  explicit Selection(const std::vector<std::string>& texts);

  bool everything() const noexcept { return alternatives_.empty(); }
  // owner: and platform: look into rows.  Where needs_scan() says so, every row of the tree must be shown to learn()
  // first.
  bool needs_scan() const noexcept;
  void learn(const Collection& collection, const base::RowView& row);
  bool matches(const Collection& collection, base::ByteView key) const;
  // The smallest key range that holds every match: lets a scan skip the rest.
  base::KeyRange range(const Collection& collection) const;
  std::string text() const;

private:
  struct Condition {
    std::string field;
    std::string value;
    std::set<std::string> urns;  // learnt
  };
  std::vector<std::vector<Condition>> alternatives_;
  std::vector<std::string> texts_;
};

}  // namespace holdfast::model
