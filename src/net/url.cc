#include "net/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/error.h"

namespace holdfast::net {

namespace {

constexpr std::size_t k_longest = 64 * 1024;

bool is_unreserved(char c) {
  return base::is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(digits[byte >> 4]);
  out.push_back(digits[byte & 15]);
}

class Parser {
public:
  explicit Parser(std::string_view text) : text_(text) {}

  Url parse() {
    if (text_.size() > k_longest) fail("is too long");
    if (std::any_of(text_.begin(), text_.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      fail("holds a control character");
    Url url;
    const std::size_t scheme_end = text_.find("://");
    if (scheme_end == std::string_view::npos) fail("has no scheme", "Write it with https:// in front.");
    url.scheme = base::lower(text_.substr(0, scheme_end));
    if (url.scheme != "https" && url.scheme != "http") fail("is neither https nor http");
    url.port = url.scheme == "https" ? 443 : 80;

    std::string_view rest = text_.substr(scheme_end + 3);
    rest = rest.substr(0, rest.find('#'));
    const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
    read_authority(rest.substr(0, authority_end), url);
    rest.remove_prefix(authority_end);

    const std::size_t mark = rest.find('?');
    const std::string path = encoded(rest.substr(0, mark));
    if (!path.empty()) url.path = path;
    if (mark != std::string_view::npos) url.query = encoded(rest.substr(mark + 1));
    return url;
  }

private:
  [[noreturn]] void fail(std::string_view problem, std::string hint = "Write it as https://host/path.") const {
    // Somebody may have put a password into it.
    const bool shown = text_.size() <= 200 && text_.find('@') == std::string_view::npos &&
                       std::all_of(text_.begin(), text_.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    throw base::Error(base::ErrorKind::config,
                      shown ? fmt::format("the URL '{}' {}", text_, problem) : fmt::format("the URL {}", problem),
                      std::move(hint));
  }

  void read_authority(std::string_view authority, Url& url) const {
    if (authority.find('@') != std::string_view::npos)
      fail("holds a user name or a password",
           "Remove what stands before the @; credentials have settings of their own.");
    std::string_view port;
    if (!authority.empty() && authority.front() == '[') {
      const std::size_t close = authority.find(']');
      if (close == std::string_view::npos) fail("has no ] after its IPv6 address");
      const std::string_view address = authority.substr(1, close - 1);
      const auto fits = [](char c) { return base::is_hex_digit(c) || c == ':' || c == '.'; };
      if (address.find(':') == std::string_view::npos || !std::all_of(address.begin(), address.end(), fits))
        fail("has no IPv6 address between its brackets");
      url.host = base::lower(address);
      port = authority.substr(close + 1);
    } else {
      const std::size_t colon = std::min(authority.find(':'), authority.size());
      url.host = base::lower(authority.substr(0, colon));
      const auto fits = [](char c) { return base::is_letter_or_digit(c) || c == '-' || c == '.' || c == '_'; };
      if (url.host.empty()) fail("has no host");
      if (!std::all_of(url.host.begin(), url.host.end(), fits))
        fail("has a host with other characters than letters, digits, dots and hyphens",
             "Write an international name in its xn-- form.");
      port = authority.substr(colon);
    }
    if (!port.empty()) url.port = read_port(port);
  }

  std::uint16_t read_port(std::string_view text) const {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const bool read = text.front() == ':' && text.size() > 1 &&
                      std::from_chars(text.data() + 1, end, port) == std::from_chars_result{end, std::errc{}};
    if (!read || port == 0) fail("has a port that is not a number from 1 to 65535");
    return port;
  }

  // What the grammar does not allow in a path or query is encoded; what is encoded already stays.
  std::string encoded(std::string_view part) const {
    std::string out;
    out.reserve(part.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
      const char c = part[i];
      if (c == '%' && !(i + 2 < part.size() && base::is_hex_digit(part[i + 1]) && base::is_hex_digit(part[i + 2])))
        fail("has a % that is not followed by two hexadecimal digits", "Write a percent sign as %25.");
      if (c <= ' ' || c > '~' || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos)
        append_encoded(out, c);
      else
        out.push_back(c);
    }
    return out;
  }

  std::string_view text_;
};

// RFC 3986, 5.2.4, for a path that begins with a slash.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = false;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(segment);
    begin = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (folder || out.empty()) out += "/";
  return out;
}

bool has_scheme(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  if (colon == std::string_view::npos || colon == 0 || !base::is_letter(reference.front())) return false;
  const std::string_view scheme = reference.substr(0, colon);
  return std::all_of(scheme.begin(), scheme.end(),
                     [](char c) { return base::is_letter_or_digit(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace

Url parse_url(std::string_view text) {
  return Parser(text).parse();
}

std::string origin(const Url& url) {
  std::string out = url.scheme + "://";
  out += url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (url.port != (url.scheme == "https" ? 443 : 80)) out += fmt::format(":{}", url.port);
  return out;
}

std::string to_string(const Url& url) {
  std::string out = origin(url) + url.path;
  if (!url.query.empty()) out += "?" + url.query;
  return out;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  // Only a literal address: 127.0.0.1.example.com is somebody else's name.
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

bool same_origin(const Url& a, const Url& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

std::string encode_segment(std::string_view segment) {
  std::string out;
  out.reserve(segment.size());
  for (const char c : segment) {
    if (is_unreserved(c))
      out.push_back(c);
    else
      append_encoded(out, c);
  }
  return out;
}

std::string encode_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (is_unreserved(c) || c == '/')
      out.push_back(c);
    else
      append_encoded(out, c);
  }
  return out;
}

std::string encode_pairs(const Pairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out.push_back('&');
    out.append(encode_segment(name)).append("=").append(encode_segment(value));
  }
  return out;
}

Url at(const Url& base, std::string_view path, const Pairs& query) {
  Url url = base;
  while (!url.path.empty() && url.path.back() == '/') url.path.pop_back();
  if (path.empty() || path.front() != '/') url.path.push_back('/');
  url.path.append(path);
  url.query = encode_pairs(query);
  return url;
}

Url resolve(const Url& base, std::string_view location) {
  if (has_scheme(location)) return parse_url(location);
  if (location.substr(0, 2) == "//") return parse_url(base.scheme + ":" + std::string(location));
  if (!location.empty() && location.front() == '?') return parse_url(origin(base) + base.path + std::string(location));
  if (location.empty() || location.front() == '#') return base;
  const std::string folder = location.front() == '/' ? std::string() : base.path.substr(0, base.path.rfind('/') + 1);
  Url url = parse_url(origin(base) + folder + std::string(location));
  url.path = without_dots(url.path);
  return url;
}

}  // namespace holdfast::net
