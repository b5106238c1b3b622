#include "ui/json_text.h"

#include "base/json.h"

namespace holdfast::ui {
namespace {

// Nobody reads what is deeper; it stays on one line, or a short document of brackets alone would fill the memory.
constexpr std::size_t k_deepest = 100;

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The end of the string literal that begins at `begin`, one behind its closing quote.
std::size_t end_of_string(std::string_view text, std::size_t begin) noexcept {
  std::size_t at = begin + 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at < text.size() ? at + 1 : text.size();
}

class Indenter {
public:
  explicit Indenter(std::string_view text) : text_(text) {}

  std::string run() {
    std::size_t at = 0;
    while (at < text_.size()) at = step(at);
    return std::move(out_);
  }

private:
  std::size_t step(std::size_t at) {
    const char c = text_[at];
    if (is_space(c)) return at + 1;
    if (c == '"') {
      const std::size_t end = end_of_string(text_, at);
      out_.append(text_.substr(at, end - at));
      return end;
    }
    if (c == '{' || c == '[') return open(at);
    if (c == '}' || c == ']') {
      const bool deep = depth_ > k_deepest;
      if (depth_ != 0) --depth_;
      if (!deep) new_line();
    }
    out_ += c;
    if (c == ',') new_line();
    if (c == ':') out_ += ' ';
    return at + 1;
  }

  // Empty containers stay on one line.
  std::size_t open(std::size_t at) {
    std::size_t next = at + 1;
    while (next < text_.size() && is_space(text_[next])) ++next;
    out_ += text_[at];
    if (next < text_.size() && (text_[next] == '}' || text_[next] == ']')) {
      out_ += text_[next];
      return next + 1;
    }
    ++depth_;
    new_line();
    return at + 1;
  }

  void new_line() {
    if (depth_ > k_deepest) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  std::string_view text_;
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string json_quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string indent_json(std::string_view document) {
  return Indenter(document).run();
}

}  // namespace holdfast::ui
