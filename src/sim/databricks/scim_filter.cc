#include "sim/databricks/scim_filter.h"

#include <algorithm>

#include "sim/databricks/api_error.h"
#include "sim/databricks/identity.h"

namespace holdfast::sim::databricks {
namespace {

ApiError not_understood(std::string_view filter) {
  return {400, "INVALID_FILTER", "Given filter operator is not supported: " + std::string(filter)};
}

void skip_spaces(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
}

std::string cut_word(std::string_view& text) {
  skip_spaces(text);
  const auto end = std::min(text.find(' '), text.size());
  auto word = lower_case(text.substr(0, end));
  text.remove_prefix(end);
  return word;
}

std::string cut_quoted(std::string_view& text, std::string_view filter) {
  skip_spaces(text);
  if (!text.starts_with('"')) return cut_word(text);  // true, or a number; the platform takes bare words, too
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return lower_case(value);
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  throw not_understood(filter);
}

}  // namespace

ScimFilter::ScimFilter(std::string_view text) {
  const auto whole = text;
  skip_spaces(text);
  if (text.empty()) return;
  any_of_.emplace_back();
  while (true) {
    Term term;
    term.attribute = cut_word(text);
    term.comparison = cut_word(text);
    static constexpr std::string_view k_comparisons[] = {"eq", "ne", "co", "sw"};
    const bool known =
        std::find(std::begin(k_comparisons), std::end(k_comparisons), term.comparison) != std::end(k_comparisons);
    if (term.attribute.empty() || !known) throw not_understood(whole);
    term.value = cut_quoted(text, whole);
    any_of_.back().push_back(std::move(term));
    const auto link = cut_word(text);
    if (link.empty()) return;
    if (link == "or") {
      any_of_.emplace_back();
    } else if (link != "and") {
      throw not_understood(whole);
    }
  }
}

bool ScimFilter::passes(const std::function<std::string(std::string_view)>& value_of) const {
  const auto holds = [&](const Term& term) {
    const auto value = lower_case(value_of(term.attribute));
    if (term.comparison == "eq") return value == term.value;
    if (term.comparison == "ne") return value != term.value;
    return term.comparison == "sw" ? value.starts_with(term.value) : value.find(term.value) != std::string::npos;
  };
  return any_of_.empty() || std::any_of(any_of_.begin(), any_of_.end(), [&](const auto& terms) {
           return std::all_of(terms.begin(), terms.end(), holds);
         });
}

}  // namespace holdfast::sim::databricks
