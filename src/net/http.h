// One HTTP call, and what makes it.  No retries here: net/api.h has the one level of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"
#include "net/url.h"

namespace holdfast::net {

enum class Method { get, head, post, put, patch, remove };
std::string_view to_string(Method method) noexcept;

struct Header {
  std::string name;
  std::string value;
};

// A header that must not be seen: no error and no log names its value.
struct SecretHeader {
  std::string name;
  base::Secret value;
};

struct BasicLogin {
  std::string user;
  base::Secret password;
};

// Takes the body of an answer in pieces.
class BodySink {
public:
  virtual ~BodySink() = default;
  // A body begins.  Called again when a call is repeated after it broke off: what came before is void.
  virtual void begin() = 0;
  // What it throws ends the call and leaves send().
  virtual void piece(base::ByteView bytes) = 0;
};

struct Request {
  Method method = Method::get;
  Url url{};
  std::vector<Header> headers{};
  std::vector<SecretHeader> secrets{};
  std::optional<BasicLogin> login{};
  base::Bytes body{};          // sent with POST, PUT and PATCH even when empty; with others when not empty
  BodySink* sink = nullptr;    // takes the body of a 2xx answer, which then has no size limit; not owned
  std::uint64_t max_body = 0;  // of the answer, after decompression; 0 = the client's own limit
  // In place of ClientOptions::total_timeout.
  std::optional<base::Duration> timeout{};
};

struct Response {
  int status = 0;
  std::vector<Header> headers{};  // names in lower case, in the order of the answer
  base::Bytes body{};             // decompressed; empty when a sink took it

  // The first header of this name (given in lower case); nullptr when there is none.
  const std::string* header(std::string_view name) const noexcept;
};

// "GET https://host/path": for messages.  Without the query, which may hold what is secret.
std::string describe(const Request& request);

// No answer came: not connected, broken off, too slow.
class TransportError : public base::Error {
public:
  enum class Sent { no, perhaps };
  TransportError(Sent sent, std::string message, std::string hint)
      : Error(base::ErrorKind::unavailable, std::move(message), std::move(hint)), sent_(sent) {}
  // False only when it is certain that not one byte of the request went out, so that it can be repeated whatever it
  // does.
  bool may_have_arrived() const noexcept { return sent_ == Sent::perhaps; }

private:
  Sent sent_;
};

// An answer came and is larger than allowed.  Never truncated; not worth repeating.
class OversizeError : public base::Error {
public:
  OversizeError(std::string message, std::string hint)
      : Error(base::ErrorKind::unsupported, std::move(message), std::move(hint)) {}
};

class HttpClient {  // thread-safe
public:
  virtual ~HttpClient() = default;
  // Any status is an answer.  A redirect is followed for GET and HEAD within one origin, at most five times, and from
  // an API (/api/…) only within that; any other comes back as it is.  Throws TransportError, OversizeError,
  // Error{cancelled} less than a second after a stop request, Error{usage} for a header with a line break in it,
  // Error{unsupported} for a certificate that is not trusted, Error{config} for a file of authorities that is none.
  virtual Response send(const Request& request, std::stop_token stop) = 0;
};

struct ClientOptions {
  unsigned connections = 32;                                  // most calls at once; further callers wait
  base::Duration connect_timeout = std::chrono::seconds(15);  // name, connection, proxy and TLS together
  base::Duration idle_timeout = std::chrono::seconds(60);     // without a byte in either direction
  base::Duration total_timeout = std::chrono::minutes(10);    // of one call; 0 = none
  std::uint64_t max_body = std::uint64_t{64} << 20;           // see Request::max_body
  // URL of a proxy, perhaps with user and password.  Absent: what the environment says (HTTPS_PROXY, http_proxy,
  // NO_PROXY); empty: none at all.
  std::optional<base::Secret> proxy{};
  std::string ca_file{};    // PEM; empty = the system's store
  std::string ca_folder{};  // of hashed PEM files; empty = the system's store
  std::string user_agent = "holdfast";
};

// Over libcurl: connections are kept, HTTP/2 where it is offered, gzip.  Throws Error{config} when a CA file or folder
// cannot be read or the proxy's URL makes no sense.
std::unique_ptr<HttpClient> open_curl_client(const ClientOptions& options);

}  // namespace holdfast::net
