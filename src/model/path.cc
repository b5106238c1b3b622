#include "model/path.h"

namespace holdfast::model {
namespace {

constexpr std::string_view k_slash = "%2F";
constexpr std::string_view k_percent = "%25";
constexpr std::string_view k_here = "./";

}  // namespace

std::string to_path_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '/')
      out += k_slash;
    else if (c == '%')
      out += k_percent;
    else
      out += c;
  }
  return out;
}

std::string from_path_part(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const std::string_view escape = part.substr(i, k_slash.size());
    const bool slash = escape == k_slash || escape == "%2f";
    if (slash || escape == k_percent) {
      out += slash ? '/' : '%';
      i += escape.size() - 1;
    } else {
      out += part[i];
    }
  }
  return out;
}

std::string to_path_below(std::string_view path) {
  if (!path.starts_with('/')) return std::string(k_here).append(path);
  const std::string_view rest = path.substr(1);
  // What would be read as something else keeps its slash.
  const bool clear = !rest.starts_with('/') && !rest.starts_with(k_here);
  return std::string(clear ? rest : path);
}

std::string from_path_below(std::string_view text) {
  if (text.starts_with('/')) return std::string(text);
  if (text.starts_with(k_here)) return std::string(text.substr(k_here.size()));
  return "/" + std::string(text);
}

}  // namespace holdfast::model
