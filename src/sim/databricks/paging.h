// The ways in which the API hands out long lists.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "sim/databricks/call.h"

namespace holdfast::sim::databricks {

struct PageStyle {
  std::string_view size_parameter = "page_size";
  std::string_view token_parameter = "page_token";
  std::size_t default_size = 20;
  std::size_t largest_size = 100;
};

// The items [begin, end) of the list, in its present order; `next_token` is empty at the end of it.
struct Page {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string next_token;
};

// A token remembers the last item that was handed out, by the key that `key_of` gives: when others add and delete while
// somebody pages, nothing that stays is skipped.  400 INVALID_PARAMETER_VALUE for a token that is none of ours, and for
// a size that is out of range.
Page page_by_token(const Call& call, std::size_t total, const std::function<std::string(std::size_t)>& key_of,
                   const PageStyle& style);

// SCIM: startIndex counts from one; a count of zero gives none.
Page page_by_index(const Call& call, std::size_t total, std::size_t default_size);

}  // namespace holdfast::sim::databricks
