// Letters of ASCII, whatever a locale says of them: names of hosts, headers and settings.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::base {

inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace holdfast::base
