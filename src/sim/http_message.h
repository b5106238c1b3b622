// HTTP/1.1 as the stand-ins speak it: one request, one response, and the text between them.
//
//   request  = method SP target SP "HTTP/1." DIGIT CRLF *(name ":" value CRLF) CRLF [body]
//   target   = "/" … ["?" query]  |  "http://" authority ["/" … ["?" query]]    ; the second is what clients send to a
//   proxy body     = as many bytes as Content-Length says, or chunks
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::sim {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;
  std::string raw_path;  // as it came, without scheme and authority
  std::string path;      // percent-decoded
  std::string raw_query;
  NamedValues query;    // decoded, in order
  NamedValues headers;  // names in lower case, in order
  std::string body;
  std::string peer;  // address of the client

  const std::string* header(std::string_view lower_case_name) const noexcept;
  const std::string* query_value(std::string_view name) const noexcept;
};

// What becomes of the answer on its way back.
enum class Delivery {
  whole,
  reset,  // the connection is reset and the client never learns what happened
};

struct HttpResponse {
  int status = 200;
  NamedValues headers;
  std::string body;
  Delivery delivery = Delivery::whole;
};

// A request that is not answered by a handler, because it is not one.
struct BadHttp {
  int status = 400;
  std::string reason;
};

// `head` ends before the empty line; the request has no body yet.  Throws BadHttp.
HttpRequest parse_request_head(std::string_view head);

// How the body of a request is delimited.
struct BodyFraming {
  bool chunked = false;
  std::size_t length = 0;
  bool expects_continue = false;
  bool close_after = false;
};
BodyFraming body_framing(const HttpRequest& request);  // throws BadHttp

// Takes the chunks of a body apart, in whatever pieces they arrive.
class ChunkedBody {
public:
  explicit ChunkedBody(std::size_t limit) : limit_(limit) {}
  // How many bytes of `input` were used.  Throws BadHttp when it is no chunk, or the body is over the limit.
  std::size_t feed(std::string_view input);
  bool finished() const noexcept { return state_ == State::finished; }
  std::string take() { return std::move(body_); }

private:
  enum class State { size, data, data_end, trailer, finished };
  void line(std::string_view text);

  std::size_t limit_ = 0;
  State state_ = State::size;
  std::size_t left_ = 0;
  std::string line_;
  std::string body_;
};

// "%2F" → "/"; what is no escape stays.  In queries "+" is a space.
enum class PlusSign { literal, space };
std::string percent_decode(std::string_view text, PlusSign plus);
NamedValues parse_query(std::string_view text);  // also application/x-www-form-urlencoded

std::string_view reason_phrase(int status) noexcept;

// One part of multipart/form-data.
struct FormPart {
  std::string name;
  std::optional<std::string> file_name;
  std::string content;
};
// nullopt when the body is not what its content type says.
std::optional<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body);

}  // namespace holdfast::sim
