// Rules for names that differ between a source and a target: identities, node types, paths, storage.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace holdfast::model {

struct Mapping {
  using Rules = std::map<std::string, std::string, std::less<>>;
  std::map<std::string, Rules, std::less<>> names;  // by kind ("users", "node_types"): old natural name → new
  std::map<std::string, Rules, std::less<>> paths;  // by space ("workspace"): old prefix → new; the longest counts
  Rules storage;                                    // prefixes of storage URLs: "abfss://lake@east"

  bool empty() const noexcept { return names.empty() && paths.empty() && storage.empty(); }
  // Each gives its argument back where no rule speaks of it.
  std::string name(std::string_view kind, std::string_view old) const;
  std::string path(std::string_view space, std::string_view old) const;
  // Every URL in the text that a rule's prefix begins; a prefix ends where a name ends, not in its middle.
  std::string storage_text(std::string_view old) const;
};

}  // namespace holdfast::model
