#include "model/path.h"

namespace holdfast::model {
namespace {

constexpr std::string_view k_slash = "%2F";
constexpr std::string_view k_percent = "%25";

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

}  // namespace holdfast::model
