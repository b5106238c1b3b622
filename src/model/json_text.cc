#include "model/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace holdfast::model {

namespace {

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3f))); };
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (point >> 6)));
    tail(0);
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (point >> 12)));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xf0 | (point >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::uint32_t four_hex(std::string_view digits) noexcept {
  std::uint32_t out = 0;
  for (const char c : digits.substr(0, 4)) out = out << 4 | static_cast<std::uint32_t>(hex_value(c));
  return out;
}

// The escape at quoted[at], which is its backslash; returns where the text goes on.
std::size_t append_escape(std::string_view quoted, std::size_t at, std::string& out) {
  constexpr std::string_view k_letters = "bfnrt";
  constexpr std::string_view k_meant = "\b\f\n\r\t";
  const char letter = quoted[at + 1];
  if (letter != 'u') {
    const std::size_t known = k_letters.find(letter);
    out.push_back(known == std::string_view::npos ? letter : k_meant[known]);
    return at + 2;
  }
  const std::uint32_t point = four_hex(quoted.substr(at + 2));
  at += 6;
  const bool high = point >= 0xd800 && point < 0xdc00;
  if (high && quoted.substr(at).starts_with("\\u")) {
    const std::uint32_t low = four_hex(quoted.substr(at + 2));
    if (low >= 0xdc00 && low < 0xe000) {
      append_utf8(0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00), out);
      return at + 6;
    }
  }
  append_utf8(point, out);  // half a pair stays half a pair: json_quoted writes it back as an escape
  return at;
}

}  // namespace

// Reads a text once, from left to right, without recursion.
class JsonScanner {
  static constexpr std::size_t k_depth_usual = 8;

public:
  explicit JsonScanner(JsonText& out) : out_(out), text_(out.text_) { open_.reserve(k_depth_usual); }

  void run() {
    skip_space();
    value(0, 0, false);
    while (!open_.empty()) {
      skip_space();
      if (closes()) continue;
      if (open_.back().last != JsonText::k_none) {
        expect(',');
        skip_space();
      }
      member_or_item();
    }
    skip_space();
    if (at_ != text_.size()) fail();
  }

private:
  [[noreturn]] void fail() const {
    throw base::Error(base::ErrorKind::corruption, fmt::format("the text ceases to be JSON at byte {}", at_));
  }
  char peek() const {
    if (at_ >= text_.size()) fail();
    return text_[at_];
  }
  void expect(char c) {
    if (peek() != c) fail();
    ++at_;
  }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool closes() {
    const JsonText::Id id = open_.back().id;
    const char end = out_.nodes_[id].type == JsonText::Type::object ? '}' : ']';
    if (peek() != end) return false;
    ++at_;
    out_.nodes_[id].end = static_cast<std::uint32_t>(at_);
    open_.pop_back();
    return true;
  }

  void member_or_item() {
    if (out_.nodes_[open_.back().id].type == JsonText::Type::array) {
      value(at_, at_, false);
      return;
    }
    if (peek() != '"') fail();
    const std::size_t begin = at_;
    const bool escaped = string();
    const std::size_t end = at_;
    skip_space();
    expect(':');
    skip_space();
    value(begin, end, escaped);
  }

  void value(std::size_t name_begin, std::size_t name_end, bool escaped_name) {
    const auto id = static_cast<JsonText::Id>(out_.nodes_.size());
    JsonText::Node& node = out_.nodes_.emplace_back();
    node.begin = static_cast<std::uint32_t>(at_);
    node.name_begin = static_cast<std::uint32_t>(name_begin);
    node.name_end = static_cast<std::uint32_t>(name_end);
    node.escaped_name = escaped_name;
    if (escaped_name) out_.names_[id] = json_unquoted(out_.view(name_begin, name_end));
    if (!open_.empty()) {
      Open& in = open_.back();
      node.parent = in.id;
      (in.last == JsonText::k_none ? out_.nodes_[in.id].first : out_.nodes_[in.last].next) = id;
      in.last = id;
    }
    const char c = peek();
    if (c == '{' || c == '[') {
      node.type = c == '{' ? JsonText::Type::object : JsonText::Type::array;
      if (open_.size() >= JsonText::k_depth_max) fail();
      ++at_;
      open_.push_back({id});
      return;
    }
    node.type = scalar(c);
    node.end = static_cast<std::uint32_t>(at_);
  }

  JsonText::Type scalar(char c) {
    if (c == '"') {
      (void)string();
      return JsonText::Type::string;
    }
    if (c == 't' || c == 'f') {
      word(c == 't' ? "true" : "false");
      return JsonText::Type::boolean;
    }
    if (c == 'n') {
      word("null");
      return JsonText::Type::null;
    }
    number();
    return JsonText::Type::number;
  }

  void word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) fail();
    at_ += expected.size();
  }

  void digits() {
    if (!is_digit(peek())) fail();
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  }

  void number() {
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else {
      digits();
    }
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      digits();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
  }

  // The first byte that does not stand for itself: the end, an escape, or what no string may hold.
  char skip_plain() {
    const auto plain = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; };
    std::size_t at = at_;
    while (at < text_.size() && plain(text_[at])) ++at;
    at_ = at;
    return peek();
  }

  // Whether it holds escapes.
  bool string() {
    bool escaped = false;
    for (++at_; skip_plain() != '"'; ++at_) {
      if (text_[at_] != '\\') fail();
      escaped = true;
      ++at_;
      const char letter = peek();
      if (std::string_view("\"\\/bfnrtu").find(letter) == std::string_view::npos) fail();
      for (int i = 0; letter == 'u' && i < 4; ++i) {
        ++at_;
        if (hex_value(peek()) < 0) fail();
      }
    }
    ++at_;
    return escaped;
  }

  JsonText& out_;
  std::string_view text_;
  std::size_t at_ = 0;
  struct Open {
    JsonText::Id id = JsonText::k_root;
    JsonText::Id last = JsonText::k_none;  // its newest child
  };
  std::vector<Open> open_;
};

JsonText::JsonText(std::string text) : text_(std::move(text)) {
  if (text_.size() >= std::numeric_limits<std::uint32_t>::max())
    throw base::Error(base::ErrorKind::unsupported, "a JSON text of 4 GB or more cannot be looked into");
  nodes_.reserve(text_.size() / 10 + 1);
  JsonScanner(*this).run();
}

bool JsonText::is_member(Id id) const noexcept {
  return nodes_[id].name_begin != nodes_[id].name_end;
}

std::string_view JsonText::name(Id id) const noexcept {
  const Node& node = nodes_[id];
  if (node.name_begin == node.name_end) return {};
  if (node.escaped_name) return names_.find(id)->second;
  return view(node.name_begin + 1, node.name_end - 1);
}

std::string JsonText::string(Id id) const {
  return type(id) == Type::string ? json_unquoted(raw(id)) : std::string(raw(id));
}

JsonText::Id JsonText::member(Id object, std::string_view name) const noexcept {
  Id found = k_none;
  for (Id child = first(object); child != k_none; child = next(child))
    if (is_member(child) && this->name(child) == name) found = child;
  return found;
}

std::string JsonText::where(Id id) const {
  std::vector<std::string> parts;
  for (; id != k_root && id != k_none; id = parent(id)) {
    if (is_member(id)) {
      const std::string_view own = name(id);
      const bool plain = !own.empty() && own.find_first_of(".[]\"/ ") == std::string_view::npos;
      parts.push_back(plain ? std::string(own) : fmt::format("[{}]", json_quoted(own)));
      continue;
    }
    std::size_t index = 0;
    for (Id before = first(parent(id)); before != id; before = next(before)) ++index;
    parts.push_back(fmt::format("[{}]", index));
  }
  std::string out;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (!out.empty() && !part->starts_with('[')) out += '.';
    out += *part;
  }
  return out;
}

void JsonText::mark_above(Id id) {
  for (id = parent(id); id != k_none && nodes_[id].edit == Edit::none; id = parent(id)) nodes_[id].edit = Edit::below;
}

void JsonText::replace(Id id, std::string json) {
  if (nodes_[id].edit == Edit::removed) return;
  nodes_[id].edit = Edit::replaced;
  replacements_[id] = std::move(json);
  mark_above(id);
}

void JsonText::remove(Id id) {
  nodes_[id].edit = Edit::removed;
  mark_above(id);
}

bool JsonText::is_gone(Id id) const noexcept {
  for (; id != k_none; id = parent(id))
    if (removed(id)) return true;
  return false;
}

void JsonText::add_member(Id object, std::string_view name, std::string json) {
  added_[object].emplace_back(name, std::move(json));
  if (nodes_[object].edit == Edit::none) nodes_[object].edit = Edit::below;
  mark_above(object);
}

std::string JsonText::print(Id id) const {
  std::string out;
  print(id, out);
  return out;
}

void JsonText::print(Id id, std::string& out) const {
  switch (nodes_[id].edit) {
    case Edit::none:
      out += raw(id);
      break;
    case Edit::replaced:
      out += replacements_.find(id)->second;
      break;
    case Edit::below:
      print_container(id, out);
      break;
    case Edit::removed:
      break;
  }
}

void JsonText::print_container(Id id, std::string& out) const {
  const Node& node = nodes_[id];
  out += text_[node.begin];
  std::size_t gap = node.begin + 1;  // where the white space before a child begins
  bool any = false;
  for (Id child = node.first; child != k_none; child = next(child)) {
    const Node& own = nodes_[child];
    const std::size_t start = is_member(child) ? own.name_begin : own.begin;
    if (own.edit != Edit::removed) {
      // Only what stands first loses the comma of what stood before it.
      const std::string_view between = view(gap, start);
      const std::size_t comma = between.find(',');
      out += any || comma == std::string_view::npos ? between : between.substr(comma + 1);
      out += view(start, own.begin);
      print(child, out);
      any = true;
    }
    gap = own.end;
  }
  const auto added = added_.find(id);
  if (added != added_.end()) {
    for (const auto& [name, json] : added->second) {
      if (any) out += ',';
      out += json_quoted(name) + ':' + json;
      any = true;
    }
  }
  out += view(gap, node.end);
}

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // Half of a surrogate pair, as append_escape leaves it.
    const auto at = [&](std::size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u; };
    const bool half = c == 0xed && at(1) >= 0xa0 && at(1) < 0xc0 && at(2) >= 0x80 && at(2) < 0xc0;
    if (half) {
      const unsigned point = 0xd000u | ((at(1) & 0x3fu) << 6) | (at(2) & 0x3fu);
      out += fmt::format("\\u{:04x}", point);
      i += 2;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i];
    } else if (c < 0x20) {
      constexpr std::string_view k_meant = "\b\f\n\r\t";
      const std::size_t known = k_meant.find(text[i]);
      out += known == std::string_view::npos ? fmt::format("\\u{:04x}", c) : fmt::format("\\{}", "bfnrt"[known]);
    } else {
      out += text[i];
    }
  }
  return out + '"';
}

std::string json_unquoted(std::string_view quoted) {
  std::string out;
  out.reserve(quoted.size());
  for (std::size_t i = 1; i + 1 < quoted.size();) {
    if (quoted[i] == '\\') {
      i = append_escape(quoted, i, out);
    } else {
      out.push_back(quoted[i++]);
    }
  }
  return out;
}

}  // namespace holdfast::model
