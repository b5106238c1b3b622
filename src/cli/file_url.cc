#include "cli/file_url.h"

#include <fmt/format.h>

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
    if (i + 2 >= path.size()) throw Error(ErrorKind::config, fmt::format("\"{}\" ends inside a %-escape", url));
    out += base::from_hex(path.substr(i + 1, 2));
    i += 2;
  }
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace holdfast::cli
