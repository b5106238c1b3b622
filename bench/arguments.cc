#include "bench/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace holdfast::bench {

using base::Error;
using base::ErrorKind;

Arguments::Arguments(int count, char** words, const std::vector<std::string_view>& known) {
  const auto knows = [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const std::string name = word.starts_with("--") ? word.substr(2) : "";
    if (knows(name + "!")) {
      values_[name].emplace_back("yes");
      continue;
    }
    if (name.empty() || !knows(name)) throw Error(ErrorKind::usage, fmt::format("unknown argument '{}'", word));
    if (i + 1 == count) throw Error(ErrorKind::usage, fmt::format("'{}' needs a value", word));
    values_[name].emplace_back(words[++i]);
  }
}

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::string(fallback) : found->second.back();
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t fallback) const {
  const std::string value = text(name);
  if (value.empty()) return fallback;
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (problem != std::errc() || end != value.data() + value.size())
    throw Error(ErrorKind::usage, fmt::format("'--{} {}' is not a number", name, value));
  return number;
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace holdfast::bench
