#include "storage/name.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace holdfast::storage {

namespace {

bool is_allowed(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/';
}

// A part that is empty or starts with a dot: "..", "." and hidden files of the machine's owner are none of ours.
bool has_bad_part(std::string_view name) noexcept {
  return name.front() == '/' || name.front() == '.' || name.find("//") != std::string_view::npos ||
         name.find("/.") != std::string_view::npos;
}

[[noreturn]] void refuse(std::string_view what, std::string_view name) {
  throw base::Error(base::ErrorKind::usage, fmt::format("'{}' cannot be the {} of an object", name, what),
                    "Names consist of a-z, 0-9, '.', '_', '-' and single '/' between parts.");
}

}  // namespace

bool is_name(std::string_view name) noexcept {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_allowed) && !has_bad_part(name) &&
         name.back() != '/';
}

void check_name(std::string_view name) {
  if (!is_name(name)) refuse("name", name);
}

void check_prefix(std::string_view prefix) {
  if (prefix.empty()) return;
  if (!std::all_of(prefix.begin(), prefix.end(), is_allowed) || has_bad_part(prefix))
    refuse("start of the name", prefix);
}

}  // namespace holdfast::storage
