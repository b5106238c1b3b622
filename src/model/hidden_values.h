// Documents as they may be shown and kept in plans: what may be secret gives way to numbers, equal values to equal
// ones, so that a comparison still shows that something differs and where.  A hash would let short values be guessed.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "model/json_path.h"
#include "model/json_text.h"

namespace holdfast::model {

// One of these for the texts that are compared with each other.
class HiddenValues {
public:
  // Hides every string and number below what `sensitive` leads to, and below each name that sounds like a secret's, in
  // the document and in documents that its strings hold.  Throws Error{corruption} when the text is no JSON.
  std::string hide(std::string text, const JsonPaths& sensitive);

private:
  std::string hide(std::string text, const JsonPaths& sensitive, int depth);
  std::string nested(const std::string& text, const JsonPaths& sensitive, int depth);
  std::string number_of(std::string value);

  std::map<std::string, std::size_t> numbers_;
};

}  // namespace holdfast::model
