#include "platform/databricks/ini.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"

namespace holdfast::platform::databricks {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t k_size_max = 1U << 20U;
constexpr std::size_t k_profiles_max = 1000;
constexpr std::size_t k_entries_max = 100;  // of one profile
constexpr std::string_view k_blanks = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(k_blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(k_blanks) - begin + 1);
}

bool is_comment_mark(char c) noexcept {
  return c == '#' || c == ';';
}

// What stands before a mark that a blank precedes.
std::string_view without_comment(std::string_view text) {
  if (!text.empty() && is_comment_mark(text.front())) return {};
  for (std::size_t i = 1; i < text.size(); ++i)
    if (is_comment_mark(text[i]) && k_blanks.find(text[i - 1]) != std::string_view::npos)
      return trimmed(text.substr(0, i));
  return text;
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.front() == text.back();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

class Parser {
public:
  explicit Parser(const std::string& path) { file_.path = path; }

  void line(std::string_view text) {
    ++line_;
    if (text.find('\0') != std::string_view::npos) fail("a NUL byte", "The file is text; write it anew.");
    text = trimmed(text);
    if (text.empty() || is_comment_mark(text.front())) return;
    if (text.front() == '[') return section(text);
    entry(text);
  }
  IniFile take() { return std::move(file_); }

private:
  [[noreturn]] void fail(std::string_view problem, std::string hint) const {
    throw Error(ErrorKind::config, fmt::format("{}:{}: {}", file_.path, line_, problem), std::move(hint));
  }

  void section(std::string_view text) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) fail("a profile's name that is not closed by ']'", "Write the line as [NAME].");
    const std::string_view behind = trimmed(text.substr(end + 1));
    if (!behind.empty() && !is_comment_mark(behind.front()))
      fail("something stands behind the ']' of a profile's name", "Put it on a line of its own.");
    const std::string name(trimmed(text.substr(1, end - 1)));
    if (name.empty()) fail("a profile without a name", "Write the line as [NAME].");
    if (const IniSection* earlier = file_.find(name))
      fail(fmt::format("profile '{}' stands here again, and first on line {}", name, earlier->line),
           "Keep one of the two: which one is meant cannot be told.");
    if (file_.sections.size() == k_profiles_max)
      fail(fmt::format("more than {} profiles", k_profiles_max), "Split the file.");
    file_.sections.push_back({.name = name, .line = line_, .entries = {}});
  }

  void entry(std::string_view text) {
    const std::size_t sign = text.find_first_of("=:");
    if (sign == std::string_view::npos)
      fail("neither [PROFILE] nor KEY = VALUE nor a comment", "Correct the line or put '#' before it.");
    const std::string key = base::lower(trimmed(text.substr(0, sign)));
    if (key.empty()) fail("a value without a key", "Write the line as KEY = VALUE.");
    if (file_.sections.empty())
      fail(fmt::format("'{}' stands before the first profile", key), "Put a line [NAME] above it.");
    IniSection& section = file_.sections.back();
    if (const IniEntry* earlier = section.find(key))
      fail(fmt::format("profile '{}' sets '{}' here again, and first on line {}", section.name, key, earlier->line),
           "Keep one of the two: which one is meant cannot be told.");
    if (section.entries.size() == k_entries_max)
      fail(fmt::format("profile '{}' has more than {} keys", section.name, k_entries_max), "Remove what is not used.");
    const std::string_view value = without_quotes(without_comment(trimmed(text.substr(sign + 1))));
    section.entries.push_back({.key = key, .value = std::string(value), .line = line_});
  }

  IniFile file_;
  std::size_t line_ = 0;
};

}  // namespace

const IniEntry* IniSection::find(std::string_view key) const noexcept {
  for (const IniEntry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

const IniSection* IniFile::find(std::string_view name) const noexcept {
  for (const IniSection& section : sections)
    if (section.name == name) return &section;
  return nullptr;
}

IniFile parse_ini(std::string_view text, const std::string& path) {
  if (text.size() > k_size_max)
    throw Error(ErrorKind::config, fmt::format("{}:1: the file is larger than 1 MiB", path),
                "Point DATABRICKS_CONFIG_FILE at the file that holds the profiles.");
  constexpr std::string_view k_bom = "\xef\xbb\xbf";
  if (text.substr(0, k_bom.size()) == k_bom) text.remove_prefix(k_bom.size());
  Parser parser(path);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    parser.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.take();
}

}  // namespace holdfast::platform::databricks
