// The vendor's profile file, ~/.databrickscfg: an INI file whose sections are profiles.
//   <file>    ::= (<blank> | <comment> | <section> | <entry>)*          one to a line; LF or CRLF; a BOM is skipped
//   <comment> ::= ('#' | ';') anything
//   <section> ::= '[' name ']' <inline>?
//   <entry>   ::= key ('=' | ':') value <inline>?
//   <inline>  ::= blank+ ('#' | ';') anything             so that '#' inside a token does not end it
// Keys are read in lower case; a value in a pair of quotes loses them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::platform::databricks {

struct IniEntry {
  std::string key;
  std::string value;
  std::size_t line = 0;  // from 1
};

struct IniSection {
  std::string name;
  std::size_t line = 0;
  std::vector<IniEntry> entries;
  const IniEntry* find(std::string_view key) const noexcept;
};

struct IniFile {
  std::string path;  // for messages
  std::vector<IniSection> sections;
  const IniSection* find(std::string_view name) const noexcept;
};

// Throws Error{config} that begins with PATH:LINE.  Values stand in no message: they may be tokens.
IniFile parse_ini(std::string_view text, const std::string& path);

}  // namespace holdfast::platform::databricks
