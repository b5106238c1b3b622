#include "sim/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::sim {
namespace {

constexpr std::size_t k_most_headers = 200;
constexpr std::size_t k_longest_chunk_line = 1024;
constexpr std::size_t k_most_parts = 64;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

const std::string* value_of(const NamedValues& values, std::string_view name) noexcept {
  const auto found = std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.first == name; });
  return found == values.end() ? nullptr : &found->second;
}

std::string_view cut_line(std::string_view& text) noexcept {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

void set_target(HttpRequest& request, std::string_view target) {
  const auto scheme = target.find("://");
  if (scheme != std::string_view::npos && target.front() != '/') {
    const auto slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (target.empty() || target.front() != '/') throw BadHttp{400, "the target is no path"};
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  request.raw_path = target.substr(0, question);
  request.path = percent_decode(request.raw_path, PlusSign::literal);
  if (question != std::string_view::npos) request.raw_query = target.substr(question + 1);
  request.query = parse_query(request.raw_query);
}

// The value of one parameter of a header such as `form-data; name="x"`.
std::optional<std::string> header_parameter(std::string_view value, std::string_view name) {
  std::size_t at = value.find(';');
  while (at != std::string_view::npos) {
    auto rest = trim(value.substr(at + 1));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const bool wanted = lower_case(trim(rest.substr(0, equals))) == name;
    rest = rest.substr(equals + 1);
    const bool quoted = !rest.empty() && rest.front() == '"';
    if (quoted) rest.remove_prefix(1);
    const auto end = rest.find(quoted ? '"' : ';');
    if (wanted) return std::string(quoted ? rest.substr(0, end) : trim(rest.substr(0, end)));
    if (end == std::string_view::npos) return std::nullopt;
    at = value.find(';', static_cast<std::size_t>(rest.data() - value.data()) + end);
  }
  return std::nullopt;
}

std::optional<FormPart> parse_part(std::string_view text) {
  FormPart part;
  bool named = false;
  while (true) {
    if (text.empty()) return std::nullopt;
    const auto line = cut_line(text);
    if (line.empty()) break;
    if (!lower_case(line).starts_with("content-disposition:")) continue;
    const auto name = header_parameter(line, "name");
    if (!name) return std::nullopt;
    part.name = *name;
    part.file_name = header_parameter(line, "filename");
    named = true;
  }
  if (!named) return std::nullopt;
  part.content = text;
  return part;
}

}  // namespace

const std::string* HttpRequest::header(std::string_view lower_case_name) const noexcept {
  return value_of(headers, lower_case_name);
}

const std::string* HttpRequest::query_value(std::string_view name) const noexcept {
  return value_of(query, name);
}

std::string percent_decode(std::string_view text, PlusSign plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else if (text[i] == '+' && plus == PlusSign::space) {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  return out;
}

NamedValues parse_query(std::string_view text) {
  NamedValues out;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    const auto equals = pair.find('=');
    if (!pair.empty()) {
      out.emplace_back(
          percent_decode(pair.substr(0, equals), PlusSign::space),
          equals == std::string_view::npos ? std::string() : percent_decode(pair.substr(equals + 1), PlusSign::space));
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

HttpRequest parse_request_head(std::string_view head) {
  HttpRequest request;
  const auto first = cut_line(head);
  const auto method_end = first.find(' ');
  const auto target_end = first.rfind(' ');
  if (method_end == std::string_view::npos || target_end <= method_end) throw BadHttp{400, "this is no request line"};
  request.method = first.substr(0, method_end);
  const auto version = first.substr(target_end + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") throw BadHttp{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  set_target(request, first.substr(method_end + 1, target_end - method_end - 1));
  if (version == "HTTP/1.0") request.headers.emplace_back("connection", "close");
  while (!head.empty()) {
    const auto line = cut_line(head);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) throw BadHttp{400, "a header has no name"};
    if (request.headers.size() == k_most_headers) throw BadHttp{431, "too many headers"};
    request.headers.emplace_back(lower_case(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return request;
}

BodyFraming body_framing(const HttpRequest& request) {
  BodyFraming framing;
  if (const auto* encoding = request.header("transfer-encoding")) {
    if (lower_case(*encoding) != "chunked") throw BadHttp{501, "only the chunked transfer encoding is known"};
    framing.chunked = true;
  } else if (const auto* length = request.header("content-length")) {
    const auto* end = length->data() + length->size();
    const auto [stop, failure] = std::from_chars(length->data(), end, framing.length);
    if (failure != std::errc() || stop != end) throw BadHttp{400, "Content-Length is no number"};
  }
  if (const auto* expect = request.header("expect")) framing.expects_continue = lower_case(*expect) == "100-continue";
  if (const auto* connection = request.header("connection")) framing.close_after = lower_case(*connection) == "close";
  return framing;
}

void ChunkedBody::line(std::string_view text) {
  if (state_ == State::data_end) {
    if (!text.empty()) throw BadHttp{400, "a chunk is longer than it says"};
    state_ = State::size;
  } else if (state_ == State::trailer) {
    if (text.empty()) state_ = State::finished;
  } else {
    text = trim(text.substr(0, text.find(';')));
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), left_, 16);
    if (text.empty() || failure != std::errc() || stop != text.data() + text.size()) {
      throw BadHttp{400, "the size of a chunk is no number"};
    }
    if (left_ > limit_ - body_.size()) throw BadHttp{413, "the body is too large"};
    state_ = left_ == 0 ? State::trailer : State::data;
  }
}

std::size_t ChunkedBody::feed(std::string_view input) {
  std::size_t used = 0;
  while (used < input.size() && !finished()) {
    const auto rest = input.substr(used);
    if (state_ == State::data) {
      const auto count = std::min(left_, rest.size());
      body_.append(rest.substr(0, count));
      left_ -= count;
      used += count;
      if (left_ == 0) state_ = State::data_end;
      continue;
    }
    const auto end = rest.find('\n');
    line_.append(rest.substr(0, end));
    if (line_.size() > k_longest_chunk_line) throw BadHttp{400, "the line before a chunk is too long"};
    if (end == std::string_view::npos) return input.size();
    used += end + 1;
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    const auto whole = std::exchange(line_, {});
    line(whole);
  }
  return used;
}

std::string_view reason_phrase(int status) noexcept {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr std::array k_phrases = {
      Phrase{100, "Continue"},
      Phrase{200, "OK"},
      Phrase{201, "Created"},
      Phrase{202, "Accepted"},
      Phrase{204, "No Content"},
      Phrase{206, "Partial Content"},
      Phrase{302, "Found"},
      Phrase{304, "Not Modified"},
      Phrase{400, "Bad Request"},
      Phrase{401, "Unauthorized"},
      Phrase{403, "Forbidden"},
      Phrase{404, "Not Found"},
      Phrase{405, "Method Not Allowed"},
      Phrase{409, "Conflict"},
      Phrase{412, "Precondition Failed"},
      Phrase{413, "Content Too Large"},
      Phrase{416, "Range Not Satisfiable"},
      Phrase{429, "Too Many Requests"},
      Phrase{431, "Request Header Fields Too Large"},
      Phrase{500, "Internal Server Error"},
      Phrase{501, "Not Implemented"},
      Phrase{503, "Service Unavailable"},
      Phrase{504, "Gateway Timeout"},
      Phrase{505, "HTTP Version Not Supported"},
  };
  const auto* found =
      std::find_if(k_phrases.begin(), k_phrases.end(), [&](const Phrase& each) { return each.status == status; });
  return found == k_phrases.end() ? std::string_view("Unknown") : found->text;
}

std::optional<std::vector<FormPart>> parse_form(std::string_view content_type, std::string_view body) {
  if (!lower_case(content_type).starts_with("multipart/form-data")) return std::nullopt;
  const auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty()) return std::nullopt;
  const std::string opening = "--" + *boundary;
  const std::string closing = "\r\n" + opening;
  if (!body.starts_with(opening)) return std::nullopt;
  body.remove_prefix(opening.size());
  std::vector<FormPart> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with("\r\n") || parts.size() == k_most_parts) return std::nullopt;
    body.remove_prefix(2);
    const auto end = body.find(closing);
    if (end == std::string_view::npos) return std::nullopt;
    auto part = parse_part(body.substr(0, end));
    if (!part) return std::nullopt;
    parts.push_back(std::move(*part));
    body.remove_prefix(end + closing.size());
  }
  return parts;
}

}  // namespace holdfast::sim
