// `--name value` pairs of the benchmark programs: these have few options, so a parser library would cost more than it
// gives.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::bench {

class Arguments {
public:
  // Throws base::Error{usage} for a word that is not one of `known`, and for a name without a value.  Names that end in
  // '!' in `known` take no value.
  Arguments(int count, char** words, const std::vector<std::string_view>& known);

  bool has(std::string_view name) const { return values_.contains(std::string(name)); }
  std::string text(std::string_view name, std::string_view fallback = "") const;
  std::uint64_t number(std::string_view name, std::uint64_t fallback) const;
  std::vector<std::string> all(std::string_view name) const;

private:
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace holdfast::bench
