#include "net/http.h"

#include <fmt/format.h>

namespace holdfast::net {

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::remove:
      return "DELETE";
  }
  return "GET";
}

const std::string* Response::header(std::string_view name) const noexcept {
  for (const Header& header : headers)
    if (header.name == name) return &header.value;
  return nullptr;
}

std::string describe(const Request& request) {
  constexpr std::size_t most = 300;
  std::string place = origin(request.url) + request.url.path;
  if (place.size() > most) place = place.substr(0, most) + "…";
  return fmt::format("{} {}", to_string(request.method), place);
}

}  // namespace holdfast::net
