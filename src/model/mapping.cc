#include "model/mapping.h"

#include <utility>

#include "base/ascii.h"

namespace holdfast::model {

namespace {

bool continues_name(char c) noexcept {
  return base::is_letter_or_digit(c) || c == '-' || c == '_';
}

bool is_path_prefix(std::string_view prefix, std::string_view path) noexcept {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

}  // namespace

std::string Mapping::name(std::string_view kind, std::string_view old) const {
  const auto rules = names.find(kind);
  if (rules == names.end()) return std::string(old);
  const auto rule = rules->second.find(old);
  return rule == rules->second.end() ? std::string(old) : rule->second;
}

std::string Mapping::path(std::string_view space, std::string_view old) const {
  const auto rules = paths.find(space);
  if (rules == paths.end()) return std::string(old);
  const std::pair<const std::string, std::string>* longest = nullptr;
  for (const auto& rule : rules->second)
    if (is_path_prefix(rule.first, old) && (!longest || rule.first.size() > longest->first.size())) longest = &rule;
  return longest ? longest->second + std::string(old.substr(longest->first.size())) : std::string(old);
}

std::string Mapping::storage_text(std::string_view old) const {
  std::string out;
  for (std::size_t at = 0; at < old.size();) {
    const std::pair<const std::string, std::string>* longest = nullptr;
    const std::string_view rest = old.substr(at);
    for (const auto& rule : storage) {
      const bool ends = rest.size() == rule.first.size() || rest.size() < rule.first.size() ||
                        !continues_name(rest[rule.first.size()]) || !continues_name(rule.first.back());
      if (rule.first.empty() || !rest.starts_with(rule.first) || !ends) continue;
      if (!longest || rule.first.size() > longest->first.size()) longest = &rule;
    }
    if (longest) {
      out += longest->second;
      at += longest->first.size();
    } else {
      out += old[at++];
    }
  }
  return out;
}

}  // namespace holdfast::model
