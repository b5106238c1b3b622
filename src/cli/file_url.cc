#include "cli/file_url.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/error.h"

namespace holdfast::cli {

using base::Error;
using base::ErrorKind;

std::string file_url_path(std::string_view url) {
  constexpr std::string_view k_scheme = "file://";
  if (!url.starts_with(k_scheme) || url.substr(k_scheme.size(), 1) != "/")
    throw Error(ErrorKind::config, fmt::format("\"{}\" is no URL of a local folder", url),
                "Write three slashes and an absolute path, such as file:///var/lib/holdfast.");
  const std::string_view path = url.substr(k_scheme.size());
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    const std::string_view digits = path.substr(i + 1, 2);
    const bool whole = digits.size() == 2 && base::is_hex_digit(digits[0]) && base::is_hex_digit(digits[1]);
    // A NUL byte would end the path for the system, and lead to another folder than the one that is shown.
    if (!whole || digits == "00")
      throw Error(ErrorKind::config,
                  fmt::format("\"{}\" holds the escape \"%{}\", which stands for nothing", url, digits),
                  "Write a percent sign that belongs to the path as %25.");
    out += base::from_hex(digits);
    i += 2;
  }
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace holdfast::cli
