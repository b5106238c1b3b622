// Names in SQL, as they are.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::platform::databricks {

// Nothing that is in it ends the name.
inline std::string in_backticks(std::string_view name) {
  std::string out = "`";
  for (const char c : name) out += c == '`' ? std::string("``") : std::string(1, c);
  return out + "`";
}

// Where names that are not whole are looked for.
struct SqlPlace {
  std::string catalog;
  std::string schema;
};

}  // namespace holdfast::platform::databricks
