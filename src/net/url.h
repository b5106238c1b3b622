// URLs of http and https, and the percent-encoding of what goes into them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::net {

// Path and query are kept as they go over the wire: percent-encoded, ASCII.
struct Url {
  std::string scheme;      // "https" or "http"
  std::string host;        // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;  // never 0 once parsed: 443 or 80 when the text had none
  std::string path = "/";  // begins with a slash
  std::string query;       // without the question mark; empty = none

  friend bool operator==(const Url&, const Url&) = default;
};

// Scheme and host are required; a fragment is dropped, bytes outside ASCII in path and query are encoded.  Throws
// Error{config} that says what is wrong, without the text itself where that could hold a password.
Url parse_url(std::string_view text);
// The port only when it is not the scheme's own.
std::string to_string(const Url& url);
// Scheme, host and port: what a connection, a cookie or a credential belongs to.
std::string origin(const Url& url);
bool same_origin(const Url& a, const Url& b);
// Whether a host, without port and brackets, is this machine: localhost, or an address that can only be that.
bool is_loopback(const std::string& host);

// Everything but letters, digits and -._~ becomes %XX: for one segment of a path (a slash inside of it is %2F).
std::string encode_segment(std::string_view segment);
// The same, with slashes as they are.
std::string encode_path(std::string_view path);
using Pairs = std::vector<std::pair<std::string, std::string>>;
// a=b&c=d, for a query or a form; a space is %20, which every server takes in both.
std::string encode_pairs(const Pairs& pairs);

// `base` with the encoded `path` appended to its own (one slash between them) and the query set.
Url at(const Url& base, std::string_view path, const Pairs& query = {});
// What a Location header means at `base`: absolute, //host/path, /path, or relative to the folder of `base`.
Url resolve(const Url& base, std::string_view location);

}  // namespace holdfast::net
