// The filters of SCIM lists, as far as the platform takes them.
//
//   filter = term *(SP ("and" | "or") SP term)      ; "and" binds more tightly
//   term   = attribute SP ("eq" | "ne" | "co" | "sw") SP DQUOTE text DQUOTE
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sim::databricks {

class ScimFilter {
public:
  // Throws ApiError{400} for what it does not understand; an empty text lets everything pass.
  explicit ScimFilter(std::string_view text);
  // `value_of` gives the value of an attribute whose name is in lower case.
  bool passes(const std::function<std::string(std::string_view)>& value_of) const;

private:
  struct Term {
    std::string attribute;  // lower case
    std::string comparison;
    std::string value;  // lower case: comparisons do not tell cases apart
  };
  std::vector<std::vector<Term>> any_of_;  // each a list of terms that must all hold
};

}  // namespace holdfast::sim::databricks
